/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people read: a run, a comparison. Text for a terminal; every byte that
 * came from a guest or a file is made harmless on the way (page/safe.h).
 */
#ifndef KLAB_PAGE_PAGE_H
#define KLAB_PAGE_PAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "compare/compare.h"

struct page_style {
	bool color;   /* ANSI colours */
	bool verbose; /* everything, not just what matters most */
	int width;    /* columns; 0: 80 */
};

/*
 * Colour on a terminal without NO_COLOR (and with a TERM that is not "dumb"). The width is
 * COLUMNS, or that of the terminal, or 80; at least 40 and at most 160.
 */
struct page_style page_style_of(int fd);

/* `klab run`, `klab show`. Yours. */
char *page_run_text(const struct run_facts *run, const struct page_style *style);
/*
 * What the case's `answer` says with the figures of this run, one harmless line;
 * NULL when it has none or the run did not pass. A figure that the run does not
 * show is "?", and then *complete is false. Yours.
 */
char *page_answer(const struct run_facts *run, bool *complete);
/* Those figures, as the case has them: "{task hog}, {recovered}"; NULL: none. Yours. */
char *page_answer_lacks(const struct run_facts *run);
/*
 * Under the pages of several runs of a case, [{verdict, seed, dir}]: how many came to
 * what, and of each that did not pass, the seed. exact: a seed decides all. Yours.
 */
char *page_runs_text(const json_t *runs, bool exact, const struct page_style *style);
/* `klab replay`: of exact_compare(). Yours. */
char *page_exact_text(const json_t *exact, const struct page_style *style);
/* `klab similar`: of similar_reports_rank(). Yours. */
char *page_similar_text(const json_t *similar, const struct page_style *style);
/* `klab compare`, `klab diff`: of compare_sides(). Yours. */
char *page_compare_text(const json_t *comparison, const struct page_style *style);
/* The same in Markdown, to paste into a mail or an issue. Yours. */
char *page_compare_markdown(const json_t *comparison);
/* `klab bisect`: of its result, docs/formats.md. Yours. */
char *page_bisect_text(const json_t *result, const struct page_style *style);
/* `klab bisect-config`, `klab minimize-config`: likewise. Yours. */
char *page_config_text(const json_t *result, const struct page_style *style);
/* Of one that is going on, from its record. Yours. */
char *page_config_going_on_text(const json_t *record, const struct page_style *style);
/* `klab history`, `klab reports`: of history_case(), history_numbers(), history_reports(). Yours. */
char *page_history_text(const json_t *history, const struct page_style *style);
char *page_history_numbers_text(const json_t *numbers, const struct page_style *style);
char *page_reports_text(const json_t *reports, const struct page_style *style);
/* `klab regressions`: {night, alarms}, docs/formats.md, "Regressions". Yours. */
char *page_regressions_text(const json_t *regressions, const struct page_style *style);
/* The record of one that is going on: what was seen of each commit so far. */
char *page_bisect_going_on_text(const json_t *record, const struct page_style *style);

/* A run that a comparison names, as far as it is there. */
struct page_run {
	const char *link;	      /* its folder, relative to the page's; NULL: it is not there */
	const struct strv *files;     /* names in it */
	const struct run_facts *facts; /* NULL: not loaded */
};

/*
 * Which runs (counted through all sides in their order) the HTML page shows in full: their
 * indexes go into `wanted`, `most` of them. Returns how many.
 */
size_t page_compare_wanted_runs(const json_t *comparison, size_t *wanted, size_t most);
/*
 * The same as one HTML file that loads nothing; `runs` are all runs of all sides, in order;
 * kept: compare.json stands beside it. Yours.
 */
char *page_compare_html(const json_t *comparison, const struct page_run *runs, size_t run_count,
			bool kept);

#endif
