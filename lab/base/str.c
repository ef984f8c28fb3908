/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

static void out_of_memory(void) __attribute__((noreturn));
static void out_of_memory(void)
{
	static const char text[] = "klab: out of memory\n";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)written;
	abort();
}

void *xmalloc(size_t size_bytes)
{
	void *p = malloc(size_bytes ? size_bytes : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t count, size_t size_bytes)
{
	void *p = calloc(count ? count : 1, size_bytes ? size_bytes : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t size_bytes)
{
	void *q = realloc(p, size_bytes ? size_bytes : 1);

	if (!q)
		out_of_memory();
	return q;
}

char *xstrdup(const char *s)
{
	return s ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t length)
{
	size_t take = strnlen(s, length);
	char *p = xmalloc(take + 1);

	memcpy(p, s, take);
	p[take] = '\0';
	return p;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	return s;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t length = strlen(s);
	size_t suffix_length = strlen(suffix);

	return length >= suffix_length && strcmp(s + length - suffix_length, suffix) == 0;
}

/* ---- buffers ---- */

/* Makes room for more bytes and the NUL after them. */
static void strbuf_grow(struct strbuf *sb, size_t more)
{
	size_t need, capacity;

	if (__builtin_add_overflow(sb->length, more, &need) ||
	    __builtin_add_overflow(need, (size_t)1, &need))
		out_of_memory();
	if (need <= sb->capacity)
		return;
	capacity = sb->capacity ? sb->capacity : 64;
	while (capacity < need)
		if (__builtin_mul_overflow(capacity, (size_t)2, &capacity))
			out_of_memory();
	sb->data = xrealloc(sb->data, capacity);
	sb->capacity = capacity;
}

void strbuf_add(struct strbuf *sb, const void *bytes, size_t length)
{
	strbuf_grow(sb, length);
	if (length)
		memcpy(sb->data + sb->length, bytes, length);
	sb->length += length;
	sb->data[sb->length] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

static void strbuf_addv(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
static void strbuf_addv(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	int length;

	va_copy(again, ap);
	length = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (length < 0)
		out_of_memory();
	strbuf_grow(sb, (size_t)length);
	vsnprintf(sb->data + sb->length, (size_t)length + 1, fmt, ap);
	sb->length += (size_t)length;
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_addv(sb, fmt, ap);
	va_end(ap);
}

void strbuf_add_quoted(struct strbuf *sb, const char *word)
{
	strbuf_addc(sb, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			strbuf_adds(sb, "'\\''");
		else
			strbuf_addc(sb, *word);
	}
	strbuf_addc(sb, '\'');
}

void strbuf_add_shell(struct strbuf *sb, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_./=,:+@%";

	if (*word && word[strspn(word, plain)] == '\0') {
		strbuf_adds(sb, word);
		return;
	}
	strbuf_add_quoted(sb, word);
}

void strbuf_reset(struct strbuf *sb)
{
	sb->length = 0;
	if (sb->data)
		sb->data[0] = '\0';
}

void strbuf_clear(struct strbuf *sb)
{
	if (!sb)
		return;
	free(sb->data);
	*sb = (struct strbuf){ 0 };
}

char *strbuf_take(struct strbuf *sb)
{
	char *s = sb->data ? sb->data : xstrdup("");

	*sb = (struct strbuf){ 0 };
	return s;
}

/* ---- vectors ---- */

void *vec_push_size(void **items, size_t *count, size_t *capacity, size_t size_bytes)
{
	char *base, *element;

	/* `items` points to a pointer of another type: only its bytes may be looked at. */
	memcpy(&base, items, sizeof(base));
	if (*count == *capacity) {
		size_t more = *capacity ? *capacity * 2 : 8;
		size_t bytes;

		if (__builtin_mul_overflow(more, size_bytes, &bytes))
			out_of_memory();
		base = xrealloc(base, bytes);
		memcpy(items, &base, sizeof(base));
		*capacity = more;
	}
	element = base + *count * size_bytes;
	memset(element, 0, size_bytes);
	(*count)++;
	return element;
}

void strv_add_take(struct strv *v, char *s)
{
	if (v->count + 2 > v->capacity) {
		v->capacity = v->capacity ? v->capacity * 2 : 8;
		v->items = xrealloc(v->items, v->capacity * sizeof(*v->items));
	}
	v->items[v->count++] = s;
	v->items[v->count] = NULL;
}

void strv_add(struct strv *v, const char *s)
{
	strv_add_take(v, xstrdup(s));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	struct strbuf sb = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_addv(&sb, fmt, ap);
	va_end(ap);
	strv_add_take(v, strbuf_take(&sb));
}

void strv_add_strv(struct strv *v, const struct strv *from)
{
	/* The count is read once: from may be v itself. */
	for (size_t i = 0, count = from->count; i < count; i++)
		strv_add(v, from->items[i]);
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->items[i], s) == 0)
			return true;
	return false;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->count > 1)
		qsort(v->items, v->count, sizeof(*v->items), compare_strings);
}

char *strv_join(const struct strv *v, const char *separator)
{
	struct strbuf sb = { 0 };

	for (size_t i = 0; i < v->count; i++) {
		if (i)
			strbuf_adds(&sb, separator);
		strbuf_adds(&sb, v->items[i]);
	}
	return strbuf_take(&sb);
}

void strv_split(struct strv *v, const char *s, char separator)
{
	const char *end;

	while ((end = strchr(s, separator)) && *end) {
		strv_add_take(v, xstrndup(s, (size_t)(end - s)));
		s = end + 1;
	}
	strv_add(v, s);
}

void strv_split_words(struct strv *v, const char *s)
{
	while (*(s += strspn(s, " \t"))) {
		size_t length = strcspn(s, " \t");

		strv_add_take(v, xstrndup(s, length));
		s += length;
	}
}

void strv_clear(struct strv *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv){ 0 };
}

