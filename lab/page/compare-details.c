// SPDX-License-Identifier: GPL-2.0-or-later
/* The numbers that differ, and the traces side by side. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-text.h"

#define MAX_NUMBERS    24
#define MIN_KEY	       24 /* columns in front of the figures of more than two sides */
#define CHANGE_COLUMNS 9  /* " +123 %" */

/* ---- numbers ---- */

static int value_columns(const struct compare_page *c, const json_t *numbers)
{
	int widest = 12;
	json_t *row, *value;
	size_t i, s;

	json_array_foreach (numbers, i, row)
		json_array_foreach (json_object_get(row, "sides"), s, value) {
			_cleanup_free_ char *text = compare_say_value(value);
			int columns = page_columns(text) + 2;

			widest = columns > widest ? columns : widest;
		}
	return widest < 30 ? widest : 30;
}

static void add_values(struct compare_page *c, const json_t *row, int columns, int end)
{
	for (size_t s = c->first; s < c->end; s++) {
		const json_t *value = compare_say_cell(row, s);
		_cleanup_free_ char *text = compare_say_value(value);

		page_right(&c->p, json_is_object(value) ? TONE_PLAIN : TONE_DIM, text,
			   end - (int)(c->end - 1 - s) * columns);
	}
	if (c->count == 2) {
		_cleanup_free_ char *change = compare_say_change(row);

		page_right(&c->p, TONE_DIM, change, c->p.style.width);
	}
	page_line(&c->p);
}

static void add_number(struct compare_page *c, const json_t *row, int columns, int end)
{
	page_to(&c->p, 4);
	compare_page_name(c, TONE_PLAIN, json_get_str(row, "key", ""),
			  end - (int)(c->end - c->first) * columns - 5);
	add_values(c, row, columns, end);
}

static bool same_file(const json_t *a, const json_t *b)
{
	return str_eq(json_get_str(a, "file", ""), json_get_str(b, "file", "")) &&
	       str_eq(json_get_str(a, "label", ""), json_get_str(b, "label", ""));
}

/* A file is headed by its snapshot's label only where there is another of it. */
static void add_file_head(struct compare_page *c, const json_t *numbers, const json_t *first,
			  int columns, int end)
{
	bool several = false;
	json_t *row;
	size_t i;

	json_array_foreach (numbers, i, row)
		several |= str_eq(json_get_str(row, "file", ""), json_get_str(first, "file", "")) &&
			   !same_file(row, first);
	const char *file = json_get_str(first, "file", "?");
	bool number = !*json_get_str(first, "key", "");
	int room = (number ? end - (int)(c->end - c->first) * columns : c->p.style.width) - 3 -
		   (several ? 14 : 0);

	page_to(&c->p, 2);
	if (page_is_narrow(&c->p))
		compare_page_name(c, TONE_INFO, file, room);
	else
		page_fit_tail(&c->p, TONE_INFO, file, room);
	if (several) {
		page_add(&c->p, TONE_DIM, " snapshot ");
		page_fit(&c->p, TONE_DIM, json_get_str(first, "label", ""), 4);
	}
	/* A file that is one number needs no second line for it. */
	if (number)
		add_values(c, first, columns, end);
	else
		page_line(&c->p);
}

static size_t most_numbers(const struct compare_page *c, const json_t *numbers)
{
	size_t total = json_array_size(numbers);

	return c->p.style.verbose || total < MAX_NUMBERS ? total : MAX_NUMBERS;
}

/* Where the figures end: before the change, which only two sides have. */
static int values_end(const struct compare_page *c)
{
	return c->p.style.width - (c->count == 2 ? CHANGE_COLUMNS : 0);
}

/* By file, the file with the largest difference first: the order of the comparison. */
static void add_files(struct compare_page *c)
{
	const json_t *numbers = json_object_get(c->comparison, "numbers");
	size_t count = most_numbers(c, numbers), i, k;
	int columns = value_columns(c, numbers), end = values_end(c);
	json_t *row, *other;

	compare_page_figure_heads(c, end, columns);
	json_array_foreach (numbers, i, row) {
		bool headed = i >= count;

		json_array_foreach (numbers, k, other)
			headed |= k < i && same_file(row, other);
		if (headed)
			continue;
		add_file_head(c, numbers, row, columns, end);
		json_array_foreach (numbers, k, other)
			if (k < count && same_file(row, other) && *json_get_str(other, "key", ""))
				add_number(c, other, columns, end);
	}
}

