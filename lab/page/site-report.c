/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of reports and of runs. */
#include "base/json.h"
#include "page/html.h"
#include "page/site-internal.h"

/* ---- all titles ---- */

static void add_title_row(struct strbuf *out, const struct site *site, const json_t *report)
{
	json_t *name;
	size_t i;

	strbuf_adds(out, "<tr><td>");
	site_link_title(out, "", json_get_str(report, "title", "?"));
	strbuf_adds(out, "<br/>");
	json_array_foreach (json_get_array(report, "cases"), i, name) {
		strbuf_adds(out, i ? ", " : "");
		site_link_case(out, "", json_string_value(name));
	}
	strbuf_adds(out, "</td>");
	html_element(out, "td", NULL, json_get_str(report, "kind", ""));
	html_elementf(out, "td", "figure", "%lld", (long long)json_get_int(report, "runs", 0));
	html_element(out, "td", "night", json_get_str(report, "first_night", ""));
	html_element(out, "td",
		     str_eq(json_get_str(report, "last_night", ""), site->night) ? "night strong"
										 : "night",
		     json_get_str(report, "last_night", ""));
	strbuf_adds(out, "</tr>\n");
}

static void add_titles(struct strbuf *out, const struct site *site, const json_t *reports,
		       bool info, const char *heading)
{
	json_t *report;
	size_t i;

	html_element(out, "h2", NULL, heading);
	strbuf_adds(out, "<div class=\"wide\"><table><thead><tr><th>title</th><th>kind</th>"
			 "<th class=\"figure\">runs</th><th>first</th><th>last</th></tr></thead>"
			 "<tbody>\n");
	json_array_foreach (json_get_array(reports, "reports"), i, report)
		if (json_get_bool(report, "info", false) == info)
			add_title_row(out, site, report);
	strbuf_adds(out, "</tbody></table></div>\n");
}

char *site_reports_html(const struct site *site, const json_t *reports)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	long long left = (long long)json_get_int(reports, "left_out", 0);

	site_begin(&out, site, "", "Reports");
	strbuf_adds(&out, "<h1>Reports</h1>\n");
	add_titles(&out, site, reports, false, "Bugs");
	add_titles(&out, site, reports, true, "What is no bug by itself");
	if (left > 0)
		html_elementf(&out, "p", "dim", "%lld more are in the history.", left);
	return site_end(&out);
}

/* ---- one title ---- */

static void add_texts(struct strbuf *out, const char *head, const json_t *texts)
{
	json_t *text;
	size_t i;

	if (!json_array_size(texts))
		return;
	html_elementf(out, "h3", NULL, "%s", head);
	strbuf_adds(out, "<ul>");
	json_array_foreach (texts, i, text)
		html_element(out, "li", NULL, json_string_value(text));
	strbuf_adds(out, "</ul>\n");
}

static void add_title_series(struct strbuf *out, const json_t *series)
{
	_cleanup_free_ char *name = site_series_name(series);

	strbuf_adds(out, "<tr><td>");
	site_link_case(out, "../", json_get_str(series, "case", "?"));
	html_textf(out, " on %s", name);
	strbuf_adds(out, "</td>");
	html_elementf(out, "td", "figure", "%lld", (long long)json_get_int(series, "runs", 0));
	html_element(out, "td", "night", json_get_str(series, "first_night", "?"));
	html_element(out, "td", "night", json_get_str(series, "last_night", "?"));
	strbuf_adds(out, "</tr>\n");
}

/* Lines as they are. */
static void add_lines(struct strbuf *out, const char *text)
{
	strbuf_adds(out, "<pre>");
	while (*text) {
		size_t length = strcspn(text, "\n");

		html_line(out, text, length);
		strbuf_addc(out, '\n');
		text += length + (text[length] == '\n');
	}
	strbuf_adds(out, "</pre>\n");
}

static void add_frames(struct strbuf *out, const json_t *trace)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const json_t *frames = json_get_array(trace, "frames");
	json_t *frame;
	size_t i;

	json_array_foreach (frames, i, frame)
		strbuf_addf(&text, "%s%s\n", json_get_bool(frame, "reliable", true) ? "  " : "? ",
			    json_get_str(frame, "symbol", "?"));
	if (text.length)
		add_lines(out, text.data);
}

static void add_example(struct strbuf *out, const json_t *example)
{
	const json_t *traces = json_get_array(example, "traces");
	json_t *trace;
	size_t i;

	if (!json_array_size(traces))
		return;
	strbuf_adds(out, "<h2>A trace of it</h2>\n");
	json_array_foreach (traces, i, trace)
		add_frames(out, trace);
}

