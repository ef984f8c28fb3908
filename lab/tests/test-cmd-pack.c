// SPDX-License-Identifier: GPL-2.0-or-later
/* klab pack, and replaying its file with nothing else at hand; with the fake QEMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/tarball.h"
#include "cmd/cmd.h"
#include "cmd/ui.h"
#include "recorded-world.h"

/* Runs a command on `what`; its exit code, or -1 with w->err. */
static int run(struct machine_world *w, const struct cmd *cmd, const char *option,
	       const char *value, const char *what)
{
	char *argv[] = { (char *)cmd->name, (char *)"--quiet", (char *)option,
			 (char *)value,	    (char *)what,      NULL };
	_cleanup_free_ char *cache = path_join(w->dir, "empty-cache");
	struct cmd_env env = { .cache_dir = cache, .progress = ui_progress() };

	w->err = (struct err)ERR_INIT;
	return cmd->main(&env, 5, argv, &w->err);
}

static char *pack(struct machine_world *w, const char *name)
{
	char *to = path_join(w->dir, name);

	if (run(w, &cmd_pack, "-o", to, w->run_dir) != 0)
		fail_msg("%s", w->err.msg);
	return to;
}

/* Replays a pack where nothing else is; the guest prints `console`. */
static int replay(struct machine_world *w, const char *file, const char *console)
{
	_cleanup_free_ char *printed = path_join(w->dir, "printed");
	_cleanup_free_ char *out = path_join(w->dir, "out");

	assert_int_equal(file_write_atomic(printed, console, strlen(console), NULL), 0);
	setenv("KLAB_FAKE_CONSOLE", printed, 1);
	return run(w, &cmd_replay, "-o", out, file);
}

static void test_pack_is_replayed_from_the_file_alone(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *out = path_join(w->dir, "out");
	_cleanup_free_ char *file = NULL;

	recorded_world_make(w, "record");
	recorded_world_write(w, "record/events", "what came from the host");
	file = pack(w, "p.tar.zst");
	assert_int_equal(file_remove_tree(w->run_dir, NULL), 0);
	if (replay(w, file, "one\ntwo\n") != 0)
		fail_msg("%s", w->err.msg);
	/* Nothing to look at, nothing left. */
	assert_false(path_exists(out));
}

static void test_pack_that_differs_becomes_a_run(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *console = path_join(w->dir, "out/run/replay/console.log");
	_cleanup_free_ char *again = path_join(w->dir, "out/run-2/replay/console.log");
	_cleanup_free_ char *events = path_join(w->dir, "out/run/record/events");
	_cleanup_free_ char *file = NULL;

	recorded_world_make(w, "record");
	recorded_world_write(w, "record/events", "what came from the host");
	file = pack(w, "p.tar.zst");
	assert_int_equal(replay(w, file, "one\ntwe\n"), 1);
	assert_true(path_exists(console));
	assert_true(path_exists(events));
	assert_int_equal(replay(w, file, "one\ntwe\n"), 1);
	assert_true(path_exists(again));
}

static void test_pack_repeats_to_the_byte(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *first = NULL, *second = NULL;
	char hex[2][HASH_HEX_SIZE];

	recorded_world_make(w, "deterministic");
	first = pack(w, "1.tar.zst");
	/* What a replay left is none of the run. */
	recorded_world_write(w, "replay/console.log", "other");
	recorded_world_write(w, "disks/disk.raw", "other");
	second = pack(w, "2.tar.zst");
	assert_int_equal(hash_file(first, hex[0], NULL), 0);
	assert_int_equal(hash_file(second, hex[1], NULL), 0);
	assert_string_equal(hex[0], hex[1]);
}

static void assert_pack_refuses(struct machine_world *w, enum err_kind kind, const char *says)
{
	_cleanup_free_ char *to = path_join(w->dir, "p.tar.zst");

	assert_int_equal(run(w, &cmd_pack, "-o", to, w->run_dir), -1);
	assert_int_equal(w->err.kind, kind);
	if (!strstr(w->err.msg, says))
		fail_msg("'%s', not '%s'", w->err.msg, says);
	assert_false(path_exists(to));
}

static void test_pack_needs_the_kernel_of_the_run(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *image = path_join(w->run_dir, "kernel/bzImage");

	recorded_world_make(w, "record");
	recorded_world_write(w, "kernel/bzImage", "another kernel");
	assert_pack_refuses(w, ERR_INPUT, "kernel/bzImage is not the bzImage of the run");
	assert_int_equal(unlink(image), 0);
	assert_pack_refuses(w, ERR_HOST, "neither beside the run nor in the store");
}

static void assert_replay_refuses(struct machine_world *w, const char *file, const char *says)
{
	_cleanup_free_ char *out = path_join(w->dir, "out");

	assert_int_equal(replay(w, file, ""), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	if (!strstr(w->err.msg, says))
		fail_msg("'%s', not '%s'", w->err.msg, says);
	assert_false(path_exists(out));
}

static void test_replay_refuses_files_that_are_no_packs(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *other = path_join(w->dir, "other.tar.zst");
	struct tarball_member outside = { (char *)"../run/run.json", w->kernel };
	struct tarball_member two[] = { { (char *)"a/run.json", w->kernel },
					{ (char *)"b/run.json", w->kernel } };

	assert_replay_refuses(w, w->kernel, "no pack of klab");
	assert_int_equal(tarball_write(other, two, 2, NULL), 0);
	assert_replay_refuses(w, other, "expected one run in it");
	assert_int_equal(tarball_write(other, &two[0], 1, NULL), 0);
	assert_replay_refuses(w, other, "run.json");
	assert_int_equal(tarball_write(other, &outside, 1, NULL), 0);
	assert_replay_refuses(w, other, "leads out");
}

/* A run that was a pack can be packed again, and its kernel is checked. */
static void test_pack_of_an_unpacked_run_with_another_kernel(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *file = NULL;
	_cleanup_free_ char *into = path_join(w->dir, "into");
	_cleanup_free_ char *image = path_join(w->dir, "into/run/kernel/bzImage");
	static const struct tarball_limits plenty = { 100, 1 << 20 };

	recorded_world_make(w, "record");
	file = pack(w, "p.tar.zst");
	assert_int_equal(file_mkdir_p(into, NULL), 0);
	assert_int_equal(tarball_read(file, into, &plenty, NULL), 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(file_write_atomic(image, "evil", 4, NULL), 0);
	file_remove_tree(w->run_dir, NULL);
	free(w->run_dir);
	w->run_dir = path_join(into, "run");
	assert_pack_refuses(w, ERR_INPUT, "is not the bzImage of the run");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_world_setup, machine_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pack_is_replayed_from_the_file_alone),
		TEST(test_pack_that_differs_becomes_a_run),
		TEST(test_pack_repeats_to_the_byte),
		TEST(test_pack_needs_the_kernel_of_the_run),
		TEST(test_replay_refuses_files_that_are_no_packs),
		TEST(test_pack_of_an_unpacked_run_with_another_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
