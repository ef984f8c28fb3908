// SPDX-License-Identifier: GPL-2.0-or-later
/* What all formats of results share, and the summary for people. */
#include "page/results.h"

#include "base/file.h"
#include "base/json.h"
#include "page/changes-text.h"
#include "page/layout.h"
#include "verdict/verdict.h"

const struct page_results_format page_results_formats[] = {
	{ "ktap", "results.ktap", page_results_ktap },
	{ "junit", "junit.xml", page_results_junit },
	{ "jsonl", "results.jsonl", page_results_jsonl },
	{ "kcidb", "kcidb.json", page_results_kcidb },
	{ "mail", "mail.txt", page_results_mail },
	{ NULL, NULL, NULL },
};

const struct page_results_format *page_results_format(const char *name, struct err *err)
{
	for (const struct page_results_format *f = page_results_formats; f->name; f++)
		if (str_eq(name, f->name))
			return f;
	err_set(err, ERR_INPUT, "'%.40s': expected ktap, junit, jsonl, kcidb or mail", name);
	return NULL;
}

/* ---- one result ---- */

enum page_outcome page_outcome_of(const json_t *result)
{
	const char *word = json_get_str(result, "verdict", NULL);
	enum verdict verdict = verdict_parse(word ? word : "");

	if (json_get_str(result, "error", NULL))
		return PAGE_UNABLE;
	if (!word)
		return json_get_str(result, "not_run", NULL) ? PAGE_NOT_RUN : PAGE_UNABLE;
	if (verdict == VERDICT_SKIP)
		return PAGE_SKIPPED;
	if (verdict == VERDICT_PASS)
		return PAGE_PASSED;
	return verdict_exit_code(verdict) == 1 ? PAGE_FAILED : PAGE_UNABLE;
}

const char *page_result_word(const json_t *result)
{
	if (json_get_str(result, "error", NULL))
		return "error";
	if (json_get_str(result, "verdict", NULL))
		return verdict_name(verdict_parse(json_get_str(result, "verdict", "")));
	return page_outcome_of(result) == PAGE_NOT_RUN ? "not run" : "error";
}

void page_result_reasons(const json_t *result, struct strv *lines)
{
	const char *error = json_get_str(result, "error", json_get_str(result, "not_run", NULL));
	enum page_outcome outcome = page_outcome_of(result);

	if (error)
		strv_add(lines, error);
	else if (outcome != PAGE_PASSED && outcome != PAGE_SKIPPED)
		json_to_strv(json_get_array(result, "why"), lines);
}

const char *page_result_label(const json_t *result)
{
	const char *id = json_get_str(result, "id", "?");
	const char *name = json_get_str(result, "case", "");
	size_t length = strlen(name);

	return str_starts(id, name) && id[length] == ' ' ? id + length + 1 : id;
}

/* ---- all of them ---- */

void page_results_cases(const json_t *all, struct strv *cases)
{
	_cleanup_json_ json_t *seen = json_object();
	size_t i;
	json_t *result;

	json_array_foreach (json_get_array(all, "results"), i, result) {
		const char *name = json_get_str(result, "case", "?");

		if (json_object_get(seen, name))
			continue;
		json_set_bool(seen, name, true);
		strv_add(cases, name);
	}
}

/* In the order in which they are told: words of verdicts, and what stands for none. */
static const char *const words[] = { "crash", "hang",	 "fail", "broken", "incomplete",
				     "error", "not run", "skip", "pass" };

static size_t count_of(const json_t *all, const char *word)
{
	size_t i, count = 0;
	json_t *result;

	json_array_foreach (json_get_array(all, "results"), i, result)
		count += str_eq(page_result_word(result), word);
	return count;
}

char *page_results_line(const json_t *all)
{
	_cleanup_free_ char *name = page_safe(json_get_str(all, "name", "results"));
	_cleanup_strbuf_ struct strbuf out = { 0 };
	size_t changed = json_array_size(json_get_array(json_get_object(all, "changes"), "alarms"));
	const char *comma = ": ";

	strbuf_adds(&out, name);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t count = count_of(all, words[i]);

		if (!count)
			continue;
		strbuf_addf(&out, "%s%zu %s", comma, count, words[i]);
		comma = ", ";
	}
	if (changed)
		strbuf_addf(&out, "; %zu new regression%s", changed, changed == 1 ? "" : "s");
	return strbuf_take(&out);
}

/* ---- the summary ---- */

enum { MAX_TOLD = 100, MAX_TOLD_NOT_RUN = 10 };

/* Results of one series with one word and reason: how many, and of how many in all. */
struct group {
	const char *word, *series;
	const json_t *first;
	char *reason;
	size_t count, of;
};

struct groups {
	struct group *list;
	size_t count, capacity;
	json_t *index; /* {series, word and reason: number in the list} */
};

static void groups_clear(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->list[i].reason);
	free(groups->list);
	json_decref(groups->index);
}

static const char *series_of(const json_t *result)
{
	return json_get_str(result, "series", json_get_str(result, "id", "?"));
}

