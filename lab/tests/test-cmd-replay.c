// SPDX-License-Identifier: GPL-2.0-or-later
/* klab replay, with the fake QEMU: what it takes for the same, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/ui.h"
#include "machine-world.h"

/* SHA-256 of a file of the run. */
static void hash_of(const struct machine_world *w, const char *name, char hex[HASH_HEX_SIZE])
{
	_cleanup_free_ char *path = path_join(w->run_dir, name);

	assert_int_equal(hash_file(path, hex, NULL), 0);
}

static void write_file(const struct machine_world *w, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(w->run_dir, name);
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(path_base(path) - path));

	assert_int_equal(file_mkdir_p(dir, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), NULL), 0);
}

/* A run as a pack brings it, with its kernel beside it. */
static void make_run(const struct machine_world *w, const char *mode)
{
	char kernel[HASH_HEX_SIZE], initramfs[HASH_HEX_SIZE];
	_cleanup_free_ char *kernel_json = NULL, *initramfs_json = NULL, *plan = NULL;

	write_file(w, "kernel/bzImage", "a kernel");
	write_file(w, "initramfs.cpio", "an initramfs");
	hash_of(w, "kernel/bzImage", kernel);
	hash_of(w, "initramfs.cpio", initramfs);
	kernel_json = xasprintf("{\"key\": \"00\", \"artefacts\": {\"bzImage\": {\"sha256\": "
				"\"%s\"}}}",
				kernel);
	initramfs_json = xasprintf("{\"sha256\": \"%s\"}", initramfs);
	plan = xasprintf("{\"mode\": \"%s\", \"memory_bytes\": 67108864, \"cpus\": 1, \"seed\": 5, "
			 "\"append\": [\"one\", \"two\"]}",
			 mode);
	write_file(w, "kernel.json", kernel_json);
	write_file(w, "initramfs.json", initramfs_json);
	write_file(w, "plan.json", plan);
	write_file(w, "run.json", "{}");
	write_file(w, "case.yaml", "name: c\nquestion: q\nsteps: [{sleep: 1s}]\n");
	write_file(w, "machine.json", "{\"wall_ms\": 10, \"qemu_version\": \"7.2.22\"}");
	write_file(w, "console.log", "one\ntwo\n");
	write_file(w, "frames.raw", "");
}

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

	make_run(w, "record");
	assert_int_equal(replay(w, "one\ntwo\n"), 0);
	assert_false(path_exists(dir));
}

static void test_replay_that_differs_can_be_looked_at(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *argv = NULL, *console = NULL, *events = NULL;

	make_run(w, "record");
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

	make_run(w, "deterministic");
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

	make_run(w, "free");
	assert_refuses(w, ERR_INPUT, "ran in free mode");
	make_run(w, "record");
	write_file(w, "initramfs.cpio", "another initramfs");
	assert_refuses(w, ERR_INPUT, "initramfs.cpio is not what the run booted");
	make_run(w, "record");
	write_file(w, "kernel/bzImage", "another kernel");
	assert_refuses(w, ERR_INPUT, "kernel/bzImage is not what the run booted");
	assert_int_equal(unlink(kernel), 0);
	assert_refuses(w, ERR_HOST, "is no longer in the store");
	write_file(w, "kernel.json", "{\"key\": \"../../etc\"}");
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
		make_run(w, "record");
		write_file(w, "plan.json", plans[i]);
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
