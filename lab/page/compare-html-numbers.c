// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers of all sides as dots beside each other: on one scale, relative to the first side. */
#include <math.h>
#include <stdint.h>

#include "base/json.h"
#include "page/compare-plots.h"

#define MAX_DOTS 64 /* values of a side in one row */

/* What a side's values are like in one row. */
struct spread {
	double middle, low, high; /* NAN: it has none */
	const json_t *values;	  /* of each run, or NULL */
};

static struct spread spread_of(const json_t *row, size_t side)
{
	const json_t *cell = compare_say_cell(row, side);
	const json_t *values = json_get_array(cell, "values");
	struct spread s = { plot_figure(cell, "median"), plot_figure(cell, "min"),
			    plot_figure(cell, "max"), values };

	if (!values)
		return s;
	s.low = s.high = s.middle;
	for (size_t i = 0; i < json_array_size(values); i++) {
		s.low = fmin(s.low, plot_entry(values, i));
		s.high = fmax(s.high, plot_entry(values, i));
	}
	return s;
}

/* Relative to the first side's middle; NAN where that is 0 or not there. */
static double relative(const struct spread *first, double v)
{
	return first->middle != 0 ? (v - first->middle) / fabs(first->middle) : NAN;
}

/* The scale that all rows share: the largest difference of a middle, in round parts. */
static double scale_of(const struct html_page *h, const json_t *rows)
{
	static const double scales[] = { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1 };
	double most = 0;
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		struct spread first = spread_of(row, 0);

		for (size_t s = 1; s < h->sides; s++) {
			double r = fabs(relative(&first, spread_of(row, s).middle));

			most = r > most ? r : most; /* a NAN is not larger */
		}
	}
	for (i = 0; i < ARRAY_SIZE(scales); i++)
		if (most <= scales[i])
			return scales[i];
	return 1;
}

static void add_spread(struct html_page *h, const struct svg_axis *axis, size_t side,
		       const struct spread *first, const struct spread *s)
{
	double y = plot_side_y(side), middle = relative(first, s->middle);
	_cleanup_free_ char *class = xasprintf("whisker s%zu", side % SVG_SIDE_STYLES);

	if (isnan(middle))
		return;
	if (s->high > s->low)
		svg_line(&h->out, class, svg_axis_at(axis, relative(first, s->low)), y,
			 svg_axis_at(axis, relative(first, s->high)), y);
	for (size_t i = 0; i < json_array_size(s->values) && i < MAX_DOTS; i++) {
		double v = relative(first, plot_entry(s->values, i));

		if (isnan(v))
			continue;
		strbuf_addf(&h->out, "<circle class=\"dot s%zu\" cx=\"", side % SVG_SIDE_STYLES);
		svg_number(&h->out, svg_axis_at(axis, v));
		strbuf_adds(&h->out, "\" cy=\"");
		svg_number(&h->out, y);
		strbuf_adds(&h->out, "\" r=\"2\"/>");
	}
	if (side)
		svg_line(&h->out, "pair", svg_axis_at(axis, 0), plot_side_y(0),
			 svg_axis_at(axis, middle), y);
	svg_mark(&h->out, side, svg_axis_at(axis, middle), y, PLOT_MARK_RADIUS);
	if (!svg_axis_has(axis, middle)) /* it lies farther out */
		svg_text(&h->out, svg_axis_at(axis, middle) + (middle > 0 ? 5 : -5), y + 4,
			 middle > 0 ? "start" : "end", middle > 0 ? "▸" : "◂");
}

static void add_number_plot(struct html_page *h, const struct svg_axis *axis, const json_t *row)
{
	const double grid[] = { axis->min, 0, axis->max };
	struct spread first = spread_of(row, 0);

	strbuf_adds(&h->out, "<td class=\"plot\">");
	svg_open(&h->out, "figure", PLOT_WIDTH, plot_height(h),
		 "values relative to those of the first side");
	plot_add_grid(h, axis, grid, ARRAY_SIZE(grid));
	for (size_t s = 0; s < h->sides; s++) {
		struct spread its = spread_of(row, s);

		add_spread(h, axis, s, &first, &its);
	}
	svg_close(&h->out);
	strbuf_adds(&h->out, "</td>");
}

