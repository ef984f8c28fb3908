/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jobs that a night's plan comes to, their order, what fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "plan/night.h"
#include "tests/scratch.h"

/* ---- a data folder with three cases in two groups, and four fragments ---- */

static void write_file(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(dir, name);
	_cleanup_free_ char *folder = xstrndup(path, (size_t)(path_base(path) - path - 1));
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p(folder, &err), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), &err), 0);
}

static void write_case(const char *dir, const char *group, const char *name, int cpus)
{
	_cleanup_free_ char *path = xasprintf("cases/%s/%s.yaml", group, name);
	_cleanup_free_ char *text = xasprintf("name: %s\nquestion: Is it?\nmachine: {cpus: %d}\n"
					      "steps:\n  - snapshot: [/proc/version]\n",
					      name, cpus);

	write_file(dir, path, text);
}

static const char *make_data(void **state)
{
	static const char *const fragments[] = { "base", "fault", "wbt-on", "wbt-off" };
	const char *dir = *state;

	write_case(dir, "swap", "swap-eio", 1);
	write_case(dir, "swap", "swap-slow", 2);
	write_case(dir, "boot", "boots", 1);
	for (size_t i = 0; i < ARRAY_SIZE(fragments); i++) {
		_cleanup_free_ char *path = xasprintf("kconfigs/%s.config", fragments[i]);

		write_file(dir, path, "# It is.\nCONFIG_A=y\n");
	}
	return dir;
}

static struct night_plan *read_plan(const char *text, struct strv *mistakes, struct err *err)
{
	return night_plan_read_bytes("plan.yaml", text, strlen(text), mistakes, err);
}

static void make_jobs(struct night_jobs *jobs, const char *data_dir, const char *text)
{
	_cleanup_strv_ struct strv mistakes = { 0 };
	struct err err = ERR_INIT;
	struct night_plan *plan = read_plan(text, &mistakes, &err);

	if (!plan || night_jobs_make(jobs, plan, data_dir, &mistakes, &err) < 0)
		fail_msg("%s", err.msg);
	night_plan_free(plan);
}

static void test_night_jobs_tell_what_is_not_there_once(void **state)
{
	const char *data = make_data(state);
	static const char text[] = "name: a\ncases: [swap/*, bots]\n"
				   "toggles: [none, wbt]\nsources: [x, y]\n";
	_cleanup_strv_ struct strv mistakes = { 0 };
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };
	struct err err = ERR_INIT;
	struct night_plan *plan = read_plan(text, NULL, &err);

	assert_non_null(plan);
	assert_int_equal(night_jobs_make(&jobs, plan, data, &mistakes, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(mistakes.count, 2);
	assert_non_null(strstr(mistakes.items[0], "plan.yaml:2:17: no case `bots` (did you mean "
						  "`boots`?)"));
	assert_non_null(strstr(mistakes.items[1], "plan.yaml:3:17: no fragment `wbt`"));
	night_plan_free(plan);
}

static void expect_mistake(const char *data, const char *text, size_t index, const char *expected)
{
	_cleanup_strv_ struct strv mistakes = { 0 };
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };
	struct err err = ERR_INIT;
	struct night_plan *plan = read_plan(text, NULL, &err);

	assert_non_null(plan);
	assert_int_equal(night_jobs_make(&jobs, plan, data, &mistakes, &err), -1);
	night_plan_free(plan);
	assert_int_equal(err.kind, ERR_INPUT);
	if (mistakes.count <= index)
		fail_msg("%zu mistakes: %s", mistakes.count, err.msg);
	if (!strstr(mistakes.items[index], expected))
		fail_msg("%s", mistakes.items[index]);
}

/* The names that are there are looked through for a hint, however many they are. */
static void test_night_a_path_that_is_not_there_among_many_cases(void **state)
{
	const char *data = make_data(state);

	for (int i = 0; i < 60; i++) {
		_cleanup_free_ char *name = xasprintf("case-%d", i);

		write_case(data, "many", name, 1);
	}
	expect_mistake(data, "name: n\ncases: nothere.yaml\n", 0, "2:8: no case `nothere.yaml`");
}

