/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings, string buffers and string vectors. Running out of memory aborts with
 * a line on stderr (the x* functions): nothing sensible can follow it, and no
 * caller has to check. Growth that guest or file input drives is bounded by the
 * caller, not here.
 */
#ifndef KLAB_BASE_STR_H
#define KLAB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void *xmalloc(size_t size_bytes);
void *xcalloc(size_t count, size_t size_bytes);
void *xrealloc(void *p, size_t size_bytes);
char *xstrdup(const char *s);			/* NULL stays NULL */
char *xstrndup(const char *s, size_t length);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline bool str_eq(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* Growing byte string, always NUL-terminated once anything was added. Init with {0}. */
struct strbuf {
	char *data;		/* owned; NULL while empty */
	size_t length;
	size_t capacity;
};

void strbuf_add(struct strbuf *sb, const void *bytes, size_t length);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_add_quoted(struct strbuf *sb, const char *word);	/* as one word of a POSIX shell, whatever is in it */
void strbuf_add_shell(struct strbuf *sb, const char *word);	/* as sh reads it back: quoted where that is needed */
void strbuf_reset(struct strbuf *sb);		/* length 0, memory kept */
void strbuf_clear(struct strbuf *sb);		/* frees; NULL-safe */
char *strbuf_take(struct strbuf *sb);		/* yours, never NULL; sb is empty after */
#define _cleanup_strbuf_ _cleanup_(strbuf_clear)

/* Vector of owned strings, items[count] is NULL: fits execv(). Init with {0}. */
struct strv {
	char **items;
	size_t count;
	size_t capacity;
};

void strv_add(struct strv *v, const char *s);		/* copies */
void strv_add_take(struct strv *v, char *s);		/* takes */
void strv_addf(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_add_strv(struct strv *v, const struct strv *from);
bool strv_has(const struct strv *v, const char *s);
void strv_sort(struct strv *v);				/* strcmp order */
char *strv_join(const struct strv *v, const char *separator);	/* yours */
void strv_split(struct strv *v, const char *s, char separator);	/* appends; empty parts kept */
void strv_split_words(struct strv *v, const char *s);		/* at blanks; no empty words */
void strv_clear(struct strv *v);
#define _cleanup_strv_ _cleanup_(strv_clear)

/*
 * Grows an array by one and yields a pointer to the new, zeroed element:
 *   struct frame *f = vec_push(&t->frames, &t->frame_count, &t->frame_capacity);
 */
#define vec_push(items, count, capacity) \
	((__typeof__(*(items)))vec_push_size((void **)(items), (count), (capacity), sizeof(**(items))))
void *vec_push_size(void **items, size_t *count, size_t *capacity, size_t size_bytes);

/*
 * "40M", "4k", "1G", "100" -> bytes (powers of 1024). "5s", "200ms", "2m", "1h" -> ms.
 * Return false, and leave *out alone, on anything else or on overflow.
 */
bool str_parse_size(const char *s, uint64_t *out_bytes);
bool str_parse_duration(const char *s, uint64_t *out_ms);
bool str_parse_i64(const char *s, int64_t *out);	/* whole string, decimal or 0x */
/* "7", which is both, or "1..50", the smaller one first. */
bool str_parse_range(const char *s, int64_t *first, int64_t *last);

/* The nearest of the candidates (edit distance at most 2, or prefix), or NULL: "did you mean". */
const char *str_nearest(const char *s, const char *const *candidates, size_t count);

#endif
