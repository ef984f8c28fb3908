// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict's look at how the tasks of the case ended: none may end badly without a word. */
#include "base/json.h"
#include "verdict/expect.h"
#include "verdict/judge.h"

/* Numbers of a `result` that speak against the kernel when they are above 0, and what they say. */
static const struct {
	const char *field;
	const char *says;
} wrongs[] = {
	{ "pages_wrong", "pages did not hold what was written into them" },
	{ "code_wrong", "pages of code did not do what was written into them" },
	{ "core_pages_wrong", "pages of the core dump were not those of the task" },
};

static bool expects_ending(const struct judge *j, const char *task)
{
	for (size_t i = 0; i < j->facts->expect_count; i++) {
		const struct case_expect *e = &j->facts->expects[i];

		if (e->kind == EXPECT_TASK && str_eq(e->subject, task))
			return true;
	}
	return false;
}

/* By its name; or by the exit code that a task has for it. */
static bool expects_wrong(const struct judge *j, const char *task, const char *field)
{
	for (size_t i = 0; i < j->facts->expect_count; i++) {
		const struct case_expect *e = &j->facts->expects[i];

		if (!str_eq(e->subject, task))
			continue;
		if (e->kind == EXPECT_RESULT && str_eq(e->field, field))
			return true;
		if (e->kind == EXPECT_TASK && (e->has_exit || e->has_or_exit) &&
		    (e->exit_code || e->or_exit))
			return true;
	}
	return false;
}

/* Did a step of the case (kill, coredump) send the task this signal? Then that is how it was to
 * end. */
static bool killed_by_case(const struct judge *j, const char *task, int64_t number)
{
	_cleanup_free_ char *wanted = xasprintf("%lld", (long long)number);
	json_t *step;
	size_t i;

	json_array_foreach (json_object_get(j->facts->plan, "steps"), i, step)
		if ((str_eq(json_get_str(step, "verb", ""), "kill") ||
		     str_eq(json_get_str(step, "verb", ""), "coredump")) &&
		    str_eq(judge_step_arg(step, "task"), task) &&
		    str_eq(judge_step_arg(step, "signal"), wanted))
			return true;
	return false;
}

static bool ended_well(const struct judge *j, const char *task, const json_t *end)
{
	/* Init clears up after the last step; that says nothing of the task. */
	if (json_get_bool(end, "stopped", false))
		return true;
	if (json_object_get(end, "signal"))
		return killed_by_case(j, task, json_get_int(end, "signal", 0));
	return json_get_int(end, "code", -1) == 0;
}

static void judge_wrongs(struct judge *j, const char *task, const char *where)
{
	const json_t *result = frames_find(j->frames, "result", "name", task);

	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		int64_t n = json_get_int(json_object_get(result, "data"), wrongs[i].field, 0);

		if (n > 0 && !expects_wrong(j, task, wrongs[i].field))
			judge_found(j, "task", "wrong", where,
				    "task %s: %lld %s, and no expectation covers it", task,
				    (long long)n, wrongs[i].says);
	}
}

/* Init kills what is left after the last step, waits for it, and then tries whether all works:
 * when that began. */
static double waited_until_s(const struct judge *j, const json_t *end)
{
	json_t *frame;
	size_t i;

	json_array_foreach (j->frames->list, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), "recovery"))
			return (json_get_num(frame, "t", 0) - json_get_num(frame, "us", 0) * 1e3) /
			       1e9;
	return json_get_num(end, "t", 0) / 1e9;
}

static void task_stuck(struct judge *j, const char *task, const char *where)
{
	const json_t *step_end = frames_find(j->frames, "step-end", NULL, NULL);
	const json_t *end = frames_find(j->frames, "end", NULL, NULL);
	_cleanup_free_ char *starved =
		judge_starved(j, json_get_num(step_end, "t", 0) / 1e9, waited_until_s(j, end));

	judge_found(j, "task", starved ? "starved" : "stuck", where,
		    "task %s was killed in the end, and did not end%s", task,
		    starved ? starved : "");
}

void judge_tasks(struct judge *j)
{
	json_t *frame;
	size_t i;

	json_array_foreach (j->frames->list, i, frame) {
		const char *task = json_get_str(frame, "name", "?");
		_cleanup_free_ char *where = judge_step_where(j, json_get_int(frame, "i", -1));
		_cleanup_free_ char *text = NULL;
		const json_t *end;

		if (!str_eq(json_get_str(frame, "k", ""), "task"))
			continue;
		judge_wrongs(j, task, where);
		end = frames_find(j->frames, "task-end", "name", task);
		/* Where the account is not whole, its end may just not have been heard. */
		if (!end && j->frames->complete)
			task_stuck(j, task, where);
		/* A run that went wrong before has its reason; the task may just follow from it. */
		if (!end || j->unsound || ended_well(j, task, end) || expects_ending(j, task))
			continue;
		text = expect_task_end_text(end);
		judge_found(j, "task", "uncovered", where,
			    "task %s %s, and no expectation covers it", task, text);
	}
}

/* Nothing is judged by what a task wrote: who reads it has to know that it is not all. */
void judge_output(struct judge *j)
{
	json_t *frame;
	size_t i;

	json_array_foreach (j->frames->list, i, frame) {
		const char *k = json_get_str(frame, "k", "");
		int64_t lost = json_get_int(frame, "output_lost_bytes", 0);
		const json_t *step = judge_step(j, json_get_int(frame, "i", -1));
		const char *who = json_get_str(frame, "name", json_get_str(step, "verb", "?"));

		if (lost > 0 && (str_eq(k, "task-end") || str_eq(k, "step-end")))
			judge_note(j, "the last %lld bytes that %s wrote were not kept",
				   (long long)lost, who);
	}
}
