/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a comparison in Markdown. */
#ifndef KLAB_PAGE_COMPARE_MARKDOWN_H
#define KLAB_PAGE_COMPARE_MARKDOWN_H

#include "page/compare-say.h"
#include "page/markdown.h"

struct markdown {
	struct strbuf out;
	const json_t *comparison;
	size_t sides;
};

/* An empty table with the sides' names in its head. */
struct markdown_table markdown_sides_table(const struct markdown *m, const char *head, bool figures);
/* "**Label** ": what begins a paragraph. */
void markdown_add_label(struct markdown *m, const char *label);
/* "... 7 more WHAT.", unless there are none. */
void markdown_add_more(struct markdown *m, size_t more, const char *what);

void markdown_add_plans(struct markdown *m); /* of several cases */
void markdown_add_statistics(struct markdown *m);
void markdown_add_numbers(struct markdown *m);
void markdown_add_traces(struct markdown *m);
void markdown_add_exact(struct markdown *m);

#endif
