# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154 # tmp, root and suite are check-lib.sh's
#
# A world in which kernels are none and guests are played (fake-guest.c), while git, build, store,
# pipeline and verdict are the program's own. Sourced after check-lib.sh.

klab=${KLAB:-$root/build/klab}
fake_guest=$root/build/release/tests/fake-guest
for program in "$klab" "$fake_guest"; do
	[ -x "$program" ] || { echo "$suite: no $program: run make" >&2; exit 1; }
done

export XDG_CACHE_HOME="$tmp/cache" XDG_STATE_HOME="$tmp/state" KLAB_DATA="$tmp/data"
export KLAB_QEMU="$fake_guest" KLAB_ACCEL=tcg
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=klab GIT_AUTHOR_EMAIL=klab@localhost GIT_AUTHOR_DATE='2001-01-01 00:00:00Z'
export GIT_COMMITTER_NAME=klab GIT_COMMITTER_EMAIL=klab@localhost
export GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
unset CC LLVM ARCH CROSS_COMPILE KCFLAGS MAKEFLAGS MFLAGS MAKELEVEL

mkdir -p "$KLAB_DATA/kconfigs" "$KLAB_DATA/cases" "$KLAB_DATA/lab/build/kconfig-helper" \
	"$KLAB_DATA/build" || exit 1
echo '# stands in' >"$KLAB_DATA/lab/build/kconfig-helper/klab.mk"
ln -s "$root/build/guest-init" "$KLAB_DATA/build/guest-init"
printf '# A start.\nCONFIG_BIO=y\n' >"$KLAB_DATA/kconfigs/base.config"
printf '# Throttles.\nCONFIG_WBT=y\n' >"$KLAB_DATA/kconfigs/wbt-on.config"

# fake_case NAME: reads the version, and what happens then is the kernel's doing.
fake_case() {
	cat >"$KLAB_DATA/cases/$1.yaml" <<END
# Does reading the version leave a warning?
name: $1
question: Does reading the version leave a warning?
kernel: {fragments: [base]}
machine: {memory: 128M}
steps:
  - snapshot: [/proc/version]
END
}

# fake_source DIR: a source of such kernels.
fake_source() {
	cp -r "$root/lab/tests/fixtures/build/tree" "$1"
}

# plan NAME LINE...: the plan NAME.yaml.
plan() {
	plan_name=$1
	shift
	printf 'name: %s\nsources: tree\n' "$plan_name" >"$plan_name.yaml"
	printf '%s\n' "$@" >>"$plan_name.yaml"
}

# night: the folder of the last one.
night() {
	ls -td runs/*-nightly-* | head -n 1
}
