/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest said on two sides, line by line. In deterministic mode a line
 * is another one for three reasons: the kernel was linked anew (addresses,
 * offsets, sizes), the guest took a few instructions more or less (times), or it
 * said something else. Only the last is told as a difference. Pure.
 */
#ifndef KLAB_COMPARE_LINES_H
#define KLAB_COMPARE_LINES_H

#include <jansson.h>
#include <stddef.h>

#include "base/str.h"

#define LINES_MAX	 200000 /* of a side: what comes beyond is not looked at */
#define LINES_SHOWN_BYTES 4096	/* of a line that is told */

/* What does not count, beside pids, which a task more or less before them changes. */
enum line_masks {
	MASK_NOTHING,
	MASK_TIMES,  /* printk's time in front, how clocks run, and the command line: of one kernel */
	MASK_RELINK, /* and what the linker decides: of two kernels */
	MASK_DURATIONS, /* of lines of JSON: numbers of members "us", "..._us", "..._ms" */
};

/*
 * Adds the line without what does not count. A relink changes kernel addresses
 * (words of 16 hex digits that begin with ffff, 0x in front or not), where in a
 * function something is (symbol+0x1f/0x80), code bytes, and the numbers where the
 * kernel tells how large it is. Any other number may be the difference.
 */
void line_mask(const char *line, size_t length, enum line_masks masks, struct strbuf *out);
/* Adds the line without the numbers of processes, where it is sure that they are that. */
void line_mask_pids(const char *line, size_t length, struct strbuf *out);
/* Does the kernel tell there what it was booted with? */
bool line_tells_command_line(const char *line, size_t length);
/* How long printk's time is, with the caller that may follow it: "[    1.234567][    T1] ". */
size_t line_time_length(const char *line, size_t length);

/*
 * {"lines" [of each], "same" (to the byte), "times" (how many pairs of lines differ
 * in their times alone), "relinked" (those that differ in addresses and sizes too),
 * "pids" (those that differ in the numbers of processes, whatever else of this), "only" [how many lines each has for itself], "first" {"line" [of each, from 1],
 * "rows" [[line, line]]: the first rows that differ, each with a row that is the same
 * around it, the first with up to three before it; a side that is null has no such line,
 * [null, null] stands for more rows that are the same}, "coarse" (true: too different to
 * be laid beside each other line by line from there on, and "only" holds all lines up to
 * where they are the same again), "cut" (true: there is more than LINES_MAX lines)}. "first" is there where "only" is not [0, 0].
 * The texts may hold any bytes. New reference.
 */
json_t *lines_compare(const char *left, size_t left_length, const char *right, size_t right_length,
		      enum line_masks masks);

/* Two lines beside each other; both: what is masked aside, they say the same. */
struct line_pair {
	const char *text[2]; /* borrowed from the texts, not ended by a NUL; NULL: no such line */
	size_t length[2];
	size_t number[2];    /* from 1; 0: no such line */
};

struct line_pairs {
	struct line_pair *items;
	size_t count;
	size_t gap_at, gap[2]; /* before this item so many lines of each were not laid beside each other */
	bool cut;	       /* there are more than LINES_MAX lines, and those beyond are not here */
};

/*
 * All lines of two texts, laid beside each other; of very many that differ the first of each side,
 * and then those from where they are the same again on. Clear it with line_pairs_clear().
 */
void lines_pair(const char *left, size_t left_length, const char *right, size_t right_length,
		enum line_masks masks, struct line_pairs *out);
void line_pairs_clear(struct line_pairs *p);	/* NULL-safe */

#endif