/* {series: how many results it has}. New reference. */
static json_t *count_series(const json_t *all)
{
	json_t *counts = json_object(), *result;
	size_t i;

	json_array_foreach (json_get_array(all, "results"), i, result)
		json_set_int(counts, series_of(result),
			     json_get_int(counts, series_of(result), 0) + 1);
	return counts;
}

static void add_to_group(struct groups *groups, const json_t *series_counts, const json_t *result)
{
	_cleanup_strv_ struct strv lines = { 0 };
	_cleanup_free_ char *reason = NULL, *key = NULL;
	const char *word = page_result_word(result), *series = series_of(result);
	struct group *g;
	int64_t known;

	page_result_reasons(result, &lines);
	reason = strv_join(&lines, "; ");
	key = xasprintf("%zu %s%s %s", strlen(series), series, word, reason);
	known = json_get_int(groups->index, key, -1);
	if (known >= 0) {
		groups->list[known].count++;
		return;
	}
	json_set_int(groups->index, key, (int64_t)groups->count);
	g = vec_push(&groups->list, &groups->count, &groups->capacity);
	*g = (struct group){ .word = word,
			     .series = series,
			     .first = result,
			     .reason = take_ptr(&reason),
			     .count = 1,
			     .of = (size_t)json_get_int(series_counts, series, 1) };
}

static void add_group(struct page *p, const struct group *g)
{
	const char *dir = json_get_str(g->first, "dir", NULL);

	page_to(p, 2);
	page_add(p, page_tone_of(g->word), g->word);
	page_to(p, PAGE_LABEL + 2);
	page_wrap(p, TONE_STRONG, g->series, PAGE_LABEL + 4);
	if (g->of > 1)
		page_addf(p, TONE_PLAIN, " %zu of %zu", g->count, g->of);
	page_line(p);
	if (*g->reason) {
		page_to(p, PAGE_LABEL + 4);
		page_wrap(p, TONE_PLAIN, g->reason, PAGE_LABEL + 4);
		page_line(p);
	}
	if (dir) {
		page_to(p, PAGE_LABEL + 4);
		page_add(p, TONE_DIM, path_base(dir));
		page_line(p);
	}
}

/* A section of the results with one outcome; of too many the first, and how many more. */
static void add_results(struct page *p, const json_t *all, enum page_outcome outcome,
			const char *title, size_t most)
{
	_cleanup_json_ json_t *counts = count_series(all);
	_cleanup_(groups_clear)
	struct groups groups = { .index = json_object() };
	size_t i, told = 0;
	json_t *result;

	json_array_foreach (json_get_array(all, "results"), i, result)
		if (page_outcome_of(result) == outcome)
			add_to_group(&groups, counts, result);
	if (!groups.count)
		return;
	page_line(p);
	page_add(p, TONE_STRONG, title);
	page_line(p);
	for (; told < groups.count && (told < most || p->style.verbose); told++)
		add_group(p, &groups.list[told]);
	if (told < groups.count) {
		page_to(p, 2);
		page_addf(p, TONE_DIM, "… %zu more", groups.count - told);
		page_line(p);
	}
}

static void add_aside(struct page *p, const json_t *all)
{
	size_t count = json_array_size(json_get_array(all, "aside"));

	if (!count)
		return;
	page_addf(p, TONE_WARN, "%zu second run%s of a job set aside: in aside/", count,
		  count == 1 ? "" : "s");
	page_line(p);
}

static void add_head(struct page *p, const json_t *all)
{
	const char *began = json_get_str(all, "began", NULL);
	int64_t spent_ms = json_get_int(all, "spent_ms", 0);
	int64_t budget_ms = json_get_int(json_get_object(all, "plan"), "budget_ms", 0);
	_cleanup_free_ char *line = page_results_line(all);
	char time[24], budget[24];

	page_wrap(p, TONE_STRONG, line, 2);
	page_line(p);
	page_format_ms((double)spent_ms, time);
	page_format_ms((double)budget_ms, budget);
	if (began && spent_ms) {
		page_addf(p, TONE_PLAIN, "began %s, took %s", began, time);
		if (budget_ms)
			page_addf(p, TONE_PLAIN, " of %s", budget);
		page_line(p);
	}
	if (str_eq(json_get_str(all, "state", ""), "going on")) {
		page_add(p, TONE_WARN, "not over: what is not run yet may still come");
		page_line(p);
	}
	add_aside(p, all);
}

char *page_results_text(const json_t *all, const struct page_style *style)
{
	struct page p;

	page_init(&p, style);
	add_head(&p, all);
	add_results(&p, all, PAGE_FAILED, "failed", MAX_TOLD);
	add_results(&p, all, PAGE_UNABLE, "could not be run", MAX_TOLD);
	add_results(&p, all, PAGE_NOT_RUN, "not run", MAX_TOLD_NOT_RUN);
	page_add_changes(&p, json_get_object(all, "changes"));
	return page_take(&p);
}

char *page_results_mail(const json_t *all)
{
	const struct page_style style = { .width = 72 };
	_cleanup_free_ char *subject = page_results_line(all);
	_cleanup_free_ char *text = page_results_text(all, &style);

	return xasprintf("Subject: [klab] %s\n\n%s", subject, text);
}
