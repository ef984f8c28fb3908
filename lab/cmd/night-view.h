/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A night while it goes on: on a terminal some lines that are drawn again (what is done, what
 * runs, what is left), with what did not pass above them; elsewhere a line a result.
 */
#ifndef KLAB_CMD_NIGHT_VIEW_H
#define KLAB_CMD_NIGHT_VIEW_H

#include "cmd/night-worker.h"

struct night_view {
	bool quiet, terminal, color;
	int lines;	  /* that stand below what stays */
	uint64_t last_ms; /* of the last drawing, or of the last line that says how far it is */
};

void night_view_init(struct night_view *v, bool quiet);
/* Of a job that has a result now. */
void night_view_tell(struct night_view *v, const struct night *n, size_t job);
void night_view_update(struct night_view *v, const struct night *n,
		       const struct night_worker *workers, size_t count);
/* A line that stays. */
void night_view_note(struct night_view *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void night_view_end(struct night_view *v);

/* The lines that are drawn again, each at most `columns` wide: pure. Returns how many. */
int night_view_format(struct strbuf *out, const struct night *n,
		      const struct night_worker *workers, size_t count, int columns);

#endif
