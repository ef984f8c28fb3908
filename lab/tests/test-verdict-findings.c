// SPDX-License-Identifier: GPL-2.0-or-later
/* One thing wrong at a time: the word, the reason in words, and where it points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/verdict-world.h"

static void frames_step_failed(struct world *w)
{
	json_t *end = world_frame(w, "step-end", 1, NULL);

	json_set_bool(end, "ok", false);
	json_set_int(end, "errno", 22);
	json_set_str(end, "error", "EINVAL: Invalid argument");
}

static void frames_wait_timed_out(struct world *w)
{
	json_t *end = world_frame(w, "step-end", 5, NULL);

	json_set_bool(end, "ok", false);
	json_set_int(end, "errno", 110);
}

static void console_cut(struct world *w)
{
	json_t *console = json_object_get(w->machine, "console");

	json_set_int(console, "bytes", json_get_int(console, "bytes", 0) + 1);
}

/* ---- single findings, with their words ---- */

static void test_verdict_judge_failed_step_names_line_and_error(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	frames_step_failed(&w);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "step swapon failed: EINVAL: Invalid argument", "case.yaml:8");
}

/* A fragment's promise of a device says nothing in a case that has none. */
static void test_verdict_judge_unchecked_fact_is_noted(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	json_t *fact;

	world_init(&w);
	fact = world_frame(&w, "fact", 0, NULL);
	json_set_bool(fact, "holds", false);
	assert_int_equal(world_judge(&w, NULL), VERDICT_BROKEN);
	json_set_bool(fact, "unchecked", true);
	json_set_str(fact, "found", "the case has no device");
	assert_int_equal(world_judge(&w, &verdict), VERDICT_PASS);
	assert_non_null(
		strstr(json_string_value(json_array_get(json_get_array(verdict, "notes"), 0)),
		       "not looked at whether \"readable "));
}

/* Nothing of what the case expects can be there, and that is not the kernel's failure. */
static void test_verdict_judge_failed_first_step_is_broken_not_fail(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	json_t *end;
	size_t i;

	world_init(&w);
	end = world_frame(&w, "step-end", 0, &i);
	json_set_bool(end, "ok", false);
	json_set_str(end, "error", "EINVAL: Invalid argument");
	while (!str_eq(json_get_str(json_array_get(w.frames, i + 1), "k", ""), "end"))
		json_array_remove(w.frames, i + 1);
	json_set_int(world_frame(&w, "end", 0, NULL), "failed", 0);
	json_set_int(world_frame(&w, "end", 0, NULL), "steps", 0);
	json_array_clear(w.reports);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "step scsi_debug failed: EINVAL", "case.yaml:7");
	/* Told all the same: it is what one looks for first. */
	assert_false(json_get_bool(json_array_get(json_get_array(verdict, "expectations"), 0),
				   "met", true));
}

/* What is not in half a console may be in the other half; a task's end is not on the console. */
static void test_verdict_judge_cut_console_and_unmet_expectations(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	console_cut(&w);
	json_array_remove(w.reports, 1);
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
	w.expects[0].killed_by = 7;
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
}

/* What is in no part of the console that was kept is not shown to be in none. */
static void test_verdict_judge_cut_console_proves_no_absence(void **state)
{
	for (int cut = 0; cut < 2; cut++) {
		_cleanup_world_ struct world w;
		_cleanup_json_ json_t *verdict = NULL;
		const json_t *all;

		world_init(&w);
		w.expects[3].kind = EXPECT_NO_REPORT;
		w.expects[3].subject = "warning";
		w.expects[1].at_most = 9;
		if (cut)
			console_cut(&w);
		assert_int_equal(world_judge(&w, &verdict),
				 cut ? VERDICT_INCOMPLETE : VERDICT_PASS);
		all = json_get_array(verdict, "expectations");
		assert_true(json_get_bool(json_array_get(all, 1), "met", cut) == !cut);
		assert_true(json_get_bool(json_array_get(all, 3), "met", cut) == !cut);
		assert_string_equal(json_get_str(json_array_get(all, 3), "why", ""),
				    cut ? "no such report in what there is of the console"
					: "no such report");
		/* What has nothing to do with it stays. */
		assert_true(json_get_bool(json_array_get(all, 0), "met", false));
	}
}

