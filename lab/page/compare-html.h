/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the comparison's HTML page. */
#ifndef KLAB_PAGE_COMPARE_HTML_H
#define KLAB_PAGE_COMPARE_HTML_H

#include "page/compare-say.h"
#include "page/html.h"

struct html_page {
	struct strbuf out;
	const json_t *comparison;
	size_t sides;
	const struct page_run *runs; /* in the order of the sides, borrowed */
	size_t run_count;
	bool kept; /* compare.json stands beside the page */
};

/* Two runs that the page shows in full: the first side's, and one of another side. */
struct html_pair {
	size_t side;
	size_t runs[2];	     /* indexes of html_page's runs */
	const json_t *exact; /* their row of `exact`, borrowed; NULL: not of one seed */
};

/* The index of a side's run among all; SIZE_MAX: none. */
size_t compare_html_find_run(const json_t *comparison, size_t side, const char *id);
/*
 * The pair that stands for a side, 1 or more: in deterministic mode of the seed that parts them,
 * else the runs that their sides' verdicts are of. False: a side has no run.
 */
bool compare_html_pair(const json_t *comparison, size_t side, struct html_pair *out);
/* Those pairs, the ones whose consoles part first; at most so many. How many. */
size_t compare_html_pairs(const json_t *comparison, struct html_pair *out, size_t most);
/* <section id="id"><h2>title</h2> and its end. */
void compare_html_begin(struct html_page *h, const char *id, const char *title);
void compare_html_end(struct html_page *h);
/* A table with the sides in its head, and its end. */
void compare_html_begin_table(struct html_page *h);
void compare_html_end_table(struct html_page *h);
void compare_html_key(struct html_page *h, size_t side); /* its mark */
/* <tag>name</tag>: a side's name behind its mark. */
void compare_html_side(struct html_page *h, const char *tag, size_t side);
/* The class of a tone, "": none. */
const char *compare_html_class(enum tone tone);

/* The sections. Each that has nothing to show adds nothing. */
void compare_html_plans(struct html_page *h); /* of several cases */
void compare_html_toggle(struct html_page *h);
void compare_html_rates(struct html_page *h);
void compare_html_numbers(struct html_page *h);
void compare_html_charts(struct html_page *h);
void compare_html_traces(struct html_page *h);
void compare_html_exact(struct html_page *h);
void compare_html_consoles(struct html_page *h);
void compare_html_files(struct html_page *h);

#endif
