// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A host that is too busy lets a guest stand still while the guest's clock goes on. What hangs by
 * that clock is evidence only as far as the guest could run meanwhile.
 */
#include "base/json.h"
#include "verdict/expect.h"
#include "verdict/judge.h"

/* The guest's clock begins about when its first byte comes, and the host looks once a second. */
#define SLACK_MS 1000

/* How long kinds of report watch when they do not say so themselves; kernel defaults. */
static const struct {
	const char *kind;
	double s;
} watches[] = {
	{ "hung_task", 120 },  { "rcu_stall", 21 },	   { "soft_lockup", 22 },
	{ "hard_lockup", 10 }, { "workqueue_lockup", 30 },
};

static bool mode_is(const struct judge *j, const char *mode)
{
	return str_eq(json_get_str(j->facts->plan, "mode", "free"), mode);
}

/* How long the guest had waited for a processor by then; between samples as if evenly. */
static double starved_until(const json_t *samples, double ms)
{
	double at_ms = 0, starved_ms = 0;
	json_t *sample;
	size_t i;

	json_array_foreach (samples, i, sample) {
		double next_ms = json_number_value(json_array_get(sample, 0));
		double next = json_number_value(json_array_get(sample, 1));

		if (next_ms >= ms && next_ms > at_ms)
			return starved_ms + (next - starved_ms) * (ms - at_ms) / (next_ms - at_ms);
		at_ms = next_ms;
		starved_ms = next;
	}
	return starved_ms;
}

/*
 * What the guest's clock showed when this run began: nothing much, but of a guest that
 * went on from a snapshot, whose boot was in another run.
 */
static double began_s(const struct judge *j)
{
	const json_t *resume = frames_find(j->frames, "resume", NULL, NULL);

	if (!resume)
		resume = frames_find(j->frames, "checkpoint", NULL, NULL);
	return json_get_num(resume, "t", 0) / 1e9;
}

/* And when that was, in ms of the run; -1: nobody knows. */
static double began_ms(const struct judge *j)
{
	bool resumed = json_object_get(j->facts->plan, "snapshot") != NULL;

	return json_get_num(j->facts->machine, resumed ? "running_ms" : "first_output_ms", -1);
}

/* Of a time of the guest's clock: how long it was on the host's, and how much of it was starved. */
static double starved_of(const struct judge *j, double from_s, double to_s, double *length_ms)
{
	const json_t *m = j->facts->machine;
	const json_t *samples = json_get_array(m, "starved");
	double first_ms = began_ms(j);
	double from_ms = first_ms + (from_s - began_s(j)) * 1000 - SLACK_MS;
	double to_ms = first_ms + (to_s - began_s(j)) * 1000 + SLACK_MS;

	/*
	 * Probes stop the clock that times are told by, a recording adjusts its own, and who did
	 * not note when knows of all only.
	 */
	if (!json_array_size(samples) || first_ms < 0 || mode_is(j, "record") ||
	    json_array_size(json_get_array(j->facts->plan, "probes"))) {
		*length_ms = json_get_num(m, "wall_ms", 0);
		return json_get_num(m, "starved_ms", 0);
	}
	*length_ms = (to_s - from_s) * 1000;
	return starved_until(samples, to_ms) - starved_until(samples, from_ms > 0 ? from_ms : 0);
}

/* A clock of the guest's that is beyond the end of the run is wrong, and so is what it measured. */
static bool clock_is_ahead(const struct judge *j, double to_s)
{
	double wall_ms = json_get_num(j->facts->machine, "wall_ms", 0);

	return mode_is(j, "free") && wall_ms > 0 &&
	       (to_s - began_s(j)) * 1000 > wall_ms * 1.1 + SLACK_MS;
}

char *judge_starved(const struct judge *j, double from_s, double to_s)
{
	double length_ms, starved_ms;

	/* A guest that counts instructions stands still with its clock. */
	if (mode_is(j, "deterministic"))
		return NULL;
	if (clock_is_ahead(j, to_s))
		return xasprintf("; the guest's clock was wrong, at %.1f s in a run of %.1f s: no "
				 "evidence of a hang",
				 to_s, json_get_num(j->facts->machine, "wall_ms", 0) / 1000);
	starved_ms = starved_of(j, from_s, to_s, &length_ms);
	if (starved_ms <= length_ms / 2)
		return NULL;
	if (starved_ms > length_ms)
		starved_ms = length_ms;
	return xasprintf("; the host was too busy, and for %.1f of those %.1f s it had no "
			 "processor for the guest: no evidence of a hang",
			 starved_ms / 1000, length_ms / 1000);
}

static double watch_s(const struct judge *j, const json_t *report)
{
	const json_t *details = json_object_get(report, "details");
	const char *kind = json_get_str(report, "kind", "");
	double s = json_get_num(details, "stalled_s", 0);

	if (s <= 0 && j->facts->kernel_hz)
		s = json_get_num(details, "stalled_jiffies", 0) / (double)j->facts->kernel_hz;
	for (size_t i = 0; s <= 0 && i < ARRAY_SIZE(watches); i++)
		if (str_eq(watches[i].kind, kind))
			s = watches[i].s;
	return s;
}

