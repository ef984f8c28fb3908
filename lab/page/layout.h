/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of text with columns and colours. All that is added goes through one
 * gate that makes it harmless: control characters, escape sequences, and what
 * reorders or hides text come out as visible escapes, bytes that are no UTF-8
 * as U+FFFD. So a guest cannot write to the terminal of who looks at its run.
 */
#ifndef KLAB_PAGE_LAYOUT_H
#define KLAB_PAGE_LAYOUT_H

#include "base/str.h"
#include "page/page.h"
#include "page/safe.h"

enum tone {
	TONE_PLAIN,
	TONE_STRONG,
	TONE_DIM,
	TONE_GOOD,
	TONE_BAD,
	TONE_WARN,
	TONE_INFO,
};

struct page {
	struct page_style style;
	struct strbuf out;
	int column;  /* where the next character goes, blanks in `pending` not counted */
	int pending; /* blanks that are due, if anything follows on the line */
};

#define PAGE_LABEL 11 /* columns of the labels on the left */

void page_init(struct page *p, const struct page_style *style);
char *page_take(struct page *p); /* the text; yours */

/* Cut where the page ends. */
void page_add(struct page *p, enum tone tone, const char *text);
void page_addf(struct page *p, enum tone tone, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Goes on at a column; one blank at least when the line is there already. */
void page_to(struct page *p, int column);
/* Narrower than tables are made for: what a cell would cut goes onto lines of its own. */
bool page_is_narrow(const struct page *p);
void page_line(struct page *p);			    /* ends the line */
void page_label(struct page *p, const char *label); /* starts a line */
/* In so many columns: cut with an ellipsis (at the front with `tail`), not padded. */
void page_fit(struct page *p, enum tone tone, const char *text, int columns);
void page_fit_tail(struct page *p, enum tone tone, const char *text, int columns);
/* Flush right in the columns that end before `end`. */
void page_right(struct page *p, enum tone tone, const char *text, int end);
/* Words from here to the page's width, further lines from column `indent`. */
void page_wrap(struct page *p, enum tone tone, const char *text, int indent);

/* How a verdict's word is shown. */
enum tone page_tone_of(const char *word);
/* "256 MiB", "64 KiB", "100 B"; "2.9 s", "12 min". Into `out`. */
void page_format_bytes(double bytes, char out[24]);
void page_format_ms(double ms, char out[24]);

#endif
