/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A case over the nights: how often it failed, what changed, and its numbers. */
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "page/layout.h"
#include "page/night-chart.h"
#include "verdict/verdict.h"

enum { INDENT = 2 };

static void add_series_name(struct page *p, const json_t *series)
{
	const char *append = json_get_str(series, "append", ""),
		   *mode = json_get_str(series, "mode", "");

	page_add(p, TONE_STRONG, json_get_str(series, "line", "?"));
	page_addf(p, TONE_STRONG, " %s", json_get_str(series, "config", "?"));
	if (*append)
		page_addf(p, TONE_PLAIN, " --append '%s'", append);
	if (!str_eq(mode, "free"))
		page_addf(p, TONE_PLAIN, ", %s", mode);
	page_line(p);
}

/* "252 runs: 98.4 % pass, 1.6 % fail" */
static void add_verdicts(struct page *p, const json_t *verdicts, int64_t runs)
{
	bool any = false;

	page_to(p, INDENT);
	page_addf(p, TONE_PLAIN, "%" PRId64 " run%s%s", runs, runs == 1 ? "" : "s",
		  runs ? ":" : "");
	for (int v = VERDICT_PASS; v >= VERDICT_CRASH; v--) {
		const char *word = verdict_name((enum verdict)v);
		double count = (double)json_get_int(verdicts, word, 0);

		if (count == 0)
			continue;
		page_addf(p, TONE_PLAIN, "%s %.3g %% ", any ? "," : "", 100 * count / (double)runs);
		page_add(p, page_tone_of(word), word);
		any = true;
	}
	page_line(p);
}

/* Crashes, hangs and failures, of what was judged. */
static struct night_value night_rate(const json_t *night)
{
	const json_t *verdicts = json_object_get(night, "verdicts");
	struct night_value out = { .night = json_get_str(night, "night", "?") };
	const char *word;
	json_t *runs;

	json_object_foreach ((json_t *)verdicts, word, runs) {
		enum verdict v = verdict_parse(word);
		double count = (double)json_integer_value(runs);

		if (v < VERDICT_BROKEN)
			out.value += count;
		if (v < VERDICT_BROKEN || v == VERDICT_PASS)
			out.weight += count;
	}
	return out;
}

static void add_nights(struct page *p, const json_t *nights)
{
	size_t count = json_array_size(nights);
	_cleanup_free_ struct night_value *values = xcalloc(count + 1, sizeof(*values));

	for (size_t i = 0; i < count; i++)
		values[i] = night_rate(json_array_get(nights, i));
	page_night_rates(p, values, count, INDENT);
}

static void add_change(struct page *p, const json_t *change)
{
	const char *kind = json_get_str(change, "kind", "?"),
		   *title = json_get_str(change, "title", NULL),
		   *ended = json_get_str(change, "ended", NULL);
	double before = json_get_num(change, "before", 0), after = json_get_num(change, "after", 0);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_addf(&text, "%s: ", json_get_str(change, "first", "?"));
	if (str_eq(kind, "number"))
		strbuf_addf(&text, "%s %s %.6g -> %.6g", json_get_str(change, "file", ""),
			    json_get_str(change, "key", ""), before, after);
	else if (str_eq(kind, "new title"))
		strbuf_adds(&text, "new");
	else
		strbuf_addf(&text, "%s %.3g %% -> %.3g %%", kind, before * 100, after * 100);
	if (title)
		strbuf_addf(&text, ", %s", title);
	if (ended)
		strbuf_addf(&text, "; over since %s", ended);
	page_to(p, INDENT);
	page_wrap(p, ended ? TONE_DIM : TONE_WARN, text.data, INDENT + 2);
	page_line(p);
}

static void add_series(struct page *p, const json_t *series)
{
	size_t i;
	json_t *change;

	add_series_name(p, series);
	add_verdicts(p, json_object_get(series, "verdicts"), json_get_int(series, "runs", 0));
	add_nights(p, json_get_array(series, "nights"));
	json_array_foreach (json_get_array(series, "changes"), i, change)
		add_change(p, change);
	page_line(p);
}

static void add_legend(struct page *p)
{
	page_add(p, TONE_DIM,
		 "bars: crashes, hangs and failures, of the runs that were judged; "
		 "· none of them");
	page_line(p);
}

char *page_history_text(const json_t *history, const struct page_style *style)
{
	struct page p;
	size_t i;
	json_t *series;

	page_init(&p, style);
	page_add(&p, TONE_STRONG, json_get_str(history, "case", "?"));
	page_line(&p);
	page_line(&p);
	json_array_foreach (json_get_array(history, "series"), i, series)
		if (json_get_int(series, "runs", 0))
			add_series(&p, series);
	add_legend(&p);
	return page_take(&p);
}

static void add_number(struct page *p, const json_t *number)
{
	const json_t *nights = json_get_array(number, "nights");
	size_t count = json_array_size(nights);
	_cleanup_free_ struct night_value *values = xcalloc(count + 1, sizeof(*values));
	const json_t *last = json_array_get(nights, count ? count - 1 : 0);
	const char *label = json_get_str(number, "label", "");
	double least = INFINITY, most = -INFINITY;

	for (size_t i = 0; i < count; i++) {
		const json_t *night = json_array_get(nights, i);

		values[i].night = json_get_str(night, "night", "?");
		values[i].value = json_get_num(night, "median", 0);
		least = fmin(least, values[i].value);
		most = fmax(most, values[i].value);
	}
	page_addf(p, TONE_STRONG, "%s%s%s %s", label, *label ? " " : "",
		  json_get_str(number, "file", ""), json_get_str(number, "key", ""));
	page_line(p);
	page_to(p, INDENT);
	add_series_name(p, number);
	page_to(p, INDENT);
	if (count)
		page_addf(p, TONE_PLAIN, "%.6g now; medians of the nights from %.6g to %.6g",
			  json_get_num(last, "median", 0), least, most);
	page_line(p);
	page_night_levels(p, values, count, INDENT);
	page_line(p);
}

char *page_history_numbers_text(const json_t *numbers, const struct page_style *style)
{
	struct page p;
	size_t i;
	json_t *number;

	page_init(&p, style);
	json_array_foreach (json_get_array(numbers, "numbers"), i, number)
		add_number(&p, number);
	return page_take(&p);
}
