// SPDX-License-Identifier: GPL-2.0-or-later
/* Two runs that exist (fixtures/compare), and what has to be said when one of them is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "compare/compare.h"
#include "tests/compare-world.h"

static json_t *row_where(const json_t *comparison, const char *table, const char *key,
			 const char *value)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_get_array(comparison, table), i, row)
		if (str_eq(json_get_str(row, key, ""), value))
			return row;
	fail_msg("no %s with %s %s", table, key, value);
	return NULL;
}

static json_t *cell(const json_t *row, size_t side)
{
	return json_array_get(json_get_array(row, "sides"), side);
}

static void test_compare_sides_same_with_real_toggle(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	compare_world_make_exact(p.runs, 2);
	c = compare_pair_compare(&p);
	compare_world_assert(c, "same", "the toggle was real");
	assert_string_equal(json_get_str(c, "toggle_real", ""), "yes");
	assert_true(json_get_bool(c, "same", false));
	assert_int_equal(compare_exit_code(c), 0);
	assert_string_equal(json_get_str(cell(c, 1), "name", ""), "wbt-off");
}

/* Two runs, each of its own chance: what is seen is told, and is neither "same" nor "different". */
static void test_compare_one_free_run_a_side_is_undecided(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL, *d = NULL, *e = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	c = compare_pair_compare(&p);
	compare_world_assert(c, "undecided", "klab compare tests several with --repeat 20");
	assert_false(json_get_bool(c, "same", true));
	assert_true(json_get_bool(c, "outcomes_same", false));
	assert_int_equal(compare_exit_code(c), 3);
	json_set_str(p.runs[1].verdict, "verdict", "crash");
	json_array_remove(p.runs[1].reports, 1);
	d = compare_pair_compare(&p);
	compare_world_assert(d, "undecided", "one run a side cannot tell");
	assert_false(json_get_bool(d, "outcomes_same", true));
	assert_true(
		compare_world_says(d, "undecided", "verdict: pass on wbt-on; crash on wbt-off"));
	assert_true(compare_world_says(d, "undecided", "is reported on wbt-on and not on wbt-off"));
	/* No chance makes the same kernel of two. */
	json_object_set(p.runs[1].kernel, "artefacts",
			json_object_get(p.runs[0].kernel, "artefacts"));
	e = compare_pair_compare(&p);
	compare_world_assert(e, "broken", "booted the same kernel image, to the byte");
}

/* How many numbers a snapshot of such a file gives. */
static size_t numbers_of(const char *file, const char *data)
{
	_cleanup_json_ json_t *frames = json_pack("[{s:s,s:s,s:s,s:s}]", "k", "snapshot", "label",
						  "1", "file", file, "data", data);
	const struct run_facts run = { .frames = frames };
	_cleanup_json_ json_t *numbers = compare_run_numbers(&run);

	return json_object_size(numbers);
}

/* The words that a kernel was booted with, and what it was called, have digits and no quantities.
 */
static void test_compare_numbers_are_not_of_the_command_line(void **state)
{
	const char *line = "console=ttyS0,115200 maxcpus=1 panic -1 loglevel 7\n";

	(void)state;
	assert_true(numbers_of("/proc/other", line) > 0);
	assert_int_equal(numbers_of("/proc/cmdline", line), 0);
	assert_int_equal(numbers_of("/proc/version", "Linux 6 #1 1970\n"), 0);
	assert_true(numbers_of("/proc/cmdlines", line) > 0);
}

/* The seed decides what chance would: runs of two seeds say nothing of the kernels. */
static void test_compare_deterministic_runs_of_other_seeds_are_no_comparison(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL, *d = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	compare_world_make_exact(p.runs, 2);
	json_set_int(p.runs[1].run, "seed", 2);
	c = compare_pair_compare(&p);
	compare_world_assert(c, "broken",
			     "not the same experiment: seed 1 on wbt-on, seed 2 on wbt-off");
	assert_true(json_get_bool(c, "other_seeds", false));
	assert_false(compare_world_says(c, "undecided", "cannot tell"));
	/* Neither are such with another outcome, and that is not taken for the toggle's. */
	json_set_str(p.runs[1].verdict, "verdict", "crash");
	d = compare_pair_compare(&p);
	compare_world_assert(d, "broken", "not the same experiment");
	assert_false(compare_world_says(d, "different", ""));
}

