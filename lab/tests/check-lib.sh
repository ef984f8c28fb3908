# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154 # suite and klab are the caller's
#
# What cli-check and guest-check share: counting, and looking at what klab did.
# Sourced; the caller sets $suite. Counts go where run-tests puts its own:
# $KLAB_CHECK_DIR/$suite.counts, "passed failed skipped".

set -u
export LC_ALL=C
# Lines are as long as it says.
unset COLUMNS

root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
check_dir=${KLAB_CHECK_DIR:-$root/build/check}
mkdir -p "$check_dir" || exit 1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/klab-$suite.XXXXXX") || exit 1
trap 'chmod -R u+rwx "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP
# Until finish() knows better.
echo "0 1 0" >"$check_dir/$suite.counts"

passed=0 failed=0 skipped=0

# A run is in a folder that goes at the end: that of a failed check is kept.
keep_run() {
	case ${run:-} in
	"$tmp"/*) ;;
	*) return ;;
	esac
	keep_to=$check_dir/$suite-failed/$(basename "$run")
	[ -d "$run" ] && [ ! -e "$keep_to" ] || return
	mkdir -p "$check_dir/$suite-failed" && cp -r "$run" "$keep_to" && echo "    run: $keep_to"
}

# check NAME COMMAND...: one test. What a failed one printed is shown.
check() {
	check_name=$1
	shift
	if "$@" >"$tmp/check.out" 2>&1; then
		passed=$((passed + 1))
		[ -z "${KLAB_CHECK_VERBOSE:-}" ] || echo "ok $check_name"
	else
		failed=$((failed + 1))
		echo "not ok $check_name"
		tail -n 30 "$tmp/check.out" | sed 's/^/    /'
		keep_run
	fi
}

# klab_run ARG...: runs klab; $status, $tmp/stdout and $tmp/stderr are for the next tests.
klab_run() {
	"$klab" "$@" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
	status=$?
}

# exits CODE: the last klab_run exited so. says PATTERN, prints PATTERN: it is on stderr, on stdout.
exits() {
	[ "$status" -eq "$1" ] && return
	echo "exit status $status, expected $1; standard error:"
	cat "$tmp/stderr"
	return 1
}

says() {
	grep -qE -e "$1" "$tmp/stderr" && return
	echo "not on standard error: $1"
	cat "$tmp/stderr"
	return 1
}

prints() {
	grep -qE -e "$1" "$tmp/stdout" && return
	echo "not on standard output: $1"
	cat "$tmp/stdout"
	return 1
}

# refuses CODE PATTERN ARG...: klab ends so, says so in a line of its own, and prints no result.
refuses() {
	refuses_code=$1 refuses_pattern=$2
	shift 2
	klab_run "$@"
	exits "$refuses_code" && says "$refuses_pattern" || return 1
	[ "$(grep -c '^klab: ' "$tmp/stderr")" -eq 1 ] && return
	echo "expected one line 'klab: ...' on standard error"
	cat "$tmp/stderr"
	return 1
}

# holds FILE FILTER: jq's filter is true of the JSON file.
holds() {
	# Of an empty file jq finds nothing, and is content.
	[ -s "$1" ] && jq -e "$2" "$1" >/dev/null 2>"$tmp/jq.err" && return
	echo "does not hold: $2"
	cat "$tmp/jq.err"
	jq . "$1" | head -n 60
	return 1
}

# A zombie is gone, whoever has to reap it.
is_alive() {
	case $(sed -n 's/^State:[^A-Z]*\([A-Z]\).*/\1/p' "/proc/$1/status" 2>/dev/null) in
	'' | Z | X) return 1 ;;
	esac
}

# gone_within SECONDS PID...: no such process is left in time.
gone_within() {
	gone_deadline=$(($(date +%s%N) + $1 * 1000000000))
	shift
	for gone_pid; do
		while is_alive "$gone_pid"; do
			if [ "$(date +%s%N)" -gt "$gone_deadline" ]; then
				echo "process $gone_pid is still there"
				return 1
			fi
			sleep 0.02
		done
	done
}

# appears SECONDS COMMAND...: the command succeeds within that time.
appears() {
	appears_deadline=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s)" -gt "$appears_deadline" ]; then
			echo "never came true: $*"
			return 1
		fi
		sleep 0.05
	done
}

# skip REASON: what follows cannot be had on this host, through nobody's fault.
skip() {
	skipped=$((skipped + 1))
	echo "skipped: $1"
}

finish() {
	echo "$passed $failed $skipped" >"$check_dir/$suite.counts"
	printf '%-28s %d passed, %d failed, %d skipped\n' "$suite" "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}
