// SPDX-License-Identifier: GPL-2.0-or-later
/* One run of the machines, with the fake QEMU at the process boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "machine-world.h"
#include "machine/starved.h"

enum { LINE = 32 }; /* of the fake's flood */

/* ---- ends ---- */

static void test_run_poweroff(void **state)
{
	struct machine_world *w = *state;

	machine_world_assert_end(w, "poweroff", MACHINE_END_POWEROFF);
	assert_int_equal(w->result.exit_code, 0);
	assert_int_equal(w->result.signal, 0);
	assert_string_equal(w->result.version, "7.2.22");
	assert_string_equal(w->result.accel, "tcg");
	assert_string_equal(w->result.accel_why, "KLAB_ACCEL says so");
}

static void test_run_reset(void **state)
{
	machine_world_assert_end(*state, "reset", MACHINE_END_RESET);
}

static void test_run_panic(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *console = NULL;

	machine_world_assert_end(w, "panic", MACHINE_END_PANIC);
	console = machine_world_read(w, "console.log", NULL);
	assert_string_equal(console, "---[ end Kernel panic\n");
}

static void test_run_exit_0_after_a_panic_is_a_panic(void **state)
{
	machine_world_assert_end(*state, "panic-poweroff", MACHINE_END_PANIC);
}

static void test_run_hang_after_a_panic_is_a_panic(void **state)
{
	struct machine_world *w = *state;

	w->spec.timeout_ms = 300;
	machine_world_assert_end(w, "panic-hang", MACHINE_END_PANIC);
}

static void test_run_qemu_dies_of_a_signal(void **state)
{
	struct machine_world *w = *state;

	machine_world_assert_end(w, "die", MACHINE_END_KILLED);
	assert_int_equal(w->result.signal, SIGSEGV);
	assert_int_equal(w->result.exit_code, -1);
	assert_string_equal(w->result.detail, "QEMU was ended by signal 11 (Segmentation fault)");
}

static void test_run_qemu_fails_on_its_own(void **state)
{
	struct machine_world *w = *state;

	machine_world_assert_end(w, "fail", MACHINE_END_KILLED);
	assert_int_equal(w->result.exit_code, 3);
	assert_string_equal(w->result.detail, "fake-qemu: something ?[31mbroke");
}

static void test_run_poweroff_with_an_exit_code_is_no_poweroff(void **state)
{
	machine_world_assert_end(*state, "poweroff-fail", MACHINE_END_KILLED);
}

static void test_run_exit_0_without_a_reason_is_no_poweroff(void **state)
{
	machine_world_assert_end(*state, "silent-exit", MACHINE_END_KILLED);
}

static void test_run_shut_down_from_outside(void **state)
{
	struct machine_world *w = *state;

	machine_world_assert_end(w, "host-signal", MACHINE_END_KILLED);
	assert_string_equal(w->result.detail, "QEMU shut down: host-signal");
}

/* ---- QMP that is none ---- */

static void assert_our_failure(struct machine_world *w, const char *script, const char *what)
{
	_cleanup_json_ json_t *json = NULL;

	assert_int_equal(machine_world_run(w, script), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	if (!strstr(w->err.msg, what))
		fail_msg("\"%s\" does not say \"%s\"", w->err.msg, what);
	json = machine_world_json(w);
	assert_string_equal(json_get_str(json, "end", ""), "error");
	assert_true(machine_world_is_gone(machine_world_pid(w), 0));
}

static void test_run_qmp_garbage(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *log = NULL;

	assert_our_failure(w, "garbage", "no QMP message");
	log = machine_world_read(w, "qmp.log", NULL);
	assert_null(strchr(log, '\033'));
}

static void test_run_qmp_garbage_at_once(void **state)
{
	assert_our_failure(*state, "garbage-at-once", "no QMP message");
}

static void test_run_qmp_half_json(void **state)
{
	assert_our_failure(*state, "half-json", "no QMP message");
}

static void test_run_qmp_endless_line(void **state)
{
	assert_our_failure(*state, "endless-line", "QMP line of more than");
}

static void test_run_qmp_refuses_to_start(void **state)
{
	assert_our_failure(*state, "refuse", "Resetting the Virtual Machine is required");
}

static void test_run_qemu_fails_at_once(void **state)
{
	assert_our_failure(*state, "fail-at-once", "something ?[31mbroke");
}

/* ---- what is missing ---- */

static void test_run_without_qemu(void **state)
{
	struct machine_world *w = *state;

	setenv("KLAB_QEMU", "no-such-qemu", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "no-such-qemu is not installed"));
	assert_non_null(strstr(w->err.msg, "qemu-system-x86"));
}

