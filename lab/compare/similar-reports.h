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
 * The titles whose reports are most like `report`, the most similar first, at most `most`:
 * docs/formats.md, "Similar reports". Those with no function in common are left out. New reference.
 */
json_t *similar_reports_rank(struct similar_reports *s, const json_t *report, size_t most);

#endif