/* ---- numbers ---- */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Reads digits, at least one; gives what follows them, or NULL on none or on overflow. */
static const char *parse_u64(const char *s, unsigned int base, uint64_t *out)
{
	uint64_t value = 0;
	const char *start = s;

	for (; (unsigned int)digit_value(*s) < base; s++)
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit_value(*s), &value))
			return NULL;
	if (s == start)
		return NULL;
	*out = value;
	return s;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static bool parse_with_unit(const char *s, const struct unit *units, size_t count, uint64_t *out)
{
	const char *unit;
	uint64_t value;

	if (!s || !(unit = parse_u64(s, 10, &value)))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(unit, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(value, units[i].factor, &value))
			return false;
		*out = value;
		return true;
	}
	return false;
}

bool str_parse_size(const char *s, uint64_t *out_bytes)
{
	static const struct unit units[] = {
		{ "", 1 },	     { "k", 1ULL << 10 }, { "K", 1ULL << 10 },
		{ "m", 1ULL << 20 }, { "M", 1ULL << 20 }, { "g", 1ULL << 30 },
		{ "G", 1ULL << 30 }, { "t", 1ULL << 40 }, { "T", 1ULL << 40 },
	};

	return parse_with_unit(s, units, ARRAY_SIZE(units), out_bytes);
}

bool str_parse_duration(const char *s, uint64_t *out_ms)
{
	static const struct unit units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
	};

	return parse_with_unit(s, units, ARRAY_SIZE(units), out_ms);
}

bool str_parse_i64(const char *s, int64_t *out)
{
	bool negative;
	uint64_t value;
	unsigned int base = 10;
	const char *end;

	if (!s)
		return false;
	negative = *s == '-';
	if (negative)
		s++;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	end = parse_u64(s, base, &value);
	if (!end || *end)
		return false;
	if (value > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return false;
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

bool str_parse_range(const char *s, int64_t *first, int64_t *last)
{
	const char *dots = strstr(s, "..");
	_cleanup_free_ char *head = xstrndup(s, dots ? (size_t)(dots - s) : strlen(s));

	return str_parse_i64(head, first) && str_parse_i64(dots ? dots + 2 : head, last) &&
	       *first <= *last;
}

/* ---- did you mean ---- */

#define NEAREST_MAX_LENGTH   63
#define NEAREST_MAX_DISTANCE 2

/* Levenshtein distance with neighbours swapped counting once; both at most NEAREST_MAX_LENGTH. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][NEAREST_MAX_LENGTH + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_length];
}

static size_t common_prefix(const char *a, const char *b)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	return i;
}

const char *str_nearest(const char *s, const char *const *candidates, size_t count)
{
	size_t length = strlen(s);
	size_t best_distance = NEAREST_MAX_DISTANCE + 1;
	const char *best = NULL, *prefixed = NULL;

	if (!length || length > NEAREST_MAX_LENGTH)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(candidates[i]);
		size_t distance;

		if (!prefixed && str_starts(candidates[i], s))
			prefixed = candidates[i];
		if (other > NEAREST_MAX_LENGTH)
			continue;
		distance = edit_distance(s, length, candidates[i], other);
		/* A word of which nothing is left is no near miss. */
		if (distance >= length || distance >= other)
			continue;
		/* Among equals the one that begins alike: people err towards the end of words. */
		if (distance < best_distance ||
		    (best && distance == best_distance &&
		     common_prefix(s, candidates[i]) > common_prefix(s, best))) {
			best_distance = distance;
			best = candidates[i];
		}
	}
	return best ? best : prefixed;
}
