/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run directories for tests of history, made from what a test wants of them. Brings scratch.h. */
#ifndef KLAB_TESTS_HISTORY_WORLD_H
#define KLAB_TESTS_HISTORY_WORLD_H

#include "history/history.h"
#include "scratch.h"

struct world_run {
	const char *id;	     /* also the folder's name */
	const char *started; /* NULL: 2025-11-28T01:00:00Z */
	const char *case_name, *line, *config, *verdict; /* NULL: swap, lts, base, pass */
	const char *bisect;  /* id of a bisect; NULL: none */
	const char *title, *symbol; /* of a report; NULL: it has none */
	int times;	     /* how often it came; 0: once */
	const char *commit;  /* NULL: aaaa */
	double value;	     /* of "free" in a snapshot of /proc/swaps; 0: it has none */
	int wall_ms;	     /* 0: 1000 */
	bool killed;
};

/* Makes it in the test's folder, or makes it anew. Its path, yours. */
char *world_run_make(void **state, const struct world_run *run);
/* Makes it and takes it in; fails the test where that is an error. */
enum history_ingested world_ingest(void **state, struct history *h, const struct world_run *run);
/* The history in the test's folder; fails the test where it cannot be opened. */
struct history *world_history(void **state);
/* Fails the test where a table of nights or of titles does not count what is in the runs. */
void world_check_sums(struct history *h);
/* The number that a statement's first row begins with. */
int64_t world_ask(struct history *h, const char *sql);

#endif
