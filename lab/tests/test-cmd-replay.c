// SPDX-License-Identifier: GPL-2.0-or-later
/* klab replay, with the fake QEMU: what it takes for the same, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

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

static json_t *replay_json(struct machine_world *w, const char *console, const char *timeout,
			   int *code)
{
	char *argv[] = { (char *)"replay", (char *)"--json", (char *)"--timeout",
			 (char *)timeout,  w->run_dir,	     NULL };
	struct cmd_env env = { .cache_dir = w->dir, .progress = ui_progress() };
	_cleanup_free_ char *printed = path_join(w->dir, "printed");
	_cleanup_free_ char *out = path_join(w->dir, "out.json");
	int kept, said;

	assert_int_equal(file_write_atomic(printed, console, strlen(console), NULL), 0);
	setenv("KLAB_FAKE_CONSOLE", printed, 1);
	fflush(stdout);
	kept = dup(STDOUT_FILENO);
	said = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	dup2(said, STDOUT_FILENO);
	*code = cmd_replay.main(&env, 5, argv, &w->err);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(said);
	return *code < 0 ? NULL : json_read_file(out, 1 << 20, NULL);
}

/* Not the same, and no difference either: the lines that are missing are named as missing. */
static void test_replay_that_ends_early_says_so(void **state)
{
	struct machine_world *w = *state;
	_cleanup_json_ json_t *exact = NULL;
	int code;

	recorded_world_make(w, "record");
	exact = replay_json(w, "one\n", "60s", &code);
	assert_int_equal(code, 1);
	assert_false(json_get_bool(exact, "same", true));
	assert_string_equal(json_get_str(exact, "ended", ""), "second");
	assert_int_equal(json_get_int(exact, "line", 0), 2);
	assert_int_equal(json_get_int(exact, "bytes", 0), 4);
}

/* Whatever it had said by then: nobody knows what would have come. */
static void test_replay_that_klab_ended_is_no_result(void **state)
{
	struct machine_world *w = *state;
	int code;

	setenv("KLAB_FAKE_DO", "hang", 1);
	recorded_world_make(w, "record");
	assert_null(replay_json(w, "one\ntwo\n", "1s", &code));
	assert_int_equal(code, -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "klab ended the replay after"));
}

/* All the words are there, and the guest did not switch off as it did. */
static void test_replay_with_another_end_is_another_run(void **state)
{
	struct machine_world *w = *state;
	_cleanup_json_ json_t *exact = NULL;
	int code;

	setenv("KLAB_FAKE_DO", "reset", 1);
	recorded_world_make(w, "record");
	exact = replay_json(w, "one\ntwo\n", "60s", &code);
	assert_int_equal(code, 1);
	assert_false(json_get_bool(exact, "same", true));
	assert_string_equal(json_get_str(json_object_get(exact, "end"), "first", ""), "poweroff");
	assert_string_equal(json_get_str(json_object_get(exact, "end"), "second", ""), "reset");
}

/* A recording of a guest that was ended at its deadline ends where that was. */
static void test_replay_of_a_run_that_was_ended_from_outside(void **state)
{
	struct machine_world *w = *state;

	setenv("KLAB_FAKE_DO", "host-signal", 1);
	recorded_world_make(w, "record");
	recorded_world_write(w, "machine.json", "{\"end\": \"timeout\", \"wall_ms\": 10}");
	assert_int_equal(replay(w, "one\ntwo\n"), 0);
	assert_int_equal(replay(w, "one\n"), 1);
}

