// SPDX-License-Identifier: GPL-2.0-or-later
/* Sides that are different cases: what of them is compared, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "compare/compare.h"

#define FIXTURE "lab/tests/fixtures/compare/wbt-on"

enum { RUNS = 4 };

/* One run several times; those of the second side are then said to be of another case. */
struct world {
	struct run_facts runs[RUNS];
	struct compare_side sides[2];
	json_t *comparison;
};

static void world_clear(struct world *w)
{
	for (size_t i = 0; i < RUNS; i++)
		run_facts_clear(&w->runs[i]);
	json_decref(w->comparison);
}
#define _cleanup_world_ _cleanup_(world_clear)

static void world_make(struct world *w, size_t runs_a_side)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < RUNS; i++) {
		if (run_facts_load(&w->runs[i], FIXTURE, &err) < 0)
			fail_msg("%s", err.msg);
		if (i >= RUNS / 2)
			json_set_str(w->runs[i].run, "case", "other");
		/* Of one run each what is seen is said only where it is seen again. */
		if (runs_a_side == 1)
			json_set_str(w->runs[i].plan, "mode", "deterministic");
	}
	w->sides[0] = (struct compare_side){ "one", w->runs, runs_a_side };
	w->sides[1] = (struct compare_side){ "two", w->runs + RUNS / 2, runs_a_side };
}

static json_t *world_compare(struct world *w)
{
	struct err err = ERR_INIT;

	json_decref(w->comparison);
	w->comparison = compare_sides(w->sides, 2, &err);
	if (!w->comparison)
		fail_msg("%s", err.msg);
	return w->comparison;
}

static const char *reason(const json_t *comparison, size_t at)
{
	return json_get_str(json_array_get(json_object_get(comparison, "reasons"), at), "what", "");
}

static void assert_word(struct world *w, const char *word, const char *why)
{
	json_t *c = world_compare(w);

	if (!str_eq(json_get_str(c, "verdict", ""), word) || !strstr(reason(c, 0), why))
		fail_msg("%s because \"%s\", wanted %s because \"%s\"",
			 json_get_str(c, "verdict", ""), reason(c, 0), word, why);
}

/* The run of the second side. */
static struct run_facts *second(struct world *w)
{
	return &w->runs[RUNS / 2];
}

static json_t *frame_of(const struct run_facts *run, const char *kind)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), kind))
			return frame;
	fail_msg("no frame %s", kind);
	return NULL;
}

static json_t *step_of(const struct run_facts *run, size_t at)
{
	return json_array_get(json_object_get(run->plan, "steps"), at);
}

static void test_compare_cases_that_end_alike_are_not_the_same(void **state)
{
	_cleanup_world_ struct world w = { 0 };
	const json_t *row;

	world_make(&w, 1);
	json_set_str(step_of(second(&w), 3), "verb", "dm_dust");
	assert_word(&w, "alike", "they are different cases");
	assert_int_equal(compare_exit_code(w.comparison), 0);
	assert_false(json_get_bool(w.comparison, "same", true));
	assert_string_equal(json_get_str(w.comparison, "case", ""), "swap-write-eio, other");
	assert_non_null(strstr(reason(w.comparison, 1), "differ in 2 steps and in 0 expectations"));
	assert_non_null(strstr(reason(w.comparison, 2), "all of them ran on one kernel"));
	assert_int_equal(json_array_size(json_object_get(w.comparison, "plan")), 2);
	row = json_array_get(json_object_get(w.comparison, "plan"), 1);
	assert_non_null(strstr(json_get_str(row, "text", ""), "dm_dust: {"));
	assert_int_equal(json_integer_value(json_array_get(json_object_get(row, "sides"), 0)), 0);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(row, "sides"), 1)), 1);
}

static void test_compare_cases_of_one_free_run_each_are_undecided(void **state)
{
	_cleanup_world_ struct world w = { 0 };

	world_make(&w, 1);
	json_set_str(w.runs[0].plan, "mode", "free");
	json_set_str(second(&w)->plan, "mode", "free");
	assert_word(&w, "undecided", "with --seed 1..20 in deterministic mode");
	assert_int_equal(compare_exit_code(w.comparison), 3);
	assert_non_null(strstr(reason(w.comparison, 1), "they are different cases"));
}

static void test_compare_cases_another_kernel_is_told(void **state)
{
	_cleanup_world_ struct world w = { 0 };

	world_make(&w, 1);
	json_set_str(second(&w)->kernel, "key", "ff");
	world_compare(&w);
	assert_non_null(strstr(reason(w.comparison, 2), "did not all run on one kernel"));
}

static void test_compare_cases_task_of_both_that_ends_otherwise_differs(void **state)
{
	_cleanup_world_ struct world w = { 0 };

	world_make(&w, 1);
	json_set_int(frame_of(second(&w), "task-end"), "signal", 7);
	assert_word(&w, "different", "task hog");
}

/* What the other case has no step for is no outcome of it. */
static void test_compare_cases_task_of_one_is_left_aside(void **state)
{
	static const char *const kinds[] = { "task", "task-end" };
	_cleanup_world_ struct world w = { 0 };

	world_make(&w, 1);
	json_object_set_new(json_object_get(step_of(second(&w), 4), "args"), "as",
			    json_pack("[s]", "pig"));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		json_set_str(frame_of(second(&w), kinds[i]), "name", "pig");
	assert_word(&w, "alike", "different cases");
	assert_int_equal(json_array_size(json_object_get(w.comparison, "tasks")), 0);
}

