/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has changed in the nights, and how to find out why. */
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "history/known.h"
#include "page/regressions-text.h"

enum { SHORT_COMMIT = 12 };

static void format_number(double value, char out[32])
{
	snprintf(out, 32, fabs(value) < 1e6 && value == floor(value) ? "%.0f" : "%.4g", value);
}

/* "2 % -> 20 %", "93000 -> 140000 (+51 %)" */
static void add_change(struct page *p, const json_t *alarm)
{
	double before = json_get_num(alarm, "before", 0), after = json_get_num(alarm, "after", 0);
	char from[32], to[32];

	if (!str_eq(json_get_str(alarm, "kind", ""), "number")) {
		page_addf(p, TONE_STRONG, "%.3g %% -> %.3g %%", before * 100, after * 100);
		return;
	}
	format_number(before, from);
	format_number(after, to);
	page_addf(p, TONE_STRONG, "%s -> %s", from, to);
	if (before != 0)
		page_addf(p, TONE_PLAIN, " (%+.3g %%)", (after - before) / fabs(before) * 100);
}

static void add_what(struct page *p, const json_t *alarm)
{
	const char *kind = json_get_str(alarm, "kind", "?"),
		   *title = json_get_str(alarm, "title", NULL);
	bool is_new = str_eq(kind, "new title");

	page_label(p, is_new ? "new" : kind);
	if (str_eq(kind, "number")) {
		_cleanup_free_ char *name = xasprintf("%s %s", json_get_str(alarm, "file", ""),
						      json_get_str(alarm, "key", ""));

		page_wrap(p, TONE_PLAIN, name, PAGE_LABEL);
		page_line(p);
		page_to(p, PAGE_LABEL);
	} else if (title) {
		page_wrap(p, TONE_BAD, title, PAGE_LABEL);
		page_line(p);
		page_to(p, PAGE_LABEL);
	}
	if (!is_new) {
		add_change(p, alarm);
		page_add(p, TONE_PLAIN, " ");
	}
	page_addf(p, TONE_PLAIN, "%s %s", is_new ? "in the night of" : "since",
		  json_get_str(alarm, "first", "?"));
	page_line(p);
}

/* "mainline base+fault --append 'nosmp', deterministic". Yours. */
static char *kernel_of(const json_t *series)
{
	const char *append = json_get_str(series, "append", ""),
		   *mode = json_get_str(series, "mode", "");
	struct strbuf text = { 0 };

	strbuf_addf(&text, "%s %s", json_get_str(series, "line", "?"),
		    json_get_str(series, "config", "?"));
	if (*append)
		strbuf_addf(&text, " --append '%s'", append);
	if (!str_eq(mode, "free"))
		strbuf_addf(&text, ", %s", mode);
	return strbuf_take(&text);
}

static void add_plain(struct page *p, const char *text)
{
	page_to(p, PAGE_LABEL);
	page_wrap(p, TONE_PLAIN, text, PAGE_LABEL + 2);
	page_line(p);
}

static void add_series(struct page *p, const json_t *series)
{
	_cleanup_free_ char *kernel = kernel_of(series);
	_cleanup_free_ char *text =
		xasprintf("%s on %s", json_get_str(series, "case", "?"), kernel);

	add_plain(p, text);
}

/* The other series of the same cause: the cases of each kernel in one sentence. */
static void add_others(struct page *p, const json_t *others)
{
	_cleanup_json_ json_t *kernels = json_object();
	json_t *other, *cases;
	const char *kernel;
	size_t i;

	json_array_foreach (others, i, other) {
		const json_t *series = json_object_get(other, "series");
		_cleanup_free_ char *of = kernel_of(series);

		if (!json_get_array(kernels, of))
			json_object_set_new(kernels, of, json_array());
		json_array_append(json_get_array(kernels, of), json_object_get(series, "case"));
	}
	json_object_foreach (kernels, kernel, cases) {
		_cleanup_strv_ struct strv names = { 0 };
		_cleanup_free_ char *list = NULL, *text = NULL;

		json_to_strv(cases, &names);
		list = strv_join(&names, ", ");
		text = xasprintf("and %zu on %s: %s", names.count, kernel, list);
		add_plain(p, text);
	}
}

