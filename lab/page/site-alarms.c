/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is new and what has changed, on the overview. */
#include <math.h>

#include "base/json.h"
#include "history/known.h"
#include "page/html.h"
#include "page/site-internal.h"

enum { SHORT_COMMIT = 12, NEW_TITLES = 20, OPEN_ALARMS = 8 };

/* "2 % to 20 %", "93000 to 140000 (+51 %)" */
static void add_change(struct strbuf *out, const json_t *alarm)
{
	double before = json_get_num(alarm, "before", 0), after = json_get_num(alarm, "after", 0);

	if (!str_eq(json_get_str(alarm, "kind", ""), "number")) {
		html_elementf(out, "b", NULL, "%.3g %% to %.3g %%", before * 100, after * 100);
		return;
	}
	html_elementf(out, "b", NULL, "%.6g to %.6g", before, after);
	if (before != 0)
		html_textf(out, " (%+.3g %%)", (after - before) / fabs(before) * 100);
}

static void add_what(struct strbuf *out, const json_t *alarm)
{
	const char *kind = json_get_str(alarm, "kind", "?");
	const char *title = json_get_str(alarm, "title", NULL);

	html_element(out, "span", "bad strong", kind);
	strbuf_adds(out, " ");
	if (title)
		site_link_title(out, "", title);
	if (str_eq(kind, "number"))
		html_elementf(out, "code", NULL, "%s %s", json_get_str(alarm, "file", ""),
			      json_get_str(alarm, "key", ""));
	strbuf_adds(out, " ");
	if (!str_eq(kind, "new title"))
		add_change(out, alarm);
	html_textf(out, " since %s, in ", json_get_str(alarm, "first", "?"));
}

static void add_where(struct strbuf *out, const json_t *series)
{
	_cleanup_free_ char *name = site_series_name(series);

	site_link_case(out, "", json_get_str(series, "case", "?"));
	html_textf(out, " on %s", name);
}

static void add_others(struct strbuf *out, const json_t *others)
{
	json_t *other;
	size_t i;

	if (!json_array_size(others))
		return;
	strbuf_addf(out, "<details><summary>and %zu more series</summary><ul>",
		    json_array_size(others));
	json_array_foreach (others, i, other) {
		strbuf_adds(out, "<li>");
		add_where(out, json_object_get(other, "series"));
		strbuf_adds(out, "</li>\n");
	}
	strbuf_adds(out, "</ul></details>");
}

static void add_source(struct strbuf *out, const struct site *site, const char *head,
		       const json_t *run)
{
	if (!json_is_object(run))
		return;
	strbuf_adds(out, "<br/>");
	html_elementf(out, "span", "dim", "%s %s %.*s, night of %s, ", head,
		      json_get_str(run, "release", "?"), SHORT_COMMIT,
		      json_get_str(run, "revision", ""), json_get_str(run, "night", "?"));
	site_link_run(out, site, "", json_get_str(run, "run", "?"));
}

static void add_bisect(struct strbuf *out, const json_t *alarm)
{
	const json_t *words = json_get_array(alarm, "bisect");
	const char *why = json_get_str(alarm, "no_bisect", NULL);
	_cleanup_strbuf_ struct strbuf line = { 0 };
	json_t *word;
	size_t i;

	json_array_foreach (words, i, word) {
		strbuf_adds(&line, i ? " " : "");
		strbuf_add_shell(&line, json_string_value(word));
	}
	if (words)
		html_element(out, "pre", NULL, line.data);
	else if (why)
		html_elementf(out, "p", "dim", "No bisect: %s.", why);
}

static void add_known(struct strbuf *out, const json_t *known)
{
	if (known)
		html_elementf(out, "p", "warn", "Known, '%s', silenced until %s. %s",
			      json_get_str(known, "title", ""), json_get_str(known, "until", "?"),
			      json_get_str(known, "link", ""));
}

static void add_alarm(struct strbuf *out, const struct site *site, const json_t *alarm)
{
	strbuf_adds(out, "<li>");
	add_what(out, alarm);
	add_where(out, json_get_object(alarm, "series"));
	add_others(out, json_object_get(alarm, "others"));
	add_source(out, site, "good:", json_get_object(alarm, "good"));
	add_source(out, site, "bad:", json_get_object(alarm, "bad"));
	add_known(out, json_get_object(alarm, "known"));
	add_bisect(out, alarm);
	strbuf_adds(out, "</li>\n");
}

void site_add_alarms(struct strbuf *out, const struct site *site, const json_t *alarms)
{
	size_t i, silenced = 0, shown = 0;
	json_t *alarm;

	strbuf_adds(out, "<h2>What has changed</h2>\n<ul>");
	json_array_foreach (alarms, i, alarm) {
		silenced += known_bug_silences(alarm);
		if (known_bug_silences(alarm))
			continue;
		if (shown++ == OPEN_ALARMS)
			strbuf_adds(out, "</ul>\n<details><summary>All the others</summary><ul>");
		add_alarm(out, site, alarm);
	}
	strbuf_adds(out, shown > OPEN_ALARMS ? "</ul></details>\n" : "</ul>\n");
	if (json_array_size(alarms) == silenced)
		html_elementf(out, "p", "good", "Nothing.");
	if (silenced)
		html_elementf(out, "p", "dim", "%zu of known bugs are silenced.", silenced);
}

void site_add_new_titles(struct strbuf *out, const struct site *site, const json_t *reports)
{
	json_t *report;
	size_t i, count = 0;

	strbuf_adds(out, "<h2>New reports of the last night</h2>\n<ul>");
	json_array_foreach (json_get_array(reports, "reports"), i, report) {
		if (!str_eq(json_get_str(report, "first_night", ""), site->night) ||
		    json_get_bool(report, "info", false) || count++ >= NEW_TITLES)
			continue;
		strbuf_adds(out, "<li>");
		site_link_title(out, "", json_get_str(report, "title", "?"));
		html_textf(out, ", %lld runs", (long long)json_get_int(report, "runs", 0));
		strbuf_adds(out, "</li>");
	}
	strbuf_adds(out, "</ul>\n");
	if (!count)
		html_elementf(out, "p", "good", "None.");
	if (count > NEW_TITLES)
		html_elementf(out, "p", "dim", "And %zu more.", count - NEW_TITLES);
}