void compare_page_numbers(struct compare_page *c)
{
	const json_t *numbers = json_object_get(c->comparison, "numbers");
	int64_t left = json_get_int(c->comparison, "numbers_left_out", 0);
	int64_t same = json_get_int(c->comparison, "numbers_same", 0);
	size_t total = json_array_size(numbers), shown = most_numbers(c, numbers);
	int most = (values_end(c) - MIN_KEY) / value_columns(c, numbers);

	compare_page_section(c, "numbers");
	if (!total) {
		page_addf(&c->p, TONE_DIM, "all %" PRId64 " are the same", same);
		page_line(&c->p);
		return;
	}
	page_addf(&c->p, TONE_PLAIN, "%zu differ, %" PRId64 " do not", total + (size_t)left, same);
	if (page_is_narrow(&c->p))
		page_line(&c->p);
	/* The change is that from the first of two to the second: they stay together. */
	compare_page_bands(c, c->count == 2 ? 2 : most, add_files);
	if (total + (size_t)left > shown) {
		page_to(&c->p, 2);
		page_addf(&c->p, TONE_DIM, "… %zu more differ, all by less (--json has them)",
			  total + (size_t)left - shown);
		page_line(&c->p);
	}
}

/* ---- traces ---- */

static const char *name_at(const json_t *row, size_t side)
{
	return json_string_value(json_array_get(row, side));
}

static void add_pair(struct compare_page *c, const json_t *row, int half)
{
	const char *left = name_at(row, 0), *right = name_at(row, 1);
	bool both = left && right;

	page_to(&c->p, 4);
	page_fit(&c->p, both ? TONE_PLAIN : TONE_BAD, left ? left : "", half - 6);
	page_to(&c->p, half);
	page_add(&c->p, TONE_BAD, both ? "" : left ? "<" : ">");
	page_to(&c->p, half + 2);
	page_fit(&c->p, both ? TONE_PLAIN : TONE_GOOD, right ? right : "", half - 3);
	page_line(&c->p);
}

static void add_rows(struct compare_page *c, const json_t *rows, const char *left,
		     const char *right)
{
	int half = c->p.style.width / 2;

	page_to(&c->p, 4);
	page_fit(&c->p, TONE_STRONG, left, half - 6);
	page_to(&c->p, half + 2);
	page_fit(&c->p, TONE_STRONG, right, half - 3);
	page_line(&c->p);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		size_t fold = c->p.style.verbose ? 0 : compare_say_fold(rows, i);

		if (!fold) {
			add_pair(c, json_array_get(rows, i), half);
			continue;
		}
		page_to(&c->p, 4);
		page_addf(&c->p, TONE_DIM, "… %zu frames in common: %s", fold,
			  name_at(json_array_get(rows, i), 0));
		page_fit(&c->p, TONE_DIM, " .. ", 4);
		page_fit(&c->p, TONE_DIM, name_at(json_array_get(rows, i + fold - 1), 0),
			 c->p.style.width - c->p.column);
		page_line(&c->p);
		i += fold - 1;
	}
}

/* One way through the kernel in a few lines: innermost first, as the kernel prints it. */
static void add_chain(struct compare_page *c, const json_t *rows)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		strbuf_addf(&text, "%s%s", i ? " ← " : "", name_at(row, 0) ? name_at(row, 0) : "?");
	page_to(&c->p, 4);
	page_wrap(&c->p, TONE_DIM, text.data, 4);
	page_line(&c->p);
}

static void add_trace(struct compare_page *c, const json_t *traces, size_t at)
{
	const json_t *trace = json_array_get(traces, at);
	const json_t *rows = json_object_get(trace, "rows");
	bool alone = json_array_size(json_object_get(trace, "sides")) < 2;
	bool equal = json_get_bool(trace, "equal", false);
	_cleanup_free_ char *state = compare_say_trace(c->comparison, at);

	if (!state)
		return;
	page_to(&c->p, 2);
	compare_page_name(c, TONE_INFO, json_get_str(trace, "title", "?"),
			  c->p.style.width - 3 - page_columns(state) - 2);
	page_right(&c->p, equal ? TONE_GOOD : TONE_WARN, state, c->p.style.width);
	page_line(&c->p);
	if (alone || equal)
		add_chain(c, rows);
	else
		add_rows(c, rows, compare_say_name_of(c->comparison, trace, 0),
			 compare_say_name_of(c->comparison, trace, 1));
}

void compare_page_traces(struct compare_page *c)
{
	const json_t *traces = json_object_get(c->comparison, "traces");
	int64_t left = json_get_int(c->comparison, "traces_left_out", 0);
	json_t *trace;
	size_t i;

	if (!json_array_size(traces))
		return;
	compare_page_section(c, "traces");
	page_wrap(&c->p, TONE_DIM, "innermost first; addresses, offsets, times and pids left aside",
		  PAGE_LABEL);
	page_line(&c->p);
	/* Those that differ are what one came for. */
	for (int equal = 0; equal < 2; equal++)
		json_array_foreach (traces, i, trace)
			if (json_get_bool(trace, "equal", false) == (equal == 1))
				add_trace(c, traces, i);
	if (left) {
		page_to(&c->p, 2);
		page_addf(&c->p, TONE_DIM, "… %" PRId64 " more traces", left);
		page_line(&c->p);
	}
}
