/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of a guest or a file, made harmless: control characters, escape sequences, and
 * what reorders or hides text come out as visible escapes, bytes that are no UTF-8 as
 * U+FFFD. Every page goes through it. Pure.
 */
#ifndef KLAB_PAGE_SAFE_H
#define KLAB_PAGE_SAFE_H

#include <stddef.h>

#define PAGE_SAFE_BYTES 12 /* of one character, made harmless, with its NUL */

/*
 * The next character of `length` bytes (at least one), harmless, as text; returns how many bytes
 * it took. "\n" and "\t" are blanks.
 */
size_t page_safe_next(const char *text, size_t length, char out[PAGE_SAFE_BYTES]);
/* Harmless UTF-8 of one line. Yours. */
char *page_safe(const char *text);
/* Columns that harmless text takes on a terminal. */
int page_columns(const char *text);

#endif
