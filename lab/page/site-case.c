/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of a case: each of its series by night, what failed last, and the trends of its numbers.
 */
#include "base/json.h"
#include "page/html.h"
#include "page/site-internal.h"
#include "page/svg.h"

enum { CHARTS_MAX = 150, RUNS_SHOWN = 30, LINES_MAX = 64 };

static void add_changes(struct strbuf *out, const json_t *changes)
{
	json_t *change;
	size_t i;

	strbuf_adds(out, "<ul>");
	json_array_foreach (changes, i, change) {
		const char *kind = json_get_str(change, "kind", "?");
		double scale = str_eq(kind, "number") ? 1 : 100;
		const char *unit = str_eq(kind, "number") ? "" : " %";
		const char *ended = json_get_str(change, "ended", NULL);

		if (str_eq(kind, "new title"))
			continue;
		strbuf_adds(out, "<li>");
		html_textf(out, "%s: %s %.4g%s to %.4g%s from %s on%s%s", kind,
			   json_get_str(change, "title", json_get_str(change, "key", "")),
			   json_get_num(change, "before", 0) * scale, unit,
			   json_get_num(change, "after", 0) * scale, unit,
			   json_get_str(change, "first", "?"), ended ? ", over since " : "",
			   ended ? ended : "");
		strbuf_adds(out, "</li>");
	}
	strbuf_adds(out, "</ul>\n");
}

static void add_series(struct strbuf *out, const json_t *series)
{
	struct site_counts counts = site_count(json_get_object(series, "verdicts"));
	_cleanup_free_ char *name = site_series_name(series), *rate = site_rate_text(&counts);
	const json_t *verdicts = json_get_object(series, "verdicts");
	const char *word;
	json_t *runs;

	html_element(out, "h2", NULL, name);
	strbuf_adds(out, "<p>");
	html_elementf(out, "span", site_rate_class(&counts), "%s failed", rate);
	json_object_foreach ((json_t *)verdicts, word, runs)
		html_textf(out, ", %lld %s", (long long)json_integer_value(runs), word);
	strbuf_adds(out, "</p>\n<div class=\"wide\">");
	site_bars(out, json_get_array(series, "nights"));
	strbuf_adds(out, "</div>\n");
	add_changes(out, json_get_array(series, "changes"));
}

/* ---- runs ---- */

static void add_runs(struct strbuf *out, const struct site *site, const json_t *runs)
{
	json_t *run;
	size_t i;

	if (!json_array_size(runs))
		return;
	strbuf_adds(out, "<h2>Runs that did not pass, the newest first</h2>\n<div class=\"wide\">"
			 "<table><tbody>");
	json_array_foreach (runs, i, run) {
		_cleanup_free_ char *name = site_series_name(run);

		if (i == RUNS_SHOWN)
			break;
		strbuf_adds(out, "<tr><td class=\"night\">");
		html_text(out, json_get_str(run, "night", "?"));
		strbuf_adds(out, "</td>");
		html_element(out, "td", "strong", json_get_str(run, "verdict", "?"));
		strbuf_adds(out, "<td>");
		site_link_run(out, site, "../", json_get_str(run, "run", "?"));
		strbuf_adds(out, "<br/>");
		html_elementf(out, "span", "dim", "%s: %s", name, json_get_str(run, "why", ""));
		strbuf_adds(out, "</td></tr>\n");
	}
	strbuf_adds(out, "</tbody></table></div>\n");
}

/* ---- numbers ---- */

/* {"LABEL\nFILE\nKEY": [the number in each of its series]}, in their order. New reference. */
static json_t *group_numbers(const json_t *list)
{
	json_t *groups = json_object(), *number;
	size_t i;

	json_array_foreach (list, i, number) {
		_cleanup_free_ char *name =
			xasprintf("%s\n%s\n%s", json_get_str(number, "label", ""),
				  json_get_str(number, "file", ""),
				  json_get_str(number, "key", ""));

		if (!json_object_get(groups, name))
			json_object_set_new(groups, name, json_array());
		json_array_append(json_object_get(groups, name), number);
	}
	return groups;
}

static void add_legend(struct strbuf *out, const json_t *const *lines, size_t count)
{
	strbuf_adds(out, "<ul class=\"legend\">");
	for (size_t l = 0; l < count; l++) {
		_cleanup_free_ char *name = site_series_name(lines[l]);
		const json_t *nights = json_get_array(lines[l], "nights");
		const json_t *last = json_array_get(nights, json_array_size(nights) - 1);
		char value[32];

		strbuf_adds(out, "<li>");
		svg_open(out, "side", 12, 12, "");
		svg_mark(out, l, 6, 6, 5);
		svg_close(out);
		site_format_value(json_get_num(last, "median", 0), value);
		html_textf(out, "%s, last %s", name, value);
		strbuf_adds(out, "</li>");
	}
	strbuf_adds(out, "</ul>");
}

static void add_chart(struct strbuf *out, const json_t *const *lines, size_t count)
{
	strbuf_adds(out, "<figure><figcaption>");
	html_elementf(out, "code", NULL, "%s %s", json_get_str(lines[0], "file", ""),
		      json_get_str(lines[0], "key", ""));
	site_add_label(out, lines[0]);
	strbuf_adds(out, "</figcaption>");
	site_trend(out, lines, count);
	add_legend(out, lines, count);
	strbuf_adds(out, "</figure>\n");
}

static size_t lines_of(const json_t *group, const json_t **lines)
{
	size_t count = 0;

	while (count < json_array_size(group) && count < LINES_MAX) {
		lines[count] = json_array_get(group, count);
		count++;
	}
	return count;
}

static void add_numbers(struct strbuf *out, const json_t *numbers)
{
	_cleanup_json_ json_t *groups = group_numbers(json_get_array(numbers, "numbers"));
	size_t charts = 0, still = 0, left = 0;
	const json_t *lines[LINES_MAX];
	const char *name;
	json_t *group;

	strbuf_adds(out, "<h2>Numbers</h2>\n<p class=\"dim\">The median of each night, a line a "
			 "series.</p><div class=\"charts\">");
	json_object_foreach (groups, name, group) {
		size_t count = lines_of(group, lines);

		if (!site_trend_moves(lines, count)) {
			still++;
		} else if (charts < CHARTS_MAX) {
			add_chart(out, lines, count);
			charts++;
		} else {
			left++;
		}
	}
	strbuf_adds(out, "</div>\n");
	html_elementf(out, "p", "dim", "%zu numbers were the same in all runs%s.", still,
		      left ? ", and some more are not drawn" : "");
}

char *site_case_html(const struct site *site, const json_t *test, const json_t *numbers,
		     const json_t *runs)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	json_t *series;
	size_t i;

	site_begin(&out, site, "../", json_get_str(test, "case", "?"));
	html_element(&out, "h1", NULL, json_get_str(test, "case", "?"));
	json_array_foreach (json_get_array(test, "series"), i, series)
		add_series(&out, series);
	add_runs(&out, site, runs);
	add_numbers(&out, numbers);
	return site_end(&out);
}