static void add_source(struct page *p, const char *head, const json_t *run)
{
	_cleanup_free_ char *text = NULL;

	if (!run || json_is_null(run))
		return;
	text = xasprintf("%s %s %.*s, night of %s, run %s", head, json_get_str(run, "release", "?"),
			 SHORT_COMMIT, json_get_str(run, "revision", "?"),
			 json_get_str(run, "night", "?"), json_get_str(run, "run", "?"));
	page_to(p, PAGE_LABEL);
	page_wrap(p, TONE_DIM, text, PAGE_LABEL + 2);
	page_line(p);
}

void page_add_command(struct page *p, const json_t *words)
{
	size_t i;
	json_t *word;

	json_array_foreach (words, i, word) {
		_cleanup_strbuf_ struct strbuf quoted = { 0 };
		_cleanup_free_ char *safe = NULL;

		strbuf_add_shell(&quoted, json_string_value(word));
		safe = page_safe(quoted.data);
		if (i && p->column + page_columns(safe) + 3 > p->style.width) {
			page_add(p, TONE_PLAIN, " \\");
			page_line(p);
			page_to(p, PAGE_LABEL + 2);
		} else {
			page_to(p, i ? p->column + 1 : PAGE_LABEL);
		}
		page_wrap(p, TONE_STRONG, quoted.data, PAGE_LABEL + 2);
	}
	page_line(p);
}

static void add_known(struct page *p, const json_t *known)
{
	_cleanup_free_ char *text = NULL;

	if (!known)
		return;
	text = xasprintf("a known bug, '%s', that was silenced until %s, and is still there %s",
			 json_get_str(known, "title", ""), json_get_str(known, "until", "?"),
			 json_get_str(known, "link", ""));
	page_to(p, PAGE_LABEL);
	page_wrap(p, TONE_WARN, text, PAGE_LABEL);
	page_line(p);
}

void page_add_alarm(struct page *p, const json_t *alarm)
{
	const json_t *bisect = json_object_get(alarm, "bisect");
	const char *no_bisect = json_get_str(alarm, "no_bisect", NULL);

	add_what(p, alarm);
	add_series(p, json_object_get(alarm, "series"));
	add_others(p, json_object_get(alarm, "others"));
	add_source(p, "good:", json_object_get(alarm, "good"));
	add_source(p, "bad: ", json_object_get(alarm, "bad"));
	add_known(p, json_object_get(alarm, "known"));
	if (bisect)
		page_add_command(p, bisect);
	if (no_bisect) {
		page_to(p, PAGE_LABEL);
		page_addf(p, TONE_DIM, "no bisect: %s", no_bisect);
		page_line(p);
	}
	page_line(p);
}

char *page_regressions_text(const json_t *regressions, const struct page_style *style)
{
	const json_t *alarms = json_object_get(regressions, "alarms");
	size_t i, silenced = 0, open;
	struct page p;
	json_t *alarm;

	page_init(&p, style);
	json_array_foreach (alarms, i, alarm)
		silenced += known_bug_silences(alarm);
	open = json_array_size(alarms) - silenced;
	json_array_foreach (alarms, i, alarm)
		if (!known_bug_silences(alarm))
			page_add_alarm(&p, alarm);
	page_addf(&p, open ? TONE_BAD : TONE_GOOD, "%zu regression%s", open, open == 1 ? "" : "s");
	page_addf(&p, TONE_PLAIN, " as of the night of %s",
		  json_get_str(regressions, "night", "?"));
	if (silenced)
		page_addf(&p, TONE_PLAIN, "; %zu of known bugs, silenced", silenced);
	page_line(&p);
	return page_take(&p);
}
