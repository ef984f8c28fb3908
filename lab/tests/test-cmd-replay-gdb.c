// SPDX-License-Identifier: GPL-2.0-or-later
/* klab replay --gdb: where it stops, what gdb is started with, what it refuses; all with fakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/zstd-file.h"
#include "cmd/cmd.h"
#include "cmd/ui.h"
#include "recorded-world.h"

static const char console_text[] = "[    0.000001] one\n"
				   "[    1.500000] two\n"
				   "[    2.250000] BUG: three\n"
				   "[    2.250001] Call Trace:\n"
				   "[    9.000000] five\n";

/* A program with the functions that are looked up. */
static const char kernel_source[] =
	"int vprintk_emit(int x) { return x + 1; }\n"
	"int oom_kill_process(int x) { return x + 2; }\n"
	"int main(void) { return vprintk_emit(oom_kill_process(1)); }\n";

static void compile_kernel(struct machine_world *w, const char *how, const char *to)
{
	_cleanup_free_ char *source = path_join(w->dir, "kernel.c");
	const char *argv[] = { "gcc", how, "-fno-inline", "-no-pie", "-o", to, source, NULL };
	struct child_spec spec = { .argv = argv };

	assert_int_equal(file_write_atomic(source, kernel_source, strlen(kernel_source), NULL), 0);
	if (child_run_ok(&spec, 60000, 1 << 20, NULL, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

static void add_vmlinux(struct machine_world *w, const char *how)
{
	_cleanup_free_ char *vmlinux = path_join(w->dir, "vmlinux");
	_cleanup_free_ char *packed = path_join(w->run_dir, "kernel/vmlinux.zst");
	_cleanup_free_ char *path = path_join(w->run_dir, "kernel.json");
	_cleanup_json_ json_t *kernel = json_read_file(path, 1 << 20, NULL);
	char hex[HASH_HEX_SIZE];
	uint64_t bytes;

	compile_kernel(w, how, vmlinux);
	assert_int_equal(zstd_compress_file(vmlinux, packed, hex, &bytes, NULL), 0);
	json_object_set_new(json_get_object(kernel, "artefacts"), "vmlinux",
			    json_pack("{s:s}", "sha256", hex));
	assert_int_equal(json_write_file(path, kernel, NULL), 0);
}

/* A recorded run that printed console_text, with two reports in it. */
static void make_run(struct machine_world *w, const char *mode, const char *how)
{
	_cleanup_free_ char *reports = NULL;
	const char *bug = strstr(console_text, "[    2.25");

	recorded_world_make(w, mode);
	recorded_world_write(w, "console.log", console_text);
	recorded_world_write(w, "record/events", "events");
	reports = xasprintf(
		"[{\"title\": \"an error of two\", \"kind\": \"io-error\", \"info\": true, "
		"\"start\": 19, \"start_line\": 2}, {\"title\": \"BUG: three\", \"kind\": "
		"\"bug\", \"alt_titles\": [\"bad three\"], \"start\": %d, "
		"\"start_line\": 3}, {\"title\": \"probe x\", \"kind\": \"probe\", "
		"\"details\": {\"at\": \"x\"}}]",
		(int)(bug - console_text));
	recorded_world_write(w, "reports.json", reports);
	add_vmlinux(w, how);
	setenv("KLAB_FAKE_STUB", "1", 1);
}

/* What klab says goes to a file, so that it can be looked at. */
static int replay(struct machine_world *w, const char *at)
{
	_cleanup_free_ char *printed = path_join(w->dir, "printed");
	_cleanup_free_ char *argv_path = path_join(w->dir, "gdb-argv");
	_cleanup_free_ char *said_path = path_join(w->dir, "said");
	char *argv[] = { (char *)"replay", w->run_dir,	 (char *)"--gdb",  (char *)"--at",
			 (char *)at,	   (char *)"--", (char *)"-batch", NULL };
	char *without[] = { (char *)"replay", w->run_dir, (char *)"--gdb", NULL };
	struct cmd_env env = { .cache_dir = w->dir, .progress = ui_progress() };
	int said = open(said_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	int result;

	assert_true(said >= 0 && kept >= 0);
	assert_int_equal(file_write_atomic(printed, console_text, strlen(console_text), NULL), 0);
	setenv("KLAB_FAKE_CONSOLE", printed, 0);
	setenv("KLAB_FAKE_GDB_ARGV", argv_path, 1);
	unlink(argv_path);
	w->err = (struct err)ERR_INIT;
	dup2(said, STDERR_FILENO);
	result = at ? cmd_replay.main(&env, 7, argv, &w->err)
		    : cmd_replay.main(&env, 3, without, &w->err);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(said);
	close(kept);
	return result;
}

static void assert_noted(const struct machine_world *w, const char *says)
{
	_cleanup_free_ char *path = path_join(w->dir, "said");
	_cleanup_free_ char *all = file_read(path, 1 << 20, NULL, NULL);

	if (!all || !strstr(all, says))
		fail_msg("'%s' is not in '%s'", says, all ? all : "");
}

/* The line that gdb saw the guest stand before, by what klab compared. */
static void assert_stops(struct machine_world *w, const char *at, const char *what)
{
	_cleanup_free_ char *dir = path_join(w->run_dir, "replay");

	if (replay(w, at) != 0)
		fail_msg("%s: %s", at ?: "default", w->err.msg);
	assert_noted(w, what);
	assert_false(path_exists(dir));
}

static void test_replay_gdb_stops_where_it_is_told(void **state)
{
	struct machine_world *w = *state;

	make_run(w, "record", "-g");
	assert_stops(w, NULL, "stopped at report 2 of 3, \"BUG: three\": line 3");
	assert_stops(w, "1", "stopped at report 1 of 3, \"an error of two\": line 2");
	assert_stops(w, "BUG: three", "stopped at report 2 of 3");
	assert_stops(w, "bad three", "stopped at report 2 of 3");
	assert_stops(w, "error of", "stopped at report 1 of 3");
	assert_stops(w, "1.75", "at or after 1.750000 s: line 3 of its console, at 2.250000 s");
	assert_stops(w, "3s", "line 5 of its console, at 9.000000 s");
	assert_stops(w, "oom_kill_process", "stopped at the first call of oom_kill_process");
}

/* What the fake gdb was given, yours. */
static char *gdb_argv(const struct machine_world *w)
{
	_cleanup_free_ char *path = path_join(w->dir, "gdb-argv");
	char *text = file_read(path, 1 << 20, NULL, NULL);

	assert_non_null(text);
	return text;
}

static void test_replay_gdb_gets_the_kernel_the_stub_and_its_arguments(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *argv = NULL, *vmlinux = NULL;

	make_run(w, "record", "-g");
	assert_int_equal(replay(w, "2"), 0);
	argv = gdb_argv(w);
	vmlinux = xasprintf("\n%s/replay/vmlinux\n", w->run_dir);
	assert_non_null(strstr(argv, vmlinux));
	assert_non_null(strstr(argv, "\nconnected\n"));
	assert_non_null(strstr(argv, "gdb.sock\n-batch\n"));
	/* Scripts that a pack could have brought are not run. */
	assert_non_null(strstr(argv, "\nset auto-load no\n"));
	assert_noted(w, "gdb can go back");
	assert_noted(w, "without the kernel's scripts");
	setenv("KLAB_FAKE_GDB_EXIT", "5", 1);
	assert_int_equal(replay(w, "2"), 1);
}

static void test_replay_gdb_says_when_it_cannot_go_back(void **state)
{
	struct machine_world *w = *state;

	make_run(w, "record", "-g");
	setenv("KLAB_FAKE_SAVEVM", "Error: no block device can store it\\r\\n", 1);
	assert_int_equal(replay(w, "2"), 0);
	assert_noted(w, "gdb cannot go back: QEMU takes no snapshot: Error: no block device");
}

static void test_replay_gdb_of_a_replay_that_differs(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *other = path_join(w->dir, "other");
	static const char text[] =
		"[    0.000001] one\n[    1.600000] twi\n[    2.250000] BUG: thr\n"
		"[    2.250001] Call Trace:\n";

	make_run(w, "record", "-g");
	assert_int_equal(file_write_atomic(other, text, strlen(text), NULL), 0);
	setenv("KLAB_FAKE_CONSOLE", other, 1);
	assert_int_equal(replay(w, "2"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "this is not the run"));
}

/* It is recorded first, and must repeat then. */
static void test_replay_gdb_of_a_deterministic_run(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *other = path_join(w->dir, "other");
	_cleanup_free_ char *events = path_join(w->run_dir, "record");

	make_run(w, "deterministic", "-g");
	assert_int_equal(file_remove_tree(events, NULL), 0);
	assert_stops(w, "2", "stopped at report 2 of 3");
	assert_int_equal(file_write_atomic(other, console_text, 19, NULL), 0);
	setenv("KLAB_FAKE_CONSOLE", other, 1);
	assert_int_equal(replay(w, "2"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(
		strstr(w->err.msg, "the run does not repeat: console.log differs in line 2"));
}

static void assert_refuses(struct machine_world *w, const char *at, enum err_kind kind,
			   const char *says)
{
	assert_int_equal(replay(w, at), -1);
	assert_int_equal(w->err.kind, kind);
	if (!strstr(w->err.msg, says))
		fail_msg("%s: '%s', not '%s'", at, w->err.msg, says);
	assert_true(machine_world_is_gone(machine_world_pid(w), 2000));
}

static void test_replay_gdb_refuses_places_that_are_not_there(void **state)
{
	struct machine_world *w = *state;

	make_run(w, "record", "-g");
	assert_int_equal(replay(w, "2"), 0); /* so that there is a pid */
	assert_refuses(w, "4", ERR_INPUT, "--at 4: ");
	assert_refuses(w, "0", ERR_INPUT, "--at 0: ");
	assert_refuses(w, "3", ERR_INPUT, "is none of the console: give the function, --at x");
	assert_refuses(w, "9.5", ERR_INPUT, "printed nothing any more by then");
	assert_refuses(w, "no_such_function", ERR_INPUT, "expected seconds as 3.25, a report");
	recorded_world_write(w, "reports.json", "[]");
	assert_refuses(w, "1", ERR_INPUT, "has 0 reports");
}

static void test_replay_gdb_refuses_what_it_cannot_do(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *packed = path_join(w->run_dir, "kernel/vmlinux.zst");

	make_run(w, "record", "-g0");
	assert_int_equal(replay(w, "2"), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_non_null(strstr(w->err.msg, "no debug information"));
	recorded_world_write(w, "kernel/vmlinux.zst", "damaged");
	assert_int_equal(replay(w, "2"), -1);
	assert_non_null(strstr(w->err.msg, "vmlinux.zst"));
	assert_int_equal(unlink(packed), 0);
	assert_int_equal(replay(w, "2"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "klab pack --vmlinux"));
	setenv("KLAB_GDB", "no-such-gdb", 1);
	assert_int_equal(replay(w, "2"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "no-such-gdb is not installed"));
	make_run(w, "free", "-g");
	assert_int_equal(replay(w, "2"), -1);
	assert_non_null(strstr(w->err.msg, "ran in free mode"));
}

static void test_replay_at_wants_gdb(void **state)
{
	struct machine_world *w = *state;
	char *at[] = { (char *)"replay", w->run_dir, (char *)"--at", (char *)"1", NULL };
	char *dashes[] = { (char *)"replay", w->run_dir, (char *)"--", (char *)"-batch", NULL };
	struct cmd_env env = { .cache_dir = w->dir, .progress = ui_progress() };

	make_run(w, "record", "-g");
	assert_int_equal(cmd_replay.main(&env, 4, at, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_non_null(strstr(w->err.msg, "--at: expected --gdb with it"));
	assert_int_equal(cmd_replay.main(&env, 4, dashes, &w->err), -1);
	assert_non_null(strstr(w->err.msg, "expected --gdb with it"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_world_setup, machine_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_replay_gdb_stops_where_it_is_told),
		TEST(test_replay_gdb_gets_the_kernel_the_stub_and_its_arguments),
		TEST(test_replay_gdb_says_when_it_cannot_go_back),
		TEST(test_replay_gdb_of_a_replay_that_differs),
		TEST(test_replay_gdb_of_a_deterministic_run),
		TEST(test_replay_gdb_refuses_places_that_are_not_there),
		TEST(test_replay_gdb_refuses_what_it_cannot_do),
		TEST(test_replay_at_wants_gdb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
