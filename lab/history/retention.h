/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which run directories may go, by rule. A page of the history links to the first and the last run of
 * each title and to its newest ones, an alarm to the last good and the first bad run: these stay
 * whatever the rule says. What the history knows of a run stays in it when its directory goes.
 */
#ifndef KLAB_HISTORY_RETENTION_H
#define KLAB_HISTORY_RETENTION_H

#include "history/history.h"

struct retention {
	int64_t passed_nights, failed_nights; /* that a run is kept, back from the newest night */
	int64_t newest;	     /* of each series stay in any case, so many of either outcome */
	int64_t pack_nights; /* after which its console is packed */
};
#define RETENTION_INIT { .passed_nights = 30, .failed_nights = 365, .newest = 3, .pack_nights = 7 }

enum retention_fate { RETENTION_KEEP, RETENTION_PACK, RETENTION_REMOVE };

struct retention_run {
	int64_t id;
	const char *name, *folder, *verdict, *night; /* borrowed */
	enum retention_fate fate;
	bool linked; /* it would go, but something links to it */
};

/* Calls fn for each run whose directory the history has not seen go, oldest first. What it returns but 0 ends it. */
int history_retain(struct history *h, const struct retention *rule,
		   int (*fn)(void *ctx, const struct retention_run *run), void *ctx,
		   struct err *err);
/* The run's directory is gone. */
int history_forget_folder(struct history *h, int64_t run, struct err *err);

#endif