static void test_night_cases_of_one_name_are_refused(void **state)
{
	const char *data = make_data(state);
	_cleanup_free_ char *text = xasprintf("name: a\ncases: [%s/cases/b/*.yaml, boots]\n", data);
	_cleanup_free_ char *same =
		xasprintf("name: a\ncases: [%s/./cases/boot/*.yaml, boots]\n", data);
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };
	_cleanup_free_ char *expected = NULL;

	make_jobs(&jobs, data, same);
	assert_int_equal(jobs.count, 1);
	write_case(data, "b", "boots", 1);
	expected = xasprintf("plan.yaml:2:%zu: %s/cases/b/boots.yaml and %s/cases/boot/boots.yaml "
			     "are both `boots`; expected a name for each",
			     strlen(data) + 26, data, data);
	expect_mistake(data, text, 0, expected);
}

static void test_night_of_too_many_jobs_is_refused(void **state)
{
	expect_mistake(make_data(state),
		       "name: a\ncases: [bots, '*']\nkconfigs: [base, base+fault]\n"
		       "toggles: [none, wbt-on]\nseeds: 1..100000\n",
		       1, "plan.yaml:2:15: more than 1000000 jobs; expected fewer");
}

/* ---- jobs ---- */

static bool has_job(const struct night_jobs *jobs, const char *id)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (str_eq(jobs->list[i].id, id))
			return true;
	return false;
}

static void test_night_jobs_are_each_with_each(void **state)
{
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };

	make_jobs(&jobs, make_data(state),
		  "name: a\ncases: [swap/*, boots]\nsources: [x, y@v1]\n"
		  "toggles: [none, wbt-on, wbt-off]\nrepeat: 2\n");
	assert_int_equal(jobs.count, 3 * 2 * 3 * 2);
	assert_int_equal(jobs.kernel_count, 2 * 3);
	assert_true(has_job(&jobs, "swap-eio y@v1 base+wbt-on free seed 2"));
	assert_string_equal(jobs.kernels[0].source, "x");
	assert_string_equal(jobs.kernels[0].spec, "./x");
	assert_int_equal(jobs.list[0].round, 0);
	assert_int_equal(jobs.list[1].round, 1);
	assert_string_equal(jobs.list[0].series, jobs.list[1].series);
}

static void test_night_jobs_exclude_and_include(void **state)
{
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };

	make_jobs(&jobs, make_data(state),
		  "name: a\ncases: '*'\ntoggles: [none, wbt-on]\nkconfigs: [own, base+fault]\n"
		  "exclude:\n"
		  "  - {cases: swap-*, toggles: wbt-on}\n"
		  "  - {cases: boot/*, kconfigs: '*fault'}\n"
		  "include:\n"
		  "  - {cases: swap-eio, kconfigs: own, toggles: wbt-on, seeds: 5..6}\n"
		  "  - {cases: boots, kconfigs: own, toggles: none}\n");
	/* 3 cases x 4 kernels, without 2 x 2 and 1 x 2; and two seeds; the last is there. */
	assert_int_equal(jobs.count, 12 - 4 - 2 + 2);
	assert_true(has_job(&jobs, "swap-eio default base+wbt-on free seed 6"));
	assert_false(has_job(&jobs, "swap-slow default base+wbt-on free seed 1"));
	assert_false(has_job(&jobs, "boots default base+fault free seed 1"));
	assert_true(has_job(&jobs, "boots default base free seed 1"));
	assert_null(jobs.kernels[0].spec);
}

static void test_night_jobs_survive_their_record(void **state)
{
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 }, again = { 0 };
	_cleanup_json_ json_t *record = NULL, *same = NULL;
	struct err err = ERR_INIT;

	make_jobs(&jobs, make_data(state), "name: a\ncases: '*'\ntoggles: [none, wbt-on]\n");
	record = night_jobs_to_json(&jobs);
	assert_int_equal(night_jobs_of_json(&again, record, &err), 0);
	same = night_jobs_to_json(&again);
	assert_true(json_equal(record, same));
}

