// SPDX-License-Identifier: GPL-2.0-or-later
/* In how many runs something was so, with the intervals of the rates. */
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "compare/rates.h"
#include "page/compare-plots.h"

#define CONFIDENCE 0.95

static json_t *rate_cell(int64_t hits, int64_t runs)
{
	struct rate r = { .hits = (unsigned)(hits < 0 ? 0 : hits), .runs = (unsigned)runs };
	struct interval i;

	r.hits = r.hits > r.runs ? r.runs : r.hits;
	i = rate_interval(r, CONFIDENCE);
	return json_pack("{s:i,s:i,s:[f,f]}", "hits", (int)r.hits, "runs", (int)r.runs, "interval",
			 i.low, i.high);
}

static int64_t side_runs(const struct html_page *h, size_t side)
{
	return (int64_t)json_array_size(
		json_object_get(compare_say_side(h->comparison, side), "runs"));
}

/* A row of {text: how many runs} a side, for each text of any side. */
static void add_texts(const struct html_page *h, json_t *rows, const char *kind, const char *task,
		      json_t *(*cell)(const struct html_page *h, const json_t *of, size_t side),
		      const json_t *of)
{
	_cleanup_json_ json_t *all = json_object();
	const char *text;
	json_t *n;

	for (size_t s = 0; s < h->sides; s++)
		json_object_update(all, cell(h, of, s));
	json_object_foreach (all, text, n) {
		json_t *row = json_object(), *cells = json_array();

		json_set_str(row, "kind", kind);
		json_set_str(row, "task", task);
		json_set_str(row, "what", text);
		for (size_t s = 0; s < h->sides; s++)
			json_array_append_new(cells,
					      rate_cell(json_get_int(cell(h, of, s), text, 0),
							side_runs(h, s)));
		json_object_set_new(row, "sides", cells);
		json_array_append_new(rows, row);
	}
}

static json_t *verdicts_of(const struct html_page *h, const json_t *of, size_t side)
{
	return json_object_get(compare_say_side(h->comparison, side), "verdicts");
}

static json_t *ends_of(const struct html_page *h, const json_t *of, size_t side)
{
	return compare_say_cell(of, side);
}

static void add_titles(const struct html_page *h, json_t *rows)
{
	json_t *report, *count;
	size_t i, k;

	json_array_foreach (json_object_get(h->comparison, "reports"), i, report) {
		json_t *row = json_object(), *cells = json_array();

		json_set_str(row, "kind", "report");
		json_set_str(row, "what", json_get_str(report, "title", "?"));
		for (size_t s = 0; s < h->sides; s++) {
			int64_t hits = 0;

			json_array_foreach (compare_say_cell(report, s), k, count)
				hits += json_integer_value(count) > 0;
			json_array_append_new(cells, rate_cell(hits, side_runs(h, s)));
		}
		json_object_set_new(row, "sides", cells);
		json_array_append_new(rows, row);
	}
}

/* Those of `statistics`, or what the tables say. New reference; NULL: one run a side is no rate. */
static json_t *rates_of(const struct html_page *h)
{
	json_t *tested = json_get_array(json_get_object(h->comparison, "statistics"), "rates");
	bool several = false;
	json_t *rows, *task;
	size_t i;

	for (size_t s = 0; s < h->sides; s++)
		several |= side_runs(h, s) > 1;
	if (tested || !several)
		return json_incref(tested);
	rows = json_array();
	add_texts(h, rows, "verdict", NULL, verdicts_of, NULL);
	json_array_foreach (json_object_get(h->comparison, "tasks"), i, task)
		add_texts(h, rows, "task", json_get_str(task, "name", "?"), ends_of, task);
	add_titles(h, rows);
	return rows;
}

static void add_rate_name(struct html_page *h, const json_t *rows, const json_t *row)
{
	int64_t same = json_get_int(row, "same_as", -1);
	const char *kind = json_get_str(row, "kind", "");

	strbuf_adds(&h->out, "<th scope=\"row\">");
	html_elementf(&h->out, "span", "dim", "%s ",
		      str_eq(kind, "unjudged") ? "no result:" : kind);
	if (json_get_str(row, "task", NULL))
		html_textf(&h->out, "%s: ", json_get_str(row, "task", ""));
	html_text(&h->out, json_get_str(row, "what", "?"));
	if (same >= 0)
		html_elementf(&h->out, "small", "dim", " the same event as: %s",
			      json_get_str(json_array_get(rows, (size_t)same), "what", "?"));
	strbuf_adds(&h->out, "</th>");
}

