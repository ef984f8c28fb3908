/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of runs of several sides -> what differs. Pure: reads JSON values, gives one. */
#ifndef KLAB_COMPARE_COMPARE_H
#define KLAB_COMPARE_COMPARE_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

/* All that a run directory holds, loaded. */
struct run_facts {
	char *dir;
	json_t *run, *plan, *kernel, *machine, *verdict, *reports;
	json_t *frames;			/* array */
};

int run_facts_load(struct run_facts *r, const char *run_dir, struct err *err);
void run_facts_clear(struct run_facts *r);

struct compare_side {
	const char *name;		/* "wbt-on" */
	const struct run_facts *runs;
	size_t run_count;
};

/*
 * The comparison as JSON (`klab compare --json` prints it): `case`, `sides`
 * [{name, runs, verdict, tasks, reports by title with counts, injections}],
 * `config` (differing lines), `facts` (what the running kernel showed and
 * whether the sides differ in it), `numbers` (of snapshots and results that differ), `traces`
 * (matched, aligned, with what is on one side only marked), `toggle_real`,
 * `same`, `verdict` ("same", "different", "broken") and `reasons`. New reference.
 */
json_t *compare_sides(const struct compare_side *sides, size_t count, struct err *err);

#endif
