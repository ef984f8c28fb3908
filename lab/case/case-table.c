// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/case-table.h"

/* clang-format off */
#define AT(member) offsetof(struct case_file, member)

const struct field case_field_table[] = {
	{ NULL, "name", FIELD_NAME, true, NULL, AT(name), 0, 0, 0,
	  "its name, at most 31 letters, digits, `-` and `_`; NAME.yaml is the file" },
	{ NULL, "question", FIELD_TEXT, true, NULL, AT(question), 0, 0, 0,
	  "what it asks of the kernel, one sentence" },
	{ NULL, "kernel", FIELD_GROUP, false, NULL, 0, 0, 0, 0,
	  "the kernel it wants" },
	{ "kernel", "fragments", FIELD_WORDS, false, "base", AT(fragments), 0, 0, 0,
	  "config fragments, in order: names in kconfigs/, or paths" },
	{ "kernel", "require", FIELD_SYMBOLS, false, NULL, AT(require), 0, 0, 0,
	  "symbols that must be on in the built kernel, without CONFIG_" },
	{ "kernel", "append", FIELD_WORDS, false, NULL, AT(append), 0, 0, 0,
	  "words added to the kernel's command line" },
	{ NULL, "machine", FIELD_GROUP, false, NULL, 0, 0, 0, 0,
	  "the machine it wants" },
	{ "machine", "memory", FIELD_SIZE, false, "256M", AT(memory_bytes), 16 << 20, 1LL << 40, 1 << 20,
	  "the guest's memory" },
	{ "machine", "cpus", FIELD_COUNT, false, "1", AT(cpus), 1, 255, 0,
	  "the guest's processors; more than one needs the fragment smp" },
	{ NULL, "timeout", FIELD_DURATION, false, "120s", AT(timeout_ms), 1000, 0, 0,
	  "host time for the whole boot; a guest that runs longer is a hang" },
	{ NULL, "steps", FIELD_STEPS, true, NULL, 0, 0, 0, 0,
	  "what the guest does, in order: `klab help step`" },
	{ NULL, "probes", FIELD_PROBES, false, NULL, 0, 0, 0, 0,
	  "where the kernel is looked at from outside, with gdb; needs the fragment debug" },
	{ NULL, "expect", FIELD_EXPECTS, false, NULL, 0, 0, 0, 0,
	  "what must be true afterwards; a crash, a hang or a failed step is "
	  "never a pass, whatever is expected, and a task that ends badly is none "
	  "unless a `task` expectation covers it" },
	{ NULL, "answer", FIELD_ANSWER, false, NULL, AT(answer), 0, 0, 0,
	  "what a run that passes answers, one sentence; `{...}` in it is filled "
	  "from the run, see below" },
};
const size_t case_field_count = ARRAY_SIZE(case_field_table);

#undef AT
#define AT(member) offsetof(struct case_expect, member)

