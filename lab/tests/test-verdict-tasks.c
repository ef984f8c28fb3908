// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks that ended badly, or did not end: what the case expects of it, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/verdict-world.h"

static void set_fired(struct world *w, int64_t fired)
{
	json_set_int(world_frame(w, "fault", 1, NULL), "fired", fired);
}

/* The expectation about the hog's end becomes another one about the fault. */
static void expect_nothing_of_hog(struct world *w)
{
	w->expects[0].kind = EXPECT_INJECTED;
	w->expects[0].subject = "fail_make_request";
	w->expects[0].killed_by = 0;
}

static void hog_exits(struct world *w, int code)
{
	json_t *end = world_frame(w, "task-end", 0, NULL);

	json_object_del(end, "signal");
	json_object_del(end, "core");
	json_set_int(end, "code", code);
}

static void hog_finds(struct world *w, const char *field, int64_t n)
{
	size_t at;

	world_frame(w, "task-end", 0, &at);
	json_array_insert_new(w->frames, at,
			      json_pack("{s:s,s:i,s:s,s:{s:I}}", "k", "result", "i", 4, "name",
					"hog", "data", field, (json_int_t)n));
}

static void test_verdict_judge_task_that_failed_unexpectedly(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *by_signal = NULL;
	_cleanup_json_ json_t *by_code = NULL;

	world_init(&w);
	expect_nothing_of_hog(&w);
	assert_int_equal(world_judge(&w, &by_signal), VERDICT_FAIL);
	world_assert_reason(by_signal, "task hog killed by SIGKILL, and no expectation covers it",
			    "case.yaml:11");
	hog_exits(&w, 2);
	assert_int_equal(world_judge(&w, &by_code), VERDICT_FAIL);
	world_assert_reason(by_code, "task hog exited with code 2, and no expectation covers it",
			    "case.yaml:11");
	hog_exits(&w, 0);
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	json_object_del(world_frame(&w, "task-end", 0, NULL), "code");
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
}

/* An expectation about what it found says nothing of how it ended. */
static void test_verdict_judge_task_expected_to_find_is_not_expected_to_fail(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	hog_finds(&w, "pages_written", 7);
	expect_nothing_of_hog(&w);
	w.expects[0].kind = EXPECT_RESULT;
	w.expects[0].subject = "hog";
	w.expects[0].field = "pages_written";
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
	hog_exits(&w, 0);
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
}

static void test_verdict_judge_task_that_init_stopped_did_not_fail(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	expect_nothing_of_hog(&w);
	json_set_bool(world_frame(&w, "task-end", 0, NULL), "stopped", true);
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
}

/* By the signal that the case sent, and no other. */
static void test_verdict_judge_task_that_the_case_killed_did_not_fail(void **state)
{
	_cleanup_world_ struct world w;
	json_t *args;

	world_init(&w);
	expect_nothing_of_hog(&w);
	json_set_int(world_frame(&w, "task-end", 0, NULL), "signal", 15);
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
	/* The step before the wait becomes the kill. */
	args = json_array_get(json_get_array(w.plan, "steps"), 2);
	json_set_str(args, "verb", "kill");
	json_object_set_new(args, "args", json_pack("{s:s,s:s}", "task", "hog", "signal", "15"));
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	json_set_int(world_frame(&w, "task-end", 0, NULL), "signal", 7);
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
}

/* It follows from what went wrong before, which is the reason. */
static void test_verdict_judge_task_that_failed_in_a_broken_run_is_no_reason(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	expect_nothing_of_hog(&w);
	set_fired(&w, 0);
	assert_int_equal(world_judge(&w, NULL), VERDICT_BROKEN);
}

/* Wrong content is lost data, however the task ended and whatever else went wrong. */
static void test_verdict_judge_wrong_pages_nobody_expected(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	hog_finds(&w, "pages_wrong", 3);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_FAIL);
	world_assert_reason(verdict, "task hog: 3 pages did not hold what was written into them",
			    "case.yaml:11");
	json_decref(verdict);
	world_clear(&w);
	world_init(&w);
	hog_finds(&w, "code_wrong", 1);
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
	world_clear(&w);
	world_init(&w);
	hog_finds(&w, "core_pages_wrong", 2);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_FAIL);
	world_assert_reason(verdict, "task hog: 2 pages of the core dump", "case.yaml:11");
	set_fired(&w, 0);
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
}

static void test_verdict_judge_wrong_pages_that_the_case_expects(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	hog_finds(&w, "pages_wrong", 3);
	w.expects[3].kind = EXPECT_RESULT;
	w.expects[3].subject = "hog";
	w.expects[3].field = "pages_wrong";
	w.expects[3].at_least = 1;
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	/* Its exit code says the same. */
	hog_exits(&w, 1);
	w.expects[3].kind = EXPECT_TASK;
	w.expects[0].killed_by = w.expects[3].killed_by = 0;
	w.expects[0].has_exit = w.expects[3].has_exit = true;
	w.expects[0].exit_code = w.expects[3].exit_code = 1;
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
}

/* Init tells of every task that it could end. */
static void test_verdict_judge_task_that_does_not_die_is_hang(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	size_t i;

	world_init(&w);
	expect_nothing_of_hog(&w);
	world_frame(&w, "task-end", 0, &i);
	json_array_remove(w.frames, i);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_HANG);
	world_assert_reason(verdict, "task hog was killed in the end, and did not end",
			    "case.yaml:11");
	/* From half an account nothing follows. */
	json_array_remove(w.frames, json_array_size(w.frames) - 1);
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
}

/* Of a task with a name its end tells, of another its step. */
static void test_verdict_judge_lost_output_is_noted(void **state)
{
	static const char *const kinds[] = { "task-end", "step-end" };
	static const char *const notes[] = { "the last 77 bytes that hog wrote were not kept",
					     "the last 77 bytes that scsi_debug wrote" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_world_ struct world w;
		_cleanup_json_ json_t *verdict = NULL;
		const json_t *all;

		world_init(&w);
		json_set_int(world_frame(&w, kinds[i], 0, NULL), "output_lost_bytes", 77);
		assert_int_equal(world_judge(&w, &verdict), VERDICT_PASS);
		all = json_get_array(verdict, "notes");
		assert_int_equal(json_array_size(all), 1);
		assert_non_null(strstr(json_string_value(json_array_get(all, 0)), notes[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict_judge_task_that_failed_unexpectedly),
		cmocka_unit_test(test_verdict_judge_task_expected_to_find_is_not_expected_to_fail),
		cmocka_unit_test(test_verdict_judge_task_that_init_stopped_did_not_fail),
		cmocka_unit_test(test_verdict_judge_task_that_the_case_killed_did_not_fail),
		cmocka_unit_test(test_verdict_judge_task_that_failed_in_a_broken_run_is_no_reason),
		cmocka_unit_test(test_verdict_judge_wrong_pages_nobody_expected),
		cmocka_unit_test(test_verdict_judge_wrong_pages_that_the_case_expects),
		cmocka_unit_test(test_verdict_judge_task_that_does_not_die_is_hang),
		cmocka_unit_test(test_verdict_judge_lost_output_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
