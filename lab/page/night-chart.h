/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of a terminal as a chart: a column a night, or a few nights. */
#ifndef KLAB_PAGE_NIGHT_CHART_H
#define KLAB_PAGE_NIGHT_CHART_H

#include "page/layout.h"

struct night_value {
	const char *night;  /* "2026-11-28", borrowed */
	double value;	    /* of a rate its hits */
	double weight;	    /* of a rate its runs; 0: there is none */
};

/*
 * A rate from 0 to 1 (nothing stands for 0, blanks for nights without a run), or a level from its least
 * to its most; under it the first and the last night. From `indent` on, as wide as the page.
 */
void page_night_rates(struct page *p, const struct night_value *nights, size_t count, int indent);
void page_night_levels(struct page *p, const struct night_value *nights, size_t count, int indent);

#endif
