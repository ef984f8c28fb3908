// SPDX-License-Identifier: GPL-2.0-or-later
/* The numbers that differ. */
#include "base/json.h"
#include "page/compare-text.h"

#define MAX_NUMBERS    24
#define MIN_KEY	       24 /* columns in front of the figures of more than two sides */
#define CHANGE_COLUMNS 9  /* " +123 %" */

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
	_cleanup_free_ char *sum = compare_say_numbers_sum(c->comparison);
	size_t total = json_array_size(numbers), shown = most_numbers(c, numbers);
	int most = (values_end(c) - MIN_KEY) / value_columns(c, numbers);

	compare_page_section(c, "numbers");
	page_add(&c->p, total ? TONE_PLAIN : TONE_DIM, sum);
	if (!total) {
		page_line(&c->p);
		return;
	}
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