static void test_night_jobs_of_a_damaged_record_are_refused(void **state)
{
	static const char *const records[] = {
		"{}",
		"{\"jobs\": [], \"kernels\": []}",
		"{\"jobs\": [{\"id\": \"a\"}], \"kernels\": []}",
		"{\"jobs\": [{\"id\": \"a\", \"path\": \"b\", \"kernel\": 1, \"cpus\": 1, "
		"\"mode\": \"free\"}], \"kernels\": [{}]}",
		"{\"jobs\": [{\"id\": \"a\", \"path\": \"b\", \"kernel\": 0, \"cpus\": 1, "
		"\"mode\": \"fast\"}], \"kernels\": [{}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		_cleanup_night_jobs_ struct night_jobs jobs = { 0 };
		_cleanup_json_ json_t *record = json_loads(records[i], 0, NULL);
		struct err err = ERR_INIT;

		assert_non_null(record);
		assert_int_equal(night_jobs_of_json(&jobs, record, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

/* ---- the order ---- */

static void remember(json_t *memory, const char *series, const char *verdict, int day, int wall_ms)
{
	json_t *one = json_object();

	json_set_str(one, "verdict", verdict);
	json_set_int(one, "at", (int64_t)day * 86400);
	json_set_int(one, "wall_ms", wall_ms);
	json_object_set_new(json_get_object(memory, "series"), series, one);
}

static void check_order(const struct night_jobs *jobs, const char *const *ids, size_t count)
{
	assert_int_equal(jobs->count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(jobs->list[i].id, ids[i]);
}

static void test_night_order_is_by_what_it_teaches(void **state)
{
	static const char *const expected[] = {
		"swap-slow default base free seed 1", /* failed */
		"boots default base free seed 1",     /* new, in the store */
		"swap-eio default base+wbt-on free seed 1",
		"swap-slow default base+wbt-on free seed 1",
		"boots default base+wbt-on free seed 1", /* longest ago */
		"swap-eio default base free seed 1",
		"swap-slow default base free seed 2",
	};
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };
	_cleanup_json_ json_t *memory =
		json_pack("{s:{},s:{s:i}}", "series", "cases", "swap-eio", 1000);

	make_jobs(&jobs, make_data(state),
		  "name: a\ncases: '*'\ntoggles: [none, wbt-on]\n"
		  "include: [{cases: swap-slow, toggles: none, seeds: 1..2}]\n");
	jobs.kernels[0].stored = true;
	remember(memory, "swap-slow default base free", "crash", 20, 500);
	remember(memory, "swap-eio default base free", "pass", 20, 700);
	remember(memory, "boots default base+wbt-on free", "pass", 19, 900000);
	night_jobs_order(&jobs, memory);
	check_order(&jobs, expected, ARRAY_SIZE(expected));
	assert_int_equal(jobs.list[0].cost_ms, 500);
	/* Of its case, as its series is new. */
	assert_int_equal(jobs.list[2].cost_ms, 1000);
	assert_int_equal(jobs.list[1].cost_ms, NIGHT_GUEST_MS);
	assert_int_equal(jobs.list[0].why, NIGHT_FAILED_LAST);
	assert_int_equal(jobs.list[4].why, NIGHT_AGAIN);
}

static void test_night_order_keeps_kernels_together(void **state)
{
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };
	size_t changes = 0;

	make_jobs(&jobs, make_data(state),
		  "name: a\ncases: '*'\nsources: [x, y]\nkconfigs: [base+fault, base]\n"
		  "toggles: [wbt-on, none]\n");
	night_jobs_order(&jobs, NULL);
	for (size_t i = 1; i < jobs.count; i++)
		changes += jobs.list[i].kernel != jobs.list[i - 1].kernel;
	assert_int_equal(jobs.kernel_count, 8);
	assert_int_equal(changes, jobs.kernel_count - 1);
	/* A config, and then what is added to it; a source after the other. */
	assert_string_equal(jobs.kernels[jobs.list[0].kernel].kconfig, "base");
	assert_string_equal(jobs.kernels[jobs.list[3].kernel].kconfig, "base+fault");
	assert_string_equal(jobs.kernels[jobs.list[6].kernel].kconfig, "base+fault+wbt-on");
	assert_string_equal(jobs.kernels[jobs.list[11].kernel].source, "x");
	assert_string_equal(jobs.kernels[jobs.list[12].kernel].source, "y");
}

/* ---- the forecast ---- */

static void test_night_forecast_counts_builds_and_processors(void **state)
{
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };
	bool fits[3];
	struct night_forecast f;

	make_jobs(&jobs, make_data(state), "name: a\ncases: '*'\n");
	assert_int_equal(jobs.count, 3);
	for (size_t i = 0; i < 3; i++)
		jobs.list[i].cost_ms = 1000;
	jobs.kernels[0].build_ms = 5000;
	/* boots and swap-eio beside each other, then swap-slow, which wants both. */
	f = night_jobs_forecast(&jobs, 2, 0, NULL, NULL);
	assert_int_equal(f.total_ms, 5000 + 1000 + 1000);
	f = night_jobs_forecast(&jobs, 1, 0, NULL, NULL);
	assert_int_equal(f.total_ms, 5000 + 3000);
	jobs.kernels[0].stored = true;
	f = night_jobs_forecast(&jobs, 2, 1500, NULL, fits);
	assert_int_equal(f.total_ms, 1000);
	assert_int_equal(f.beyond, 1);
	assert_true(fits[0] && fits[1] && !fits[2]);
	/* What does not fit is not built for. */
	jobs.kernels[0].stored = false;
	f = night_jobs_forecast(&jobs, 2, 5500, NULL, fits);
	assert_int_equal(f.beyond, 3);
	assert_int_equal(f.total_ms, 0);
}

static void test_night_forecast_goes_on_from_what_runs(void **state)
{
	_cleanup_night_jobs_ struct night_jobs jobs = { 0 };
	const bool done[] = { true, false, false };
	const uint64_t kernel_ms[] = { 300 }, free_ms[] = { 4000, 0 };
	const struct night_now now = { done, kernel_ms, free_ms };
	struct night_forecast f;

	make_jobs(&jobs, make_data(state), "name: a\ncases: '*'\n");
	for (size_t i = 0; i < 3; i++)
		jobs.list[i].cost_ms = 1000;
	/* One beside the guest that runs, once the kernel is built; then the one that wants both.
	 */
	f = night_jobs_forecast(&jobs, 2, 0, &now, NULL);
	assert_int_equal(f.total_ms, 4000 + 1000);
	/* What runs is not beyond the budget, however long it takes. */
	f = night_jobs_forecast(&jobs, 2, 1500, &now, NULL);
	assert_int_equal(f.beyond, 1);
	assert_int_equal(f.total_ms, 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_night_jobs_tell_what_is_not_there_once),
		scratch_test(test_night_a_path_that_is_not_there_among_many_cases),
		scratch_test(test_night_cases_of_one_name_are_refused),
		scratch_test(test_night_of_too_many_jobs_is_refused),
		scratch_test(test_night_jobs_are_each_with_each),
		scratch_test(test_night_jobs_exclude_and_include),
		scratch_test(test_night_jobs_survive_their_record),
		cmocka_unit_test(test_night_jobs_of_a_damaged_record_are_refused),
		scratch_test(test_night_order_is_by_what_it_teaches),
		scratch_test(test_night_order_keeps_kernels_together),
		scratch_test(test_night_forecast_counts_builds_and_processors),
		scratch_test(test_night_forecast_goes_on_from_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