static const double rate_grid[] = { 0, 0.25, 0.5, 0.75, 1 };
static const struct svg_axis rate_axis = { 0, 1, PLOT_MARGIN, PLOT_WIDTH - PLOT_MARGIN };

static void add_rate_plot(struct html_page *h, const json_t *row)
{
	strbuf_adds(&h->out, "<td class=\"plot\">");
	svg_open(&h->out, "figure", PLOT_WIDTH, plot_height(h), "rates with intervals of 95 %");
	plot_add_grid(h, &rate_axis, rate_grid, ARRAY_SIZE(rate_grid));
	for (size_t s = 0; s < h->sides; s++) {
		const json_t *cell = compare_say_cell(row, s);
		const json_t *interval = json_object_get(cell, "interval");
		double runs = plot_figure(cell, "runs");
		_cleanup_free_ char *class = xasprintf("whisker s%zu", s % SVG_SIDE_STYLES);

		if (!(runs > 0))
			continue;
		svg_line(&h->out, class, svg_axis_at(&rate_axis, plot_entry(interval, 0)),
			 plot_side_y(s), svg_axis_at(&rate_axis, plot_entry(interval, 1)),
			 plot_side_y(s));
		svg_mark(&h->out, s, svg_axis_at(&rate_axis, plot_figure(cell, "hits") / runs),
			 plot_side_y(s), PLOT_MARK_RADIUS);
	}
	svg_close(&h->out);
	strbuf_adds(&h->out, "</td>");
}

static void add_rate_figure(struct html_page *h, const json_t *row, size_t side)
{
	_cleanup_free_ char *text = compare_say_rate(compare_say_cell(row, side));
	size_t counts = strcspn(text, " ");

	html_textf(&h->out, "%.*s ", (int)counts, text);
	html_element(&h->out, "small", "dim", text + counts);
}

static void add_rate(struct html_page *h, const json_t *rows, const json_t *row, bool tested)
{
	bool different = json_get_bool(row, "different", false);

	strbuf_adds(&h->out,
		    different ? "<tr class=\"differs\" data-d=\"\" tabindex=\"-1\">" : "<tr>");
	add_rate_name(h, rows, row);
	plot_add_figures(h, row, add_rate_figure);
	add_rate_plot(h, row);
	if (tested) {
		strbuf_adds(&h->out, "<td class=\"test\">");
		plot_add_tests(h, row, true);
		strbuf_adds(&h->out, "</td>");
	}
	strbuf_adds(&h->out, "</tr>");
}

void compare_html_rates(struct html_page *h)
{
	static const char *const ticks[] = { "0", "50 %", "100 %" };
	static const double at[] = { 0, 0.5, 1 };
	_cleanup_json_ json_t *rows = rates_of(h);
	bool tested = json_get_object(h->comparison, "statistics") != NULL;
	size_t count = json_array_size(rows);

	if (!count)
		return;
	compare_html_begin(h, "rates", "Rates");
	if (tested) {
		_cleanup_free_ char *text = compare_say_sureness(h->comparison);

		html_elementf(&h->out, "p", NULL, "%s.", text);
	}
	strbuf_adds(&h->out, "<p class=\"dim\">In how many runs, with intervals of 95 %, each by "
			     "itself.</p><table class=\"figures\"><thead><tr><th></th>");
	plot_add_side_heads(h);
	plot_add_axis_head(h, &rate_axis, at, ticks, ARRAY_SIZE(ticks), "from 0 to 100 %");
	strbuf_adds(&h->out, tested ? "<th>against the first</th></tr></thead><tbody>"
				    : "</tr></thead><tbody>");
	for (size_t i = 0; i < count; i++) {
		if (i == PLOT_SHOWN_ROWS)
			plot_add_fold(h, count - i);
		add_rate(h, rows, json_array_get(rows, i), tested);
	}
	plot_end_table(h, count);
	compare_html_end(h);
}
