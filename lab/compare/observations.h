/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each run of each side showed, as facts that can be tested. Pure. */
#ifndef KLAB_COMPARE_OBSERVATIONS_H
#define KLAB_COMPARE_OBSERVATIONS_H

#include "compare/compare.h"
#include "compare/sequential.h"

/* Names are made of three parts with a byte between that none of them has. */
#define PART "\x1f"

struct observations {
	/* Of each fact: "KIND\x1fTASK\x1fWHAT" of a rate (KIND is verdict, task, report or
	 * unjudged), "LABEL\x1fFILE\x1fKEY" of a number. Owned, as are the values behind facts. */
	char **names;
	struct fact *facts;
	size_t count; /* the rates come first */
	size_t numbers_same; /* numbers that are the same in all runs: no facts */
	double *values;
	struct sample *samples;
};

/*
 * Rates: each verdict that says something of the kernel, each way a task ended, each report's
 * title but those of injection dumps, which a rate limit picks; and whether a run could not be
 * judged. Of such a run nobody knows what else it had, and its numbers are left out. Clear it
 * with observations_clear().
 */
void observations_make(struct observations *o, const struct compare_side *sides, size_t side_count);
void observations_clear(struct observations *o);	/* NULL-safe */
#define _cleanup_observations_ _cleanup_(observations_clear)

/* The parts of a name. Borrowed from it; `second` and `first` are no strings, but so long. */
struct name_parts {
	const char *first, *second, *third;
	size_t first_length, second_length;
};
struct name_parts name_split(const char *name);

#endif