/* It would go on for ever. It is repeated as far as it went, and what comes then is left out. */
static void test_replay_of_a_run_that_never_ends(void **state)
{
	struct machine_world *w = *state;
	_cleanup_json_ json_t *same = NULL, *differs = NULL, *killed = NULL;
	_cleanup_free_ char *machine = path_join(w->run_dir, "machine.json");
	int code;

	setenv("KLAB_FAKE_DO", "hang", 1);
	recorded_world_make(w, "deterministic");
	recorded_world_write(w, "machine.json",
			     "{\"end\": \"timeout\", \"console\": {\"bytes\": 8}}");
	same = replay_json(w, "one\ntwo\nthree\n", "60s", &code);
	assert_int_equal(code, 0);
	assert_string_equal(json_get_str(same, "until", ""), "timeout");
	differs = replay_json(w, "one\ntwe\nthree\n", "60s", &code);
	assert_int_equal(code, 1);
	assert_int_equal(json_get_int(differs, "line", 0), 2);
	assert_null(replay_json(w, "one\n", "1s", &code));
	assert_non_null(strstr(w->err.msg, "klab ended the replay after"));
	/* Of a klab that was killed there are the files alone. */
	assert_int_equal(unlink(machine), 0);
	killed = replay_json(w, "one\ntwo\nthree\n", "60s", &code);
	assert_int_equal(code, 0);
	assert_string_equal(json_get_str(killed, "until", ""), "killed");
}

/* QEMU tells the last reason that is noted in a recording: with disks, klab's quit. */
static void test_replay_to_the_end_of_its_recording(void **state)
{
	struct machine_world *w = *state;

	setenv("KLAB_FAKE_DO", "host-signal", 1);
	recorded_world_make(w, "record");
	assert_int_equal(replay(w, "one\ntwo\n"), 0);
	/* Nothing is noted for one that is run again, and one that fails came to no end. */
	recorded_world_make(w, "deterministic");
	assert_int_equal(replay(w, "one\ntwo\n"), 1);
	setenv("KLAB_FAKE_DO", "fail", 1);
	recorded_world_make(w, "record");
	assert_int_equal(replay(w, "one\ntwo\n"), 1);
}

static void test_replay_of_a_deterministic_run_is_the_run_again(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *argv = NULL;

	recorded_world_make(w, "deterministic");
	assert_int_equal(replay(w, ""), 1);
	argv = argv_of_replay(w);
	assert_non_null(strstr(argv, "sleep=off,rr=record,rrfile=/dev/null\n"));
	assert_null(strstr(argv, "rr=replay"));
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

/* Both would write into RUN/replay, and take what the other wrote for their own. */
static void test_replay_waits_for_nobody(void **state)
{
	struct machine_world *w = *state;
	int other;

	recorded_world_make(w, "record");
	other = open(w->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_refuses(w, ERR_HOST, "another klab runs or replays it at this moment");
	close(other);
	assert_int_equal(replay(w, "one\ntwo\n"), 0);
	assert_int_equal(replay(w, "one\ntwo\n"), 0);
}

/* gdb moves the clock of a guest that counts, so such a run is repeated with its probes only. */
static void test_replay_with_the_probes_of_the_run(void **state)
{
#define PLAN(mode, at)                                                                             \
	"{\"mode\": \"" mode                                                                       \
	"\", \"memory_bytes\": 67108864, \"cpus\": 1, \"seed\": 5, \"probes\": "                   \
	"[{\"at\": \"" at "\", \"when\": \"code == 9\", \"args\": true, \"limit\": 1}]}"
	struct machine_world *w = *state;

	recorded_world_make(w, "record");
	recorded_world_write(w, "plan.json", PLAN("record", "do_exit"));
	assert_int_equal(replay(w, "one\ntwo\n"), 0);
	recorded_world_write(w, "plan.json", PLAN("deterministic", "do_exit"));
	assert_refuses(w, ERR_HOST, "has no vmlinux with it");
	recorded_world_write(w, "plan.json", PLAN("deterministic", "do_exit\\nshell"));
	assert_refuses(w, ERR_INPUT, "plan.json");
#undef PLAN
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
		TEST(test_replay_that_ends_early_says_so),
		TEST(test_replay_that_klab_ended_is_no_result),
		TEST(test_replay_with_another_end_is_another_run),
		TEST(test_replay_of_a_run_that_was_ended_from_outside),
		TEST(test_replay_of_a_run_that_never_ends),
		TEST(test_replay_to_the_end_of_its_recording),
		TEST(test_replay_of_a_deterministic_run_is_the_run_again),
		TEST(test_replay_refuses_what_cannot_be_had_again),
		TEST(test_replay_waits_for_nobody),
		TEST(test_replay_with_the_probes_of_the_run),
		TEST(test_replay_refuses_a_machine_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