const struct expect_def expect_table[] = {
	{ EXPECT_REPORT, "The kernel's log holds such a report", {
		{ "report", EXPECT_VALUE_KIND, EXPECT_REQUIRED, AT(subject), "its kind, see below, or `any`" },
		{ "title", EXPECT_VALUE_PATTERN, 0, AT(title), "PCRE2 pattern that its title matches" },
		{ "task", EXPECT_VALUE_COMM, 0, AT(task), "the task's name as the kernel prints it" },
		{ "cgroup", EXPECT_VALUE_CGROUP, 0, AT(cgroup), "oom-kill: the memory cgroup, from the root: /t" },
		{ "at_least", EXPECT_VALUE_COUNT, 0, AT(at_least), "so many of them; 1 when not said" },
		{ "at_most", EXPECT_VALUE_COUNT, 0, AT(at_most), "and not more" },
	} },
	{ EXPECT_NO_REPORT, "The kernel's log holds no such report", {
		{ "no_report", EXPECT_VALUE_KIND, EXPECT_REQUIRED, AT(subject), "its kind, see below, or `any`" },
		{ "title", EXPECT_VALUE_PATTERN, 0, AT(title), "only those whose title matches this PCRE2 pattern" },
	} },
	{ EXPECT_INJECTED, "An armed fault really fired, by the kernel's own count", {
		{ "injected", EXPECT_VALUE_FAULT, EXPECT_REQUIRED, AT(subject), "a fault that a step of the case arms" },
		{ "at_least", EXPECT_VALUE_COUNT, 0, AT(at_least), "so often; 1 when not said" },
		{ "at_most", EXPECT_VALUE_COUNT, 0, AT(at_most), "and not more often" },
	} },
	{ EXPECT_TRACE, "One printed call trace holds these functions", {
		{ "trace", EXPECT_VALUE_FUNCTIONS, EXPECT_REQUIRED, AT(functions),
		  "innermost first; others may stand between; one of several, as versions have them: a|b; inlined ones count where the kernel has debug information" },
	} },
	{ EXPECT_SNAPSHOT, "A number or a text in a file that a snapshot took", {
		{ "snapshot", EXPECT_VALUE_FILE, EXPECT_REQUIRED, AT(subject), "the file as written in the step" },
		{ "field", EXPECT_VALUE_TEXT, 0, AT(field), "the first word of the line that is meant; default: the only line" },
		{ "label", EXPECT_VALUE_LABEL, 0, AT(label), "the step's label; default: the last that took the file" },
		{ "over", EXPECT_VALUE_OVER, 0, AT(over), "which of several (a sample step's): first, last (when not said), min or max" },
		{ "equals", EXPECT_VALUE_TEXT, EXPECT_ONE_OF, AT(equals), "the text, after the field" },
		{ "at_least", EXPECT_VALUE_NUMBER, EXPECT_ONE_OF, AT(at_least), "the number, after the field; a size such as 40M is bytes, of a line in kB too" },
		{ "at_most", EXPECT_VALUE_NUMBER, EXPECT_ONE_OF, AT(at_most), "likewise" },
	} },
	{ EXPECT_RESULT, "A number that a task found, such as memhog's pages_wrong", {
		{ "result", EXPECT_VALUE_TASK, EXPECT_REQUIRED, AT(subject), "the task's name in the case" },
		{ "field", EXPECT_VALUE_TEXT, EXPECT_REQUIRED, AT(field), "the number's name" },
		{ "equals", EXPECT_VALUE_EXACT, EXPECT_ONE_OF, AT(equals), "just that number, or text such as EIO" },
		{ "at_least", EXPECT_VALUE_NUMBER, EXPECT_ONE_OF, AT(at_least), "that or more" },
		{ "at_most", EXPECT_VALUE_NUMBER, EXPECT_ONE_OF, AT(at_most), "that or less" },
	} },
	{ EXPECT_RECOVERED, "What init tries after the last step, with all faults disarmed: memory, a fork, swapoff, each device", {
		{ "recovered", EXPECT_VALUE_BOOL, EXPECT_REQUIRED, AT(recovered), "true: all of it works; false: something does not" },
	} },
	{ EXPECT_TASK, "How a task ended", {
		{ "task", EXPECT_VALUE_TASK, EXPECT_REQUIRED, AT(subject), "the task's name in the case" },
		{ "killed_by", EXPECT_VALUE_SIGNAL, EXPECT_ONE_OF | EXPECT_ONLY_ONE, AT(killed_by), "the signal, such as SIGKILL or 9" },
		{ "exits", EXPECT_VALUE_EXIT, EXPECT_ONE_OF | EXPECT_ONLY_ONE, AT(exit_code), "the exit code, 0 to 255" },
		{ "or_exits", EXPECT_VALUE_OR_EXIT, 0, AT(or_exit), "an exit code that will do as well" },
	} },
};
const size_t expect_count = ARRAY_SIZE(expect_table);

const struct expect_key expect_common_keys[] = {
	{ "since", EXPECT_VALUE_VERSION, 0, AT(since), "asked only of kernels from this version on: 6.6, 6.6.57" },
	{ "before", EXPECT_VALUE_VERSION, 0, AT(before), "asked only of kernels before this version" },
};
const size_t expect_common_count = ARRAY_SIZE(expect_common_keys);
