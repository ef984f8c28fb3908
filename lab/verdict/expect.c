// SPDX-License-Identifier: GPL-2.0-or-later
/* How a task ended, what was injected; expect-report.c has the reports, expect-value.c what was
 * read and counted. */
#include "verdict/expect.h"

#include <inttypes.h>
#include <signal.h>

#include "base/json.h"
#include "verdict/expect-internal.h"
#include "verdict/fault-accounts.h"
#include "verdict/recovery.h"

/* A title is short; a pattern that needs more steps than this on it is a mistake in the case. */
#define PATTERN_STEPS 200000

struct expect_set *expect_set_new(const struct case_expect *expects, size_t count)
{
	struct expect_set *set = xcalloc(1, sizeof(*set));

	set->rules = xcalloc(count + 1, sizeof(*set->rules));
	set->count = count;
	set->limits = pcre2_match_context_create(NULL);
	set->match = pcre2_match_data_create(1, NULL);
	if (set->limits)
		pcre2_set_match_limit(set->limits, PATTERN_STEPS);
	for (size_t i = 0; i < count; i++) {
		struct expect_rule *rule = &set->rules[i];
		size_t offset;
		int code;

		rule->expect = &expects[i];
		if (!expects[i].title)
			continue;
		rule->title =
			pcre2_compile((PCRE2_SPTR)expects[i].title, PCRE2_ZERO_TERMINATED,
				      PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &offset, NULL);
		rule->title_is_bad = !rule->title;
	}
	return set;
}

void expect_set_free(struct expect_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		pcre2_code_free(set->rules[i].title);
	pcre2_match_data_free(set->match);
	pcre2_match_context_free(set->limits);
	free(set->rules);
	free(set);
}

bool expect_set_allows_silence(const struct expect_set *set, const char *fault)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct case_expect *e = set->rules[i].expect;

		if (e->kind == EXPECT_INJECTED && str_eq(e->subject, fault) &&
		    ((e->at_least != INT64_MIN && e->at_least <= 0) || e->at_most <= 0))
			return true;
	}
	return false;
}

bool expect_within(const struct case_expect *e, int64_t number, int64_t default_least,
		   struct strbuf *why)
{
	int64_t least = e->at_least == INT64_MIN ? default_least : e->at_least;

	strbuf_addf(why, "%" PRId64, number);
	if (number < least) {
		strbuf_addf(why, ", wanted at least %" PRId64, least);
		return false;
	}
	if (number > e->at_most) {
		strbuf_addf(why, ", wanted at most %" PRId64, e->at_most);
		return false;
	}
	return true;
}

char *expect_signal_name(int number)
{
	const char *name = number > 0 ? sigabbrev_np(number) : NULL;

	return name ? xasprintf("SIG%s", name) : xasprintf("signal %d", number);
}

char *expect_task_end_text(const json_t *task_end)
{
	_cleanup_free_ char *name = NULL;

	/* Init clears up after the last step; that says nothing of the task. */
	if (json_get_bool(task_end, "stopped", false))
		return xstrdup("still ran at the end");
	if (!json_is_integer(json_object_get(task_end, "signal"))) {
		if (!json_is_integer(json_object_get(task_end, "code")))
			return xstrdup("ended, nobody knows how");
		return xasprintf("exited with code %" PRId64, json_get_int(task_end, "code", -1));
	}
	name = expect_signal_name((int)json_get_int(task_end, "signal", 0));
	return xasprintf("killed by %s%s", name,
			 json_get_bool(task_end, "core", false) ? ", core dumped" : "");
}

/* A task that a signal ended has no exit code, whatever is asked of it. */
static bool exited_with(const json_t *end, int code)
{
	return !json_object_get(end, "signal") && json_is_integer(json_object_get(end, "code")) &&
	       json_get_int(end, "code", -1) == code;
}