static void test_verdict_judge_wait_timeout_is_hang_of_task(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	frames_wait_timed_out(&w);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_HANG);
	world_assert_reason(verdict, "task hog did not end in time", "case.yaml:12");
}

/* Another step that fails with ETIMEDOUT (a device's answer) did not wait for a task. */
static void test_verdict_judge_other_step_timeout_is_broken(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	frames_step_failed(&w);
	json_set_int(world_frame(&w, "step-end", 1, NULL), "errno", 110);
	assert_int_equal(world_judge(&w, NULL), VERDICT_BROKEN);
}

static void test_verdict_judge_expected_warning_is_no_finding(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	world_add_report(&w, "warning", false);
	w.expects[3].kind = EXPECT_REPORT;
	w.expects[3].subject = "warning";
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	/* A pattern on the title that does not match leaves it unexpected, and unmet. */
	w.expects[3].title = "^WARNING in ext4_";
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
	w.expects[3].title = "planted r.p";
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
}

/* "At most none" is no wish for it, and no milder word for it. */
/* CONFIG_CMDLINE_OVERRIDE and a full buffer lose words; what they were to do was not done. */
static void test_verdict_judge_lost_command_line_is_broken(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	json_t *hello;

	world_init(&w);
	hello = world_frame(&w, "hello", 0, NULL);
	json_object_set_new(w.plan, "append", json_pack("[s,s]", "nosmt", "a.b=\"c d\""));
	json_set_str(hello, "cmdline", "nosmt panic=-1 a.b=\"c d\"");
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	json_set_str(hello, "cmdline", "panic=-1 nosmt=force a.b=\"c d\" xnosmt");
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "booted without \"nosmt\" on its command line",
			    "frames.jsonl");
	json_object_del(hello, "cmdline");
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
}

static void test_verdict_judge_report_at_most_none_is_not_asked_for(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	world_add_report(&w, "gpf", false);
	w.expects[3].kind = EXPECT_REPORT;
	w.expects[3].subject = "gpf";
	w.expects[3].at_least = 0;
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	w.expects[3].at_most = 0;
	assert_int_equal(world_judge(&w, NULL), VERDICT_CRASH);
}

static void test_verdict_judge_no_word_of_the_end_claims_nothing(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	const json_t *first;

	world_init(&w);
	json_decref(w.machine);
	w.machine = NULL;
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	first = json_array_get(json_get_array(verdict, "reasons"), 0);
	assert_string_equal(json_get_str(first, "what", ""),
			    "nobody saw how the guest ended: klab was stopped before it did");
}

static void test_verdict_judge_expected_panic_is_still_crash(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	world_add_report(&w, "panic", false);
	w.expects[3].kind = EXPECT_REPORT;
	w.expects[3].subject = "panic";
	assert_int_equal(world_judge(&w, NULL), VERDICT_CRASH);
}

static void test_verdict_judge_cut_console_says_how_much(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	console_cut(&w);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict,
			    "1 bytes of console were not kept: absence of a report cannot be shown",
			    "console.log");
}

/* "** 4711 printk messages dropped **": an oops may have been among them. */
static void test_verdict_judge_dropped_messages_are_incomplete(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	w.console_dropped = 4711;
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "the kernel dropped 4711 messages", "console.log");
}

static void test_verdict_judge_reports_unread_is_incomplete(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	json_decref(w.reports);
	w.reports = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(w.expects); i++) {
		w.expects[i].kind = EXPECT_TASK;
		w.expects[i].subject = "hog";
	}
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
}