static void test_run_without_kernel_or_initramfs(void **state)
{
	struct machine_world *w = *state;

	w->spec.kernel_path = "/nonexistent/bzImage";
	assert_int_equal(machine_world_run(w, "poweroff"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_string_equal(w->err.msg,
			    "cannot read /nonexistent/bzImage: No such file or directory");
	w->spec.kernel_path = w->kernel;
	w->spec.initramfs_path = "/nonexistent/initramfs";
	assert_int_equal(machine_world_run(w, "poweroff"), -1);
	assert_non_null(strstr(w->err.msg, "/nonexistent/initramfs"));
}

static void test_run_without_run_dir(void **state)
{
	struct machine_world *w = *state;

	w->spec.run_dir = "/nonexistent/run";
	assert_int_equal(machine_world_run(w, "poweroff"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "/nonexistent/run"));
}

static void test_run_disk_full(void **state)
{
	struct machine_world *w = *state;
	struct rlimit old, small;
	void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 1 << 20, old.rlim_max };
	setenv("KLAB_FAKE_FLOOD", "8000000", 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_our_failure(w, "poweroff", "console.log: File too large");
	assert_null(strstr(w->err.msg, "host-qmp-quit")); /* that was us */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, old_handler);
}

/* ---- what the guest prints ---- */

static void test_run_keeps_both_ports(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *words = path_join(w->dir, "words");
	_cleanup_free_ char *console = NULL;
	_cleanup_free_ char *frames = NULL;
	static const char raw[] = "[    0.0] Linux\r\n\0\xff\033[2J no newline";
	size_t length;

	assert_int_equal(file_write_atomic(words, raw, sizeof(raw), &w->err), 0);
	setenv("KLAB_FAKE_CONSOLE", words, 1);
	setenv("KLAB_FAKE_FRAMES_FLOOD", "64", 1);
	machine_world_assert_end(w, "poweroff", MACHINE_END_POWEROFF);
	console = machine_world_read(w, "console.log", &length);
	assert_int_equal(length, sizeof(raw));
	assert_memory_equal(console, raw, sizeof(raw));
	frames = machine_world_read(w, "frames.raw", &length);
	assert_int_equal(length, 2 * LINE);
	assert_int_equal(w->result.frames_bytes, 2 * LINE);
	assert_false(w->result.frames_cut);
}

/* The numbered line at `at` of the flood. */
static void assert_line(const char *at, uint64_t number)
{
	char line[LINE + 1];

	snprintf(line, sizeof(line), "[%20" PRIu64 "] a line..\n", number);
	assert_memory_equal(at, line, LINE);
}

static void flood(struct machine_world *w, const char *bytes, uint64_t limit)
{
	setenv("KLAB_FAKE_FLOOD", bytes, 1);
	w->spec.console_limit_bytes = limit;
	machine_world_assert_end(w, "poweroff", MACHINE_END_POWEROFF);
}

static void test_run_flood_at_the_limit_is_kept_whole(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *console = NULL;
	size_t length;

	flood(w, "320000", 320000);
	console = machine_world_read(w, "console.log", &length);
	assert_int_equal(length, 320000);
	for (uint64_t i = 0; i < 10000; i++)
		assert_line(console + i * LINE, i);
	assert_int_equal(w->result.console_kept_bytes, 320000);
}

/*
 * 10000 lines, a limit of 1015 bytes: the head of 507 bytes holds 15 whole
 * lines, the tail of 508 too.
 */
static void test_run_flood_keeps_head_and_tail_to_the_line(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *console = NULL;
	_cleanup_json_ json_t *json = NULL;
	const json_t *told;
	static const char marker[] =
		"--- klab: 319040 bytes of console left out here (limit 1015) ---\n";
	size_t length;

	flood(w, "320000", 1015);
	console = machine_world_read(w, "console.log", &length);
	assert_int_equal(length, 30 * LINE + strlen(marker));
	for (uint64_t i = 0; i < 15; i++)
		assert_line(console + i * LINE, i);
	assert_memory_equal(console + 15 * LINE, marker, strlen(marker));
	for (uint64_t i = 0; i < 15; i++)
		assert_line(console + 15 * LINE + strlen(marker) + i * LINE, 9985 + i);
	json = machine_world_json(w);
	told = json_get_object(json, "console");
	assert_int_equal(json_get_int(told, "bytes", 0), 320000);
	assert_int_equal(json_get_int(told, "kept_bytes", 0), 30 * LINE);
	assert_int_equal(json_get_int(told, "head_bytes", 0), 15 * LINE);
	assert_int_equal(json_get_int(told, "tail_bytes", 0), 15 * LINE);
}

static void test_run_flood_costs_no_memory(void **state)
{
	struct machine_world *w = *state;
	struct rusage before, after;
	struct machine_spec *spec = &w->spec;

	/* What the first run of all needs is not the flood's. */
	machine_world_assert_end(w, "poweroff", MACHINE_END_POWEROFF);
	getrusage(RUSAGE_SELF, &before);
	spec->frames_limit_bytes = 1 << 20;
	setenv("KLAB_FAKE_FRAMES_FLOOD", "40000000", 1);
	flood(w, "160000000", 0);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(w->result.console_bytes, 160000000);
	assert_in_range(w->result.console_kept_bytes, (64 << 20) - 2 * LINE, 64 << 20);
	assert_true(w->result.frames_cut);
	assert_int_equal(w->result.frames_bytes, 40000000);
	assert_true(after.ru_maxrss - before.ru_maxrss < 8 * 1024);
}

static void test_run_frames_beyond_the_limit_are_cut(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *frames = NULL;
	_cleanup_json_ json_t *json = NULL;
	size_t length;

	setenv("KLAB_FAKE_FRAMES_FLOOD", "3200", 1);
	w->spec.frames_limit_bytes = 100;
	machine_world_assert_end(w, "poweroff", MACHINE_END_POWEROFF);
	frames = machine_world_read(w, "frames.raw", &length);
	assert_int_equal(length, 100);
	json = machine_world_json(w);
	assert_true(json_get_bool(json, "frames_cut", false));
	assert_int_equal(json_get_int(json, "frames_bytes", 0), 3200);
}

/* ---- the user's wish, and the runner's death ---- */

/*
 * Until the guest is gone, ms: without the time in which it, its runner or this test was ready
 * to run and the host had no processor. Of a process that has gone, what was seen of it last.
 */
static uint64_t wait_for_end(pid_t runner, int guest)
{
	const pid_t pids[] = { getpid(), runner, guest };
	uint64_t before[ARRAY_SIZE(pids)], waited[ARRAY_SIZE(pids)] = { 0 };
	uint64_t start_ms = clock_monotonic_ms(), took_ms, owed_ms = 0;
	bool gone = false;

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		before[i] = starved_ms("/proc", pids[i]);
	while (!gone) {
		gone = machine_world_is_gone(guest, 0);
		for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
			uint64_t now = starved_ms("/proc", pids[i]);

			if (now > before[i] + waited[i])
				waited[i] = now - before[i];
		}
	}
	took_ms = clock_monotonic_ms() - start_ms;
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		owed_ms += waited[i];
	return took_ms > owed_ms ? took_ms - owed_ms : 0;
}

