# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154,SC2012
#
# A git history of a real kernel between point releases of Debian's linux-source, for the histories
# of bisect-histories.sh: what changed from one release to the next is split into many commits
# (release-groups.awk), of which those come first that touch what all includes: then the others are
# compiled in seconds, and so each step of a bisect. Names, dates and so hashes are the same each time. Sourced; git-fast-import
# writes it, as a commit by hand costs half a second with 80000 files.
#
#	$repo		where it is made; what is there is used again
#	RELEASES	two versions of linux-source-6.1, the older one first (default: the last two)
#	$stride		commits of the releases for each one that bisect-histories.sh names

# ---- the releases --------------------------------------------------------------------
# The last package of each version, of the last two.
known_releases() {
	apt-cache madison linux-source-6.1 | awk '{ print $3 }' | sort -Vr |
		awk -F- '!known[$1]++' | head -n 2 | tac
}

# unpack_release VERSION: into $tmp/VERSION.
unpack_release() {
	mkdir -p "$tmp/$1" && (
		cd "$tmp/$1" && apt-get download -q "linux-source-6.1=$1" &&
			dpkg-deb --fsys-tarfile ./*.deb | tar -xO ./usr/src/linux-source-6.1.tar.xz >linux.tar.xz &&
			rm ./*.deb && tar -xf linux.tar.xz --strip-components=1 && rm linux.tar.xz
	)
}

add_release() {
	git -C "$repo" rev-parse -q --verify "release/$1" >/dev/null && return
	unpack_release "$1" &&
		git -C "$repo" --work-tree="$tmp/$1" add -A -f . &&
		git -C "$repo" commit -q -m "Linux $1" && git -C "$repo" tag "release/$1" &&
		rm -rf "${tmp:?}/$1"
}

# One file for each commit, in $tmp/steps/NUMBER: what git-fast-import is told of its files. The
# first line is its subject.
split_releases() {
	git -C "$repo" diff -U9 --no-renames "release/$1" "release/$2" |
		awk -f "$root/lab/tests/release-groups.awk" | sort -n >"$tmp/groups"
	git -C "$repo" diff-tree -r --no-renames "release/$1" "release/$2" |
		awk -F'\t' -v version="${2%-*}" -v steps="$tmp/steps" '
			NR == FNR { split($1, meta, " "); line[$2] = meta[5] == "D" ? "D " $2 : "M " meta[2] " " meta[4] " " $2; next }
			$2 != last { if (file) close(file); file = steps "/" ++number; print version ": " $2 >file; last = $2 }
			{ print line[$3] >file }' - "$tmp/groups"
}

make_releases() {
	# shellcheck disable=SC2086 # words
	set -- ${RELEASES:-$(known_releases)}
	[ $# -eq 2 ] || { echo "linux-source-6.1: no two releases can be had (apt-get update?)"; return 1; }
	mkdir -p "$repo" "$tmp/steps" && git -c init.defaultBranch=releases -C "$repo" init -q || return 1
	# Speed is all that counts here.
	git -C "$repo" config core.looseCompression 0 && git -C "$repo" config gc.auto 0
	add_release "$1" && add_release "$2" && split_releases "$1" "$2" && base=release/$1 && make_start
}

# The histories begin with `start`: the first release, the commits that much is compiled again for in
# one, and what edit_start does.
make_start() {
	make_start_end=$(awk -F'\t' '$1 == 0 && !known[$2]++ { n++ } END { print n + 0 }' "$tmp/groups")
	begin_history start
	edit_start || return 1
	{
		begin_commit "Linux and what is to be planted"
		while [ "$step" -lt "$make_start_end" ]; do
			step=$((step + 1))
			sed 1d "$tmp/steps/$step"
		done
		edited_files
	} >>"$tmp/stream"
	end_history && base=start first_step=$step
}

# ---- commits -------------------------------------------------------------------------
# What is edited is in $now/files, and its names in $now/changed until it is committed;
# $head is the last commit, as git-fast-import calls it.

# edit FILE SED: the file is another one afterwards.
edit() {
	[ -f "$now/files/$1" ] || {
		mkdir -p "$now/files/$(dirname "$1")" &&
				git -C "$repo" show "$base:$1" >"$now/files/$1" || return 1
		if grep -qrx "[MD].* $1" "$tmp/steps"; then
			echo "$suite: the releases change $1 too" >&2
			return 1
		fi
	}
	sed "$2" "$now/files/$1" >"$tmp/edited" || return 1
	cmp -s "$now/files/$1" "$tmp/edited" && { echo "$suite: $1 stays as it is: $2" >&2; return 1; }
	cp "$tmp/edited" "$now/files/$1" && echo "$1" >>"$now/changed"
}

# begin_commit TEXT [MERGED]: and what is edited.
begin_commit() {
	commits=$((commits + 1))
	begin_commit_by="klab <klab@localhost> $((978307200 + 60 * commits)) +0000"
	printf 'commit refs/heads/%s\nmark :%d\n' "$branch" "$commits"
	printf 'author %s\ncommitter %s\n' "$begin_commit_by" "$begin_commit_by"
	printf 'data %d\n%s\nfrom %s\n' "${#1}" "$1" "$head"
	[ -z "${2:-}" ] || printf 'merge %s\n' "$2"
	head=:$commits
}

edited_files() {
	sort -u "$now/changed" | while read -r edited_files_name; do
		printf 'M 100644 inline %s\ndata %d\n' "$edited_files_name" \
			"$(wc -c <"$now/files/$edited_files_name")"
		cat "$now/files/$edited_files_name"
	done
	cat "$now/changed" >>"$now/touched"
	: >"$now/changed"
}

commit() {
	{ begin_commit "$history_name: $1" && edited_files; } >>"$tmp/stream"
}

# A note, and the next commits of the releases.
notes() {
	notes_i=$1
	while [ "$notes_i" -le "$2" ]; do
		note "$notes_i" && commit "note $notes_i" && release_commits "$stride" || return 1
		notes_i=$((notes_i + 1))
	done
}

release_commits() {
	release_commits_end=$((step + $1))
	while [ "$step" -lt "$release_commits_end" ]; do
		step=$((step + 1))
		[ -f "$tmp/steps/$step" ] || { echo "$suite: the releases are too short" >&2; return 1; }
		read -r release_commits_subject <"$tmp/steps/$step"
		begin_commit "$release_commits_subject"
		sed 1d "$tmp/steps/$step"
	done >>"$tmp/stream"
}

mark() {
	printf 'reset refs/tags/%s\nfrom %s\n\n' "$history_name/$1" "$head" >>"$tmp/stream"
}

# ---- branches ------------------------------------------------------------------------
branch_off() {
	side_step=$step main_head=$head
	: >"$now/touched"
	cp -r "$now" "$tmp/main"
	branch=$history_name-side
}

main_branch() {
	side_head=$head
	head=$main_head branch=$history_name
	rm -rf "$tmp/side"
	mv "$now" "$tmp/side" && mv "$tmp/main" "$now"
}

# A file that both sides took from the releases is as the main line has it, which took it later.
merge_branches() {
	sort -u "$tmp/side/touched" >"$now/changed"
	while read -r merge_branches_name; do
		mkdir -p "$now/files/$(dirname "$merge_branches_name")"
		cp "$tmp/side/files/$merge_branches_name" "$now/files/$merge_branches_name"
	done <"$now/changed"
	{
		begin_commit "$history_name: merge" "$side_head"
		while [ "$side_step" -lt "$step" ]; do
			side_step=$((side_step + 1))
			sed 1d "$tmp/steps/$side_step"
		done
		edited_files
	} >>"$tmp/stream"
}

begin_history() {
	history_name=$1 branch=$1 head=$base^0 step=${first_step:-0} commits=0
	rm -rf "$now" && mkdir -p "$now/files" && : >"$now/changed" && : >"$tmp/stream"
}

end_history() {
	git -C "$repo" fast-import --quiet --force <"$tmp/stream"
}
