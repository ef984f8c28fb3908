# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154 # tmp, root and KLAB_DATA are check-lib.sh's and fake-world.sh's
#
# A repository of the stand-in for a kernel source, with what bisect-histories.sh asks for. Sourced
# after fake-world.sh; leaves $repo, on its branch master, and the caller in it.

. "$root/lab/tests/bisect-histories.sh"

printf '# Is late.\nCONFIG_KLAB_LATE=y\n' >"$KLAB_DATA/kconfigs/late.config"
fake_case version

repo=$tmp/repo
fake_source "$repo"
cd "$repo" || exit 1
git init -q -b master
git config gc.auto 0

commit() { git add -A && git commit -qm "$history_name: $1"; }
notes() {
	notes_i=$1
	while [ "$notes_i" -le "$2" ]; do
		note "$notes_i" && commit "note $notes_i" || return 1
		notes_i=$((notes_i + 1))
	done
}
mark() { git tag -f "$history_name/$1" >/dev/null; }
branch_off() { git checkout -q -b "$history_name-side"; }
main_branch() { git checkout -q "$history_name"; }
merge_branches() {
	git merge -q --no-ff -m "$history_name: merge" "$history_name-side" &&
		git branch -q -D "$history_name-side"
}
begin_history() {
	history_name=$1
	git checkout -q -b "$1" master
}
end_history() { :; }

note() { echo "note $1 of $history_name" >"block/note-$1.c"; }
aside() { echo "$1" >README; }
bug() { echo "WARNS swap_readpage $1" >>mm/swap.c; }
bug_of_option() { echo "WARNS swap_readpage 1000 CONFIG_$1=y" >>mm/swap.c; }
new_option() { echo KLAB_LATE >>Kconfig && echo late >block/klab_late.c; }
lose_option() { sed -i 's/^WBT$/WBT never/' Kconfig; }
get_option() { sed -i 's/^WBT never$/WBT/' Kconfig; }
half_bug() {
	case $1 in
	A) echo "WARNS swap_readpage 1000 half-of-a-bug" >>mm/swap.c ;;
	B) echo "half-of-a-bug" >>block/bio.c ;;
	esac
}
other_bug() { echo "OOPSES submit_bio $1" >>block/bio.c; }
no_other_bug() { sed -i '/^OOPSES/d' block/bio.c; }
break_build() { echo BROKEN >block/broken.c; }
mend_build() { rm block/broken.c; }
break_boot() { echo PANICS >block/panics.c; }
mend_boot() { rm block/panics.c; }

history_name=start
commit start