/*
 * Two runs of real kernels, 1 800 lines of .config each, built with writeback
 * throttling and without: all that has to be said of them at once.
 */
static void test_compare_real_kernels(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;
	json_t *row, *fact;
	size_t i;

	compare_pair_load(&p, "real-wbt-on", "real-wbt-off");
	c = compare_pair_compare(&p);
	compare_world_assert(c, "undecided", "one run a side cannot tell");
	assert_true(compare_world_says(c, "undecided", "the toggle was real; verdicts, task"));
	assert_int_equal(json_array_size(json_get_array(c, "config")), 2);
	row_where(c, "config", "symbol", "BLK_WBT");
	row_where(c, "config", "symbol", "BLK_WBT_MQ");
	row = row_where(c, "facts", "path", "/sys/block/{disk}/queue/wbt_lat_usec");
	assert_true(json_get_bool(row, "differs", false));
	fact = cell(row, 0);
	assert_string_equal(json_get_str(fact, "path", ""), "/sys/block/sda/queue/wbt_lat_usec");
	row = row_where(c, "tasks", "name", "hog");
	assert_int_equal(json_integer_value(json_object_get(cell(row, 1), "killed by SIGKILL")), 1);
	row = row_where(c, "reports", "kind", "oom-kill");
	assert_false(json_get_bool(row, "differs", true));
	row_where(c, "numbers", "file", "cgroup:t/memory.swap.current");
	/* Another build has other offsets; the way through the kernel is the same. */
	json_array_foreach (json_get_array(c, "traces"), i, row)
		assert_true(json_get_bool(row, "equal", false));
	assert_int_equal(i, 2);
}

/* BLK_WBT=n takes BLK_WBT_MQ with it: both are told, the second as not there at all. */
static void test_compare_config_shows_dragged_symbols(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;
	json_t *row;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	c = compare_pair_compare(&p);
	assert_int_equal(json_array_size(json_get_array(c, "config")), 2);
	row = row_where(c, "config", "symbol", "BLK_WBT");
	assert_string_equal(json_string_value(cell(row, 0)), "y");
	assert_string_equal(json_string_value(cell(row, 1)), "n");
	row = row_where(c, "config", "symbol", "BLK_WBT_MQ");
	assert_string_equal(json_string_value(cell(row, 0)), "y");
	assert_true(json_is_null(cell(row, 1)));
}

static void test_compare_same_run_twice_says_nothing_toggled(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-on");
	compare_world_make_exact(p.runs, 2);
	c = compare_pair_compare(&p);
	compare_world_assert(c, "same", "nothing was toggled");
	assert_int_equal(json_array_size(json_get_array(c, "numbers")), 0);
	assert_true(json_get_int(c, "numbers_same", 0) > 5);
}

static void test_compare_side_without_a_result_is_broken(void **state)
{
	static const char *const words[] = { "broken", "incomplete", "skip" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_compare_pair_ struct compare_pair p;
		_cleanup_json_ json_t *c = NULL;

		compare_pair_load(&p, "wbt-on", "wbt-off");
		json_set_str(p.runs[1].verdict, "verdict", words[i]);
		c = compare_pair_compare(&p);
		compare_world_assert(c, "broken", "wbt-off is ");
	}
}

/* A killed runner leaves a directory that says so, whatever verdict.json claims. */
static void test_compare_run_not_done_is_incomplete(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	json_set_str(p.runs[0].run, "state", "incomplete");
	c = compare_pair_compare(&p);
	compare_world_assert(c, "broken", "wbt-on is incomplete");
}

static void test_compare_verdicts_differ(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	compare_world_make_exact(p.runs, 2);
	json_set_str(p.runs[1].verdict, "verdict", "crash");
	c = compare_pair_compare(&p);
	compare_world_assert(c, "different", "verdict: pass on wbt-on; crash on wbt-off");
	assert_int_equal(compare_exit_code(c), 1);
}

static void test_compare_report_on_one_side_differs(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	compare_world_make_exact(p.runs, 2);
	json_array_remove(p.runs[1].reports, 1);
	c = compare_pair_compare(&p);
	compare_world_assert(
		c, "different",
		"\"OOM kill of memhog in memory cgroup /t\" is reported on wbt-on and not on "
		"wbt-off");
}

