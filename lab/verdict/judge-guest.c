// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict's look at what the guest's frames say of steps, facts and faults. */
#include <errno.h>
#include <inttypes.h>

#include "base/json.h"
#include "verdict/expect.h"
#include "verdict/fault-accounts.h"
#include "verdict/judge.h"
#include "verdict/recovery.h"

#define INIT_SYNC_S 20 /* how long init waits for its last sync() */

const json_t *judge_step(const struct judge *j, int64_t index)
{
	json_t *step;
	size_t n;

	json_array_foreach (json_object_get(j->facts->plan, "steps"), n, step)
		if (json_get_int(step, "i", (int64_t)n) == index)
			return step;
	return NULL;
}

static char *step_where(const json_t *step)
{
	return xasprintf("case.yaml:%" PRId64, json_get_int(step, "line", 0));
}

char *judge_step_where(const struct judge *j, int64_t index)
{
	const json_t *step = judge_step(j, index);

	return step ? step_where(step) : xstrdup("frames.jsonl");
}

const char *judge_step_arg(const json_t *step, const char *name)
{
	const json_t *value = json_object_get(json_object_get(step, "args"), name);

	return json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
}

/* A step of which the guest's clock says that it took too long. */
static void step_timed_out(struct judge *j, const json_t *step, const json_t *end,
			   const char *where, const char *what)
{
	_cleanup_free_ char *index = xasprintf("%" PRId64, json_get_int(step, "i", -1));
	const json_t *begin = frames_find(j->frames, "step", "i", index);
	double to_s = json_get_num(end, "t", 0) / 1e9;
	_cleanup_free_ char *starved = judge_starved(j, json_get_num(begin, "t", 0) / 1e9, to_s);

	judge_found(j, "step", starved ? "starved" : "timeout", where, "%s%s", what,
		    starved ? starved : "");
}

static void step_failed(struct judge *j, const json_t *step, const json_t *end)
{
	const char *verb = json_get_str(step, "verb", "?");
	const char *what = json_get_str(end, "what", "");
	const char *error = json_get_str(end, "error", "no word why");
	_cleanup_free_ char *where = step_where(step);
	const char *task = judge_step_arg(step, "task");
	_cleanup_free_ char *late = NULL;

	if (!task)
		task = judge_step_arg(step, "as");
	late = *what ? xstrdup(what) : xasprintf("task %s did not end in time", task ? task : verb);
	/* Steps that wait for a task (wait, verify, run, sh) say so with this one error. */
	if (json_get_int(end, "errno", 0) == ETIMEDOUT &&
	    (str_eq(verb, "wait") || str_eq(verb, "run") || str_eq(verb, "sh") ||
	     str_eq(verb, "verify")))
		step_timed_out(j, step, end, where, late);
	else
		judge_found(j, "step", "failed", where, "step %s failed: %s%s%s", verb, error,
			    *error && *what ? ": " : "", what);
}

static void sync_timed_out(struct judge *j, const json_t *end)
{
	double end_s = json_get_num(end, "t", 0) / 1e9;
	_cleanup_free_ char *starved = judge_starved(j, end_s - INIT_SYNC_S, end_s);

	judge_found(j, "end", starved ? "starved" : "unsynced", "frames.jsonl",
		    "after the last step sync() did not return in time: a disk is stuck%s",
		    starved ? starved : "");
}

