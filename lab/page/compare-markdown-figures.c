// SPDX-License-Identifier: GPL-2.0-or-later
/* Of a comparison in Markdown: rates and what was tested of them, numbers. */
#include "base/json.h"
#include "page/compare-markdown.h"

#define MAX_ROWS 16 /* of a table */

/* What was tested of two sides. Of more a table has no room. */
static void add_test(struct markdown_table *t, const json_t *row, bool of_rate)
{
	struct compare_test tests[COMPARE_SAY_MAX_TESTS];
	size_t count = compare_say_tests(row, tests);
	_cleanup_free_ char *text = count ? compare_say_test(row, &tests[0], of_rate) : NULL;

	markdown_table_text(t, text ? text : "-");
}

/* Of more than two sides: which pairs differ, a line each, below the table. */
static void add_differing(struct markdown *m, const json_t *row, const char *name, bool of_rate)
{
	struct compare_test tests[COMPARE_SAY_MAX_TESTS];
	size_t count = m->sides > 2 ? compare_say_tests(row, tests) : 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *text = compare_say_test(row, &tests[i], of_rate);
		_cleanup_free_ char *sides = compare_say_test_name(m->comparison, &tests[i]);

		if (!text || !json_get_bool(tests[i].cell, "different", false))
			continue;
		strbuf_adds(&m->out, "- ");
		markdown_add_code(&m->out, name);
		strbuf_adds(&m->out, ", ");
		markdown_add_text(&m->out, sides);
		strbuf_adds(&m->out, ": ");
		markdown_add_text(&m->out, text);
		strbuf_addc(&m->out, '\n');
	}
}

/* An empty line behind a list, where there is one. */
static void end_list(struct markdown *m)
{
	if (m->out.length > 1 && m->out.data[m->out.length - 2] != '\n')
		strbuf_addc(&m->out, '\n');
}

static void add_rate(const struct markdown *m, struct markdown_table *t, const json_t *row)
{
	_cleanup_free_ char *name = compare_say_rate_name(row);

	markdown_table_text(t, name);
	for (size_t s = 0; s < m->sides; s++) {
		_cleanup_free_ char *text = compare_say_rate(compare_say_cell(row, s));

		markdown_table_figure(t, text);
	}
	if (m->sides == 2)
		add_test(t, row, true);
}

/* Rates with what was tested, corrected for all that was looked at; those that differ first. */
void markdown_add_statistics(struct markdown *m)
{
	const json_t *s = json_get_object(m->comparison, "statistics");
	const json_t *rates = json_get_array(s, "rates");
	size_t count = json_array_size(rates);
	_cleanup_markdown_table_ struct markdown_table t =
		markdown_sides_table(m, "in how many runs, 95 % interval", true);
	_cleanup_free_ char *text = NULL;

	if (!s)
		return;
	text = compare_say_sureness(m->comparison);
	if (m->sides == 2) {
		t.columns++;
		markdown_table_text(&t, "against the first");
	}
	markdown_add_label(m, "Statistics");
	markdown_add_text(&m->out, text);
	strbuf_adds(&m->out, ".\n\n");
	for (size_t i = 0; i < count && i < MAX_ROWS; i++)
		add_rate(m, &t, json_array_get(rates, i));
	markdown_add_table(&m->out, &t);
	markdown_add_more(m, count > MAX_ROWS ? count - MAX_ROWS : 0, "rates were looked at");
	for (size_t i = 0; i < count && i < MAX_ROWS; i++) {
		_cleanup_free_ char *name = compare_say_rate_name(json_array_get(rates, i));

		add_differing(m, json_array_get(rates, i), name, true);
	}
	end_list(m);
}

static void add_number(const struct markdown *m, struct markdown_table *t, const json_t *row,
		       bool tested)
{
	_cleanup_free_ char *name = compare_say_number_name(m->comparison, row);

	markdown_table_code(t, name);
	for (size_t s = 0; s < m->sides; s++) {
		_cleanup_free_ char *text = compare_say_value(compare_say_cell(row, s));

		markdown_table_figure(t, text);
	}
	if (m->sides == 2 && tested) {
		add_test(t, row, false);
	} else if (m->sides == 2) {
		_cleanup_free_ char *change = compare_say_change(row);

		markdown_table_figure(t, change);
	}
}

/* Those that differ come first; of tested ones the others are in the JSON. */
static size_t count_differing(const json_t *numbers, bool tested)
{
	size_t count = 0;

	while (count < json_array_size(numbers) &&
	       (!tested || json_get_bool(json_array_get(numbers, count), "different", false)))
		count++;
	return count;
}

void markdown_add_numbers(struct markdown *m)
{
	const json_t *numbers = compare_say_numbers(m->comparison);
	bool tested = json_get_object(m->comparison, "statistics") != NULL;
	size_t count = count_differing(numbers, tested);
	size_t left = tested ? 0 : (size_t)json_get_int(m->comparison, "numbers_left_out", 0);
	_cleanup_free_ char *sum = compare_say_numbers_sum(m->comparison);
	_cleanup_free_ char *rest = compare_say_numbers_rest(m->comparison, count, "compare.json");
	_cleanup_markdown_table_ struct markdown_table t = markdown_sides_table(m, "number", true);

	if (m->sides == 2) {
		t.columns++;
		markdown_table_text(&t, tested ? "against the first" : "change");
	}
	markdown_add_label(m, "Numbers");
	markdown_add_text(&m->out, sum);
	strbuf_adds(&m->out, ".\n\n");
	for (size_t i = 0; i < count && i < MAX_ROWS; i++)
		add_number(m, &t, json_array_get(numbers, i), tested);
	markdown_add_table(&m->out, &t);
	markdown_add_more(m, count + left > MAX_ROWS ? count + left - MAX_ROWS : 0, "differ");
	for (size_t i = 0; tested && i < count && i < MAX_ROWS; i++) {
		const json_t *row = json_array_get(numbers, i);
		_cleanup_free_ char *name = compare_say_number_name(m->comparison, row);

		add_differing(m, row, name, false);
	}
	end_list(m);
	if (rest) {
		strbuf_adds(&m->out, "… ");
		markdown_add_text(&m->out, rest);
		strbuf_adds(&m->out, ".\n\n");
	}
}