char *site_report_html(const struct site *site, const json_t *report, const json_t *example)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	json_t *one;
	size_t i;

	site_begin(&out, site, "../", json_get_str(report, "title", "?"));
	html_element(&out, "h1", NULL, json_get_str(report, "title", "?"));
	html_elementf(
		&out, "p", NULL, "%s, %lld times in %lld runs, first in the night of %s, last %s.",
		json_get_str(report, "kind", "?"), (long long)json_get_int(report, "times", 0),
		(long long)json_get_int(report, "runs", 0),
		json_get_str(report, "first_night", "?"), json_get_str(report, "last_night", "?"));
	strbuf_adds(&out, "<p>First run ");
	site_link_run(&out, site, "../", json_get_str(report, "first_run", "?"));
	strbuf_adds(&out, ", last run ");
	site_link_run(&out, site, "../", json_get_str(report, "last_run", "?"));
	strbuf_adds(&out, "</p>\n");
	add_texts(&out, "Also called", json_get_array(report, "other_titles"));
	add_example(&out, example);
	strbuf_adds(&out, "<h2>Where it was seen</h2>\n<div class=\"wide\"><table><thead><tr>"
			  "<th>series</th><th class=\"figure\">runs</th><th>first</th><th>last</th>"
			  "</tr></thead><tbody>");
	json_array_foreach (json_get_array(report, "series"), i, one)
		add_title_series(&out, one);
	strbuf_adds(&out, "</tbody></table></div>\n<h2>The newest runs with it</h2>\n<ul>");
	json_array_foreach (json_get_array(report, "newest_runs"), i, one) {
		strbuf_adds(&out, "<li>");
		site_link_run(&out, site, "../", json_string_value(one));
		strbuf_adds(&out, "</li>");
	}
	strbuf_adds(&out, "</ul>\n");
	return site_end(&out);
}

/* ---- a run ---- */

static void add_run_reports(struct strbuf *out, const json_t *reports)
{
	json_t *report;
	size_t i;

	if (!json_array_size(reports))
		return;
	strbuf_adds(out, "<h2>Reports</h2>\n<ul>");
	json_array_foreach (reports, i, report) {
		strbuf_adds(out, "<li>");
		site_link_title(out, "../", json_get_str(report, "title", "?"));
		html_textf(out, ", %lld time%s, first in line %lld",
			   (long long)json_get_int(report, "times", 0),
			   json_get_int(report, "times", 0) == 1 ? "" : "s",
			   (long long)json_get_int(report, "line", 0));
		strbuf_adds(out, "</li>");
	}
	strbuf_adds(out, "</ul>\n");
}

static void add_folder(struct strbuf *out, const char *folder, const struct strv *files)
{
	if (!folder) {
		strbuf_adds(out, "<p class=\"dim\">Its files are gone.</p>\n");
		return;
	}
	strbuf_adds(out, "<p>Files:");
	for (size_t i = 0; i < files->count; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", folder, files->items[i]);

		strbuf_adds(out, " ");
		html_link(out, path, files->items[i]);
	}
	strbuf_adds(out, "</p>\n");
}

static void add_run_numbers(struct strbuf *out, const json_t *numbers)
{
	json_t *number;
	size_t i;

	if (!json_array_size(numbers))
		return;
	strbuf_adds(out, "<h2>Numbers</h2>\n<div class=\"wide\"><table><tbody>");
	json_array_foreach (numbers, i, number) {
		strbuf_adds(out, "<tr><td>");
		html_elementf(out, "code", NULL, "%s %s", json_get_str(number, "file", ""),
			      json_get_str(number, "key", ""));
		site_add_label(out, number);
		strbuf_adds(out, "</td>");
		html_elementf(out, "td", "figure", "%.10g", json_get_num(number, "value", 0));
		strbuf_adds(out, "</tr>\n");
	}
	strbuf_adds(out, "</tbody></table></div>\n");
}

char *site_run_html(const struct site *site, const json_t *run, const char *text,
		    const char *folder, const struct strv *files)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	const json_t *series = json_get_object(run, "series");
	_cleanup_free_ char *name = site_series_name(series);

	site_begin(&out, site, "../", json_get_str(run, "run", "?"));
	html_elementf(&out, "h1", NULL, "%s: %s", json_get_str(run, "verdict", "?"),
		      json_get_str(series, "case", "?"));
	html_element(&out, "p", "strong", json_get_str(run, "why", ""));
	strbuf_adds(&out, "<p>");
	site_link_case(&out, "../", json_get_str(series, "case", "?"));
	html_textf(&out, " on %s, night of %s, seed %lld, Linux %s %s, %.1f s on %s. ", name,
		   json_get_str(run, "night", "?"), (long long)json_get_int(run, "seed", 0),
		   json_get_str(run, "release", "?"), json_get_str(run, "revision", ""),
		   json_get_num(run, "wall_ms", 0) / 1000, json_get_str(run, "host", "?"));
	html_element(&out, "code", NULL, json_get_str(run, "run", "?"));
	strbuf_adds(&out, "</p>\n");
	add_folder(&out, folder, files);
	add_run_reports(&out, json_get_array(run, "reports"));
	if (text) {
		strbuf_adds(&out, "<h2>What klab says of it</h2>\n");
		add_lines(&out, text);
	}
	add_run_numbers(&out, json_get_array(run, "numbers"));
	return site_end(&out);
}
