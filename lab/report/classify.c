// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines are told apart as they come in (text_classify()), and at the end a
 * report is looked at as a whole: each stack that is announced must have a
 * frame soon after, and there must be one at all.
 */
#include <pthread.h>
#include <string.h>

#include "report/internal.h"

#define FRAME_SOON 15 /* lines behind the announcement */

/* What is looked for in each line, all at once. */
enum mark {
	MARK_CALL_TRACE,
	MARK_CALL_TRACE_ARM,
	MARK_ALLOCATED,
	MARK_FREED,
	MARK_ALLOCATED_BY,
	MARK_FREED_BY,
	MARK_BACKTRACE_ARM,
	MARK_STORED,
	MARK_BACKTRACE,
	MARK_RISCV_STATUS,
	MARK_EOI,
	MARK_UNRELIABLE,
	MARK_SHOULD_FAIL,
	MARK_PANIC,
	MARK_NMI,
	MARK_TAINT,
	MARKS
};

static const char *const mark_texts[MARKS] = {
	[MARK_CALL_TRACE] = "Call Trace",
	[MARK_CALL_TRACE_ARM] = "Call trace",
	[MARK_ALLOCATED] = "Allocated:",
	[MARK_FREED] = "Freed:",
	[MARK_ALLOCATED_BY] = "Allocated by task ",
	[MARK_FREED_BY] = "Freed by task ",
	[MARK_BACKTRACE_ARM] = "Backtrace:",
	[MARK_STORED] = "Uninit was stored to memory at",
	[MARK_BACKTRACE] = " backtrace",
	[MARK_RISCV_STATUS] = " badaddr: ",
	[MARK_EOI] = "<EOI>",
	[MARK_UNRELIABLE] = " (unreliable)",
	[MARK_SHOULD_FAIL] = "should_fail",
	[MARK_PANIC] = "Kernel panic - not syncing",
	[MARK_NMI] = "Sending NMI from CPU",
	[MARK_TAINT] = "Disabling lock debugging due to kernel taint",
};

static struct scanner *mark_scanner;

static void make_scanner(void)
{
	mark_scanner = scanner_new(mark_texts, MARKS);
}

#define HAS(marks, mark) ((marks)&1u << (mark))

static unsigned find_marks(struct span line)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *p = line.p, *end = line.p + line.n, *at;
	unsigned marks = 0;
	int i;

	pthread_once(&once, make_scanner);
	while ((i = scanner_find(mark_scanner, p, end, &at)) >= 0) {
		marks |= 1u << i;
		p = at + 1;
	}
	return marks;
}

static bool by_task(struct span line, const char *word)
{
	uint64_t id;

	line = span_after(line, span_find(line, word) + strlen(word));
	return span_take_u64(&line, &id) && span_starts(line, ":");
}

/* "backtrace:" of kmemleak, but not lockdep's "stack backtrace:". */
static bool is_leak_backtrace(struct span line)
{
	ptrdiff_t at = span_find(line, " backtrace");
	struct span rest = span_after(line, at + strlen(" backtrace"));

	if (at < 1 || line.p[at - 1] == 'k')
		return false;
	return span_starts(rest, ":") || (span_starts(rest, " (crc ") && span_has(rest, "):"));
}

#define KEYWORD_RISCV 9
#define KEYWORDS      10

/* How a stack is announced, from 1; 0: not at all. The first of each way is held against what
 * follows. */
static unsigned trace_keyword(struct span line, unsigned marks)
{
	if (HAS(marks, MARK_CALL_TRACE) || HAS(marks, MARK_CALL_TRACE_ARM))
		return 1;
	if (HAS(marks, MARK_ALLOCATED))
		return 2;
	if (HAS(marks, MARK_FREED))
		return 3;
	if (HAS(marks, MARK_ALLOCATED_BY) && by_task(line, mark_texts[MARK_ALLOCATED_BY]))
		return 4;
	if (HAS(marks, MARK_FREED_BY) && by_task(line, mark_texts[MARK_FREED_BY]))
		return 5;
	if (HAS(marks, MARK_BACKTRACE_ARM))
		return 6;
	if (HAS(marks, MARK_STORED))
		return 7;
	if (HAS(marks, MARK_BACKTRACE) && is_leak_backtrace(line))
		return 8;
	/* riscv dumps a stack behind show_regs() without announcing it: that there is none
	 * is no loss there. */
	if (HAS(marks, MARK_RISCV_STATUS) && span_has(line, "status: ") &&
	    span_has(line, " cause: "))
		return KEYWORD_RISCV;
	return 0;
}

static bool is_injected(struct span line)
{
	struct span names[2];

	if (line.p[0] != ' ' || frame_names(line, names) != 1)
		return false;
	return span_is(names[0], "should_fail") || span_is(names[0], "should_failslab");
}

/* x86 puts " ? " before what it only found on the stack; powerpc says "(unreliable)". */
static bool is_questionable(struct span line, unsigned marks)
{
	const char *p = line.p, *end = line.p + line.n;

	if (HAS(marks, MARK_EOI))
		return false;
	if (HAS(marks, MARK_UNRELIABLE) && span_is(span_after(line, line.n - 13), " (unreliable)"))
		return true;
	while ((p = memchr(p, '?', end - p))) {
		if (p > line.p && p[-1] == ' ' && p + 1 < end && p[1] == ' ')
			return true;
		p++;
	}
	return false;
}