/* Which of ten thousand injections a rate-limited log shows is chance. */
static void test_compare_injection_dump_on_one_side_is_no_difference(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	compare_world_make_exact(p.runs, 2);
	json_array_remove(p.runs[1].reports, 0);
	c = compare_pair_compare(&p);
	compare_world_assert(c, "same", "the toggle was real");
}

/* How often a free run reports the same thing is chance: shown, and no difference. */
static void test_compare_report_counts_are_shown_only(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;
	json_t *row;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	c = compare_pair_compare(&p);
	row = row_where(c, "reports", "kind", "fault-injection");
	assert_int_equal(json_integer_value(json_array_get(cell(row, 0), 0)), 10);
	assert_int_equal(json_integer_value(json_array_get(cell(row, 1), 0)), 12);
	assert_false(json_get_bool(row, "differs", true));
	row = row_where(c, "injections", "fault", "fail_make_request");
	assert_int_equal(json_integer_value(json_array_get(cell(row, 0), 0)), 10215);
}

static void test_compare_numbers_most_different_first(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;
	json_t *row, *numbers;
	double last = 2;
	size_t i;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	c = compare_pair_compare(&p);
	row = row_where(c, "numbers", "key", "/dev/sda Used");
	assert_string_equal(json_get_str(row, "file", ""), "/proc/swaps");
	assert_true(json_get_num(cell(row, 0), "median", -1) == 12);
	assert_true(json_get_num(cell(row, 1), "median", -1) == 0);
	numbers = json_get_array(c, "numbers");
	json_array_foreach (numbers, i, row) {
		double relative = json_get_num(row, "relative", 2);

		assert_true(relative > 0 && relative <= last);
		last = relative;
	}
	assert_true(i > 4);
	row_where(c, "numbers", "file", "task hog");
	/* What an OOM report says of swap, and not who the task was. */
	row = row_where(c, "numbers", "file", "report OOM kill of memhog in memory cgroup /t");
	assert_string_equal(json_get_str(row, "key", ""), "swap usage_kib");
	assert_true(json_get_num(cell(row, 0), "median", 0) == 40872);
}

static void test_compare_numbers_of_several_runs(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;
	struct compare_side sides[2];
	struct err err = ERR_INIT;
	json_t *row;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	/* Two runs of one kernel, and one of them again. */
	json_set_str(p.runs[1].kernel, "key", json_get_str(p.runs[0].kernel, "key", ""));
	sides[0] = (struct compare_side){ "both", p.runs, 2 };
	sides[1] = (struct compare_side){ "one", p.runs, 1 };
	c = compare_sides(sides, 2, &err);
	row = row_where(c, "numbers", "key", "/dev/sda Used");
	assert_int_equal(json_get_int(cell(row, 0), "n", 0), 2);
	assert_true(json_get_num(cell(row, 0), "min", -1) == 0);
	assert_true(json_get_num(cell(row, 0), "median", -1) == 6);
	assert_true(json_get_num(cell(row, 0), "max", -1) == 12);
	row = row_where(c, "reports", "kind", "fault-injection");
	assert_int_equal(json_array_size(cell(row, 0)), 2);
}

static void test_compare_runs_of_several_kernels_are_no_side(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;
	struct compare_side sides[2];
	struct err err = ERR_INIT;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	sides[0] = (struct compare_side){ "both", p.runs, 2 };
	sides[1] = (struct compare_side){ "one", p.runs, 1 };
	c = compare_sides(sides, 2, &err);
	compare_world_assert(c, "broken", "the runs of both are of several kernels");
}

static void test_compare_traces_aligned_with_one_sided_frames(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;
	json_t *trace, *row;
	size_t i, only_left = 0, both = 0;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	c = compare_pair_compare(&p);
	trace = row_where(c, "traces", "kind", "fault-injection");
	assert_false(json_get_bool(trace, "equal", true));
	json_array_foreach (json_get_array(trace, "rows"), i, row) {
		const char *left = json_string_value(json_array_get(row, 0));
		const char *right = json_string_value(json_array_get(row, 1));

		if (left && right) {
			assert_string_equal(left, right);
			assert_null(strchr(left, '.'));
			both++;
		} else {
			assert_string_equal(left, "wbt_wait");
			only_left++;
		}
	}
	assert_int_equal(only_left, 1);
	assert_true(both > 15);
	/* Other offsets on the other kernel are no difference. */
	trace = row_where(c, "traces", "kind", "oom-kill");
	assert_true(json_get_bool(trace, "equal", false));
}

