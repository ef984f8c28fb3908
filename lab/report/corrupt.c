// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines are told apart as they come in (text_classify()), and at the end a
 * report is looked at as a whole: each stack that is announced must have a
 * frame soon after, and there must be one at all.
 */
#include <string.h>

#include "report/internal.h"

#define FRAME_SOON 15 /* lines behind the announcement */

static bool by_task(struct span line, const char *word)
{
	ptrdiff_t at = span_find(line, word);
	uint64_t id;

	if (at < 0)
		return false;
	line = span_after(line, at + strlen(word));
	return span_take_u64(&line, &id) && span_starts(line, ":");
}

/* "backtrace:" of kmemleak, but not lockdep's "stack backtrace:". */
static bool is_leak_backtrace(struct span line)
{
	ptrdiff_t at = span_find(line, " backtrace");
	struct span rest;
	ptrdiff_t end;

	if (at < 1 || line.p[at - 1] == 'k')
		return false;
	rest = span_after(line, at + strlen(" backtrace"));
	if (span_starts(rest, ":"))
		return true;
	end = span_find(rest, "):");
	return span_starts(rest, " (crc ") && end > 0;
}

/* How stacks are announced, from 1; 0: not at all. The first of each way is held against what
 * follows. */
static unsigned trace_keyword(struct span line)
{
	if (span_has(line, "Call Trace") || span_has(line, "Call trace"))
		return 1;
	if (span_has(line, "Allocated:"))
		return 2;
	if (span_has(line, "Freed:"))
		return 3;
	if (by_task(line, "Allocated by task "))
		return 4;
	if (by_task(line, "Freed by task "))
		return 5;
	if (span_has(line, "Backtrace:"))
		return 6;
	if (span_has(line, "Uninit was stored to memory at"))
		return 7;
	return is_leak_backtrace(line) ? 8 : 0;
}

#define KEYWORD_RISCV 9
#define KEYWORDS      10

/* riscv dumps a stack behind show_regs() without announcing it: not having one is no loss there. */
static bool is_riscv_status(struct span line)
{
	return span_has(line, "status: ") && span_has(line, " badaddr: ") &&
	       span_has(line, " cause: ");
}

static bool is_injected(struct span line)
{
	struct span names[2];

	if (!span_has(line, "should_fail") || !line.n || line.p[0] != ' ')
		return false;
	if (frame_names(line, names) != 1)
		return false;
	return span_is(names[0], "should_fail") || span_is(names[0], "should_failslab");
}

unsigned text_classify(struct span line)
{
	struct span names[2];
	unsigned flags = 0, keyword;

	if (!span_has(line, "<EOI>") &&
	    (span_has(line, " ? ") ||
	     (line.n > 13 && span_is(span_after(line, line.n - 13), " (unreliable)"))))
		flags |= TEXT_QUESTIONABLE;
	keyword = is_riscv_status(line) ? KEYWORD_RISCV : trace_keyword(line);
	if (keyword)
		flags |= TEXT_TRACE_START | keyword << TEXT_KEYWORD_SHIFT;
	if (frame_names(line, names))
		flags |= TEXT_FRAME;
	if ((flags & TEXT_FRAME) && is_injected(line))
		flags |= TEXT_INJECTED;
	return flags;
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
		bool frame;

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