static void add_number_name(struct html_page *h, const json_t *row)
{
	_cleanup_free_ char *name = compare_say_number_name(h->comparison, row);
	size_t file = strlen(json_get_str(row, "file", "?"));

	strbuf_adds(&h->out, "<th scope=\"row\">");
	if (name[file]) {
		html_elementf(&h->out, "span", "dim", "%.*s", (int)file, name);
		html_text(&h->out, name + file);
	} else {
		html_text(&h->out, name);
	}
	strbuf_adds(&h->out, "</th>");
}

static void add_number_figure(struct html_page *h, const json_t *row, size_t side)
{
	_cleanup_free_ char *text = compare_say_value(compare_say_cell(row, side));

	html_text(&h->out, text);
}

static void add_number(struct html_page *h, const struct svg_axis *axis, const json_t *row,
		       bool tested)
{
	bool different = json_get_bool(row, "different", false);

	strbuf_adds(&h->out,
		    different ? "<tr class=\"differs\" data-d=\"\" tabindex=\"-1\">" : "<tr>");
	add_number_name(h, row);
	plot_add_figures(h, row, add_number_figure);
	add_number_plot(h, axis, row);
	if (tested || h->sides == 2)
		strbuf_adds(&h->out, "<td class=\"test\">");
	if (tested)
		plot_add_tests(h, row, false);
	if (!tested && h->sides == 2) {
		_cleanup_free_ char *change = compare_say_change(row);

		html_text(&h->out, change);
	}
	strbuf_adds(&h->out, tested || h->sides == 2 ? "</td></tr>" : "</tr>");
}

static void add_number_heads(struct html_page *h, const struct svg_axis *axis, bool tested)
{
	const double at[] = { axis->min, 0, axis->max };
	_cleanup_free_ char *low = xasprintf("−%g %%", -axis->min * 100);
	_cleanup_free_ char *high = xasprintf("+%g %%", axis->max * 100);
	const char *const texts[] = { low, "as the first", high };

	strbuf_adds(&h->out, "<table class=\"figures\"><thead><tr><th></th>");
	plot_add_side_heads(h);
	plot_add_axis_head(h, axis, at, texts, ARRAY_SIZE(texts), "relative to the first side");
	if (tested || h->sides == 2)
		html_element(&h->out, "th", NULL, tested ? "against the first" : "change");
	strbuf_adds(&h->out, "</tr></thead><tbody>");
}

void compare_html_numbers(struct html_page *h)
{
	const json_t *rows = compare_say_numbers(h->comparison);
	bool tested = json_get_object(h->comparison, "statistics") != NULL;
	_cleanup_free_ char *sum = compare_say_numbers_sum(h->comparison);
	_cleanup_free_ char *rest = compare_say_numbers_rest(h->comparison, SIZE_MAX, "");
	double scale = scale_of(h, rows);
	const struct svg_axis axis = { -scale, scale, PLOT_MARGIN, PLOT_WIDTH - PLOT_MARGIN };
	size_t count = json_array_size(rows);

	compare_html_begin(h, "numbers", "Numbers");
	strbuf_adds(&h->out, "<p>");
	html_text(&h->out, sum);
	strbuf_adds(&h->out, ". <span class=\"dim\">What tasks, files of snapshots and OOM kills "
			     "told; beside each other on one scale, relative to the first side."
			     "</span></p>");
	if (count)
		add_number_heads(h, &axis, tested);
	for (size_t i = 0; i < count; i++) {
		if (i == PLOT_SHOWN_ROWS)
			plot_add_fold(h, count - i);
		add_number(h, &axis, json_array_get(rows, i), tested);
	}
	if (count)
		plot_end_table(h, count);
	if (rest)
		html_elementf(&h->out, "p", "dim", "%s.", rest);
	compare_html_end(h);
}