static void test_compare_side_of_two_cases_is_input_error(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	struct err err = ERR_INIT;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	json_set_str(p.runs[1].run, "case", "another");
	p.sides[0].runs = p.runs;
	p.sides[0].run_count = 2;
	assert_null(compare_sides(p.sides, 2, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "is a run of case another, not of swap-write-eio"));
	assert_null(compare_sides(p.sides, 1, &err));
	p.sides[0].run_count = 1;
	p.sides[1].run_count = 0;
	assert_null(compare_sides(p.sides, 2, &err));
	assert_string_equal(err.msg, "wbt-off has no run");
}

/* ---- run directories ---- */

static char *temp_dir(void)
{
	char *dir = xasprintf("%s/compare.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(dir, name);
	struct err err = ERR_INIT;

	assert_int_equal(file_write_atomic(path, text, strlen(text), &err), 0);
}

static void assert_load_fails(const char *dir, const char *words)
{
	struct run_facts run;
	struct err err = ERR_INIT;

	assert_int_equal(run_facts_load(&run, dir, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" lacks \"%s\"", err.msg, words);
}

static void test_run_facts_load_names_what_is_wrong(void **state)
{
	_cleanup_free_ char *dir = temp_dir();
	_cleanup_free_ char *pipe_path = path_join(dir, "reports.json");
	struct err err = ERR_INIT;

	assert_load_fails(dir, "no run directory: it has no run.json");
	put(dir, "run.json", "[]");
	assert_load_fails(dir, "run.json: not a JSON object");
	put(dir, "run.json", "{\"id\": 1");
	assert_load_fails(dir, "run.json:1:");
	put(dir, "run.json", "{}");
	put(dir, "frames.jsonl", "{\"k\":\"hello\"}\n{\"k\":\n");
	assert_load_fails(dir, "frames.jsonl:2: not a frame");
	put(dir, "frames.jsonl", "{\"k\":\"hello\"}\n7\n");
	assert_load_fails(dir, "frames.jsonl:2: not a frame");
	put(dir, "frames.jsonl", "");
	/* A pipe must not make us wait. */
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_load_fails(dir, "reports.json: not a plain file");
	assert_int_equal(file_remove_tree(dir, &err), 0);
}

static void test_run_facts_load_unfinished_run(void **state)
{
	_cleanup_free_ char *dir = temp_dir();
	struct run_facts run;
	struct err err = ERR_INIT;

	put(dir, "run.json", "{\"id\": \"x\", \"state\": \"incomplete\"}");
	assert_int_equal(run_facts_load(&run, dir, &err), 0);
	assert_null(run.verdict);
	assert_null(run.config);
	assert_int_equal(json_array_size(run.frames), 0);
	run_facts_clear(&run);
	assert_int_equal(file_remove_tree(dir, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_sides_same_with_real_toggle),
		cmocka_unit_test(test_compare_one_free_run_a_side_is_undecided),
		cmocka_unit_test(test_compare_deterministic_runs_of_other_seeds_are_no_comparison),
		cmocka_unit_test(test_compare_numbers_are_not_of_the_command_line),
		cmocka_unit_test(test_compare_real_kernels),
		cmocka_unit_test(test_compare_config_shows_dragged_symbols),
		cmocka_unit_test(test_compare_same_run_twice_says_nothing_toggled),
		cmocka_unit_test(test_compare_side_without_a_result_is_broken),
		cmocka_unit_test(test_compare_run_not_done_is_incomplete),
		cmocka_unit_test(test_compare_verdicts_differ),
		cmocka_unit_test(test_compare_report_on_one_side_differs),
		cmocka_unit_test(test_compare_injection_dump_on_one_side_is_no_difference),
		cmocka_unit_test(test_compare_report_counts_are_shown_only),
		cmocka_unit_test(test_compare_numbers_most_different_first),
		cmocka_unit_test(test_compare_numbers_of_several_runs),
		cmocka_unit_test(test_compare_runs_of_several_kernels_are_no_side),
		cmocka_unit_test(test_compare_traces_aligned_with_one_sided_frames),
		cmocka_unit_test(test_compare_side_of_two_cases_is_input_error),
		cmocka_unit_test(test_run_facts_load_names_what_is_wrong),
		cmocka_unit_test(test_run_facts_load_unfinished_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