/*
 * Runs a guest in a process of its own, sends that a signal, and waits for both. How long the
 * guest was there still, as of wait_for_end(), and how its runner ended.
 */
static uint64_t signal_a_runner(struct machine_world *w, int sig, int *status)
{
	uint64_t took_ms;
	int guest;
	pid_t runner = fork();

	assert_true(runner >= 0);
	if (runner == 0) {
		signal(SIGINT, SIG_DFL); /* ignored in a background job */
		cancel_install();
		machine_world_run(w, "hang");
		_exit(w->err.kind == ERR_CANCELLED && w->result.end == MACHINE_END_CANCELLED);
	}
	guest = machine_world_pid(w);
	assert_true(guest > 0);
	assert_int_equal(kill(runner, sig), 0);
	took_ms = wait_for_end(runner, guest);
	assert_int_equal(waitpid(runner, status, 0), runner);
	return took_ms;
}

/* 0.2 s after it was asked it gets TERM, 0.5 s later KILL: each is longer where no user waits. */
static json_t *run_cancelled(struct machine_world *w, const char *ignore, int sig)
{
	int status;

	setenv("KLAB_FAKE_IGNORE", ignore, 1);
	assert_in_range(signal_a_runner(w, sig, &status), 0, 1499);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	return machine_world_json(w);
}

static void test_run_cancelled(void **state)
{
	_cleanup_json_ json_t *json = run_cancelled(*state, "", SIGINT);

	assert_string_equal(json_get_str(json, "end", ""), "cancelled");
}

static void test_run_cancelled_ignoring_quit_and_term(void **state)
{
	_cleanup_json_ json_t *json = run_cancelled(*state, "quit term", SIGTERM);

	assert_string_equal(json_get_str(json, "end", ""), "cancelled");
	assert_int_equal(json_get_int(json, "signal", 0), SIGKILL);
}

static void test_run_dies_with_the_runner(void **state)
{
	int status;

	assert_in_range(signal_a_runner(*state, SIGKILL, &status), 0, 1000);
	assert_true(WIFSIGNALED(status));
}

/* ---- the table, and the machine `fake` ---- */

