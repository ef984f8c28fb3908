/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the comparison's text page. */
#ifndef KLAB_PAGE_COMPARE_TEXT_H
#define KLAB_PAGE_COMPARE_TEXT_H

#include "page/compare-say.h"
#include "page/layout.h"

struct compare_page {
	struct page p;
	const json_t *comparison;
	size_t count; /* sides, at least one */
	size_t first, end; /* of them, those that are shown beside each other now */
};

void compare_page_section(struct compare_page *c, const char *title); /* an empty line, a label */
/* Calls show() for as many sides at a time as fit, `most`, until all were shown. */
void compare_page_bands(struct compare_page *c, int most, void (*show)(struct compare_page *c));
/* A side's cell of the band, cut to its columns. */
int compare_page_cell_columns(const struct compare_page *c);
void compare_page_cell(struct compare_page *c, size_t side, enum tone tone, const char *text);
/* The names of all sides for so many columns: compare_names_fit(). */
void compare_page_names(const struct compare_page *c, int columns, struct strv *out);
/* What stands in front of figures, in so many columns; on a narrow page in front of their line. */
void compare_page_name(struct compare_page *c, enum tone tone, const char *text, int columns);
/* Columns of a right-aligned figure: what the widest of counts and names takes, and two blanks. */
int compare_page_figure_columns(const struct compare_page *c);
int compare_page_most_figures(const struct compare_page *c); /* that fit beside each other */
/* Where the names in front of the band's figures end. */
int compare_page_names_end(const struct compare_page *c);
/* The names of the sides above right-aligned figures of so many columns, the last ending at `end`.
 */
void compare_page_figure_heads(struct compare_page *c, int end, int columns);
void compare_page_plans(struct compare_page *c); /* of several cases: what they do otherwise */
void compare_page_toggle(struct compare_page *c);
void compare_page_code(struct compare_page *c);
void compare_page_numbers(struct compare_page *c);
void compare_page_statistics(struct compare_page *c); /* in place of the numbers, where there are some */
void compare_page_traces(struct compare_page *c);
void compare_page_divergence(struct compare_page *c);

#endif