unsigned text_classify(struct span line)
{
	unsigned marks = find_marks(line), flags = 0, keyword = 0;
	struct span names[2];

	if (!line.n)
		return 0;
	if (is_questionable(line, marks))
		flags |= TEXT_QUESTIONABLE;
	if (marks)
		keyword = trace_keyword(line, marks);
	if (keyword)
		flags |= TEXT_TRACE_START | keyword << TEXT_KEYWORD_SHIFT;
	if (frame_names(line, names))
		flags |= TEXT_FRAME;
	if ((flags & TEXT_FRAME) && HAS(marks, MARK_SHOULD_FAIL) && is_injected(line))
		flags |= TEXT_INJECTED;
	if (HAS(marks, MARK_PANIC))
		flags |= TEXT_SAYS_PANIC;
	if (HAS(marks, MARK_NMI))
		flags |= TEXT_SAYS_NMI;
	if (HAS(marks, MARK_TAINT))
		flags |= TEXT_SAYS_TAINT;
	return flags;
}

bool text_is_of_report(struct span s)
{
	static const char *const starts[] = {
		"RIP:",		"RSP:",		 "RAX:",
		"RDX:",		"RBP:",		 "R10:",
		"R13:",		"FS:",		 "CS:",
		"CR2:",		"DR0:",		 "DR3:",
		"EIP:",		"EAX:",		 "ESI:",
		"DS:",		"CR0:",		 "Code:",
		"CPU:",		"Hardware ",	 "Modules linked",
		"Workqueue:",	"Tainted",	 "task:",
		"---[",		"Kernel panic",	 "Kernel Offset",
		"Rebooting in", "PC is",	 "LR is",
		"pc :",		"lr :",		 "sp :",
		"pstate",	"epc",		 "NIP",
		"GPR",		"MSR",		 "Krnl",
		"Read of",	"Write of",	 "The buggy",
		"Memory state", "kfence-#",	 "page:",
		"flags:",	"raw:",		 ">ffff",
		" ffff",	"irq event",	 "hardirqs",
		"softirqs",	"Oops",		 "Internal error",
		"Process ",	"Stack:",	 "Showing ",
		"NMI ",		"Sending NMI",	 "memory:",
		"swap:",	"Memory cgroup", "Tasks ",
		"oom-kill:",	"Out of memory", "oom_reaper:",
		"name ",	"value changed", "Reported by",
		"</TASK>",
	};

	s = span_trim(s);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (s.n && s.p[0] == starts[i][0] && span_starts(s, starts[i]))
			return true;
	return s.n > 6 && s.p[0] == 'x' && is_digit(s.p[1]) && span_has(s, ": ffff");
}

/* lib/show_mem.c, mm/page_alloc.c: the machine's counters, then nodes, zones, their free areas and
 * swap. */
static const char *const memory_line =
	"^ ?(?:Mem-Info:|(?:[a-z_]+:[0-9]+ ?)+$|Node [0-9]|lowmem_reserve\\[\\]:|"
	"[A-Za-z0-9]+(?: free:[0-9]|: [0-9]+\\*[0-9]+kB)|"
	"[0-9]+ (?:total pagecache )?pages|Free swap|Total swap|Swap cache stats:)";

bool text_is_of_memory(struct span s)
{
	return match_text(&memory_line, s, NULL);
}

/* A frame within the lines behind i, before the next stack is announced. */
static bool has_frame_soon(const struct text *t, size_t i)
{
	size_t seen = 0;

	for (i++; i < t->count && seen < FRAME_SOON; i++) {
		unsigned flags = t->lines[i].flags;

		if (!text_counts(t, i))
			continue;
		seen++;
		if (flags & TEXT_TRACE_START)
			return false;
		if ((flags & TEXT_FRAME) || span_has(text_span(t, i), "(stack is not available)"))
			return true;
	}
	return false;
}

static size_t lines_behind(const struct text *t, size_t i)
{
	size_t n = 0;

	for (i++; i < t->count && n < 3; i++)
		n += text_counts(t, i);
	return n;
}

bool report_is_cut(const struct text *t)
{
	bool seen[KEYWORDS] = { false }, any = false;

	for (size_t i = 0; i < t->count; i++) {
		unsigned keyword = t->lines[i].flags >> TEXT_KEYWORD_SHIFT;
		struct span names[2];
		bool frame;

		/* arm's unwinder announces nothing, but its lines are like no others. */
		any = any || ((t->lines[i].flags & TEXT_FRAME) && text_counts(t, i) &&
			      frame_names(text_span(t, i), names) == 2);

		if (!text_counts(t, i) || !keyword || seen[keyword])
			continue;
		seen[keyword] = true;
		if (lines_behind(t, i) < 2)
			return true;
		frame = has_frame_soon(t, i);
		any = any || frame;
		if (!frame && keyword != KEYWORD_RISCV)
			return true;
	}
	return !any;
}