static void add_report(struct run_facts *run, const char *title)
{
	json_array_append_new(run->reports, json_pack("{s:s,s:s,s:b}", "title", title, "kind",
						      "swap-write-error", "info", 1));
}

/* The kernel numbers devices by what else there is. */
static void test_compare_cases_devices_go_by_their_names(void **state)
{
	_cleanup_world_ struct world w = { 0 };
	json_t *device;

	world_make(&w, 1);
	device = frame_of(second(&w), "device");
	json_set_str(device, "kernel", "dm-0");
	json_set_int(device, "major", 251);
	add_report(&w.runs[0], "Write-error on swap-device 8:0");
	add_report(&w.runs[0], "I/O error on sda");
	add_report(second(&w), "Write-error on swap-device 251:0");
	assert_word(&w, "different", "\"I/O error on {disk}\" is reported on one and not on two");
	add_report(second(&w), "I/O error on dm-0");
	assert_word(&w, "alike", "different cases");
	/* Of another device it is another report, though its name begins alike. */
	add_report(second(&w), "I/O error on dm-01");
	assert_word(&w, "different", "\"I/O error on dm-01\" is reported on two");
}

static void test_compare_cases_fault_of_one_has_no_count_on_the_other(void **state)
{
	_cleanup_world_ struct world w = { 0 };
	json_t *frame, *row, *sides;
	size_t i;

	world_make(&w, 1);
	json_array_foreach (second(&w)->frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), "fault"))
			json_set_str(frame, "fault", "dm_dust");
	world_compare(&w);
	json_array_foreach (json_object_get(w.comparison, "injections"), i, row) {
		sides = json_object_get(row, "sides");
		assert_true(json_is_array(json_array_get(sides, i)));
		assert_true(json_is_null(json_array_get(sides, 1 - i)));
	}
	assert_int_equal(i, 2);
}

static void add_result(struct run_facts *run, int count)
{
	json_array_append_new(run->frames, json_pack("{s:s,s:s,s:{s:i}}", "k", "result", "name",
						     "hog", "data", "count", count));
}

static void test_compare_cases_number_of_one_is_left_aside(void **state)
{
	_cleanup_world_ struct world w = { 0 };

	world_make(&w, 1);
	add_result(second(&w), 5);
	world_compare(&w);
	assert_int_equal(json_array_size(json_object_get(w.comparison, "numbers")), 0);
	add_result(&w.runs[0], 6);
	world_compare(&w);
	assert_int_equal(json_array_size(json_object_get(w.comparison, "numbers")), 1);
}

static void test_compare_cases_on_other_machines_are_broken(void **state)
{
	_cleanup_world_ struct world w = { 0 };

	world_make(&w, 1);
	json_set_int(second(&w)->plan, "cpus", 2);
	assert_word(&w, "broken", "`cpus` of this run of two");
}

/* All runs of a side are of one test, whatever the other side does. */
static void test_compare_cases_runs_of_a_side_have_the_same_steps(void **state)
{
	_cleanup_world_ struct world w = { 0 };

	world_make(&w, 2);
	json_set_str(step_of(&w.runs[RUNS - 1], 3), "verb", "dm_dust");
	assert_word(&w, "broken", "`steps` of this run of two is not that of the first run of two");
}

/* A seed of one case says nothing of that seed of another: seeds are tries, copies are none. */
static void test_compare_cases_deterministic_seeds_are_samples(void **state)
{
	_cleanup_world_ struct world w = { 0 };

	world_make(&w, 2);
	for (size_t i = 0; i < RUNS; i++) {
		json_set_str(w.runs[i].plan, "mode", "deterministic");
		json_set_int(w.runs[i].run, "seed", (int64_t)i % 2);
	}
	world_compare(&w);
	assert_null(json_object_get(w.comparison, "exact"));
	assert_non_null(json_get_object(w.comparison, "statistics"));
	assert_string_equal(json_get_str(w.comparison, "verdict", ""), "undecided");
	json_set_int(w.runs[1].run, "seed", 0);
	world_compare(&w);
	assert_null(json_get_object(w.comparison, "statistics"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_cases_that_end_alike_are_not_the_same),
		cmocka_unit_test(test_compare_cases_of_one_free_run_each_are_undecided),
		cmocka_unit_test(test_compare_cases_another_kernel_is_told),
		cmocka_unit_test(test_compare_cases_task_of_both_that_ends_otherwise_differs),
		cmocka_unit_test(test_compare_cases_task_of_one_is_left_aside),
		cmocka_unit_test(test_compare_cases_devices_go_by_their_names),
		cmocka_unit_test(test_compare_cases_fault_of_one_has_no_count_on_the_other),
		cmocka_unit_test(test_compare_cases_number_of_one_is_left_aside),
		cmocka_unit_test(test_compare_cases_on_other_machines_are_broken),
		cmocka_unit_test(test_compare_cases_runs_of_a_side_have_the_same_steps),
		cmocka_unit_test(test_compare_cases_deterministic_seeds_are_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
