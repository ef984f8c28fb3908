// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/target.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/json.h"

static const char *const kind_names[] = {
	[TARGET_REPORT] = "report",
	[TARGET_EXPECTATION] = "expectation",
	[TARGET_REASON] = "reason",
	[TARGET_ASKED] = "asked",
};

const char *const target_answer_names[] = {
	[TARGET_SHOWN] = "shown",
	[TARGET_ABSENT] = "absent",
	[TARGET_CANNOT_TELL] = "cannot-tell",
};

void target_clear(struct target *t)
{
	if (!t)
		return;
	strv_clear(&t->names);
	*t = (struct target){ 0 };
}

void target_ask(struct target *t, const char *words)
{
	*t = (struct target){ .kind = TARGET_ASKED };
	strv_add(&t->names, words);
}

void target_copy(struct target *to, const struct target *from)
{
	*to = (struct target){ .kind = from->kind };
	strv_add_strv(&to->names, &from->names);
}

const char *target_name(const struct target *t)
{
	return t->names.count ? t->names.items[0] : "";
}

/* ---- what a run shows ---- */

static bool is_failure(const char *word)
{
	return str_eq(word, "crash") || str_eq(word, "hang") || str_eq(word, "fail");
}

/* The report that a reason is about, by the line where it starts; borrowed, NULL: none. */
static const json_t *report_of(const json_t *reason, const json_t *reports)
{
	static const char console[] = "console.log:";
	const char *where = json_get_str(reason, "where", "");
	const json_t *report;
	size_t i;
	int64_t line;

	if (!str_starts(where, console) || !str_parse_i64(where + strlen(console), &line))
		return NULL;
	json_array_foreach (reports, i, report)
		if (json_get_int(report, "start_line", 0) == line)
			return report;
	return NULL;
}

/* The expectation that a reason is about; borrowed, NULL: none. */
static const json_t *expectation_of(const json_t *reason, const json_t *verdict)
{
	const json_t *all = json_get_array(verdict, "expectations"), *expectation;
	const char *what = json_get_str(reason, "what", "");
	size_t i;

	json_array_foreach (all, i, expectation) {
		_cleanup_free_ char *begin =
			xasprintf("expected %s: ", json_get_str(expectation, "expect", "?"));

		if (str_starts(what, begin))
			return expectation;
	}
	return NULL;
}

static void report_titles(const json_t *report, struct strv *titles)
{
	strv_add(titles, json_get_str(report, "title", ""));
	json_to_strv(json_get_array(report, "alt_titles"), titles);
}

bool target_find(struct target *t, const json_t *verdict, const json_t *reports)
{
	const json_t *reason = json_array_get(json_get_array(verdict, "reasons"), 0);
	const json_t *report, *expectation;

	*t = (struct target){ 0 };
	if (!reason || !is_failure(json_get_str(verdict, "verdict", "")))
		return false;
	report = report_of(reason, reports);
	expectation = expectation_of(reason, verdict);
	t->kind = report ? TARGET_REPORT : expectation ? TARGET_EXPECTATION : TARGET_REASON;
	if (report)
		report_titles(report, &t->names);
	else
		strv_add(&t->names, expectation ? json_get_str(expectation, "expect", "?")
						: json_get_str(reason, "what", "?"));
	return true;
}

/* ---- looking for it ---- */

static bool has_title(const struct target *t, const json_t *reports)
{
	const json_t *report;
	size_t i;

	json_array_foreach (reports, i, report) {
		_cleanup_strv_ struct strv titles = { 0 };

		report_titles(report, &titles);
		for (size_t k = 0; k < titles.count; k++)
			if (strv_has(&t->names, titles.items[k]))
				return true;
	}
	return false;
}

/* Not met; *known: it was judged at all. */
static bool is_unmet(const struct target *t, const json_t *verdict, bool *known)
{
	const json_t *expectation;
	size_t i;

	json_array_foreach (json_get_array(verdict, "expectations"), i, expectation) {
		if (!str_eq(json_get_str(expectation, "expect", ""), target_name(t)))
			continue;
		*known = true;
		return !json_get_bool(expectation, "met", false);
	}
	*known = false;
	return false;
}

