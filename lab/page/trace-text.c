// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/trace-text.h"

#include <inttypes.h>

#include "base/json.h"
#include "page/compare-say.h"

static const struct mark {
	const char *word;
	const char *beside;   /* between the columns */
	const char *below[2]; /* in front of a name of either side, where there is one column */
	enum tone tone;
} marks[] = {
	{ "same", "", { "", "" }, TONE_PLAIN },
	{ "missing", "-", { "-", "-" }, TONE_BAD },
	{ "inserted", "+", { "+", "+" }, TONE_GOOD },
	{ "moved", "~", { "-~", "+~" }, TONE_WARN },
};

static const struct mark *mark_at(const json_t *trace, size_t row)
{
	const char *word = json_string_value(json_array_get(json_object_get(trace, "marks"), row));

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (str_eq(word, marks[i].word))
			return &marks[i];
	return &marks[0];
}

/* Of side 0 or 1; NULL: it lacks it. */
static const char *name_at(const json_t *rows, size_t row, size_t side)
{
	return json_string_value(json_array_get(json_array_get(rows, row), side));
}

/* " mm/page_io.c:123", " [inline]"; empty: nothing is known. Yours. */
static char *place_text(const json_t *trace, size_t row, size_t side)
{
	const json_t *known = json_array_get(json_object_get(trace, "frames"), row);
	const json_t *frame = json_array_get(known, side);
	const char *file = json_get_str(frame, "file", "");
	const char *module = json_get_str(frame, "module", "");
	int64_t line = json_get_int(frame, "line", 0);
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (*file)
		strbuf_addf(&out, " %s", file);
	if (*file && line)
		strbuf_addf(&out, ":%" PRId64, line);
	if (*module)
		strbuf_addf(&out, " [%s]", module);
	if (json_get_bool(frame, "inline", false))
		strbuf_adds(&out, " [inline]");
	return strbuf_take(&out);
}

/* The place only where all of it fits: half a file's name says nothing. */
static void add_name(struct page *p, const json_t *trace, size_t row, size_t side, int columns)
{
	const char *name = name_at(json_object_get(trace, "rows"), row, side);
	_cleanup_free_ char *place = place_text(trace, row, side);
	int start = p->column + p->pending;

	if (!name)
		return;
	page_fit(p, mark_at(trace, row)->tone, name, columns);
	if (p->column + page_columns(place) <= start + columns)
		page_add(p, TONE_DIM, place);
}

static void add_row(struct page *p, const json_t *trace, size_t row)
{
	const struct mark *mark = mark_at(trace, row);
	int half = p->style.width / 2;

	if (page_is_narrow(p)) {
		size_t side = name_at(json_object_get(trace, "rows"), row, 0) ? 0 : 1;

		page_to(p, 2);
		page_add(p, mark->tone, mark->below[side]);
		page_to(p, 5);
		add_name(p, trace, row, side, p->style.width - 6);
	} else {
		page_to(p, 4);
		add_name(p, trace, row, 0, half - 6);
		page_to(p, half);
		page_add(p, mark->tone, mark->beside);
		page_to(p, half + 2);
		add_name(p, trace, row, 1, half - 3);
	}
	page_line(p);
}

/* What the unwinder only guessed, in front of the row. */
static void add_guesses(struct page *p, const json_t *trace, size_t row)
{
	int half = p->style.width / 2, start;
	json_t *guess;
	size_t i;

	json_array_foreach (json_object_get(trace, "guesses"), i, guess) {
		bool right = json_get_int(guess, "side", 0) == 1;

		if (json_get_int(guess, "row", -1) != (int64_t)row)
			continue;
		start = page_is_narrow(p) ? 5 : right ? half + 2 : 4;
		page_to(p, start);
		page_add(p, TONE_DIM, "? ");
		page_fit(p, TONE_DIM, json_get_str(guess, "symbol", ""),
			 page_is_narrow(p) ? p->style.width - 8 : half - 8);
		page_line(p);
	}
}

static void add_fold(struct page *p, const json_t *rows, size_t at, size_t count)
{
	page_to(p, 4);
	page_addf(p, TONE_DIM, "… %zu frames in common: %s", count, name_at(rows, at, 0));
	page_fit(p, TONE_DIM, " .. ", 4);
	page_fit(p, TONE_DIM, name_at(rows, at + count - 1, 0), p->style.width - p->column);
	page_line(p);
}

static void add_heads(struct page *p, const char *left, const char *right)
{
	int half = p->style.width / 2;

	page_to(p, 4);
	if (page_is_narrow(p)) {
		page_add(p, TONE_DIM, "- ");
		page_wrap(p, TONE_STRONG, left, 6);
		page_line(p);
		page_to(p, 4);
		page_add(p, TONE_DIM, "+ ");
		page_wrap(p, TONE_STRONG, right, 6);
	} else {
		page_fit(p, TONE_STRONG, left, half - 6);
		page_to(p, half + 2);
		page_fit(p, TONE_STRONG, right, half - 3);
	}
	page_line(p);
}

void page_trace_rows(struct page *p, const json_t *trace, const char *left, const char *right)
{
	const json_t *rows = json_object_get(trace, "rows");
	size_t count = json_array_size(rows);

	add_heads(p, left, right);
	for (size_t i = 0; i <= count; i++) {
		size_t fold = p->style.verbose ? 0 : compare_say_fold(rows, i);

		if (fold) {
			add_fold(p, rows, i, fold);
			i += fold - 1;
			continue;
		}
		add_guesses(p, trace, i);
		if (i < count)
			add_row(p, trace, i);
	}
}

void page_trace_chain(struct page *p, const json_t *trace)
{
	const json_t *rows = json_object_get(trace, "rows");
	_cleanup_strbuf_ struct strbuf text = { 0 };

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *name = name_at(rows, i, 0);

		strbuf_addf(&text, "%s%s", i ? " ← " : "", name ? name : "?");
	}
	page_to(p, 4);
	page_wrap(p, TONE_DIM, text.data ? text.data : "?", 4);
	page_line(p);
}

void page_trace_legend(struct page *p)
{
	page_to(p, 2);
	page_wrap(p, TONE_DIM,
		  "- missing there, + inserted there, ~ moved, ? guessed by the unwinder", 4);
	page_line(p);
}