char *judge_starved_report(const struct judge *j, const json_t *report)
{
	double s = watch_s(j, report), at_s = json_get_num(report, "time_s", -1);
	char *words;
	json_t *again;
	size_t i;

	if (verdict_of("report", json_get_str(report, "kind", "")) != VERDICT_HANG || at_s < 0)
		return NULL;
	words = judge_starved(j, at_s - s, at_s);
	/* Once while the guest could run is enough. */
	json_array_foreach (json_get_array(report, "again"), i, again) {
		_cleanup_free_ char *other = NULL;

		at_s = json_get_num(again, "time_s", -1);
		if (!words || at_s < 0)
			continue;
		other = judge_starved(j, at_s - s, at_s);
		if (!other) {
			free(words);
			return NULL;
		}
	}
	return words;
}

/* Did every check of the recovery that failed run out of such a time? An errno needs no clock. */
static bool starved_recovery(const struct judge *j)
{
	bool any = false;
	json_t *frame;
	size_t i;

	json_array_foreach (j->frames->list, i, frame) {
		double to_s = json_get_num(frame, "t", 0) / 1e9;
		double late_s = json_get_num(frame, "late_us", 0) / 1e6;
		_cleanup_free_ char *starved = NULL;

		if (!str_eq(json_get_str(frame, "k", ""), "recovery") ||
		    json_get_bool(frame, "ok", false))
			continue;
		starved = late_s > 0 ? judge_starved(j, to_s - late_s, to_s) : NULL;
		if (!starved)
			return false;
		any = true;
	}
	return any;
}

static bool is_rate(const char *field)
{
	return field && str_ends(field, "_per_s");
}

/* "rtt_min_us", "kib_per_s", "us": a busy host makes times longer and rates lower. */
static bool is_of_time(const char *field)
{
	static const char *const ends[] = { "_s", "_ms", "_us", "_ns" };

	for (size_t i = 0; field && i < ARRAY_SIZE(ends); i++)
		if (str_ends(field, ends[i]) || str_eq(field, ends[i] + 1))
			return true;
	return false;
}

static bool is_met(const struct case_expect *e, const struct verdict_facts *facts)
{
	struct expect_set *set = expect_set_new(e, 1);
	_cleanup_strbuf_ struct strbuf why = { 0 };
	bool met = expect_judge(set, 0, facts, &why);

	expect_set_free(set);
	return met;
}

/*
 * A figure that the guest measured by its clock. What is not met of it only because it is too
 * slow, or met because it is slow enough.
 */
static bool starved_figure(const struct judge *j, const struct case_expect *e, bool met)
{
	const json_t *hello = frames_find(j->frames, "hello", NULL, NULL);
	const json_t *end = frames_find(j->frames, "end", NULL, NULL);
	struct case_expect relaxed = *e;
	bool asks_slow = e->equals ||
			 (is_rate(e->field) ? e->at_most != INT64_MAX : e->at_least != INT64_MIN);
	_cleanup_free_ char *starved = NULL;

	if (!is_of_time(e->field))
		return false;
	relaxed.equals = NULL;
	if (is_rate(e->field))
		relaxed.at_least = INT64_MIN;
	else
		relaxed.at_most = INT64_MAX;
	if (met ? !asks_slow : !is_met(&relaxed, j->facts))
		return false;
	starved = judge_starved(j, json_get_num(hello, "t", 0) / 1e9,
				json_get_num(end, "t", 0) / 1e9);
	return starved;
}

/* Would it be judged otherwise without the reports of hangs that are no evidence of one? */
static bool starved_reports(const struct judge *j, const struct case_expect *e, bool met)
{
	struct verdict_facts facts = *j->facts;
	_cleanup_json_ json_t *others = json_array();
	json_t *report;
	size_t i;

	json_array_foreach (j->facts->reports, i, report) {
		_cleanup_free_ char *starved = json_get_bool(report, "panicked", false)
						       ? NULL
						       : judge_starved_report(j, report);

		if (!starved)
			json_array_append(others, report);
	}
	facts.reports = others;
	return json_array_size(others) < json_array_size(j->facts->reports) &&
	       is_met(e, &facts) != met;
}

bool judge_starved_expect(const struct judge *j, const struct case_expect *e, bool met)
{
	switch (e->kind) {
	case EXPECT_RECOVERED:
		/* A system that works on a busy host does work. */
		return e->recovered != met && starved_recovery(j);
	case EXPECT_RESULT:
	case EXPECT_SNAPSHOT:
		return starved_figure(j, e, met);
	case EXPECT_REPORT:
	case EXPECT_NO_REPORT:
		return starved_reports(j, e, met);
	case EXPECT_TASK:
	case EXPECT_INJECTED:
	case EXPECT_TRACE:
		break; /* facts, whatever the clock was */
	}
	return false;
}
