/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What klab says to Slurm's programs, and takes from them; lab/tests/slurm-check has the real ones.
 */
#include "tests/scratch.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "cmd/slurm.h"

/* A program in PATH, which the test's folder is the first of. */
static void make_program(void **state, const char *name, const char *script)
{
	_cleanup_free_ char *path = scratch_path(state, name);

	scratch_write(state, name, script);
	assert_int_equal(chmod(path, 0755), 0);
}

static int setup(void **state)
{
	const char *path = getenv("PATH");
	_cleanup_free_ char *all = NULL;

	if (scratch_setup(state))
		return -1;
	all = xasprintf("%s:%s", (const char *)*state, path);
	setenv("PATH", all, 1);
	setenv("FOLDER", *state, 1);
	return 0;
}

#define slurm_test(f) cmocka_unit_test_setup_teardown(f, setup, scratch_teardown)

static struct slurm_array array_of(const char *const *argv)
{
	return (struct slurm_array){
		.name = "20261128-night",
		.argv = argv,
		.log = "task-%a.log",
		.tasks = 3,
		.cpus = 2,
		.memory_bytes = (300 << 20) + 1,
		.minutes = 7,
	};
}

static void test_slurm_submits_an_array_that_runs_the_words_as_they_are(void **state)
{
	static const char *const argv[] = { "printf", "<%s>\n", "it's", "$HOME `x`", NULL };
	_cleanup_strv_ struct strv extra = { 0 };
	struct slurm_array array = array_of(argv);
	_cleanup_free_ char *words = NULL, *said = NULL;
	struct err err = ERR_INIT;
	int64_t id;

	make_program(state, "sbatch",
		     "#!/bin/sh\nfor w; do echo \"$w\"; done >$FOLDER/words\n"
		     "SLURM_ARRAY_TASK_ID=2 sh >$FOLDER/said\necho '41;cluster'\n");
	strv_add(&extra, "--partition=lab");
	array.extra = &extra;
	assert_int_equal(slurm_submit(&array, &id, &err), 0);
	assert_int_equal(id, 41);
	words = scratch_read(state, "words");
	assert_string_equal(words,
			    "--partition=lab\n--parsable\n--no-requeue\n--job-name=20261128-"
			    "night\n--array=0-2\n"
			    "--output=task-%a.log\n--cpus-per-task=2\n--mem=301M\n--time=7\n");
	said = scratch_read(state, "said");
	assert_string_equal(said, "<it's>\n<$HOME `x`>\n<2>\n");
}

static void test_slurm_says_why_it_was_refused(void **state)
{
	static const char *const argv[] = { "true", NULL };
	struct slurm_array array = array_of(argv);
	struct err err = ERR_INIT;
	int64_t id;

	make_program(
		state, "sbatch",
		"#!/bin/sh\necho 'sbatch: error: invalid partition specified: x' >&2\nexit 1\n");
	assert_int_equal(slurm_submit(&array, &id, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "invalid partition specified: x"));
	err = (struct err)ERR_INIT;
	make_program(state, "sbatch", "#!/bin/sh\necho Submitted batch job\n");
	assert_int_equal(slurm_submit(&array, &id, &err), -1);
	assert_non_null(strstr(err.msg, "expected the number of a job"));
}

static void test_slurm_lists_what_is_not_over(void **state)
{
	_cleanup_slurm_tasks_ struct slurm_tasks tasks = { 0 };
	_cleanup_free_ char *words = NULL;
	struct err err = ERR_INIT;

	make_program(state, "squeue",
		     "#!/bin/sh\necho \"$*\" >$FOLDER/words\n"
		     "printf 'n-1 41 0 RUNNING\\nn-1 41 1 PENDING\\nother job 43 N/A RUNNING\\n'\n"
		     "printf 'n-2 42 7 COMPLETING\\n'\n");
	assert_int_equal(slurm_list("n-", &tasks, &err), 0);
	words = scratch_read(state, "words");
	assert_string_equal(words, "--me --noheader --array --format=%j %F %K %T\n");
	assert_int_equal(tasks.count, 3);
	assert_true(slurm_find(&tasks, "n-1", 0) && slurm_find(&tasks, "n-1", 1) &&
		    slurm_find(&tasks, "n-2", 7));
	assert_false(slurm_find(&tasks, "n-1", 2) || slurm_find(&tasks, "n-2", 0));
	assert_true(tasks.list[1].waits && !tasks.list[0].waits && !tasks.list[2].waits);
}

/* Not being told is no sign that nothing is there. */
static void test_slurm_that_cannot_say_is_an_error(void **state)
{
	static const char *const bad[] = { "n 41 N/A RUNNING", "n 41 0", "n x 0 RUNNING",
					   "n 1 -1 RUNNING", "n 1 0 RUNNING more" };
	_cleanup_slurm_tasks_ struct slurm_tasks tasks = { 0 };
	struct err err = ERR_INIT;

	make_program(state, "squeue",
		     "#!/bin/sh\necho 'squeue: error: Unable to contact slurm controller' >&2\n"
		     "exit 1\n");
	assert_int_equal(slurm_list("n", &tasks, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "Unable to contact"));
	assert_int_equal(slurm_parse("", "n", &tasks, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err = (struct err)ERR_INIT;
		assert_int_equal(slurm_parse(bad[i], "n", &tasks, &err), -1);
		assert_int_equal(err.kind, ERR_HOST);
	}
	assert_int_equal(tasks.count, 0);
}

static void test_slurm_cancels_arrays_once(void **state)
{
	_cleanup_slurm_tasks_ struct slurm_tasks tasks = { 0 };
	_cleanup_free_ char *words = NULL;
	struct err err = ERR_INIT;

	make_program(state, "scancel", "#!/bin/sh\necho \"$*\" >>$FOLDER/words\n");
	assert_int_equal(slurm_cancel(&tasks, false, &err), 0);
	assert_int_equal(slurm_parse("n-1 7 0 RUNNING\nn-1 7 1 PENDING\nn-2 8 0 PENDING\n", "n",
				     &tasks, &err),
			 0);
	assert_int_equal(slurm_cancel(&tasks, false, &err), 0);
	assert_int_equal(slurm_cancel(&tasks, true, &err), 0);
	words = scratch_read(state, "words");
	assert_string_equal(words, "7 8\n--state=PENDING 7 8\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		slurm_test(test_slurm_submits_an_array_that_runs_the_words_as_they_are),
		slurm_test(test_slurm_says_why_it_was_refused),
		slurm_test(test_slurm_lists_what_is_not_over),
		slurm_test(test_slurm_that_cannot_say_is_an_error),
		slurm_test(test_slurm_cancels_arrays_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
