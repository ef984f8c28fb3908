// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/snapshot.h"

#include <ctype.h>
#include <math.h>

#include "base/str.h"

#define MAX_WORDS 64 /* of a line; what stands beyond has no name anybody would know */

/* The words of one line. The text they point into is ours. */
struct line {
	char *text;
	char *words[MAX_WORDS];
	size_t count;
};

static void line_clear(struct line *l)
{
	free(l->text);
	l->text = NULL;
	l->count = 0;
}
#define _cleanup_line_ _cleanup_(line_clear)

static void line_split(struct line *l, const char *start, size_t length)
{
	char *save = NULL;

	line_clear(l);
	l->text = xstrndup(start, length);
	for (char *w = strtok_r(l->text, " \t\r", &save); w && l->count < MAX_WORDS;
	     w = strtok_r(NULL, " \t\r", &save))
		l->words[l->count++] = w;
}

static bool word_number(const char *word, double *out)
{
	char *end;

	/* No hex, "inf" or "nan": those are names and addresses here. */
	if (!isdigit((unsigned char)word[word[0] == '-']) || strpbrk(word, "xX"))
		return false;
	*out = strtod(word, &end);
	if (*end == '%')
		end++;
	return *end == '\0' && isfinite(*out);
}

static size_t line_number_count(const struct line *l)
{
	size_t n = 0;
	double v;

	for (size_t i = 0; i < l->count; i++)
		n += word_number(l->words[i], &v);
	return n;
}

static bool is_unit(const char *word)
{
	return str_eq(word, "kB") || str_eq(word, "KiB") || str_eq(word, "B");
}

/* One named number; name is PREFIX, or "PREFIX KEY". */
static int give(snapshot_fn fn, void *ctx, const char *prefix, const char *key, double value)
{
	_cleanup_free_ char *name = NULL;
	size_t n = strlen(prefix);

	if (n && prefix[n - 1] == ':')
		n--;
	name = key ? xasprintf("%.*s %s", (int)n, prefix, key) : xstrndup(prefix, n);
	return fn(ctx, name, value);
}

/* "key value", "key value kB", "key a=1 b=2", "key 1 2 3". */
static int give_line(const struct line *l, snapshot_fn fn, void *ctx)
{
	bool single = l->count == 2 || (l->count == 3 && is_unit(l->words[2]));
	double v;
	int rc = 0;

	for (size_t i = 1; i < l->count && !rc; i++) {
		char column[24];
		char *equals = strchr(l->words[i], '=');

		if (equals && equals != l->words[i] && word_number(equals + 1, &v)) {
			_cleanup_free_ char *key = xstrndup(l->words[i], equals - l->words[i]);

			rc = give(fn, ctx, l->words[0], key, v);
		} else if (word_number(l->words[i], &v)) {
			snprintf(column, sizeof(column), "%zu", i);
			rc = give(fn, ctx, l->words[0], single ? NULL : column, v);
		}
	}
	return rc;
}

/* "1 2 3": a name for each is its place, from 1. */
static int give_columns(const struct line *l, snapshot_fn fn, void *ctx)
{
	double v;
	int rc = 0;

	for (size_t i = 0; i < l->count && !rc; i++) {
		char place[24];

		snprintf(place, sizeof(place), "%zu", i + 1);
		if (word_number(l->words[i], &v))
			rc = fn(ctx, place, v);
	}
	return rc;
}

static int give_row(const struct line *header, const struct line *l, snapshot_fn fn, void *ctx)
{
	double v;
	int rc = 0;

	for (size_t i = 1; i < l->count && !rc; i++)
		if (word_number(l->words[i], &v))
			rc = give(fn, ctx, l->words[0], header->words[i], v);
	return rc;
}

/* A first line of words only, and a second with as many words and some numbers, is a table. */
static bool is_table(const struct line *first, const char *rest)
{
	_cleanup_line_ struct line second = { 0 };

	if (first->count < 3 || line_number_count(first))
		return false;
	line_split(&second, rest, strcspn(rest, "\n"));
	return second.count == first->count && line_number_count(&second) > 0;
}

bool snapshot_is_of_numbers(const char *path)
{
	return !str_eq(path, "/proc/cmdline") && !str_eq(path, "/proc/version");
}

int snapshot_numbers(const char *data, snapshot_fn fn, void *ctx)
{
	_cleanup_line_ struct line header = { 0 };
	_cleanup_line_ struct line l = { 0 };
	bool table = false, first = true;
	int rc = 0;

	for (const char *p = data; *p && !rc;) {
		size_t n = strcspn(p, "\n");
		double v;

		line_split(&l, p, n);
		p += n + (p[n] == '\n');
		if (!l.count)
			continue;
		if (first && l.count == 1 && word_number(l.words[0], &v)) {
			rc = fn(ctx, "", v);
		} else if (first && !p[0] && line_number_count(&l) == l.count) {
			rc = give_columns(&l, fn, ctx);
		} else if (first && is_table(&l, p)) {
			table = true;
			header = l;
			l = (struct line){ 0 };
		} else if (table && l.count == header.count) {
			rc = give_row(&header, &l, fn, ctx);
		} else {
			rc = give_line(&l, fn, ctx);
		}
		first = false;
	}
	return rc;
}

struct find_number {
	const char *name;
	char *text;
};

static int find_number(void *ctx, const char *name, double value)
{
	struct find_number *f = ctx;

	if (!str_eq(name, f->name))
		return 0;
	f->text = xasprintf("%.15g", value);
	return 1;
}

static char *trimmed(const char *start, size_t length)
{
	while (length && isspace((unsigned char)*start)) {
		start++;
		length--;
	}
	while (length && isspace((unsigned char)start[length - 1]))
		length--;
	return xstrndup(start, length);
}

char *snapshot_field(const char *data, const char *field)
{
	struct find_number f = { .name = field };
	size_t field_length;

	if (!field)
		return trimmed(data, strlen(data));
	field_length = strlen(field);
	for (const char *p = data; *p;) {
		size_t n = strcspn(p, "\n");
		size_t word = strcspn(p, " \t\n");
		size_t name = word && p[word - 1] == ':' ? word - 1 : word;

		if (n > word && (name == field_length || word == field_length) &&
		    memcmp(p, field, field_length) == 0)
			return trimmed(p + word, n - word);
		p += n + (p[n] == '\n');
	}
	/* A number inside a line or a table is named in two words. */
	return snapshot_numbers(data, find_number, &f) ? f.text : NULL;
}

bool snapshot_text_number(const char *text, long double *out, const char **unit)
{
	const char *digits = text + (text[0] == '-');
	char *end;

	*unit = "";
	if (str_eq(text, "max")) {
		*out = INT64_MAX;
		return true;
	}
	/* No hex: those are addresses here. */
	if (!isdigit((unsigned char)*digits) || digits[1] == 'x' || digits[1] == 'X')
		return false;
	*out = strtold(text, &end);
	if (*end == '%')
		end++;
	if (*end && !isspace((unsigned char)*end))
		return false;
	*unit = end + strspn(end, " \t");
	return isfinite(*out);
}
