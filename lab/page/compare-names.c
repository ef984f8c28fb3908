// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/compare-names.h"

#include "page/safe.h"

#define SEPARATORS "-_/=+, "
#define ELLIPSIS   "…"

static bool all_fit(const struct strv *names, int columns)
{
	for (size_t i = 0; i < names->count; i++)
		if (page_columns(names->items[i]) > columns)
			return false;
	return true;
}

/* Are those that differ still told apart? */
static bool all_differ(const struct strv *names, const struct strv *cut)
{
	for (size_t i = 0; i < names->count; i++)
		for (size_t k = 0; k < i; k++)
			if (str_eq(cut->items[i], cut->items[k]) &&
			    !str_eq(names->items[i], names->items[k]))
				return false;
	return true;
}

static bool all_alike(const struct strv *names)
{
	for (size_t i = 1; i < names->count; i++)
		if (!str_eq(names->items[i], names->items[0]))
			return false;
	return true;
}

/* ---- words ---- */

/* A word with the separators before it. */
static void split_words(const char *name, struct strv *words)
{
	while (*name) {
		size_t before = strspn(name, SEPARATORS);
		size_t length = before + strcspn(name + before, SEPARATORS);

		strv_add_take(words, xstrndup(name, length));
		name += length;
	}
}

/* Of names with so many words each: is the one at this place that of the first, from the front
 * or (back) from the end? */
static bool is_common(const struct strv *words, size_t count, size_t at, bool back)
{
	const char *first = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct strv *its = &words[i];
		size_t place = back ? its->count - 1 - at : at;

		if (at >= its->count)
			return false;
		if (first && !str_eq(its->items[place], first))
			return false;
		first = its->items[place];
	}
	return true;
}

/* Which words of a name go: where all have as many, those that are common; else those in front and
 * at the end. Each keeps one. */
static void mark_common(const struct strv *words, size_t count, size_t name, bool *gone)
{
	size_t least = words[0].count, front = 0, back = 0;
	bool as_many = true;

	for (size_t i = 0; i < count; i++) {
		as_many &= words[i].count == words[0].count;
		least = words[i].count < least ? words[i].count : least;
	}
	if (as_many) {
		for (size_t at = 0; at < least; at++)
			gone[at] = is_common(words, count, at, false);
		return;
	}
	while (front + 1 < least && is_common(words, count, front, false))
		front++;
	while (front + back + 1 < least && is_common(words, count, back, true))
		back++;
	for (size_t at = 0; at < words[name].count; at++)
		gone[at] = at < front || at >= words[name].count - back;
}

/* An ellipsis for each gap; a comma still parts the values of two axes. Yours. */
static char *without(const struct strv *words, const bool *gone)
{
	struct strbuf out = { 0 };
	bool gap = false, comma = false;

	for (size_t at = 0; at < words->count; at++) {
		const char *word = words->items[at];

		comma |= word[0] == ',';
		gap |= gone[at];
		if (gone[at])
			continue;
		if (gap)
			strbuf_addf(&out, "%s" ELLIPSIS, comma ? ", " : "");
		strbuf_adds(&out, gap ? word + strspn(word, SEPARATORS) : word);
		gap = comma = false;
	}
	strbuf_adds(&out, gap ? ELLIPSIS : "");
	return strbuf_take(&out);
}

static void without_common_words(const struct strv *names, struct strv *out)
{
	struct strv *words = xcalloc(names->count + 1, sizeof(*words));

	for (size_t i = 0; i < names->count; i++)
		split_words(names->items[i], &words[i]);
	for (size_t i = 0; i < names->count; i++) {
		_cleanup_free_ bool *gone = xcalloc(words[i].count + 1, sizeof(*gone));

		mark_common(words, names->count, i, gone);
		strv_add_take(out, without(&words[i], gone));
	}
	for (size_t i = 0; i < names->count; i++)
		strv_clear(&words[i]);
	free(words);
}

/* ---- cutting ---- */

/* The first, or with `tail` the last, columns of harmless text, an ellipsis for what is cut. Yours.
 */
static char *cut(const char *text, int columns, bool tail)
{
	struct strbuf out = { 0 };
	int left = page_columns(text), taken = 0;

	if (left <= columns)
		return xstrdup(text);
	strbuf_adds(&out, tail ? ELLIPSIS : "");
	while (*text) {
		char c[PAGE_SAFE_BYTES];

		text += page_safe_next(text, strlen(text), c);
		left -= page_columns(c);
		taken += page_columns(c);
		if (tail ? left < columns - 1 : taken <= columns - 1)
			strbuf_adds(&out, c);
	}
	strbuf_adds(&out, tail ? "" : ELLIPSIS);
	return strbuf_take(&out);
}

static bool cut_all(const struct strv *names, int columns, bool tail, struct strv *out)
{
	strv_clear(out);
	for (size_t i = 0; i < names->count; i++)
		strv_add_take(out, cut(names->items[i], columns, tail));
	return all_differ(names, out);
}

/* By their places, as they stand in the lists of the page. */
static void number_all(const struct strv *names, int columns, struct strv *out)
{
	strv_clear(out);
	for (size_t i = 0; i < names->count; i++) {
		_cleanup_free_ char *text = xasprintf("%zu:%s", i + 1, names->items[i]);

		strv_add_take(out, cut(text, columns, false));
	}
}

void compare_names_fit(const struct strv *names, int columns, struct strv *out)
{
	_cleanup_strv_ struct strv safe = { 0 }, words = { 0 };

	for (size_t i = 0; i < names->count; i++)
		strv_add_take(&safe, page_safe(names->items[i]));
	if (all_fit(&safe, columns)) {
		strv_add_strv(out, &safe);
		return;
	}
	/* Of names that are all alike nothing would be left. */
	if (all_alike(&safe))
		strv_add_strv(&words, &safe);
	else
		without_common_words(&safe, &words);
	if (!cut_all(&words, columns, false, out) && !cut_all(&words, columns, true, out) &&
	    !cut_all(&safe, columns, true, out))
		number_all(&words, columns, out);
}
