// SPDX-License-Identifier: GPL-2.0-or-later
/* Three sides and more: what is said of two of them must not be said of all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "compare/compare.h"
#include "tests/compare-world.h"

#define FIXTURES "lab/tests/fixtures/compare/"

struct three {
	struct run_facts runs[3];
	struct compare_side sides[3];
};

/* wbt-on as `one`, wbt-off as `two` and `three`. */
static void three_load(struct three *t)
{
	static const char *const dirs[] = { FIXTURES "wbt-on", FIXTURES "wbt-off",
					    FIXTURES "wbt-off" };
	static const char *const names[] = { "one", "two", "three" };
	struct err err = ERR_INIT;

	for (int i = 0; i < 3; i++) {
		if (run_facts_load(&t->runs[i], dirs[i], &err) < 0)
			fail_msg("%s", err.msg);
		t->sides[i] = (struct compare_side){ names[i], &t->runs[i], 1 };
	}
}

static void three_clear(struct three *t)
{
	for (int i = 0; i < 3; i++)
		run_facts_clear(&t->runs[i]);
}
#define _cleanup_three_ _cleanup_(three_clear)

static json_t *three_compare(struct three *t)
{
	struct err err = ERR_INIT;
	json_t *out = compare_sides(t->sides, 3, &err);

	if (!out)
		fail_msg("%s", err.msg);
	return out;
}

static void assert_first_reason(const json_t *comparison, const char *word, const char *what)
{
	const json_t *first = json_array_get(json_get_array(comparison, "reasons"), 0);

	assert_string_equal(json_get_str(comparison, "verdict", ""), word);
	assert_string_equal(json_get_str(first, "what", ""), what);
}

static json_t *frame_of(struct run_facts *run, const char *k)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), k))
			return frame;
	fail_msg("no frame %s", k);
	return NULL;
}

static void test_three_same_names_who_was_not_toggled(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL;

	three_load(&t);
	compare_world_make_exact(t.runs, 3);
	c = three_compare(&t);
	assert_first_reason(c, "same",
			    "the toggle was real but for two and three, which have one kernel; "
			    "verdicts, task ends and report titles are the same, and so is each "
			    "line that the guests said");
}

static void test_three_verdicts_are_told_by_word(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL;

	three_load(&t);
	compare_world_make_exact(t.runs, 3);
	json_set_str(t.runs[1].verdict, "verdict", "crash");
	c = three_compare(&t);
	assert_first_reason(c, "different", "verdict: pass on one and three; crash on two");
}

static void test_three_task_ends_are_told_by_end(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL;

	three_load(&t);
	compare_world_make_exact(t.runs, 3);
	json_object_del(frame_of(&t.runs[2], "task-end"), "signal");
	json_set_int(frame_of(&t.runs[2], "task-end"), "code", 0);
	c = three_compare(&t);
	assert_first_reason(
		c, "different",
		"task hog killed by SIGKILL on one and two; exited with code 0 on three");
}

static void test_three_reports_name_all_that_have_it_and_all_that_do_not(void **state)
{
	static const char title[] = "\"OOM kill of memhog in memory cgroup /t\" is reported on ";
	_cleanup_free_ char *two_of_three = xasprintf("%sone and three and not on two", title);
	_cleanup_free_ char *one_of_three = xasprintf("%sone and not on two and three", title);
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL, *d = NULL;

	three_load(&t);
	compare_world_make_exact(t.runs, 3);
	json_array_remove(t.runs[1].reports, 1);
	c = three_compare(&t);
	assert_first_reason(c, "different", two_of_three);
	json_array_remove(t.runs[2].reports, 1);
	d = three_compare(&t);
	assert_first_reason(d, "different", one_of_three);
}

/* Nothing that the third side's kernel shows is known, and its .config is another. */
static void forget_third(struct three *t)
{
	json_t *frame;
	size_t i;

	compare_world_make_exact(t->runs, 3);
	json_object_del(t->runs[2].plan, "facts");
	json_array_append_new(json_get_array(t->runs[2].plan, "kconfig"), json_string("more"));
	free(t->runs[2].config);
	t->runs[2].config = xstrdup("CONFIG_OTHER=y\n");
	json_object_del(t->runs[2].kernel, "artefacts");
	json_array_foreach (t->runs[2].frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), "fact"))
			json_array_remove(t->runs[2].frames, i--);
}

/* Two sides declare facts that exclude each other, and the third declares none: that is proof for
 * the first two, and says which pair lacks it. */
static void test_three_missing_proof_names_the_pair(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL;

	three_load(&t);
	forget_third(&t);
	c = three_compare(&t);
	assert_first_reason(
		c, "broken",
		"no difference was seen, but nobody knows whether the running kernels "
		"of one and three differ: runtime facts are declared of one only, so only "
		"the .config does");
}

