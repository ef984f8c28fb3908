/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of each page, and the overview. */
#include <inttypes.h>

#include "base/hash.h"
#include "base/json.h"
#include "compare/compare.h"
#include "page/assets.h"
#include "page/html.h"
#include "page/site-internal.h"
#include "page/svg.h"

/* ---- paths ---- */

/* Ids and the names of most cases are plain; anything else might lead out of the folder. */
static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_.";

	return *name && *name != '.' && strlen(name) <= 100 && !name[strspn(name, plain)];
}

static char *page_path(const char *folder, const char *name)
{
	char hash[HASH_HEX_SIZE];

	if (is_plain(name))
		return xasprintf("%s/%s.html", folder, name);
	hash_bytes(name, strlen(name), hash);
	return xasprintf("%s/%.16s.html", folder, hash);
}

char *site_case_path(const char *case_name)
{
	return page_path("case", case_name);
}

char *site_report_path(const char *title)
{
	char hash[HASH_HEX_SIZE];

	hash_bytes(title, strlen(title), hash);
	return xasprintf("report/%.16s.html", hash);
}

char *site_run_path(const char *id)
{
	return page_path("run", id);
}

/* ---- the frame ---- */

void site_begin(struct strbuf *out, const struct site *site, const char *up, const char *title)
{
	strbuf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
			 "'none'; style-src 'unsafe-inline'\"/>\n"
			 "<meta name=\"viewport\" content=\"width=device-width, "
			 "initial-scale=1\"/>\n"
			 "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
			 "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
	html_text(out, title);
	strbuf_adds(out, "</title>\n<style>");
	strbuf_adds(out, page_asset_colours_css);
	strbuf_adds(out, page_asset_site_css);
	strbuf_addf(out,
		    "</style></head>\n<body>\n<nav><a href=\"%sindex.html\">Overview</a>"
		    "<a href=\"%sreports.html\">Reports</a><span class=\"dim\">nights ",
		    up, up);
	html_textf(out, "%s to %s", site->since, site->night);
	strbuf_adds(out, "</span></nav>\n<main>\n");
}

char *site_end(struct strbuf *out)
{
	strbuf_adds(out, "</main></body></html>\n");
	return strbuf_take(out);
}

static void add_link(struct strbuf *out, const char *up, const char *path, const char *text)
{
	_cleanup_free_ char *whole = xasprintf("%s%s", up, path);

	html_link(out, whole, text);
}

void site_link_case(struct strbuf *out, const char *up, const char *case_name)
{
	_cleanup_free_ char *path = site_case_path(case_name);

	add_link(out, up, path, case_name);
}

void site_link_title(struct strbuf *out, const char *up, const char *title)
{
	_cleanup_free_ char *path = site_report_path(title);

	add_link(out, up, path, title);
}

void site_link_run(struct strbuf *out, const struct site *site, const char *up, const char *id)
{
	_cleanup_free_ char *path = site_run_path(id);

	if (json_object_get(site->runs, id))
		add_link(out, up, path, id);
	else
		html_text(out, id);
}

char *site_series_name(const json_t *series)
{
	static const char *const keys[] = { "line", "config", "append", "mode" };
	_cleanup_strv_ struct strv words = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *word = json_get_str(series, keys[i], "");

		if (*word && !str_eq(word, "free"))
			strv_add(&words, word);
	}
	return strv_join(&words, " ");
}

/* ---- rates ---- */

struct site_counts site_count(const json_t *verdicts)
{
	struct site_counts counts = { 0 };
	const char *word;
	json_t *runs;

	json_object_foreach ((json_t *)verdicts, word, runs) {
		enum verdict verdict = verdict_parse(word);
		int64_t n = json_integer_value(runs);

		if (verdict == VERDICT_PASS)
			counts.passed += n;
		else if (compare_is_unjudged(verdict))
			counts.unjudged += n;
		else
			counts.failed += n;
	}
	return counts;
}

char *site_rate_text(const struct site_counts *c)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (c->passed + c->failed)
		strbuf_addf(&out, "%" PRId64 "/%" PRId64, c->failed, c->passed + c->failed);
	if (c->unjudged)
		strbuf_addf(&out, "%s%lld?", out.length ? " +" : "", (long long)c->unjudged);
	return strbuf_take(&out);
}

const char *site_rate_class(const struct site_counts *c)
{
	static const double least[] = { 0.5, 0.2, 0.05, 0 };
	static const char *const classes[] = { "r4", "r3", "r2", "r1" };
	double rate;

	if (!(c->passed + c->failed))
		return "ru";
	rate = (double)c->failed / (double)(c->passed + c->failed);
	for (size_t i = 0; c->failed && i < ARRAY_SIZE(least); i++)
		if (rate >= least[i])
			return classes[i];
	return "r0";
}

/* ---- the overview ---- */