static void test_verdict_judge_many_reasons_are_counted(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	size_t n;

	world_init(&w);
	for (int i = 0; i < 500; i++)
		world_add_report(&w, "warning", false);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_FAIL);
	n = json_array_size(json_get_array(verdict, "reasons"));
	assert_true(n > 10 && n < 100);
	assert_non_null(
		strstr(json_string_value(json_array_get(json_get_array(verdict, "notes"), 0)),
		       "more reasons for fail are not listed"));
}

static void test_verdict_judge_nothing_known_is_incomplete(void **state)
{
	struct verdict_facts facts = { 0 };
	enum verdict word;
	json_t *verdict = verdict_judge(&facts, &word);

	assert_int_equal(word, VERDICT_INCOMPLETE);
	json_decref(verdict);
}

/* ---- snapshots ---- */

static void lose_snapshot(struct world *w)
{
	json_t *frame = world_frame(w, "snapshot", 0, NULL);

	json_object_del(frame, "data");
	json_set_int(frame, "errno", 2);
	json_set_str(frame, "error", "ENOENT: No such file or directory");
}

/* The case did not take what it set out to take. */
static void test_verdict_judge_snapshot_of_no_file_is_broken(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	lose_snapshot(&w);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "no snapshot of /proc/swaps could be taken: ENOENT",
			    "case.yaml:13");
}

static void set_optional(struct world *w, const char *value)
{
	json_t *step = json_array_get(json_get_array(w->plan, "steps"), 6);

	json_set_str(json_get_object(step, "args"), "optional", value);
}

static void test_verdict_judge_optional_snapshot_of_no_file_is_noted(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	lose_snapshot(&w);
	set_optional(&w, "0");
	assert_int_equal(world_judge(&w, NULL), VERDICT_BROKEN);
	set_optional(&w, "1");
	assert_int_equal(world_judge(&w, &verdict), VERDICT_PASS);
	assert_non_null(
		strstr(json_string_value(json_array_get(json_get_array(verdict, "notes"), 0)),
		       "case.yaml:13: no snapshot of /proc/swaps, which is optional: ENOENT"));
	/* Who expects something of it does not get it. */
	w.expects[3].kind = EXPECT_SNAPSHOT;
	w.expects[3].subject = "/proc/swaps";
	w.expects[3].at_least = 0;
	assert_int_equal(world_judge(&w, NULL), VERDICT_BROKEN);
}

/* What is not in the part that was kept may be in the other: no failure of the kernel. */
static void test_verdict_judge_cut_snapshot_proves_no_absence(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	json_set_bool(world_frame(&w, "snapshot", 1, NULL), "cut", true);
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	w.expects[3].kind = EXPECT_SNAPSHOT;
	w.expects[3].subject = "cgroup:t/memory.stat";
	w.expects[3].field = "swapcached";
	w.expects[3].at_least = 1;
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	w.expects[3].field = "zswpwb";
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
	json_set_bool(world_frame(&w, "snapshot", 1, NULL), "cut", false);
	assert_int_equal(world_judge(&w, NULL), VERDICT_BROKEN);
}

/* A mistake in the case is never the kernel's failure: a bisect must not take it for one. */
static void test_verdict_judge_misspelt_field_is_broken(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	_cleanup_json_ json_t *text = NULL;

	world_init(&w);
	w.expects[3].kind = EXPECT_SNAPSHOT;
	w.expects[3].subject = "cgroup:t/memory.stat";
	w.expects[3].field = "swapcachd";
	w.expects[3].at_least = 1;
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "swapcachd is not there (did you mean `swapcached`?)",
			    "case.yaml:18");
	w.expects[3].field = "swapcached";
	w.expects[3].at_least = INT64_MAX;
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
	w.expects[3].subject = "/proc/swaps";
	w.expects[3].field = "Filename";
	assert_int_equal(world_judge(&w, &text), VERDICT_BROKEN);
	world_assert_reason(text, "which is no number", "case.yaml:18");
}