void judge_steps(struct judge *j)
{
	const json_t *steps = json_object_get(j->facts->plan, "steps");
	const json_t *last = frames_find(j->frames, "end", NULL, NULL);
	bool failed = false;
	json_t *step, *frame;
	size_t n, i;

	if (!json_is_array(steps)) {
		judge_found(j, "plan", "none", "plan.json",
			    "there is no plan to hold the run against");
		return;
	}
	json_array_foreach (steps, n, step) {
		const json_t *end = NULL;
		int64_t index = json_get_int(step, "i", (int64_t)n);
		_cleanup_free_ char *where = step_where(step);
		bool bad = false;

		json_array_foreach (j->frames->list, i, frame) {
			if (!str_eq(json_get_str(frame, "k", ""), "step-end") ||
			    json_get_int(frame, "i", -1) != index || bad)
				continue;
			end = frame;
			bad = !json_get_bool(frame, "ok", false);
		}
		if (bad)
			step_failed(j, step, end);
		else if (!end && !failed)
			judge_found(j, "step", "unseen", where, "step %s was never heard to end",
				    json_get_str(step, "verb", "?"));
		failed |= bad || !end; /* one is enough: init stops there */
	}
	if (json_get_bool(last, "unsynced", false))
		sync_timed_out(j, last);
	if (!last || failed)
		return;
	if (json_get_int(last, "failed", 0) != -1 ||
	    json_get_int(last, "steps", -1) != (int64_t)json_array_size(steps))
		judge_found(j, "frames", "contradiction", "frames.raw",
			    "the end frame tells of %" PRId64
			    " steps of %zu and a failed step %" PRId64,
			    json_get_int(last, "steps", -1), json_array_size(steps),
			    json_get_int(last, "failed", 0));
}

