/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/workdir.h"
#include "tests/scratch.h"

static void make(void **state, struct workdir *w)
{
	struct err err = ERR_INIT;

	setenv("TMPDIR", *state, 1);
	if (workdir_make(w, "test", &err) < 0)
		fail_msg("%s", err.msg);
	unsetenv("TMPDIR");
}

static void test_workdir_is_gone_with_all_in_it(void **state)
{
	struct workdir w, other;
	_cleanup_free_ char *inside = NULL;

	make(state, &w);
	make(state, &other);
	assert_string_not_equal(w.path, other.path);
	assert_true(str_starts(w.path, *state));
	/* Making another one leaves those in use alone. */
	assert_true(path_exists(w.path));
	inside = path_join(w.path, "a/b");
	assert_int_equal(file_mkdir_p(inside, NULL), 0);
	workdir_clear(&w);
	workdir_clear(&other);
	workdir_clear(&other);
	free(take_ptr(&inside));
	inside = scratch_list(state);
	assert_string_equal(inside, "");
}

static void test_workdir_of_a_killed_process_goes_with_the_next(void **state)
{
	_cleanup_free_ char *left = NULL;
	_cleanup_free_ char *target = scratch_path(state, "target");
	_cleanup_free_ char *link = scratch_path(state, "klab-test-link");
	struct workdir w;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		make(state, &w);
		_exit(0); /* as if it was killed */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	left = scratch_list(state);
	assert_true(str_starts(left, "klab-test-"));
	/* Nobody is led elsewhere, and only our own purpose's folders go. */
	assert_int_equal(mkdir(target, 0777), 0);
	assert_int_equal(symlink(target, link), 0);
	scratch_write(state, "target/file", "keep");
	scratch_write(state, "klab-other", "keep");
	make(state, &w);
	workdir_clear(&w);
	free(take_ptr(&left));
	left = scratch_list(state);
	assert_string_equal(left, "klab-other klab-test-link target");
	free(scratch_read(state, "target/file"));
}

static void test_workdir_many_at_once(void **state)
{
	enum { PROCESSES = 8, ROUNDS = 50 };
	_cleanup_free_ char *left = NULL;
	pid_t pids[PROCESSES];

	for (int p = 0; p < PROCESSES; p++) {
		pids[p] = fork();
		if (pids[p] == 0) {
			for (int i = 0; i < ROUNDS; i++) {
				_cleanup_free_ char *file = NULL;
				struct workdir w;

				make(state, &w);
				file = path_join(w.path, "file");
				if (file_write_atomic(file, "x", 1, NULL) < 0)
					_exit(1);
				workdir_clear(&w);
			}
			_exit(0);
		}
	}
	for (int p = 0; p < PROCESSES; p++) {
		int status;

		assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
		assert_int_equal(status, 0);
	}
	left = scratch_list(state);
	assert_string_equal(left, "");
}

static void test_workdir_without_a_place_names_it(void **state)
{
	struct err err = ERR_INIT;
	struct workdir w;

	setenv("TMPDIR", "/proc/nowhere", 1);
	assert_int_equal(workdir_make(&w, "test", &err), -1);
	unsetenv("TMPDIR");
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "/proc/nowhere"));
	workdir_clear(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_workdir_is_gone_with_all_in_it),
		scratch_test(test_workdir_of_a_killed_process_goes_with_the_next),
		scratch_test(test_workdir_many_at_once),
		scratch_test(test_workdir_without_a_place_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
