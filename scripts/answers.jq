# SPDX-License-Identifier: GPL-2.0-or-later
#
# Words of scripts/answers: what a cell may hold, whatever a guest said; how a run ended.

def cell: tostring | gsub("[[:cntrl:]]"; " ") | gsub("&"; "&amp;") | gsub("<"; "&lt;") |
	gsub("(?<c>[|*_`\\[\\]])"; "\\\(.c)");
def link: "[\($name)](\($group)/\($name).yaml)";
def row: "| " + join(" | ") + " |";
def short: if length > 300 then .[:300] + "..." else . end;
# Verdicts hold, but what was measured in time is the host rather than the kernel; where time
# is counted in instructions it is not, and many an answer tells of none.
def busy: if (.answer | test("second|/s\\b|[0-9] [mu]?s\\b")) and .run.mode != "deterministic" and (.machine.starved_ms // 0) * 2 > (.machine.wall_ms // 0)
	then " (The host was busy: times and speeds say nothing.)" else "" end;
def outcome: if .verdict.verdict != "pass" then
		"**\(.verdict.verdict)**: " + (.verdict.reasons[0].what // "no reason" | short | cell)
	elif .answer == null then "**pass**, but the case gives no answer"
	elif .answer_complete then (.answer | cell) + busy
	else "**incomplete**: " + (.answer | cell) end;
# What differs most of all that tasks said or wrote into files (not of their processor time, which differs anyhow).
def figures($least): [(.numbers // [])[] | select((.key | test("^(utime_us|stime_us|minflt|majflt|maxrss_kib)$") | not)
		and (.file | test("^(task |/tmp/)")) and (.relative // 1) >= $least)] | .[:3] | map(
	"\(.file) \(.key)" + (if .label == "" then "" else " (\(.label))" end) + ": " +
	([.sides[] | if . then (.median * 10 | round / 10) else "none" end | tostring] | join(" / ")) | cell) | join("; ");
# Faults that fired so much more on one side: sides have the count of each run, or null.
def fired($least): [(.injections // [])[] | (.sides | map(if . then add / length else 0 end)) as $v
		| select(($v | max) > 0 and (($v | max) - ($v | min)) / ($v | max) >= $least)
		| "\(.fault) on \(.device) fired: \($v | map(tostring) | join(" / "))" | cell] | .[:3] | join("; ");
def figures_and_faults($least): [figures($least), fired($least)] | map(select(. != "")) | join("; ");
# Of deterministic runs of one seed: on how many of them what the guests said is not the same.
def seeds: (.exact // []) as $e | if ($e | length) == 0 then "-" else
	"\([$e[] | select(.differs)] | length) of \($e | length) seeds" end;
def toggled_code: (.code // [])[0] as $c | if $c.ran then
	"\($c.ran.case) of \($c.added + $c.removed + $c.changed)" else "?" end;
def id: "`\(.run.id | cell)`, \(.kernel.source.release // "?" | cell)";