/* Equal but for numbers: times, pids, addresses. */
static bool is_like(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789.");
			b += strspn(b, "0123456789.");
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

static bool has_reason(const struct target *t, const json_t *verdict)
{
	const json_t *reason;
	size_t i;

	json_array_foreach (json_get_array(verdict, "reasons"), i, reason)
		if (is_like(json_get_str(reason, "what", ""), target_name(t)))
			return true;
	return false;
}

static bool has_words(const struct target *t, const json_t *verdict, const json_t *reports)
{
	const char *words = target_name(t);
	const json_t *item;
	size_t i;

	json_array_foreach (reports, i, item) {
		_cleanup_strv_ struct strv titles = { 0 };

		report_titles(item, &titles);
		for (size_t k = 0; k < titles.count; k++)
			if (strcasestr(titles.items[k], words))
				return true;
	}
	if (!is_failure(json_get_str(verdict, "verdict", "")))
		return false;
	json_array_foreach (json_get_array(verdict, "reasons"), i, item)
		if (strcasestr(json_get_str(item, "what", ""), words))
			return true;
	json_array_foreach (json_get_array(verdict, "expectations"), i, item)
		if (str_eq(json_get_str(verdict, "verdict", ""), "fail") &&
		    !json_get_bool(item, "met", false) &&
		    strcasestr(json_get_str(item, "expect", ""), words))
			return true;
	return false;
}

static bool is_shown(const struct target *t, const json_t *verdict, const json_t *reports,
		     bool *known)
{
	const char *word = json_get_str(verdict, "verdict", "incomplete");

	*known = true;
	switch (t->kind) {
	case TARGET_REPORT:
		return has_title(t, reports);
	case TARGET_EXPECTATION:
		/* Of a guest that went down before, or that never got there, it says nothing. */
		return is_unmet(t, verdict, known) && str_eq(word, "fail");
	case TARGET_REASON:
		return is_failure(word) && has_reason(t, verdict);
	case TARGET_ASKED:
		break;
	}
	return has_words(t, verdict, reports);
}

static char *what_else(const json_t *verdict)
{
	const json_t *reason = json_array_get(json_get_array(verdict, "reasons"), 0);

	return xasprintf("%s: %s", json_get_str(verdict, "verdict", "incomplete"),
			 json_get_str(reason, "what", "no reason"));
}

enum target_answer target_look(const struct target *t, const json_t *verdict, const json_t *reports,
			       char **why)
{
	const char *word = json_get_str(verdict, "verdict", "incomplete");
	bool known;

	if (why)
		*why = NULL;
	if (is_shown(t, verdict, reports, &known))
		return TARGET_SHOWN;
	/* A run that failed came to its end all the same: the target had its chance. */
	if (known && (str_eq(word, "pass") || str_eq(word, "fail")))
		return TARGET_ABSENT;
	if (why)
		*why = what_else(verdict);
	return TARGET_CANNOT_TELL;
}

json_t *target_json(const struct target *t)
{
	json_t *value = json_object();

	json_set_str(value, "kind", kind_names[t->kind]);
	json_object_set_new(value, "names", json_strv(&t->names));
	return value;
}

bool target_from_json(struct target *t, const json_t *value)
{
	const char *kind = json_get_str(value, "kind", "");

	*t = (struct target){ 0 };
	for (size_t i = TARGET_REPORT; i < ARRAY_SIZE(kind_names); i++)
		if (str_eq(kind, kind_names[i]))
			t->kind = (enum target_kind)i;
	json_to_strv(json_get_array(value, "names"), &t->names);
	return t->kind && t->names.count;
}

/* ---- of a search ---- */

static void note(const struct target *t, json_t *record)
{
	if (target_is_known(t))
		json_object_set_new(record, "target", target_json(t));
}

void target_begin(struct target *t, const struct target *asked, const json_t *earlier,
		  json_t *record)
{
	*t = (struct target){ 0 };
	if (asked)
		target_copy(t, asked);
	else if (!target_from_json(t, json_get_object(earlier, "target")))
		target_clear(t);
	note(t, record);
}

enum target_answer target_judge(struct target *t, bool is_bad_side, const json_t *verdict,
				const json_t *reports, json_t *record, char **why)
{
	if (!target_is_known(t) && is_bad_side && target_find(t, verdict, reports))
		note(t, record);
	if (target_is_known(t))
		return target_look(t, verdict, reports, why);
	if (str_eq(json_get_str(verdict, "verdict", ""), "pass"))
		return TARGET_ABSENT;
	*why = what_else(verdict);
	return TARGET_CANNOT_TELL;
}
