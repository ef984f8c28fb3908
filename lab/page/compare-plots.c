// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/compare-plots.h"

#include <math.h>

#include "base/json.h"

#define SIDE_HEIGHT 13

double plot_side_y(size_t side)
{
	return ((double)side + 0.5) * SIDE_HEIGHT + 2;
}

double plot_height(const struct html_page *h)
{
	return (double)h->sides * SIDE_HEIGHT + 4;
}

double plot_figure(const json_t *object, const char *key)
{
	return json_get_num(object, key, NAN);
}

double plot_entry(const json_t *array, size_t at)
{
	const json_t *value = json_array_get(array, at);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

void plot_add_axis_head(struct html_page *h, const struct svg_axis *axis, const double *at,
			const char *const *texts, size_t count, const char *label)
{
	strbuf_adds(&h->out, "<th class=\"plot\">");
	svg_open(&h->out, "scale", PLOT_WIDTH, 14, label);
	for (size_t i = 0; i < count; i++)
		svg_text(&h->out, svg_axis_at(axis, at[i]), 11,
			 i == 0		  ? "start"
			 : i + 1 == count ? "end"
					  : "middle",
			 texts[i]);
	svg_close(&h->out);
	strbuf_adds(&h->out, "</th>");
}

void plot_add_grid(struct html_page *h, const struct svg_axis *axis, const double *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		double x = svg_axis_at(axis, at[i]);

		svg_line(&h->out, "grid", x, 0, x, plot_height(h));
	}
}

void plot_add_fold(struct html_page *h, size_t more)
{
	strbuf_addf(&h->out,
		    "</tbody></table><details><summary>%zu more</summary>"
		    "<table class=\"figures\"><tbody>",
		    more);
}

void plot_add_side_heads(struct html_page *h)
{
	if (h->sides > PLOT_MAX_COLUMNS)
		strbuf_adds(&h->out, "<th></th>");
	for (size_t s = 0; s < h->sides && h->sides <= PLOT_MAX_COLUMNS; s++)
		compare_html_side(h, "th", s);
}

void plot_end_table(struct html_page *h, size_t count)
{
	strbuf_adds(&h->out, "</tbody></table>");
	if (count > PLOT_SHOWN_ROWS)
		strbuf_adds(&h->out, "</details>");
}

void plot_add_figures(struct html_page *h, const json_t *row,
		      void (*add)(struct html_page *h, const json_t *row, size_t side))
{
	bool list = h->sides > PLOT_MAX_COLUMNS;

	strbuf_adds(&h->out, list ? "<td class=\"list\">" : "");
	for (size_t s = 0; s < h->sides; s++) {
		if (list) {
			strbuf_adds(&h->out, "<div>");
			compare_html_side(h, "span", s);
			strbuf_adds(&h->out, "<span>");
			add(h, row, s);
			strbuf_adds(&h->out, "</span></div>");
			continue;
		}
		/* On a narrow page the side's name stands before it. */
		strbuf_adds(&h->out, "<td class=\"figure\" data-side=\"");
		html_text(&h->out, compare_say_name(h->comparison, s));
		strbuf_adds(&h->out, "\">");
		add(h, row, s);
		strbuf_adds(&h->out, "</td>");
	}
	strbuf_adds(&h->out, list ? "</td>" : "");
}

static void add_test(struct html_page *h, const json_t *row, const struct compare_test *test,
		     bool of_rate)
{
	bool different = json_get_bool(test->cell, "different", false);
	_cleanup_free_ char *text = compare_say_test(row, test, of_rate);

	if (!text)
		return;
	strbuf_adds(&h->out, different ? "<div class=\"bad\">" : "<div>");
	if (h->sides > 2)
		compare_html_key(h, test->side);
	if (test->base) {
		html_text(&h->out, " against ");
		compare_html_key(h, test->base);
	}
	html_text(&h->out, text);
	strbuf_adds(&h->out, "</div>");
}

void plot_add_tests(struct html_page *h, const json_t *row, bool of_rate)
{
	struct compare_test tests[COMPARE_SAY_MAX_TESTS];
	size_t count = compare_say_tests(row, tests);

	for (size_t i = 0; i < count; i++)
		add_test(h, row, &tests[i], of_rate);
}