static void test_find_names_what_there_is(void **state)
{
	struct err err = ERR_INIT;

	assert_ptr_equal(machine_find(NULL, &err), machine_table[0]);
	for (size_t i = 0; machine_table[i]; i++)
		assert_ptr_equal(machine_find(machine_table[i]->name, &err), machine_table[i]);
	assert_null(machine_find("vmware", &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_string_equal(err.msg, "no machine \"vmware\"; there are: qemu, libvirt, fake");
}

static void test_probe_tells_version_and_kvm(void **state)
{
	_cleanup_json_ json_t *facts = json_object();
	struct err err = ERR_INIT;

	setenv("KLAB_FAKE_VERSION", "10.0.2", 1);
	assert_int_equal(machine_find("qemu", &err)->probe(facts, &err), 0);
	assert_string_equal(json_get_str(facts, "version", ""), "10.0.2");
	assert_non_null(json_get_object(facts, "kvm"));
}

static void test_probe_without_qemu_says_how_to_get_it(void **state)
{
	_cleanup_json_ json_t *facts = json_object();
	struct err err = ERR_INIT;

	setenv("KLAB_QEMU", "no-such-qemu", 1);
	assert_int_equal(machine_find("qemu", &err)->probe(facts, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(json_get_str(facts, "fix", ""), "apt-get install"));
}

static void test_fake_gives_a_run_again(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *again_dir = path_join(w->dir, "again");
	_cleanup_free_ char *first = NULL;
	_cleanup_free_ char *second = NULL;
	struct machine_result again;
	struct machine_spec spec;
	size_t first_length, second_length;

	setenv("KLAB_FAKE_FLOOD", "3200", 1);
	setenv("KLAB_FAKE_FRAMES_FLOOD", "320", 1);
	machine_world_assert_end(w, "panic", MACHINE_END_PANIC);
	assert_int_equal(file_mkdir_p(again_dir, &w->err), 0);
	setenv("KLAB_FAKE_RUN", w->run_dir, 1);
	spec = w->spec;
	spec.run_dir = again_dir;
	assert_int_equal(machine_find("fake", NULL)->run(&spec, &again, NULL, &w->err), 0);
	assert_memory_equal(&again, &w->result, sizeof(again));
	first = machine_world_read(w, "machine.json", &first_length);
	free(w->run_dir);
	w->run_dir = take_ptr(&again_dir);
	second = machine_world_read(w, "machine.json", &second_length);
	assert_string_equal(first, second);
	free(machine_world_read(w, "console.log", &second_length));
	assert_int_equal(second_length, 3200 + 22);
}

static void test_fake_without_a_run(void **state)
{
	struct machine_world *w = *state;

	assert_int_equal(machine_find("fake", NULL)->run(&w->spec, &w->result, NULL, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_non_null(strstr(w->err.msg, "KLAB_FAKE_RUN"));
	setenv("KLAB_FAKE_RUN", w->dir, 1);
	assert_int_equal(machine_find("fake", NULL)->run(&w->spec, &w->result, NULL, &w->err), -1);
	assert_non_null(strstr(w->err.msg, "machine.json"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, machine_world_setup, machine_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_run_poweroff),
		TEST(test_run_reset),
		TEST(test_run_panic),
		TEST(test_run_exit_0_after_a_panic_is_a_panic),
		TEST(test_run_hang_after_a_panic_is_a_panic),
		TEST(test_run_qemu_dies_of_a_signal),
		TEST(test_run_qemu_fails_on_its_own),
		TEST(test_run_poweroff_with_an_exit_code_is_no_poweroff),
		TEST(test_run_exit_0_without_a_reason_is_no_poweroff),
		TEST(test_run_shut_down_from_outside),
		TEST(test_run_qmp_garbage),
		TEST(test_run_qmp_garbage_at_once),
		TEST(test_run_qmp_half_json),
		TEST(test_run_qmp_endless_line),
		TEST(test_run_qmp_refuses_to_start),
		TEST(test_run_qemu_fails_at_once),
		TEST(test_run_without_qemu),
		TEST(test_run_without_kernel_or_initramfs),
		TEST(test_run_without_run_dir),
		TEST(test_run_disk_full),
		TEST(test_run_keeps_both_ports),
		TEST(test_run_flood_at_the_limit_is_kept_whole),
		TEST(test_run_flood_keeps_head_and_tail_to_the_line),
		TEST(test_run_flood_costs_no_memory),
		TEST(test_run_frames_beyond_the_limit_are_cut),
		TEST(test_run_cancelled),
		TEST(test_run_cancelled_ignoring_quit_and_term),
		TEST(test_run_dies_with_the_runner),
		TEST(test_find_names_what_there_is),
		TEST(test_probe_tells_version_and_kvm),
		TEST(test_probe_without_qemu_says_how_to_get_it),
		TEST(test_fake_gives_a_run_again),
		TEST(test_fake_without_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
