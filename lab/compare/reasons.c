// SPDX-License-Identifier: GPL-2.0-or-later
/* The reasons of a comparison, and how sides are named in them. */
#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "compare/compare-internal.h"

#define MAX_REASONS 64

static int rank_of(const char *word)
{
	return str_eq(word, "broken") ? 0 : str_eq(word, "different") ? 1 : 2;
}

const char *compare_difference_word(const struct compare_sides *c)
{
	return c->chance ? "undecided" : "different";
}

static json_t *make_reason(const char *word, const char *where, const char *what)
{
	json_t *reason = json_object();

	json_set_str(reason, "verdict", word);
	json_set_str(reason, "what", what);
	json_set_str(reason, "where", where);
	return reason;
}

void compare_about_side(struct compare_sides *c, const struct compare_side *side)
{
	c->about.count = 1;
	c->about.sides[0] = (size_t)(side - c->sides);
}

void compare_about_pair(struct compare_sides *c, size_t a, size_t b)
{
	c->about.count = 2;
	c->about.sides[0] = a;
	c->about.sides[1] = b;
}

void compare_about_all(struct compare_sides *c)
{
	c->about.count = 0;
}

static void set_about(const struct compare_sides *c, json_t *reason)
{
	json_t *sides = json_array();

	for (size_t i = 0; i < c->about.count; i++)
		json_array_append_new(sides, json_integer((json_int_t)c->about.sides[i]));
	if (c->about.count)
		json_object_set(reason, "sides", sides);
	json_decref(sides);
}

/* Also of what there is no room for, or what was said of others. */
static void note_broken(struct compare_sides *c)
{
	const size_t *sides = c->about.sides;

	if (c->about.count == 2)
		c->broken_pairs[sides[0]][sides[1]] = true;
	for (size_t s = 0; s < c->count && c->about.count < 2; s++)
		c->broken_sides[s] |= !c->about.count || s == sides[0];
}

static bool is_said(const struct compare_sides *c, const char *word, const char *what)
{
	json_t *reason;
	size_t i;

	json_array_foreach (c->reasons, i, reason)
		if (str_eq(json_get_str(reason, "verdict", ""), word) &&
		    str_eq(json_get_str(reason, "what", ""), what))
			return true;
	return false;
}

void compare_reason(struct compare_sides *c, const char *word, const char *where, const char *fmt,
		    ...)
{
	_cleanup_free_ char *text = NULL;
	size_t place = 0;
	va_list ap;

	if (str_eq(word, "broken"))
		note_broken(c);
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = xstrdup("a reason too long to be told");
	va_end(ap);
	/* What is said of one run of a side goes for the others of which it would be said. */
	if (is_said(c, word, text))
		return;
	/* The word of the first is the word of all. */
	while (place < json_array_size(c->reasons) &&
	       rank_of(json_get_str(json_array_get(c->reasons, place), "verdict", "")) <=
		       rank_of(word))
		place++;
	json_array_insert_new(c->reasons, place, make_reason(word, where, text));
	set_about(c, json_array_get(c->reasons, place));
	/* One too many is the last: what says least. */
	json_array_remove(c->reasons, MAX_REASONS);
}

void compare_reason_first(struct compare_sides *c, const char *word, const char *what)
{
	json_array_insert_new(c->reasons, 0, make_reason(word, NULL, what));
}

void compare_add_note(json_t *comparison, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = xstrdup("a note too long to be told");
	va_end(ap);
	json_array_append_new(json_object_get(comparison, "reasons"),
			      make_reason("note", NULL, text));
}

char *compare_names(const struct compare_sides *c, const bool *of)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	size_t last = c->count;

	for (size_t s = c->count; s-- > 0;)
		if (of[s] && last == c->count)
			last = s;
	for (size_t s = 0; s < c->count; s++)
		if (of[s])
			strbuf_addf(&out, "%s%s",
				    !out.length ? ""
				    : s == last ? " and "
						: ", ",
				    c->sides[s].name);
	return strbuf_take(&out);
}

char *compare_by_side(const struct compare_sides *c, char *const *said)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	bool told[COMPARE_MAX_SIDES] = { false };

	for (size_t s = 0; s < c->count; s++) {
		bool alike[COMPARE_MAX_SIDES] = { false };
		_cleanup_free_ char *names = NULL;

		if (told[s])
			continue;
		for (size_t o = s; o < c->count; o++)
			told[o] |= alike[o] = str_eq(said[s], said[o]);
		names = compare_names(c, alike);
		strbuf_addf(&out, "%s%s on %s", out.length ? "; " : "", said[s], names);
	}
	return strbuf_take(&out);
}
