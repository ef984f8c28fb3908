/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two call traces of reports.json, laid beside each other row by row. Pure. */
#ifndef KLAB_COMPARE_TRACE_ROWS_H
#define KLAB_COMPARE_TRACE_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "compare/align.h"

struct trace_frame {
	const char *name;    /* borrowed */
	const json_t *known; /* what is told of it: borrowed */
	bool guess;	     /* the unwinder found it on the stack and cannot tell: `?` */
	bool inlined;	     /* into the frame that follows */
};

struct trace_frames {
	struct trace_frame items[ALIGN_MAX]; /* innermost first; what is beyond is left out */
	size_t count;
	size_t counted;	 /* that are neither guesses nor inlined */
	size_t guesses;
	bool symbolized; /* source lines are known, so what was inlined is, too */
};

void trace_frames_read(struct trace_frames *t, const json_t *trace);

/* The same functions on the same way? Guesses and what was inlined are left aside. */
bool trace_frames_equal(const struct trace_frames *a, const struct trace_frames *b);

/* The names of what is counted, borrowed; `names` has room for ALIGN_MAX. Returns how many. */
size_t trace_frames_names(const struct trace_frames *t, const char **names);

/*
 * Sets `rows`, `marks`, `frames`, `guesses`, `matched` and `equal` in `out`: docs/formats.md, "A
 * comparison".
 * Right may be NULL: rows of one name. What was inlined has rows only where both are symbolized.
 */
void trace_rows_set(json_t *out, const struct trace_frames *left, const struct trace_frames *right);

#endif
