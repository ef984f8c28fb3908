/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/runs.h"

/* A run or comparison directory that is `age_s` seconds old. */
static void make_dir(void **state, const char *id, const char *file, int age_s)
{
	_cleanup_free_ char *dir = scratch_path(state, id);
	_cleanup_free_ char *name = xasprintf("%s/%s", id, file);
	_cleanup_free_ char *path = scratch_path(state, name);
	struct timespec when[2];

	assert_int_equal(mkdir(dir, 0777), 0);
	scratch_write(state, name, "{}");
	clock_gettime(CLOCK_REALTIME, &when[0]);
	when[0].tv_sec -= age_s;
	when[1] = when[0];
	assert_int_equal(utimensat(AT_FDCWD, path, when, 0), 0);
}

static void expect_found(void **state, const char *name, unsigned int kinds, const char *id)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *found = runs_find(*state, name, kinds, &err);

	if (!found)
		fail_msg("%s: %s", name, err.msg);
	assert_string_equal(path_base(found), id);
}

static void expect_not_found(void **state, const char *name, unsigned int kinds, const char *says)
{
	struct err err = ERR_INIT;

	assert_null(runs_find(*state, name, kinds, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	if (!strstr(err.msg, says))
		fail_msg("'%s' is not in '%s'", says, err.msg);
}

static void test_runs_find_by_path_id_start_and_last(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "20261122-100000-a-0001/");

	make_dir(state, "20261122-100000-a-0001", "run.json", 300);
	make_dir(state, "20261122-100000-a-0002", "run.json", 100);
	make_dir(state, "20261122-110000-b-0003", "run.json", 200);
	make_dir(state, "20261122-120000-b-compare-0004", "compare.json", 50);
	make_dir(state, "unrelated", "notes.txt", 1);
	expect_found(state, path, RUNS_RUN, "20261122-100000-a-0001");
	expect_found(state, "20261122-100000-a-0002", RUNS_RUN, "20261122-100000-a-0002");
	expect_found(state, "20261122-11", RUNS_RUN, "20261122-110000-b-0003");
	/* What is newest the file says, not the name. */
	expect_found(state, "last", RUNS_RUN, "20261122-100000-a-0002");
	expect_found(state, "last", RUNS_RUN | RUNS_COMPARISON, "20261122-120000-b-compare-0004");
}

static void test_runs_find_says_why_not(void **state)
{
	expect_not_found(state, "last", RUNS_RUN, "no run in it yet");
	make_dir(state, "20261122-100000-a-0001", "run.json", 3);
	make_dir(state, "20261122-100000-a-0002", "run.json", 2);
	make_dir(state, "20261122-120000-b-compare-0004", "compare.json", 1);
	expect_not_found(state, "20261122-10", RUNS_RUN, "more than one run begins so");
	expect_not_found(state, "nothing", RUNS_RUN, "no such run");
	expect_not_found(state, "20261122-12", RUNS_RUN, "no such run");
}

static void test_runs_list_without_a_folder_is_empty(void **state)
{
	_cleanup_free_ char *none = scratch_path(state, "none");
	_cleanup_strv_ struct strv paths = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(runs_list(none, RUNS_RUN, &paths, &err), 0);
	assert_int_equal(paths.count, 0);
}

static void test_runs_make_folder_never_takes_one_twice(void **state)
{
	struct err err = ERR_INIT;

	for (int i = 0; i < 20; i++) {
		_cleanup_free_ char *dir = runs_make_folder(*state, "c", "compare", &err);

		assert_non_null(dir);
		assert_non_null(strstr(dir, "-c-compare-"));
	}
}

static void test_runs_find_ended_refuses_one_that_goes_on(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "20261122-100000-a-0001"), *found = NULL;
	struct err err = ERR_INIT;
	bool busy;
	int lock;

	make_dir(state, "20261122-100000-a-0001", "run.json", 10);
	lock = file_lock_dir(path, &busy, &err);
	assert_true(lock >= 0);
	assert_true(runs_is_going_on(path));
	assert_null(runs_find_ended(*state, "last", &err));
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "runs or replays it at this moment"));
	close(lock);
	assert_false(runs_is_going_on(path));
	err = (struct err)ERR_INIT;
	found = runs_find_ended(*state, "last", &err);
	assert_string_equal(found, path);
}

static void test_runs_load_json_of_an_incomplete_run(void **state)
{
	_cleanup_free_ char *dir = scratch_path(state, "r");
	_cleanup_json_ json_t *all = NULL;
	struct err err = ERR_INIT;

	make_dir(state, "r", "run.json", 0);
	all = runs_load_json(dir, &err);
	assert_non_null(all);
	assert_non_null(json_get_object(all, "run"));
	assert_null(json_object_get(all, "verdict"));
	scratch_write(state, "r/verdict.json", "{ cut");
	assert_null(runs_load_json(dir, &err));
	assert_int_not_equal(err.kind, ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_runs_find_by_path_id_start_and_last),
		scratch_test(test_runs_find_says_why_not),
		scratch_test(test_runs_list_without_a_folder_is_empty),
		scratch_test(test_runs_make_folder_never_takes_one_twice),
		scratch_test(test_runs_find_ended_refuses_one_that_goes_on),
		scratch_test(test_runs_load_json_of_an_incomplete_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
