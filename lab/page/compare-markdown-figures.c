// SPDX-License-Identifier: GPL-2.0-or-later
/* Of a comparison in Markdown: rates and what was tested of them, numbers. */
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "page/compare-markdown.h"

#define MAX_ROWS 16 /* of a table */

static double figure(const json_t *object, const char *key)
{
	return json_get_num(object, key, NAN);
}

static void add_rate(const struct markdown *m, struct markdown_table *t, const json_t *row)
{
	_cleanup_free_ char *name =
		xasprintf("%s %s%s%s", json_get_str(row, "kind", ""), json_get_str(row, "task", ""),
			  json_get_str(row, "task", NULL) ? " " : "",
			  json_get_str(row, "what", "?"));
	_cleanup_strbuf_ struct strbuf test = { 0 };

	markdown_table_text(t, name);
	for (size_t s = 0; s < m->sides; s++) {
		const json_t *cell = compare_say_cell(row, s);
		_cleanup_free_ char *text =
			xasprintf("%" PRId64 "/%" PRId64, json_get_int(cell, "hits", 0),
				  json_get_int(cell, "runs", 0));

		markdown_table_figure(t, text);
		if (s && !isnan(figure(cell, "adjusted")))
			strbuf_addf(&test, "%s%s%.2g", test.length ? ", " : "",
				    json_get_bool(cell, "different", false) ? "≠ " : "",
				    figure(cell, "adjusted"));
	}
	markdown_table_figure(t, test.data ? test.data : "-");
}

/* Rates with their p, corrected for all that was looked at; those that differ come first. */
void markdown_add_statistics(struct markdown *m)
{
	const json_t *s = json_get_object(m->comparison, "statistics");
	const json_t *tests = json_get_object(s, "tests"),
		     *differ = json_get_object(s, "different");
	const json_t *rates = json_get_array(s, "rates");
	_cleanup_markdown_table_ struct markdown_table t =
		markdown_sides_table(m, "runs in which", true);

	if (!s)
		return;
	t.columns++;
	markdown_table_figure(&t, "p");
	markdown_add_label(m, "Statistics");
	strbuf_addf(&m->out,
		    "%" PRId64 " of %" PRId64 " rates and %" PRId64 " of %" PRId64
		    " numbers differ; a false alarm in any of them has a probability of %g %% at "
		    "most",
		    json_get_int(differ, "rates", 0), json_get_int(tests, "rates", 0),
		    json_get_int(differ, "numbers", 0), json_get_int(tests, "numbers", 0),
		    figure(s, "error") * 100);
	if (!isnan(figure(s, "rate_missed")))
		strbuf_addf(&m->out,
			    "; a rate that differs by more than %.0f points would have been seen "
			    "with one of %g %%",
			    figure(s, "rate_missed") * 100, figure(s, "power") * 100);
	strbuf_adds(&m->out, ".\n\n");
	for (size_t i = 0; i < json_array_size(rates) && i < MAX_ROWS; i++)
		add_rate(m, &t, json_array_get(rates, i));
	markdown_add_table(&m->out, &t);
	markdown_add_more(m,
			  json_array_size(rates) > MAX_ROWS ? json_array_size(rates) - MAX_ROWS : 0,
			  "rates were looked at");
}

static void add_number(const struct markdown *m, struct markdown_table *t, const json_t *row)
{
	const char *label = json_get_str(row, "label", ""), *key = json_get_str(row, "key", "");
	_cleanup_free_ char *name = xasprintf("%s%s%s%s%s", json_get_str(row, "file", "?"),
					      *key ? ": " : "", key, *label ? " @" : "", label);

	markdown_table_code(t, name);
	for (size_t s = 0; s < m->sides; s++) {
		_cleanup_free_ char *text = compare_say_value(compare_say_cell(row, s));

		markdown_table_figure(t, text);
	}
	if (m->sides == 2) {
		_cleanup_free_ char *change = compare_say_change(row);

		markdown_table_figure(t, change);
	}
}

void markdown_add_numbers(struct markdown *m)
{
	const json_t *numbers = json_object_get(m->comparison, "numbers");
	size_t count = json_array_size(numbers);
	size_t differ = count + (size_t)json_get_int(m->comparison, "numbers_left_out", 0);
	_cleanup_markdown_table_ struct markdown_table t = markdown_sides_table(m, "number", true);

	if (m->sides == 2) {
		t.columns++;
		markdown_table_text(&t, "change");
	}
	markdown_add_label(m, "Numbers");
	strbuf_addf(&m->out, "%zu differ, %" PRId64 " do not.\n\n", differ,
		    json_get_int(m->comparison, "numbers_same", 0));
	for (size_t i = 0; i < count && i < MAX_ROWS; i++)
		add_number(m, &t, json_array_get(numbers, i));
	markdown_add_table(&m->out, &t);
	markdown_add_more(m, differ > MAX_ROWS ? differ - MAX_ROWS : 0, "differ, all by less");
}