static void test_verdict_judge_expectations_of_other_kernels(void **state)
{
	static const struct {
		int since, before;
		bool asked;
	} tries[] = {
		{ 0, 6002000, true },	    { 6001000, 0, true },  { 6001000, 6001001, false },
		{ 6002000, 0, false },	    { 0, 6001000, false }, { 6001192, 0, true },
		{ 6001000, 6012000, true }, { 6001193, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		_cleanup_world_ struct world w;
		_cleanup_json_ json_t *verdict = NULL;

		world_init(&w);
		json_set_str(world_frame(&w, "hello", 0, NULL), "release", "6.1.192-klab");
		/* Not met where it is asked; and where it is not, it covers nothing. */
		w.expects[0].killed_by = 7;
		w.expects[0].since = tries[i].since;
		w.expects[0].before = tries[i].before;
		assert_int_equal(world_judge(&w, &verdict), VERDICT_FAIL);
		assert_int_equal(json_array_size(json_get_array(verdict, "expectations")),
				 tries[i].asked ? 4 : 3);
		world_assert_reason(verdict, tries[i].asked ? "not killed by SIGBUS" : "task hog",
				    tries[i].asked ? "case.yaml:15" : "case.yaml:11");
	}
}

/* ---- a guest that does not come to its end: where did it stand? ---- */

static void test_verdict_judge_timeout_says_where_the_guest_stood(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *off = NULL;
	_cleanup_json_ json_t *wait = NULL;
	_cleanup_json_ json_t *between = NULL;
	_cleanup_json_ json_t *dumb = NULL;
	size_t i;

	world_init(&w);
	json_set_str(w.machine, "end", "timeout");
	json_set_int(w.machine, "wall_ms", 120000);
	assert_int_equal(world_judge(&w, &off), VERDICT_HANG);
	world_assert_reason(off, "told of all it had to do, and then did not switch off",
			    "machine.json");
	/* Cut off after the step-end of the wait, then before it, then before everything. */
	world_frame(&w, "step-end", 5, &i);
	while (json_array_size(w.frames) > i + 1)
		json_array_remove(w.frames, i + 1);
	assert_int_equal(world_judge(&w, &between), VERDICT_HANG);
	world_assert_reason(between, "still running after 120.0 s", "machine.json");
	assert_null(strstr(json_get_str(json_array_get(json_get_array(between, "reasons"), 0),
					"what", ""),
			   "in step"));
	json_array_remove(w.frames, i);
	assert_int_equal(world_judge(&w, &wait), VERDICT_HANG);
	world_assert_reason(wait, "still running after 120.0 s, in step wait", "machine.json");
	json_array_clear(w.frames);
	assert_int_equal(world_judge(&w, &dumb), VERDICT_HANG);
	world_assert_reason(dumb, "its init had not said a word", "machine.json");
}

/* All was done: what the case expects can be judged, and is told. */
static void test_verdict_judge_hang_at_switching_off_leaves_expectations(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	json_t *reasons;

	world_init(&w);
	json_set_str(w.machine, "end", "timeout");
	w.expects[0].killed_by = 7;
	assert_int_equal(world_judge(&w, &verdict), VERDICT_HANG);
	reasons = json_get_array(verdict, "reasons");
	assert_int_equal(json_array_size(reasons), 2);
	assert_string_equal(json_get_str(json_array_get(reasons, 1), "verdict", ""), "fail");
}

static void test_verdict_judge_stuck_sync_is_hang(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	json_set_bool(world_frame(&w, "end", 0, NULL), "unsynced", true);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_HANG);
	world_assert_reason(verdict, "sync() did not return in time", "frames.jsonl");
}

/* ---- words ---- */

static void test_verdict_of_unknown_is_never_pass(void **state)
{
	assert_int_equal(verdict_of("nothing we know", "x"), VERDICT_INCOMPLETE);
	assert_int_equal(verdict_of("report", "x"), VERDICT_FAIL);
	assert_int_equal(verdict_of("report", "pan"), VERDICT_FAIL); /* no prefix is a word */
	assert_int_equal(verdict_of("report", "panics"), VERDICT_FAIL);
	assert_int_equal(verdict_of("report", "rcu-stall"), VERDICT_HANG);
}