/* Is it in the text, with blanks or the text's ends around it? */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; length && (at = strstr(at, word)); at++)
		if ((at == text || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

void judge_command_line(struct judge *j)
{
	const json_t *hello = frames_find(j->frames, "hello", NULL, NULL);
	const char *line = json_get_str(hello, "cmdline", "");
	json_t *word;
	size_t i;

	json_array_foreach (json_object_get(j->facts->plan, "append"), i, word) {
		const char *text = json_string_value(word);

		if (!hello || !text || !*text)
			continue;
		if (!*line)
			judge_found(
				j, "cmdline", "unknown", "frames.jsonl",
				"nobody knows whether the kernel got \"%s\" on its command line",
				text);
		else if (!has_word(line, text))
			judge_found(j, "cmdline", "lost", "frames.jsonl",
				    "the kernel booted without \"%s\" on its command line", text);
	}
}

void judge_facts(struct judge *j)
{
	json_t *fact;
	size_t i;

	json_array_foreach (json_object_get(j->facts->plan, "facts"), i, fact) {
		const char *text = json_string_value(fact);
		const json_t *frame = frames_find(j->frames, "fact", "fact", text ? text : "");

		if (!frame)
			judge_found(j, "fact", "unseen", "plan.json",
				    "nobody looked whether \"%s\" holds", text ? text : "?");
		else if (json_get_bool(frame, "unchecked", false))
			/* The case is not about it: what it comes to is right all the same. */
			judge_note(j, "not looked at whether \"%s\" holds: %s", text ? text : "?",
				   json_get_str(frame, "found", "nobody knows why"));
		else if (!json_get_bool(frame, "holds", false))
			judge_found(
				j, "fact", "fails", "frames.jsonl",
				"the running kernel does not show what its fragment promises: %s "
				"(found: %s)",
				text ? text : "?", json_get_str(frame, "found", "nothing"));
	}
}

/* Something is set: no step, no rule and no number but 0. */
static bool is_set(const json_t *step, const char *name)
{
	const char *value = judge_step_arg(step, name);

	return value && *value && !str_eq(value, "0");
}

/*
 * Does the step arm a fault for certain? Where an argument does that, it has to be
 * there; a device that can also inject may just be a device. A step with an errno
 * sets out to be refused.
 */
static bool step_arms(const json_t *step)
{
	const char *verb = json_get_str(step, "verb", "");
	bool just = true, arms = false;

	if (judge_step_arg(step, "errno"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(step_table); i++) {
		const struct step_def *def = &step_table[i];

		if (!str_eq(def->verb, verb) || !def->fault)
			continue;
		for (size_t k = 0; k < STEP_MAX_ARGS && def->args[k].name; k++) {
			bool can_arm = def->args[k].flags & ARG_ARMS;

			just &= !can_arm && def->args[k].type != ARG_NEW_DEVICE;
			arms |= can_arm && is_set(step, def->args[k].name);
		}
		return arms || just;
	}
	return false;
}

static void judge_fault(struct judge *j, const json_t *account)
{
	const char *name = json_get_str(account, "fault", "?");
	const char *device = json_get_str(account, "device", "");
	_cleanup_free_ char *where = judge_step_where(j, json_get_int(account, "i", -1));
	_cleanup_free_ char *fault = xasprintf("%s%s%s", name, *device ? " on " : "", device);
	_cleanup_free_ char *asked = NULL;

	if (!json_get_bool(account, "armed", false))
		return;
	if (json_object_get(account, "ceased")) {
		judge_found(j, "fault", "ceased", where, "%s was armed and worked no more: %s",
			    fault, json_get_str(account, "ceased", "?"));
		return;
	}
	if (json_get_bool(account, "lost", false)) {
		judge_found(j, "fault", "lost", where,
			    "%s was armed and the kernel's count of it was lost: nobody knows how "
			    "often it fired",
			    fault);
		return;
	}
	if (!json_get_bool(account, "final", false)) {
		judge_found(j, "fault", "open", where,
			    "%s was armed and its final count is missing", fault);
		return;
	}
	if (json_get_int(account, "fired", 0) > 0 || expect_set_allows_silence(j->expects, name))
		return;
	if (json_is_integer(json_object_get(account, "asked")))
		asked = xasprintf(" (the kernel came by %" PRId64 " times)",
				  json_get_int(account, "asked", 0));
	judge_found(j, "fault", "silent", where, "%s was armed and never fired%s", fault,
		    asked ? asked : "");
}

void judge_faults(struct judge *j)
{
	_cleanup_json_ json_t *faults = fault_accounts(j->frames, j->facts->machine);
	json_t *fault, *step;
	size_t i, k;

	json_array_foreach (faults, i, fault)
		judge_fault(j, fault);
	json_array_foreach (json_object_get(j->facts->plan, "steps"), i, step) {
		const char *verb = json_get_str(step, "verb", "");
		_cleanup_free_ char *where = step_where(step);
		bool told = !step_arms(step);

		json_array_foreach (faults, k, fault)
			told |= json_get_int(fault, "i", -1) ==
					json_get_int(step, "i", (int64_t)i) &&
				json_get_bool(fault, "armed", false);
		if (!told)
			judge_found(j, "fault", "unseen", where,
				    "%s: nobody heard whether it was armed", verb);
	}
}

void judge_snapshots(struct judge *j)
{
	json_t *frame;
	size_t i;

	json_array_foreach (j->frames->list, i, frame) {
		int64_t index = json_get_int(frame, "i", -1);
		const char *file = json_get_str(frame, "file", "?");
		const char *error = json_get_str(frame, "error", "nobody knows why");
		_cleanup_free_ char *where = NULL;

		if (!str_eq(json_get_str(frame, "k", ""), "snapshot"))
			continue;
		where = judge_step_where(j, index);
		if (json_is_string(json_object_get(frame, "data"))) {
			if (json_get_bool(frame, "cut", false))
				judge_note(j, "%s: only the beginning of %s was kept", where, file);
		} else if (str_eq(judge_step_arg(judge_step(j, index), "optional"), "1")) {
			judge_note(j, "%s: no snapshot of %s, which is optional: %s", where, file,
				   error);
		} else {
			judge_found(j, "snapshot", "unread", where,
				    "no snapshot of %s could be taken: %s", file, error);
		}
	}
}

void judge_recovery(struct judge *j)
{
	_cleanup_strbuf_ struct strbuf why = { 0 };

	/* Not a reason by itself: a case may be about a device that never comes back. */
	if (recovery_judge(j->frames, &why) == RECOVERY_FAILED)
		judge_note(j, "the system %s", why.data);
}
