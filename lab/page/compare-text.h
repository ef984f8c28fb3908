/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the comparison's text page. */
#ifndef KLAB_PAGE_COMPARE_TEXT_H
#define KLAB_PAGE_COMPARE_TEXT_H

#include "page/layout.h"

struct compare_page {
	struct page p;
	const json_t *comparison;
	size_t count; /* sides, at least one */
};

void compare_page_section(struct compare_page *c, const char *title); /* an empty line, a label */
/* The names of the sides above right-aligned figures of so many columns, the last ending at `end`.
 */
void compare_page_figure_heads(struct compare_page *c, int end, int columns);
void compare_page_numbers(struct compare_page *c);
void compare_page_traces(struct compare_page *c);

#endif