/* Two that differ from the first in the same functions may have one code. */
static void test_three_code_that_differs_is_proof_of_each_pair(void **state)
{
	static const struct {
		const char *second, *third, *real;
	} cases[] = { { "f", "g", "code" }, { "f", "f", "config only" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_three_ struct three t = { 0 };
		_cleanup_json_ json_t *c = NULL;
		_cleanup_json_ json_t *rows = json_pack(
			"[{s:[i,i],s:[{s:s,s:s,s:[i,i]}]},{s:[i,i],s:[{s:s,s:s,s:[i,i]}]}]",
			"sides", 0, 1, "functions", "name", cases[i].second, "status", "changed",
			"size_bytes", 9, 8, "sides", 0, 2, "functions", "name", cases[i].third,
			"status", "changed", "size_bytes", 9, 8);
		const struct compare_code code = { .rows = rows };
		struct err err = ERR_INIT;

		three_load(&t);
		forget_third(&t);
		c = compare_sides_at(t.sides, 3, NULL, &code, &err);
		assert_string_equal(json_get_str(c, "toggle_real", ""), cases[i].real);
	}
}

static json_t *alone_with(const json_t *comparison, const char *symbol)
{
	json_t *trace, *row, *found = NULL;
	size_t i, k;

	json_array_foreach (json_get_array(comparison, "traces"), i, trace)
		json_array_foreach (json_get_array(trace, "rows"), k, row)
			if (json_object_get(trace, "lacks") &&
			    str_eq(json_string_value(json_array_get(row, 0)), symbol)) {
				assert_null(found);
				found = trace;
			}
	return found;
}

/* A trace of a context of its own, so that it has no counterpart but an equal one. */
static void add_trace(struct run_facts *run, const char *context, const char *symbol)
{
	json_t *traces = json_get_array(json_array_get(run->reports, 1), "traces");

	json_array_append_new(traces, json_pack("{s:s,s:[{s:s}]}", "context", context, "frames",
						"symbol", symbol));
}

static void assert_lacks(const json_t *trace, size_t count, int64_t first)
{
	const json_t *lacks = json_object_get(trace, "lacks");

	assert_int_equal(json_array_size(lacks), count);
	assert_int_equal(json_integer_value(json_array_get(lacks, 0)), first);
}

static void test_three_traces_are_lacked_by_those_that_were_looked_at(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL;

	three_load(&t);
	add_trace(&t.runs[0], "a", "on_one");
	add_trace(&t.runs[0], "b", "on_one_and_three");
	add_trace(&t.runs[2], "b", "on_one_and_three");
	add_trace(&t.runs[2], "c", "on_three");
	c = three_compare(&t);
	assert_lacks(alone_with(c, "on_one"), 2, 1);
	assert_lacks(alone_with(c, "on_one_and_three"), 1, 1);
	assert_lacks(alone_with(c, "on_three"), 1, 0);
}

/* Only so many traces of a report are looked at: what is not among them may be there. */
static void test_three_traces_beyond_what_is_looked_at_are_not_lacking(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL;

	three_load(&t);
	add_trace(&t.runs[0], "a", "everywhere");
	for (int i = 0; i < 20; i++) {
		_cleanup_free_ char *context = xasprintf("cpu %d", i);

		add_trace(&t.runs[1], context, "other");
	}
	add_trace(&t.runs[1], "a", "everywhere");
	add_trace(&t.runs[2], "a", "everywhere");
	c = three_compare(&t);
	assert_null(alone_with(c, "everywhere"));
	assert_true(json_get_int(c, "traces_left_out", 0) >= 13);
}

/* Places and wording of the case file are not the test. */
static void test_three_other_lines_of_the_case_are_the_same_test(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL, *d = NULL;
	json_t *step;

	three_load(&t);
	compare_world_make_exact(t.runs, 3);
	step = json_array_get(json_get_array(t.runs[1].plan, "steps"), 0);
	json_set_int(step, "line", 99);
	c = three_compare(&t);
	assert_string_equal(json_get_str(c, "verdict", ""), "same");
	json_set_str(step, "verb", "mkdir");
	json_object_set_new(t.runs[2].plan, "expect", json_pack("[{s:s}]", "kind", "task"));
	d = three_compare(&t);
	assert_string_equal(json_get_str(d, "verdict", ""), "broken");
	assert_string_equal(json_get_str(json_array_get(json_get_array(d, "reasons"), 0), "what",
					 ""),
			    "not the same test: `steps` of this run of two is not that of the "
			    "first run of one");
	assert_string_equal(json_get_str(json_array_get(json_get_array(d, "reasons"), 1), "what",
					 ""),
			    "not the same test: `expect` of this run of three is not that of the "
			    "first run of one");
}

static void test_three_other_machine_is_not_the_same_test(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL;

	three_load(&t);
	json_set_int(t.runs[1].plan, "memory_bytes", 1 << 30);
	c = three_compare(&t);
	assert_first_reason(c, "broken",
			    "not the same test: `memory_bytes` of this run of two is not that of "
			    "the first run of one");
}

/* Who never said hello did not boot with another command line either. */
static void test_three_command_line_nobody_told_is_no_proof(void **state)
{
	_cleanup_three_ struct three t = { 0 };
	_cleanup_json_ json_t *c = NULL;
	const char *what;

	three_load(&t);
	json_object_set_new(t.runs[2].plan, "append", json_pack("[s]", "nosmt"));
	json_set_str(frame_of(&t.runs[2], "hello"), "k", "hell");
	c = three_compare(&t);
	what = json_get_str(json_array_get(json_get_array(c, "reasons"), 0), "what", "");
	assert_string_equal(json_get_str(c, "toggle_real", ""), "no");
	assert_string_equal(what, "its guest never said with which command line it booted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_same_names_who_was_not_toggled),
		cmocka_unit_test(test_three_verdicts_are_told_by_word),
		cmocka_unit_test(test_three_task_ends_are_told_by_end),
		cmocka_unit_test(test_three_reports_name_all_that_have_it_and_all_that_do_not),
		cmocka_unit_test(test_three_missing_proof_names_the_pair),
		cmocka_unit_test(test_three_code_that_differs_is_proof_of_each_pair),
		cmocka_unit_test(test_three_traces_are_lacked_by_those_that_were_looked_at),
		cmocka_unit_test(test_three_traces_beyond_what_is_looked_at_are_not_lacking),
		cmocka_unit_test(test_three_other_lines_of_the_case_are_the_same_test),
		cmocka_unit_test(test_three_other_machine_is_not_the_same_test),
		cmocka_unit_test(test_three_command_line_nobody_told_is_no_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
