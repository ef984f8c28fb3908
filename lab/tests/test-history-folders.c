/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run directories that change while, or after, the history takes them in. */
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "history-world.h"
#include "verdict/verdict.h"

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

/* So many frames that a run is read longer than it takes to end. */
static void write_frames(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "frames.jsonl");
	_cleanup_strbuf_ struct strbuf text = { 0 };

	for (int i = 0; i < 20000; i++)
		strbuf_addf(&text, "{\"k\":\"mark\",\"i\":%d}\n", i);
	assert_int_equal(file_write_atomic(path, text.data, text.length, NULL), 0);
}

/* Holds the run for a while, as a klab does, and ends it then. */
static pid_t end_it(const char *dir, const char *run_json)
{
	_cleanup_free_ char *path = path_join(dir, "run.json");
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		bool busy;
		bool held = file_lock_dir(dir, &busy, NULL) >= 0 && write(ready[1], "", 1) == 1;

		usleep(5000);
		_exit(!held || file_write_atomic(path, run_json, strlen(run_json), NULL) < 0);
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
	struct world_run run = plain;
	_cleanup_free_ char *dir = world_run_make(state, &run);
	_cleanup_free_ char *path = path_join(dir, "run.json");
	_cleanup_free_ char *run_json = file_read(path, 1 << 20, NULL, NULL);
	enum history_ingested what = HISTORY_GOING_ON;
	int status;
	pid_t pid;

	run.killed = true;
	free(world_run_make(state, &run));
	write_frames(dir);
	pid = end_it(dir, run_json);
	while (what == HISTORY_GOING_ON)
		assert_int_equal(history_ingest(h, dir, &what, NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(world_ask(h, "SELECT verdict FROM run"), VERDICT_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_history_follows_a_run_that_was_moved),
		scratch_test(test_history_a_run_that_ends_meanwhile_has_its_verdict),
	};

	return cmocka_run_group_tests_name("history-folders", tests, NULL, NULL);
}