static bool judge_task(const struct case_expect *e, const struct frames *frames, struct strbuf *why)
{
	const json_t *end = frames_find(frames, "task-end", "name", e->subject);
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *wanted = NULL;
	_cleanup_free_ char *or_exit = NULL;

	if (!end) {
		strbuf_addf(why, "%s %s", e->subject,
			    frames_find(frames, "task", "name", e->subject)
				    ? "started and never ended"
				    : "never started");
		return false;
	}
	text = expect_task_end_text(end);
	strbuf_addf(why, "%s %s", e->subject, text);
	if (json_get_bool(end, "stopped", false))
		return false;
	if (e->has_or_exit && exited_with(end, e->or_exit))
		return true;
	if (e->has_or_exit)
		or_exit = xasprintf(", nor exited with code %d", e->or_exit);
	if (e->killed_by && json_get_int(end, "signal", 0) != e->killed_by) {
		wanted = expect_signal_name(e->killed_by);
		strbuf_addf(why, ", not killed by %s%s", wanted, or_exit ? or_exit : "");
		return false;
	}
	if (e->has_exit && !exited_with(end, e->exit_code)) {
		strbuf_addf(why, ", wanted exit code %d%s", e->exit_code, or_exit ? or_exit : "");
		return false;
	}
	return true;
}

static bool judge_injected(const struct case_expect *e, const struct frames *frames,
			   const json_t *machine, struct strbuf *why)
{
	_cleanup_json_ json_t *faults = fault_accounts(frames, machine);
	int64_t fired = 0;
	bool armed = false, open = false, lost = false, met;
	json_t *fault;
	size_t i;

	json_array_foreach (faults, i, fault) {
		if (!str_eq(json_get_str(fault, "fault", ""), e->subject))
			continue;
		if (__builtin_add_overflow(fired, json_get_int(fault, "fired", 0), &fired))
			fired = INT64_MAX;
		armed |= json_get_bool(fault, "armed", false);
		open |= !json_get_bool(fault, "final", false);
		lost |= json_get_bool(fault, "lost", false);
	}
	if (!armed) {
		strbuf_addf(why, "%s was never armed", e->subject);
		return false;
	}
	strbuf_addf(why, "%s fired ", e->subject);
	met = expect_within(e, fired, 1, why);
	if (!open)
		return met;
	/* It may have fired again: enough for "at least", nothing for "at most". */
	strbuf_addf(why, " when last heard of; the %s",
		    lost ? "count was lost then" : "final count is missing");
	return met && e->at_most == INT64_MAX;
}

static bool judge_recovered(const struct case_expect *e, const struct frames *frames,
			    struct strbuf *why)
{
	return recovery_judge(frames, why) == (e->recovered ? RECOVERY_DONE : RECOVERY_FAILED);
}

bool expect_judge(const struct expect_set *set, size_t index, const struct verdict_facts *facts,
		  struct strbuf *why)
{
	const struct expect_rule *rule = &set->rules[index];
	static const struct frames no_frames;
	const struct frames *frames = facts->frames ? facts->frames : &no_frames;

	switch (rule->expect->kind) {
	case EXPECT_TASK:
		return judge_task(rule->expect, frames, why);
	case EXPECT_REPORT:
		return expect_judge_report(set, rule, facts->reports, why);
	case EXPECT_NO_REPORT:
		return expect_judge_no_report(set, rule, facts->reports, why);
	case EXPECT_INJECTED:
		return judge_injected(rule->expect, frames, facts->machine, why);
	case EXPECT_TRACE:
		return expect_judge_trace(rule->expect, facts->reports, why);
	case EXPECT_SNAPSHOT:
		return expect_judge_snapshot(rule->expect, frames, why);
	case EXPECT_RECOVERED:
		return judge_recovered(rule->expect, frames, why);
	case EXPECT_RESULT:
		return expect_judge_result(rule->expect, frames, why);
	}
	strbuf_adds(why, "nobody knows this kind of expectation");
	return false;
}
