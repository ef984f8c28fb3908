/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which run of a side says what the case runs; and when that can be asked for. */
#include "tests/scratch.h"

#include "base/json.h"
#include "cmd/coverage.h"
#include "cmd/side-coverage.h"
#include "tests/page-world.h"

#define RAN                                                                                        \
	"{\"boot_only\": {\"ffffffff81000000\": \"start_kernel\"}, "                               \
	"\"case_only\": {\"ffffffff81000010\": \"x\"}, "                                           \
	"\"both\": {\"ffffffff81000020\": \"y\"}}"

static void set_coverage(struct run_facts *run, const char *text)
{
	json_decref(run->coverage);
	run->coverage = json_loads(text, 0, NULL);
	assert_non_null(run->coverage);
}

static const json_t *run_of(const json_t *coverage, size_t index)
{
	return json_array_get(json_object_get(coverage, "runs"), index);
}

static void test_side_coverage_is_of_all_runs_that_have_one(void **state)
{
	struct run_facts runs[3] = { 0 };
	const struct compare_side side = { .name = "a", .runs = runs, .run_count = 3 };
	_cleanup_json_ json_t *json = NULL;
	_cleanup_coverage_ struct coverage ran = { 0 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		page_world_load(&runs[i], "wbt-on");
	assert_int_equal(side_coverage_load(&side, NULL, &json, &ran, &err), 0);
	assert_null(json);
	set_coverage(&runs[1], RAN);
	/* What only the boot ran in one run is in another's case; what both ran counts once. */
	set_coverage(&runs[2], "{\"boot_only\": {\"ffffffff81000030\": \"z\"}, "
			       "\"case_only\": {\"ffffffff81000000\": \"start_kernel\"}, "
			       "\"both\": {\"ffffffff81000020\": \"y\"}}");
	json_set_str(runs[1].run, "id", "the-second");
	assert_int_equal(side_coverage_load(&side, NULL, &json, &ran, &err), 1);
	assert_int_equal(ran.count, 4);
	assert_int_equal(ran.in_case, 3);
	assert_int_equal(ran.boot, 1);
	assert_int_equal(coverage_find(&ran, 0xffffffff81000000, 1), COVERAGE_CASE);
	assert_int_equal(coverage_find(&ran, 0xffffffff81000030, 1), COVERAGE_BOOT);
	assert_string_equal(json_get_str(run_of(json, 0), "id", ""), "the-second");
	assert_string_equal(json_get_str(run_of(json, 0), "verdict", ""), "pass");
	assert_true(json_get_bool(run_of(json, 1), "says", false));
	assert_null(run_of(json, 2));
	assert_int_equal(json_get_int(json, "case", 0), 3);
	assert_int_equal(json_get_int(json, "boot", 0), 1);
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		run_facts_clear(&runs[i]);
}

/* Its addresses would be taken for those of other functions. */
static void test_side_coverage_of_another_kernel_says_nothing(void **state)
{
	struct run_facts runs[2] = { 0 };
	const struct compare_side side = { .name = "a", .runs = runs, .run_count = 2 };
	_cleanup_json_ json_t *json = NULL;
	struct coverage ran = { 0 };
	struct err err = ERR_INIT;

	page_world_load(&runs[0], "wbt-on");
	page_world_load(&runs[1], "wbt-off");
	set_coverage(&runs[1], RAN);
	assert_int_equal(side_coverage_load(&side, NULL, &json, &ran, &err), 0);
	assert_null(json);
	run_facts_clear(&runs[0]);
	run_facts_clear(&runs[1]);
}

/* "The case ran none of them" is not to come of a run that never came to the case. */
static void test_side_coverage_of_a_run_without_its_case_says_nothing(void **state)
{
	static const struct {
		const char *state, *word, *coverage;
	} runs[] = {
		{ "done", "crash",
		  "{\"boot_only\": {\"ffffffff81000000\": \"start_kernel\"}, "
		  "\"case_only\": {}, \"both\": {}}" },
		{ "done", "broken", RAN },
		{ "running", "pass", RAN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		struct run_facts run = { 0 };
		const struct compare_side side = { .name = "a", .runs = &run, .run_count = 1 };
		_cleanup_json_ json_t *json = NULL;
		struct coverage ran = { 0 };
		struct err err = ERR_INIT;

		page_world_load(&run, "wbt-on");
		json_set_str(run.run, "state", runs[i].state);
		json_set_str(run.verdict, "verdict", runs[i].word);
		set_coverage(&run, runs[i].coverage);
		assert_int_equal(side_coverage_load(&side, NULL, &json, &ran, &err), 0);
		assert_null(ran.ran);
		assert_false(json_get_bool(run_of(json, 0), "says", true));
		run_facts_clear(&run);
	}
}

static void test_side_coverage_that_is_broken_names_its_file(void **state)
{
	struct run_facts run = { 0 };
	const struct compare_side side = { .name = "a", .runs = &run, .run_count = 1 };
	_cleanup_json_ json_t *json = NULL;
	struct coverage ran = { 0 };
	struct err err = ERR_INIT;

	page_world_load(&run, "wbt-on");
	set_coverage(&run, "{\"boot_only\": {}, \"case_only\": {\"no\": \"x\"}, \"both\": {}}");
	assert_int_equal(side_coverage_load(&side, NULL, &json, &ran, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "wbt-on/coverage.json: 'no': expected an address"));
	run_facts_clear(&run);
}

static void test_side_coverage_of_a_run_that_is_not_there(void **state)
{
	struct run_facts run = { 0 };
	const struct compare_side side = { .name = "a", .runs = &run, .run_count = 1 };
	_cleanup_json_ json_t *json = NULL;
	struct coverage ran = { 0 };
	struct err err = ERR_INIT;

	page_world_load(&run, "wbt-on");
	assert_int_equal(side_coverage_load(&side, *state, &json, &ran, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	run_facts_clear(&run);
}

static void test_coverage_check_says_what_cannot_be_asked(void **state)
{
	const struct machine_ops knows = { .name = "one", .coverage = true };
	const struct machine_ops other = { .name = "other" };
	struct options opt = { .coverage = true, .mode = PLAN_MODE_RECORD };
	struct err err = ERR_INIT;

	assert_int_equal(coverage_check(&opt, &knows, &err), -1);
	assert_non_null(strstr(err.msg, "expected free or deterministic"));
	opt.mode = PLAN_MODE_DETERMINISTIC;
	err = (struct err)ERR_INIT;
	assert_int_equal(coverage_check(&opt, &knows, &err), 0);
	assert_int_equal(coverage_check(&opt, &other, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "the machine other does not tell what runs"));
	opt.coverage = false;
	assert_int_equal(coverage_check(&opt, &other, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_side_coverage_is_of_all_runs_that_have_one),
		cmocka_unit_test(test_side_coverage_of_another_kernel_says_nothing),
		cmocka_unit_test(test_side_coverage_of_a_run_without_its_case_says_nothing),
		cmocka_unit_test(test_side_coverage_that_is_broken_names_its_file),
		scratch_test(test_side_coverage_of_a_run_that_is_not_there),
		cmocka_unit_test(test_coverage_check_says_what_cannot_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
