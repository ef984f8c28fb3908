/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run directories that change while, or after, the history takes them in. */
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "history-world.h"

static const struct world_run plain = { .id = "20261128-010000-swap-0001", .value = 40 };

static void test_history_follows_a_run_that_was_moved(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	_cleanup_free_ char *dir = world_run_make(state, &plain);
	_cleanup_free_ char *copy = scratch_path(state, "copy");
	enum history_ingested what;

	world_ingest(state, h, &plain);
	/* A copy changes nothing while the other one is there. */
	assert_int_equal(symlink(dir, copy), 0);
	assert_int_equal(history_ingest(h, copy, &what, NULL), 0);
	assert_int_equal(world_ask(h, "SELECT folder LIKE '%swap-0001' FROM run"), 1);
	assert_int_equal(unlink(copy), 0);
	assert_int_equal(rename(dir, copy), 0);
	assert_int_equal(history_ingest(h, copy, &what, NULL), 0);
	assert_int_equal(what, HISTORY_KNOWN);
	assert_int_equal(world_ask(h, "SELECT folder LIKE '%/copy' FROM run"), 1);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM run"), 1);
}

/* The run ends while its lock is held by who runs it, as a klab does. */
static pid_t end_it(void **state, const struct world_run *run, const char *dir)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		bool busy;
		bool held = file_lock_dir(dir, &busy, NULL) >= 0 && write(ready[1], "", 1) == 1;
		_cleanup_free_ char *again = world_run_make(state, run);

		_exit(!held);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

/* Whenever it ends, it is taken in with its verdict. */
static void test_history_a_run_that_ends_meanwhile_has_its_verdict(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	for (int i = 0; i < 100; i++) {
		_cleanup_free_ char *id = xasprintf("run-%d", i);
		struct world_run over = { .id = id }, going_on = { .id = id, .killed = true };
		_cleanup_free_ char *dir = world_run_make(state, &going_on);
		pid_t pid = end_it(state, &over, dir);
		enum history_ingested what = HISTORY_GOING_ON;
		int status;

		while (what == HISTORY_GOING_ON)
			assert_int_equal(history_ingest(h, dir, &what, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	assert_int_equal(world_ask(h, "SELECT count(*) FROM run WHERE verdict = 6"), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_history_follows_a_run_that_was_moved),
		scratch_test(test_history_a_run_that_ends_meanwhile_has_its_verdict),
	};

	return cmocka_run_group_tests_name("history-folders", tests, NULL, NULL);
}
