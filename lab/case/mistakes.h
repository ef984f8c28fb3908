/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a case file: gathered while it is read, told all at once, in the file's order.
 */
#ifndef KLAB_CASE_MISTAKES_H
#define KLAB_CASE_MISTAKES_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* More than that many are counted only: nobody reads further, and a hostile file must not cost
 * more. */
#define MISTAKES_MAX 100

struct mistake {
	int line, column; /* 1-based */
	size_t order;	  /* as found: keeps the sort stable */
	char *text;
};

struct mistakes {
	struct mistake *items;
	size_t count, capacity;
	size_t beyond; /* found after MISTAKES_MAX */
	const char *of; /* what the file should be: "plan"; NULL: "case" */
};

/*
 * Adds one. The text is cleaned: control characters and bytes that are no UTF-8
 * become '?', so that a case file cannot write to the terminal.
 */
void mistakes_add(struct mistakes *m, int line, int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * 0 when there are none. Else sets err (ERR_INPUT, the first one and how many
 * more there are) and appends all as "PATH:LINE:COLUMN: text" to out, which may
 * be NULL; returns -1.
 */
int mistakes_report(struct mistakes *m, const char *path, struct strv *out, struct err *err);
void mistakes_clear(struct mistakes *m);
#define _cleanup_mistakes_ _cleanup_(mistakes_clear)

/* " (did you mean `x`?)" when one of the words is near, else "". Yours. */
char *mistakes_hint(const char *word, const char *const *words, size_t count);

/* Length in bytes of the UTF-8 character at s (at most `length` bytes), 0 when it is none. */
size_t utf8_char_length(const char *s, size_t length);

#endif
