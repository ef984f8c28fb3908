/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reports of many runs, and which of them are like one. Pure. */
#ifndef KLAB_COMPARE_SIMILAR_REPORTS_H
#define KLAB_COMPARE_SIMILAR_REPORTS_H

#include <jansson.h>
#include <stddef.h>

struct similar_reports;
struct similar_reports *similar_reports_new(void);
void similar_reports_free(struct similar_reports *s); /* NULL-safe */

/*
 * Adds a run's reports.json; runs are added oldest first. The report `except` of it is left out
 * (the one that is asked about; NULL: none). What was seen before with the same traces is counted
 * and not kept.
 */
void similar_reports_add(struct similar_reports *s, const char *run, const json_t *reports,
			 const json_t *except);

/*
 * Adds what is known of a title from many runs: one report of its, with the first and the last of the
 * runs. Of several reports of one title (with other traces) all say the same of it. Before any run.
 */
struct similar_title {
	const json_t *report;
	const char *first, *last;
	int64_t runs, times;
};
/* So many runs were looked at by that. */
void similar_reports_add_runs(struct similar_reports *s, int64_t runs);
void similar_reports_add_title(struct similar_reports *s, const struct similar_title *title);

/*
 * The titles whose reports are most like `report`, the most similar first, at most `most`:
 * docs/formats.md, "Similar reports". Those with no function in common are left out. New reference.
 */
json_t *similar_reports_rank(struct similar_reports *s, const json_t *report, size_t most);

#endif
