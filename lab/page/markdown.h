/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building blocks of Markdown (GitHub's kind) that reads well as plain text too: in a mail.
 * What is added may come from a guest: it is made harmless, and where Markdown would
 * see something in it (emphasis, a link, HTML, a mention of somebody) it stands as code. Pure.
 */
#ifndef KLAB_PAGE_MARKDOWN_H
#define KLAB_PAGE_MARKDOWN_H

#include "base/str.h"

#define MARKDOWN_CELL_COLUMNS 60  /* of a cell of a table; cut beyond */
#define MARKDOWN_LINE_COLUMNS 160 /* of a line of a block of code */

/* Prose: only the words in which Markdown would see something stand as code. */
void markdown_add_text(struct strbuf *out, const char *text);
/* A name or a value, as code. */
void markdown_add_code(struct strbuf *out, const char *text);

/* Cells in the order of reading; the first row is the head. Init with the number of columns. */
struct markdown_table {
	size_t columns;
	struct strv cells;
	bool figures; /* all but the first column are flush right */
};

void markdown_table_text(struct markdown_table *t, const char *text);
void markdown_table_code(struct markdown_table *t, const char *text);
/* Of our own making, as it is. */
void markdown_table_figure(struct markdown_table *t, const char *text);
/* Its columns are padded, so that it is a table in plain text too. Nothing without a row below
 * the head. */
void markdown_add_table(struct strbuf *out, const struct markdown_table *t);
void markdown_table_clear(struct markdown_table *t);
#define _cleanup_markdown_table_ _cleanup_(markdown_table_clear)

/* A block of lines as they are; `language` as in ```diff, or "". */
void markdown_add_block(struct strbuf *out, const char *language, const struct strv *lines);

#endif
