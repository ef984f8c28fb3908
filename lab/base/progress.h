/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long work tells what it does. Stages call it, cmd/ decides how it looks:
 * a bar on a terminal, plain lines elsewhere, nothing with --json or -q.
 */
#ifndef KLAB_BASE_PROGRESS_H
#define KLAB_BASE_PROGRESS_H

#include <stdint.h>

struct progress {
	/* A message that stays, one line without newline. */
	void (*note)(struct progress *p, const char *text);
	/* Work `what` is at done of total (total 0: unknown), eta_s < 0: unknown. May be called often. */
	void (*update)(struct progress *p, const char *what, uint64_t done, uint64_t total, int eta_s);
	/* The work of the last update() is over. */
	void (*end)(struct progress *p);
};

/* NULL-safe callers; p NULL: nothing happens. */
void progress_note(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void progress_update(struct progress *p, const char *what, uint64_t done, uint64_t total, int eta_s);
void progress_end(struct progress *p);

#endif
