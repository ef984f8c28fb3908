// SPDX-License-Identifier: GPL-2.0-or-later
/* klab replay, with the fake QEMU: what it takes for the same, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/ui.h"
#include "recorded-world.h"

/* Runs it with what the guest prints this time; its exit code, or -1 with w->err. */
static int replay(struct machine_world *w, const char *console)
{
	char *argv[] = { (char *)"replay", (char *)"--quiet", w->run_dir, NULL };
	struct cmd_env env = { .cache_dir = w->dir, .progress = ui_progress() };
	_cleanup_free_ char *printed = path_join(w->dir, "printed");

	assert_int_equal(file_write_atomic(printed, console, strlen(console), NULL), 0);
	setenv("KLAB_FAKE_CONSOLE", printed, 1);
	w->err = (struct err)ERR_INIT;
	return cmd_replay.main(&env, 3, argv, &w->err);
}

/* The command line it was started with, one word a line. */
static char *argv_of_replay(const struct machine_world *w)
{
	return machine_world_read(w, "replay/qemu.argv", NULL);
}

static void test_replay_same_leaves_nothing_behind(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *dir = path_join(w->run_dir, "replay");

	recorded_world_make(w, "record");
	assert_int_equal(replay(w, "one\ntwo\n"), 0);
	assert_false(path_exists(dir));
}

static void test_replay_that_differs_can_be_looked_at(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *argv = NULL, *console = NULL, *events = NULL;

	recorded_world_make(w, "record");
	assert_int_equal(replay(w, "one\ntwe\n"), 1);
	console = machine_world_read(w, "replay/console.log", NULL);
	assert_string_equal(console, "one\ntwe\n");
	argv = argv_of_replay(w);
	events = xasprintf("rr=replay,rrfile=%s/record/events\n", w->run_dir);
	assert_non_null(strstr(argv, events));
	assert_non_null(strstr(argv, " klab.seed=5 one two\n"));
	assert_non_null(strstr(argv, "\n64M\n"));
}

static void test_replay_of_a_deterministic_run_is_the_run_again(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *argv = NULL;

	recorded_world_make(w, "deterministic");
	assert_int_equal(replay(w, ""), 1);
	argv = argv_of_replay(w);
	assert_non_null(strstr(argv, "sleep=off\n"));
	assert_null(strstr(argv, "rr="));
}

static void assert_refuses(struct machine_world *w, enum err_kind kind, const char *says)
{
	assert_int_equal(replay(w, ""), -1);
	assert_int_equal(w->err.kind, kind);
	if (!strstr(w->err.msg, says))
		fail_msg("'%s', not '%s'", w->err.msg, says);
}

static void test_replay_refuses_what_cannot_be_had_again(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *kernel = path_join(w->run_dir, "kernel/bzImage");

	recorded_world_make(w, "free");
	assert_refuses(w, ERR_INPUT, "ran in free mode");
	recorded_world_make(w, "record");
	recorded_world_write(w, "initramfs.cpio", "another initramfs");
	assert_refuses(w, ERR_INPUT, "initramfs.cpio is not what the run booted");
	recorded_world_make(w, "record");
	recorded_world_write(w, "kernel/bzImage", "another kernel");
	assert_refuses(w, ERR_INPUT, "kernel/bzImage is not what the run booted");
	assert_int_equal(unlink(kernel), 0);
	assert_refuses(w, ERR_HOST, "is no longer in the store");
	recorded_world_write(w, "kernel.json", "{\"key\": \"../../etc\"}");
	assert_refuses(w, ERR_INPUT, "`key` is no hash");
}

/* plan.json may be anybody's. */
static void test_replay_refuses_a_machine_that_cannot_be(void **state)
{
	static const char *const plans[] = {
		"[]",
		"{}",
		"{\"mode\": \"record\"}",
		"{\"mode\": \"record\", \"memory_bytes\": 1048576, \"cpus\": 100000, \"seed\": 1}",
		"{\"mode\": \"record\", \"memory_bytes\": -1, \"cpus\": 1, \"seed\": 1}",
		"{\"mode\": \"record\", \"memory_bytes\": 1048576, \"cpus\": 1, \"seed\": \"1\"}",
		("{\"mode\": \"record\", \"memory_bytes\": 1048576, \"cpus\": 1, \"seed\": 1, "
		 "\"append\": [\"a\\nb\"]}"),
	};
	struct machine_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		recorded_world_make(w, "record");
		recorded_world_write(w, "plan.json", plans[i]);
		assert_refuses(w, ERR_INPUT, "");
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_world_setup, machine_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_replay_same_leaves_nothing_behind),
		TEST(test_replay_that_differs_can_be_looked_at),
		TEST(test_replay_of_a_deterministic_run_is_the_run_again),
		TEST(test_replay_refuses_what_cannot_be_had_again),
		TEST(test_replay_refuses_a_machine_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
