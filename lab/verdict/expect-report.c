// SPDX-License-Identifier: GPL-2.0-or-later
/* Expectations about kernel reports and their traces. */
#include <inttypes.h>

#include "base/json.h"
#include "verdict/expect-internal.h"
#include "verdict/trace.h"

#define SHOWN_REPORTS 3 /* of those found instead */

/* "oom-kill" and "oom_kill" are one kind. */
static bool kind_eq(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

static bool is_subject(const char *subject, const json_t *report)
{
	json_t *alt;
	size_t i;

	if (kind_eq(subject, json_get_str(report, "kind", "")) ||
	    str_eq(subject, json_get_str(report, "title", "")))
		return true;
	json_array_foreach (json_object_get(report, "alt_titles"), i, alt)
		if (str_eq(subject, json_string_value(alt)))
			return true;
	return false;
}

static bool title_matches(const struct expect_set *set, const struct expect_rule *rule,
			  const char *title)
{
	if (!rule->title)
		return !rule->title_is_bad;
	return pcre2_match(rule->title, (PCRE2_SPTR)title, strlen(title), 0, 0, set->match,
			   set->limits) >= 0;
}

const char *expect_report_task(const json_t *report)
{
	const json_t *killed = json_object_get(json_object_get(report, "details"), "killed");

	return json_get_str(killed, "task", json_get_str(report, "task", NULL));
}

static bool cgroup_matches(const char *cgroup, const json_t *report)
{
	static const char *const keys[] = { "oom_memcg", "task_memcg" };
	const json_t *details = json_object_get(report, "details");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(cgroup, json_get_str(details, keys[i], NULL)))
			return true;
	return false;
}

bool expect_rule_matches(const struct expect_set *set, const struct expect_rule *rule,
			 const json_t *report)
{
	const struct case_expect *e = rule->expect;

	if (e->subject && !is_subject(e->subject, report))
		return false;
	if (!title_matches(set, rule, json_get_str(report, "title", "")))
		return false;
	if (e->task && !str_eq(e->task, expect_report_task(report)))
		return false;
	return !e->cgroup || cgroup_matches(e->cgroup, report);
}

bool expect_set_asks_for(const struct expect_set *set, const json_t *report)
{
	/* "At most none" asks for it not to be there. */
	for (size_t i = 0; i < set->count; i++)
		if (set->rules[i].expect->kind == EXPECT_REPORT &&
		    set->rules[i].expect->at_most > 0 &&
		    expect_rule_matches(set, &set->rules[i], report))
			return true;
	return false;
}

static void add_report(struct strbuf *why, const json_t *report)
{
	const char *task = expect_report_task(report);

	strbuf_adds(why, json_get_str(report, "title", "a report without a title"));
	if (task)
		strbuf_addf(why, " (task %s)", task);
	strbuf_addf(why, " at console.log:%" PRId64, json_get_int(report, "start_line", 0));
}

/* Sum of the counts of the reports that match; *first is the first of them. */
static int64_t count_matching(const struct expect_set *set, const struct expect_rule *rule,
			      const json_t *reports, const json_t **first)
{
	int64_t count = 0;
	json_t *report;
	size_t i;

	*first = NULL;
	json_array_foreach (reports, i, report) {
		int64_t times = json_get_int(report, "count", 1);

		if (!expect_rule_matches(set, rule, report))
			continue;
		if (!*first)
			*first = report;
		if (__builtin_add_overflow(count, times < 1 ? 1 : times, &count))
			count = INT64_MAX;
	}
	return count;
}

/* Reports of the right subject that something else about kept out, else whatever there is. */
static void add_found_instead(const struct case_expect *e, const json_t *reports,
			      struct strbuf *why)
{
	size_t shown = 0, left = 0, i;
	json_t *report;
	bool near = false;

	json_array_foreach (reports, i, report)
		near |= e->subject && is_subject(e->subject, report);
	json_array_foreach (reports, i, report) {
		if (near && !is_subject(e->subject, report))
			continue;
		if (shown == SHOWN_REPORTS) {
			left++;
			continue;
		}
		strbuf_adds(why, shown++ ? "; " : "; found instead: ");
		add_report(why, report);
	}
	if (left)
		strbuf_addf(why, "; and %zu more", left);
	if (!shown)
		strbuf_adds(why, "; the console has no report at all");
}

bool expect_judge_report(const struct expect_set *set, const struct expect_rule *rule,
			 const json_t *reports, struct strbuf *why)
{
	const json_t *first;
	int64_t count;
	bool met;

	if (rule->title_is_bad) {
		strbuf_addf(why, "the pattern \"%s\" does not compile", rule->expect->title);
		return false;
	}
	count = count_matching(set, rule, reports, &first);
	strbuf_adds(why, "reports: ");
	met = expect_within(rule->expect, count, 1, why);
	if (first) {
		strbuf_adds(why, ", first ");
		add_report(why, first);
	} else if (!met) {
		add_found_instead(rule->expect, reports, why);
	}
	return met;
}

bool expect_judge_no_report(const struct expect_set *set, const struct expect_rule *rule,
			    const json_t *reports, struct strbuf *why)
{
	const json_t *first;
	int64_t count;

	if (rule->title_is_bad) {
		strbuf_addf(why, "the pattern \"%s\" does not compile", rule->expect->title);
		return false;
	}
	count = count_matching(set, rule, reports, &first);
	if (!count) {
		strbuf_adds(why, "no such report");
		return true;
	}
	strbuf_addf(why, "reports: %" PRId64 ", first ", count);
	add_report(why, first);
	return false;
}

/* The trace of all reports that comes nearest, and how many of the functions it has. */
static size_t best_trace(const struct case_expect *e, const json_t *reports, bool guesses,
			 const json_t **best)
{
	size_t most = 0, i, k;
	json_t *report, *trace;

	*best = NULL;
	json_array_foreach (reports, i, report) {
		json_array_foreach (json_object_get(report, "traces"), k, trace) {
			size_t n = trace_match(json_object_get(trace, "frames"), &e->functions,
					       guesses);

			if (n > most || !*best) {
				most = n;
				*best = report;
			}
		}
	}
	return most;
}

bool expect_judge_trace(const struct case_expect *e, const json_t *reports, struct strbuf *why)
{
	const json_t *best;
	size_t n = best_trace(e, reports, false, &best);

	if (!best) {
		strbuf_adds(why, "no report has a call trace");
		return false;
	}
	if (n == e->functions.count) {
		strbuf_adds(why, "in the trace of ");
		add_report(why, best);
		return true;
	}
	if (n)
		strbuf_addf(why,
			    "no trace goes on to %s after %s; nearest: ", e->functions.items[n],
			    e->functions.items[n - 1]);
	else
		strbuf_addf(why, "no trace has %s; one there is: ", e->functions.items[0]);
	add_report(why, best);
	if (best_trace(e, reports, true, &best) == e->functions.count)
		strbuf_adds(why, "; with frames that the unwinder only guesses (?) it would match");
	return false;
}
