# SPDX-License-Identifier: GPL-2.0-or-later
#
# The table of scripts/answers for one experiment with several sources of its failures, from the
# comparison of their cases and from $runs[0]: of each side's run {id, frames, reports}. In each
# case a reader wants its pages back from the swap device, then a writer does not fit into its
# group; snapshots are `good` before the failures, `read` and `killed` after each of the two, and
# `settled` a second later.
#
# Behind the rows: what they say together. Each sentence is there only where the figures bear it.

def frames($k): [.frames[] | select(.k == $k)];
def started($name): [frames("task")[] | select(.name == $name)] | last;
def ended($name): [frames("task-end")[] | select(.name == $name)] | last;
def seen($when; $file): [frames("snapshot")[] | select(.label == $when and .file == $file) | .data] | last;
def vmstat($when; $key): [seen($when; "/proc/vmstat") | split("\n")[] | split(" ") |
	select(.[0] == $key) | .[1] | tonumber] | last;
# Fields of the disk's `stat`: 0 reads, 4 writes that it ended.
def stat($when; $field): [seen($when; "/sys/block/{disk}/stat") | split(" ")[] |
	select(test("[0-9]")) | tonumber] | .[$field];
def line_of($kind): [.reports[] | select(.kind == $kind)] | first | .start_line;
def rounded: . * 10 | round / 10;
# How often the faults of the run fired; of those frames that came before the writer was started.
def fired(run): [run | frames("fault") | group_by(.i)[] | last | .fired] | add;
def before_writer: started("writer").t as $t | {frames: [.frames[] | select(.t < $t)]};
def measured: . as $run | ([.reports[] | select(.kind == "oom-kill")] | first | .details) as $oom | {
	id: .id,
	source: ([frames("fault")[].fault] | unique | join(", ")),
	injected: fired(.), for_writes: (fired(.) - fired(before_writer)),
	tried: (vmstat("settled"; "pswpout") - vmstat("read"; "pswpout")),
	pages: ([frames("result")[] | select(.name == "writer") | .data.pages_written] | last),
	requests: (stat("settled"; 0) - stat("good"; 0) + stat("settled"; 4) - stat("read"; 4)),
	writes: (stat("settled"; 4) - stat("read"; 4)),
	on_their_way: vmstat("killed"; "nr_writeback"),
	memory: $oom.memory.usage_kib, swap: $oom.swap.usage_kib,
	ms: ((ended("writer").t - started("writer").t) / 1e6 | rounded),
	told_first: (line_of("swap-write-error") < line_of("oom-kill")),
};
def all_same(f): map(f) | unique | length == 1;
def names: map("\(.source)") | if length < 2 then join("") else (.[:-1] | join(", ")) + " and " + last end;
def ends($task; $side): [.tasks[] | select(.name == $task) | .sides[$side] | keys[]] | join(" or ");
def reports($side): [.reports[] | select(.kind != "oom-kill" and .sides[$side][0] > 0) |
	"\(.title) \(.sides[$side][0])×"] | join("; ");

. as $c | [range($runs[0] | length) as $side | $runs[0][$side] | measured + {
	name: $c.sides[$side].name,
	reader: ($c | ends("reader"; $side)), writer: ($c | ends("writer"; $side)),
	reports: ($c | reports($side)),
}] as $all
| [$all[] | select(.requests == 0)] as $above | [$all[] | select(.requests > 0)] as $below
| "| who fails the requests | reader | writer | failures | swap-outs tried, for so many pages | requests that the disk saw | each write sent | under writeback at the kill | memory, swap charged then | the writer took | reports beside the OOM kill | run |",
  "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ($all[] | ["[\(.source | cell)](swap/\(.name).yaml)", (.reader | cell), (.writer | cell), .injected,
	"\(.tried), \(.pages)", .requests,
	(if .writes > 0 then "\(.for_writes / .writes | rounded)×" else "-" end), "\(.on_their_way) pages", "\(.memory) KiB, \(.swap) KiB", "\(.ms) ms",
	(.reports | cell), "`\(.id | cell)`"] | row),
  "",
  ((if ($all | all_same(.reader) and all_same(.writer)) then
	"The outcome does not depend on who fails swap's requests: the reader is \($all[0].reader), the writer \($all[0].writer), with \($all | names)."
    else "The outcome depends on who fails swap's requests: " +
	([$all[] | "with \(.source) the reader is \(.reader), the writer \(.writer)"] | join("; ")) + "." end)
   + (if ($above | length) > 1 then
	" What is injected does: \($above | names) fail a request before the disk has it, so that the page can be tried again at once, and is, \($above | map(.tried / .pages | rounded | tostring) | unique | join(" or ")) times each until the kill, \($above | map(.injected | tostring) | unique | join(", ")) failures in all."
     else "" end)
   + ([$below[] | " With \(.source) a page is tried \(.tried / .pages | rounded)×: \(.writes) writes reach the disk, and the layer between sends each of them \(.for_writes / .writes | rounded) times before swap hears of it"
	+ (if .on_their_way > 0 then "; at the kill \(.on_their_way) of \(.pages) pages are still under writeback" else "" end)
	+ (if .told_first then "." else ", and the first write error that swap tells of comes after it." end)] | join(""))
   + (if ($all | all_same(.memory) and all_same(.swap)) then
	" Charged at the kill are with all of them \($all[0].memory) KiB of memory and \($all[0].swap) KiB of swap, for the same pages." else "" end)
   | cell)