/* Names of the columns and of the cases, each once, sorted. */
static void collect_names(const json_t *series, struct strv *columns, struct strv *cases)
{
	json_t *one;
	size_t i;

	json_array_foreach (series, i, one) {
		_cleanup_free_ char *column = site_series_name(one);
		const char *name = json_get_str(one, "case", "?");

		if (!strv_has(columns, column))
			strv_add(columns, column);
		if (!strv_has(cases, name))
			strv_add(cases, name);
	}
	strv_sort(columns);
	strv_sort(cases);
}

/* "CASE\nCOLUMN" -> its verdicts, borrowed. */
static json_t *index_cells(const json_t *series)
{
	json_t *cells = json_object(), *one;
	size_t i;

	json_array_foreach (series, i, one) {
		_cleanup_free_ char *column = site_series_name(one);
		_cleanup_free_ char *key =
			xasprintf("%s\n%s", json_get_str(one, "case", "?"), column);

		json_object_set(cells, key, json_get_object(one, "verdicts"));
	}
	return cells;
}

static void add_cell(struct strbuf *out, const json_t *verdicts, const char *case_name)
{
	struct site_counts counts = site_count(verdicts);
	_cleanup_free_ char *text = site_rate_text(&counts), *path = site_case_path(case_name);

	if (!verdicts) {
		strbuf_adds(out, "<td></td>");
		return;
	}
	strbuf_addf(out, "<td class=\"%s\">", site_rate_class(&counts));
	html_link(out, path, text);
	strbuf_adds(out, "</td>");
}

void site_add_label(struct strbuf *out, const json_t *number)
{
	const char *label = json_get_str(number, "label", "");
	bool is_step = *label && strspn(label, "0123456789") == strlen(label);

	html_textf(out, " %s%s", is_step ? "step " : "", label);
}

static void add_matrix(struct strbuf *out, const json_t *all)
{
	const json_t *series = json_get_array(all, "series");
	_cleanup_json_ json_t *cells = index_cells(series);
	_cleanup_strv_ struct strv columns = { 0 }, cases = { 0 };

	collect_names(series, &columns, &cases);
	strbuf_adds(
		out,
		"<h2>Cases</h2>\n<p class=\"dim\">Runs that failed, of those that were judged; "
		"+ those that could not be. "
		"<span class=\"key r0\">none</span><span class=\"key r1\">below 5 %</span>"
		"<span class=\"key r2\">below 20 %</span><span class=\"key r3\">below 50 %</span>"
		"<span class=\"key r4\">more</span><span class=\"key ru\">none judged</span></p>"
		"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Cases\">"
		"<table class=\"matrix\"><thead><tr><th>case</th>");
	for (size_t c = 0; c < columns.count; c++)
		html_element(out, "th", NULL, columns.items[c]);
	strbuf_adds(out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < cases.count; i++) {
		strbuf_adds(out, "<tr><th scope=\"row\">");
		site_link_case(out, "", cases.items[i]);
		strbuf_adds(out, "</th>");
		for (size_t c = 0; c < columns.count; c++) {
			_cleanup_free_ char *key =
				xasprintf("%s\n%s", cases.items[i], columns.items[c]);

			add_cell(out, json_object_get(cells, key), cases.items[i]);
		}
		strbuf_adds(out, "</tr>\n");
	}
	strbuf_adds(out, "</tbody></table></div>\n");
}

static void add_last_night(struct strbuf *out, const struct site *site, const json_t *nightly)
{
	struct site_counts sum = { 0 };
	json_t *one;
	size_t i;

	json_array_foreach (json_get_array(nightly, "series"), i, one) {
		struct site_counts counts = site_count(json_get_object(one, "verdicts"));

		sum.passed += counts.passed;
		sum.failed += counts.failed;
		sum.unjudged += counts.unjudged;
	}
	html_elementf(out, "h1", NULL, "Night of %s", site->night);
	strbuf_adds(out, "<p>");
	html_elementf(out, "span", "good", "%lld passed", (long long)sum.passed);
	strbuf_adds(out, ", ");
	html_elementf(out, "span", sum.failed ? "bad strong" : "dim", "%lld failed",
		      (long long)sum.failed);
	strbuf_adds(out, ", ");
	html_elementf(out, "span", sum.unjudged ? "warn" : "dim", "%lld could not be judged",
		      (long long)sum.unjudged);
	html_textf(out, ", in %zu series.", json_array_size(json_get_array(nightly, "series")));
	strbuf_adds(out, "</p>\n");
}

char *site_index_html(const struct site *site, const json_t *nightly, const json_t *all,
		      const json_t *alarms, const json_t *reports)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	site_begin(&out, site, "", "klab: nights");
	add_last_night(&out, site, nightly);
	site_add_alarms(&out, site, alarms);
	site_add_new_titles(&out, site, reports);
	add_matrix(&out, all);
	return site_end(&out);
}