static void test_verdict_parse_takes_whole_words_only(void **state)
{
	for (enum verdict v = VERDICT_CRASH; v <= VERDICT_PASS; v++)
		assert_int_equal(verdict_parse(verdict_name(v)), v);
	assert_int_equal(verdict_parse("pas"), VERDICT_INCOMPLETE);
	assert_int_equal(verdict_parse("pass "), VERDICT_INCOMPLETE);
	assert_int_equal(verdict_parse(NULL), VERDICT_INCOMPLETE);
}

static void test_verdict_exit_codes_as_designed(void **state)
{
	static const int codes[][2] = {
		[VERDICT_CRASH] = { 1, 1 },	   [VERDICT_HANG] = { 1, 1 },
		[VERDICT_FAIL] = { 1, 1 },	   [VERDICT_BROKEN] = { 3, 125 },
		[VERDICT_INCOMPLETE] = { 3, 125 }, [VERDICT_SKIP] = { 0, 125 },
		[VERDICT_PASS] = { 0, 0 }
	};

	for (enum verdict v = VERDICT_CRASH; v <= VERDICT_PASS; v++) {
		assert_int_equal(verdict_exit_code(v), codes[v][0]);
		assert_int_equal(verdict_git_bisect_code(v), codes[v][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict_judge_failed_step_names_line_and_error),
		cmocka_unit_test(test_verdict_judge_unchecked_fact_is_noted),
		cmocka_unit_test(test_verdict_judge_failed_first_step_is_broken_not_fail),
		cmocka_unit_test(test_verdict_judge_cut_console_and_unmet_expectations),
		cmocka_unit_test(test_verdict_judge_cut_console_proves_no_absence),
		cmocka_unit_test(test_verdict_judge_wait_timeout_is_hang_of_task),
		cmocka_unit_test(test_verdict_judge_other_step_timeout_is_broken),
		cmocka_unit_test(test_verdict_judge_expected_warning_is_no_finding),
		cmocka_unit_test(test_verdict_judge_lost_command_line_is_broken),
		cmocka_unit_test(test_verdict_judge_report_at_most_none_is_not_asked_for),
		cmocka_unit_test(test_verdict_judge_no_word_of_the_end_claims_nothing),
		cmocka_unit_test(test_verdict_judge_expected_panic_is_still_crash),
		cmocka_unit_test(test_verdict_judge_cut_console_says_how_much),
		cmocka_unit_test(test_verdict_judge_dropped_messages_are_incomplete),
		cmocka_unit_test(test_verdict_judge_reports_unread_is_incomplete),
		cmocka_unit_test(test_verdict_judge_many_reasons_are_counted),
		cmocka_unit_test(test_verdict_judge_nothing_known_is_incomplete),
		cmocka_unit_test(test_verdict_judge_timeout_says_where_the_guest_stood),
		cmocka_unit_test(test_verdict_judge_hang_at_switching_off_leaves_expectations),
		cmocka_unit_test(test_verdict_judge_stuck_sync_is_hang),
		cmocka_unit_test(test_verdict_judge_snapshot_of_no_file_is_broken),
		cmocka_unit_test(test_verdict_judge_optional_snapshot_of_no_file_is_noted),
		cmocka_unit_test(test_verdict_judge_cut_snapshot_proves_no_absence),
		cmocka_unit_test(test_verdict_judge_misspelt_field_is_broken),
		cmocka_unit_test(test_verdict_judge_expectations_of_other_kernels),
		cmocka_unit_test(test_verdict_of_unknown_is_never_pass),
		cmocka_unit_test(test_verdict_parse_takes_whole_words_only),
		cmocka_unit_test(test_verdict_exit_codes_as_designed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
