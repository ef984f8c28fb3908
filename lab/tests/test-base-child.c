/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/scratch.h"

/* Long enough for a loaded machine; what is tested ends far earlier. */
#define LONG_MS 20000

#define SH(script)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		"sh", "-c", script, NULL                                                           \
	}

static void run_sh(const struct child_spec *spec, struct strbuf *out, struct child_exit *ex)
{
	struct err err = ERR_INIT;

	if (child_run(spec, LONG_MS, 1 << 20, out, NULL, ex, &err) < 0)
		fail_msg("%s", err.msg);
	assert_false(ex->timed_out);
}

/* ---- starting ---- */

static void test_start_missing_program_is_named(void **state)
{
	const char *argv[] = { "no-such-program-here", NULL };
	struct child_spec spec = { .argv = argv };
	_cleanup_child_ struct child c = CHILD_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(child_start(&c, &spec, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "no-such-program-here"));
	assert_int_equal(c.pid, 0);
}

static void test_start_of_no_executable_format_fails(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "garbage");
	const char *argv[] = { path, NULL };
	struct child_spec spec = { .argv = argv };
	_cleanup_child_ struct child c = CHILD_INIT;
	struct err err = ERR_INIT;

	scratch_write(state, "garbage", "\x01\x02\x03");
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(child_start(&c, &spec, &err), -1);
	assert_non_null(strstr(err.msg, path));
	assert_true(str_ends(err.msg, "Exec format error"));
	/* Nothing is left to wait for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_start_in_missing_folder_fails(void **state)
{
	struct child_spec spec = { .argv = SH("true"), .cwd = "/nowhere/at-all" };
	_cleanup_child_ struct child c = CHILD_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(child_start(&c, &spec, &err), -1);
	assert_non_null(strstr(err.msg, "/nowhere/at-all: No such file"));
}

static void test_find_program_takes_no_folder_and_no_relative_path(void **state)
{
	_cleanup_free_ char *dir = scratch_path(state, "bin/tool");
	_cleanup_free_ char *bin = scratch_path(state, "bin");
	_cleanup_free_ char *saved = xstrdup(getenv("PATH"));
	_cleanup_free_ char *sh = NULL, *folder = NULL, *relative = NULL;
	_cleanup_free_ char *back = getcwd(NULL, 0);
	struct err err = ERR_INIT;

	sh = child_find_program("sh");
	assert_non_null(sh);
	assert_true(sh[0] == '/' && str_ends(sh, "/sh"));
	assert_int_equal(file_mkdir_p(dir, &err), 0);
	setenv("PATH", bin, 1);
	folder = child_find_program("tool");
	assert_null(folder);
	scratch_write(state, "here", "#!/bin/sh\n");
	assert_int_equal(chdir(*state), 0);
	assert_int_equal(chmod("here", 0755), 0);
	setenv("PATH", ":.", 1);
	relative = child_find_program("here");
	setenv("PATH", saved, 1);
	assert_int_equal(chdir(back), 0);
	assert_null(relative);
	assert_null(child_find_program(""));
}

static void test_start_gives_cwd_and_arguments_as_they_are(void **state)
{
	const char *argv[] = { "sh", "-c", "pwd; printf '%s|' \"$@\"", "sh", "a b", "$HOME;`x`",
			       "",   NULL };
	struct child_spec spec = { .argv = argv, .cwd = *state };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_free_ char *expected = xasprintf("%s\na b|$HOME;`x`||", (char *)*state);
	struct child_exit ex;

	run_sh(&spec, &out, &ex);
	assert_string_equal(out.data, expected);
}

static void test_start_environment_added_and_unset(void **state)
{
	const char *set[] = { "KLAB_A=new", "KLAB_B", NULL };
	struct child_spec spec = {
		.argv = SH("echo ${KLAB_A-unset} ${KLAB_B-unset} ${KLAB_C-unset}"), .env_set = set
	};
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_exit ex;

	setenv("KLAB_A", "old", 1);
	setenv("KLAB_B", "old", 1);
	setenv("KLAB_C", "old", 1);
	run_sh(&spec, &out, &ex);
	assert_string_equal(out.data, "new unset old\n");
	spec.env_clean = true;
	run_sh(&spec, &out, &ex);
	assert_string_equal(out.data, "new unset unset\n");
}

static void test_start_clean_environment_is_three_names(void **state)
{
	const char *argv[] = { "env", NULL };
	struct child_spec spec = { .argv = argv, .env_clean = true };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };
	struct child_exit ex;

	setenv("HOME", "/h", 1);
	run_sh(&spec, &out, &ex);
	strv_split(&lines, out.data, '\n');
	strv_sort(&lines);
	assert_int_equal(lines.count, 4);
	assert_string_equal(lines.items[1], "HOME=/h");
	assert_string_equal(lines.items[2], "LC_ALL=C");
	assert_true(str_starts(lines.items[3], "PATH="));
}

static void test_start_closes_all_descriptors_but_kept_ones(void **state)
{
	_cleanup_close_ int leaked = fcntl(2, F_DUPFD, 50);
	_cleanup_close_ int kept = fcntl(2, F_DUPFD_CLOEXEC, 60);
	_cleanup_free_ char *script = xasprintf("for f in 3 4 5 6 7 8 9 %d %d; do "
						"[ -e /proc/$$/fd/$f ] && echo $f; done; true",
						leaked, kept);
	_cleanup_free_ char *expected = xasprintf("%d\n", kept);
	const char *argv[] = { "sh", "-c", script, NULL };
	const int keep[] = { kept, -1 };
	struct child_spec spec = { .argv = argv, .keep_fds = keep };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_exit ex;

	run_sh(&spec, &out, &ex);
	assert_string_equal(out.data, expected);
	/* Ours is as it was. */
	assert_int_equal(fcntl(kept, F_GETFD), FD_CLOEXEC);
}

static void test_start_standard_input_is_empty_or_given(void **state)
{
	const char *argv[] = { "cat", NULL };
	struct child_spec spec = { .argv = argv };
	_cleanup_free_ char *path = scratch_path(state, "in");
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_close_ int fd = -1;
	struct child_exit ex;

	run_sh(&spec, &out, &ex);
	assert_int_equal(out.length, 0);
	scratch_write(state, "in", "text");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	spec.stdin_fd = fd;
	run_sh(&spec, &out, &ex);
	assert_string_equal(out.data, "text");
}

static void test_start_streams_to_one_descriptor(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "both");
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	struct child_spec spec = { .argv = SH("echo out; echo err >&2"),
				   .stdout_fd = fd,
				   .stderr_fd = fd };
	_cleanup_free_ char *text = NULL;
	struct child_exit ex;

	run_sh(&spec, NULL, &ex);
	text = scratch_read(state, "both");
	assert_string_equal(text, "out\nerr\n");
}

static void test_start_resets_signals(void **state)
{
	const char *argv[] = { "grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status", NULL };
	struct child_spec spec = { .argv = argv };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_exit ex;
	sigset_t block, old;
	unsigned long long blocked, ignored;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &old);
	signal(SIGPIPE, SIG_IGN);
	run_sh(&spec, &out, &ex);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	assert_int_equal(sscanf(out.data, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	/* 32 and 33 are the C library's own: it lets nobody touch them. */
	assert_int_equal(ignored & 0x7fffffff, 0);
}

static void test_start_bounds_file_size(void **state)
{
	struct child_spec spec = { .argv = SH("head -c 100000 /dev/zero > f"),
				   .cwd = *state,
				   .max_file_bytes = 4096 };
	_cleanup_free_ char *path = scratch_path(state, "f");
	struct child_exit ex;
	struct stat st;

	run_sh(&spec, NULL, &ex);
	assert_true(!ex.exited || ex.code != 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4096);
}

/* ---- ending ---- */

/* Starts a script and reads the line that it says when it is ready: yours. */
static char *start_and_read_line(struct child *c, const char *script, const char *cwd)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	int fds[2];
	struct child_spec spec = { .argv = argv, .cwd = cwd };
	struct err err = ERR_INIT;
	struct strbuf line = { 0 };
	char byte;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	spec.stdout_fd = fds[1];
	if (child_start(c, &spec, &err) < 0)
		fail_msg("%s", err.msg);
	close(fds[1]);
	while (read(fds[0], &byte, 1) == 1 && byte != '\n')
		strbuf_addc(&line, byte);
	close(fds[0]);
	return strbuf_take(&line);
}

static void test_wait_gives_code_signal_and_usage(void **state)
{
	struct child_spec spec = { .argv = SH("exit 7") };
	struct child_exit ex;

	run_sh(&spec, NULL, &ex);
	assert_true(ex.exited);
	assert_int_equal(ex.code, 7);
	spec.argv = SH("kill -9 $$");
	run_sh(&spec, NULL, &ex);
	assert_false(ex.exited);
	assert_int_equal(ex.code, SIGKILL);
	/* The time is spent in a child of the child. */
	spec.argv = SH("(i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done); exit 0");
	run_sh(&spec, NULL, &ex);
	assert_true(ex.cpu_us > 5000);
	assert_true(ex.max_rss_kib > 100);
}

static void test_wait_without_child_is_an_error(void **state)
{
	struct child c = CHILD_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(child_wait(&c, 0, NULL, &err), -1);
	child_stop(&c, 100);
	child_stop(NULL, 100);
	child_clear(&c);
	child_clear(NULL);
}

static void test_wait_deadline_ends_it(void **state)
{
	struct child_spec spec = { .argv = SH("sleep 1000") };
	_cleanup_child_ struct child c = CHILD_INIT;
	struct child_exit ex;
	struct err err = ERR_INIT;
	uint64_t start_ms = clock_monotonic_ms();

	assert_int_equal(child_start(&c, &spec, &err), 0);
	assert_int_equal(child_wait(&c, start_ms + 200, &ex, &err), 0);
	assert_true(ex.timed_out);
	assert_false(ex.exited);
	assert_int_equal(ex.code, SIGTERM);
	assert_true(clock_monotonic_ms() - start_ms >= 200);
	assert_true(clock_monotonic_ms() - start_ms < 5000);
	assert_int_equal(c.pid, 0);
}

static void test_stop_lets_it_clean_up_after_term(void **state)
{
	_cleanup_child_ struct child c = CHILD_INIT;
	_cleanup_free_ char *line = start_and_read_line(
		&c, "trap 'echo cleaned > f; exit' TERM; echo ready; while :; do sleep 0.05; done",
		*state);
	_cleanup_free_ char *text = NULL;

	child_stop(&c, LONG_MS);
	assert_string_equal(line, "ready");
	text = scratch_read(state, "f");
	assert_string_equal(text, "cleaned\n");
}

static void test_stop_kills_what_ignores_term(void **state)
{
	_cleanup_child_ struct child c = CHILD_INIT;
	_cleanup_free_ char *line = start_and_read_line(
		&c, "trap '' TERM; echo ready; while :; do sleep 1000; done", NULL);
	pid_t pid = c.pid;
	uint64_t start_ms = clock_monotonic_ms();

	assert_string_equal(line, "ready");
	child_stop(&c, 300);
	assert_true(clock_monotonic_ms() - start_ms >= 300);
	assert_true(clock_monotonic_ms() - start_ms < 5000);
	assert_int_equal(c.pid, 0);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void test_end_takes_the_whole_group_along(void **state)
{
	struct child_spec spec = {
		.argv = SH("(trap '' TERM; exec sleep 1000) >/dev/null & echo $!")
	};
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_exit ex;

	run_sh(&spec, &out, &ex);
	assert_true(ex.exited && ex.code == 0);
	assert_true(atoi(out.data) > 1);
	assert_true(process_ends_within(atoi(out.data), 5000));
}

static void test_child_dies_with_its_parent(void **state)
{
	int fds[2];
	pid_t pids[2] = { 0, 0 };

	assert_int_equal(pipe(fds), 0);
	pids[0] = fork();
	if (pids[0] == 0) {
		/* Ignores TERM, so that only what cannot be ignored ends it. */
		struct child_spec spec = { .argv = SH("trap '' TERM HUP; exec sleep 1000") };
		struct child c = CHILD_INIT;

		if (child_start(&c, &spec, NULL) < 0 ||
		    write(fds[1], &c.pid, sizeof(c.pid)) != sizeof(c.pid))
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &pids[1], sizeof(pids[1])), sizeof(pids[1]));
	close(fds[0]);
	assert_false(process_ends_within(pids[1], 100));
	kill(pids[0], SIGKILL);
	assert_int_equal(waitpid(pids[0], NULL, 0), pids[0]);
	assert_true(process_ends_within(pids[1], 5000));
}

/* In a process of its own, since the wish to stop cannot be taken back. */
static void wait_until_cancelled(int ready_fd) __attribute__((noreturn));
static void wait_until_cancelled(int ready_fd)
{
	struct child_spec spec = { .argv = SH("trap '' TERM; while :; do sleep 1000; done") };
	struct child c = CHILD_INIT;
	struct child_exit ex;
	struct err err = ERR_INIT;

	cancel_install();
	if (child_start(&c, &spec, &err) < 0 ||
	    write(ready_fd, &c.pid, sizeof(c.pid)) != sizeof(c.pid))
		_exit(1);
	if (child_wait(&c, 0, &ex, &err) != -1 || err.kind != ERR_CANCELLED || c.pid != 0)
		_exit(2);
	/* From then on nothing new is waited for either. */
	if (child_run(&spec, 0, 100, NULL, NULL, &ex, &err) != -1 || err.kind != ERR_CANCELLED)
		_exit(3);
	_exit(42);
}

static void test_wait_ends_with_the_users_wish(void **state)
{
	int fds[2], status;
	pid_t child = 0, pid;
	uint64_t start_ms;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0)
		wait_until_cancelled(fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &child, sizeof(child)), sizeof(child));
	close(fds[0]);
	start_ms = clock_monotonic_ms();
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	assert_true(clock_monotonic_ms() - start_ms < 5000);
	assert_true(process_ends_within(child, 0));
}

/* ---- running to the end ---- */

static void test_run_output_at_its_bound(void **state)
{
	struct child_spec spec = { .argv = SH("printf 1234567890") };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_exit ex;
	struct err err = ERR_INIT;

	strbuf_adds(&out, "left from before");
	assert_int_equal(child_run(&spec, LONG_MS, 10, &out, NULL, &ex, &err), 0);
	assert_string_equal(out.data, "1234567890");
	assert_int_equal(child_run(&spec, LONG_MS, 9, &out, NULL, &ex, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_string_equal(err.msg, "sh: printed more than 9 bytes");
}

static void test_run_endless_output_meets_its_bound_or_its_end(void **state)
{
	const char *argv[] = { "yes", NULL };
	struct child_spec spec = { .argv = argv };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_exit ex;
	struct err err = ERR_INIT;
	uint64_t start_ms = clock_monotonic_ms();

	assert_int_equal(child_run(&spec, LONG_MS, 100000, &out, NULL, &ex, &err), -1);
	assert_int_equal(child_run(&spec, 300, 0, NULL, NULL, &ex, &err), 0);
	assert_true(ex.timed_out);
	assert_true(clock_monotonic_ms() - start_ms < LONG_MS / 2);
}

static void test_run_keeps_the_last_of_stderr(void **state)
{
	struct child_spec spec = { .argv = SH("i=0; while [ $i -lt 20000 ]; do echo line $i >&2; "
					      "i=$((i+1)); done; printf end >&2; echo out") };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_strbuf_ struct strbuf errout = { 0 };
	struct child_exit ex;
	struct err err = ERR_INIT;

	assert_int_equal(child_run(&spec, LONG_MS, 1000, &out, &errout, &ex, &err), 0);
	assert_string_equal(out.data, "out\n");
	assert_true(errout.length <= 64 * 1024);
	assert_true(errout.length > 60 * 1024);
	assert_true(str_starts(errout.data, "line "));
	assert_true(str_ends(errout.data, "\nline 19999\nend"));
	assert_int_equal(strlen(errout.data), errout.length);
}

static void test_run_does_not_wait_for_who_left_the_group(void **state)
{
	struct child_spec spec = { .argv = SH("setsid sleep 8 & echo out") };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_exit ex;
	uint64_t start_ms = clock_monotonic_ms();

	run_sh(&spec, &out, &ex);
	assert_string_equal(out.data, "out\n");
	assert_true(clock_monotonic_ms() - start_ms < 6000);
}

static void test_run_goes_on_when_output_is_closed_early(void **state)
{
	struct child_spec spec = { .argv = SH("exec >&- 2>&-; sleep 0.3; exit 5") };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_exit ex;

	run_sh(&spec, &out, &ex);
	assert_true(ex.exited);
	assert_int_equal(ex.code, 5);
	/* It slept in between, it did not spin. */
	assert_true(ex.cpu_us < 300000);
}

static void test_run_ok_tells_why_not(void **state)
{
	struct child_spec spec = {
		.argv = SH("echo first >&2; echo 'the reason' >&2; echo >&2; exit 3")
	};
	struct err err = ERR_INIT;

	assert_int_equal(child_run_ok(&spec, LONG_MS, 100, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_string_equal(err.msg, "sh: the reason");
	spec.argv = SH("exit 3");
	assert_int_equal(child_run_ok(&spec, LONG_MS, 100, NULL, &err), -1);
	assert_string_equal(err.msg, "sh: exit status 3");
	spec.argv = SH("kill -SEGV $$");
	assert_int_equal(child_run_ok(&spec, LONG_MS, 100, NULL, &err), -1);
	assert_string_equal(err.msg, "sh: ended by signal 11 (Segmentation fault)");
	spec.argv = SH("echo a >&2; echo fatal: because >&2; echo advice >&2; exit 3");
	assert_int_equal(child_run_ok(&spec, LONG_MS, 100, NULL, &err), -1);
	assert_string_equal(err.msg, "sh: fatal: because");
	spec.argv = SH("sleep 1000");
	assert_int_equal(child_run_ok(&spec, 200, 100, NULL, &err), -1);
	assert_string_equal(err.msg, "sh: not finished after 200 ms");
	spec.argv = SH("true");
	assert_int_equal(child_run_ok(&spec, LONG_MS, 100, NULL, &err), 0);
}

static void test_run_leaks_no_descriptor(void **state)
{
	struct child_spec spec = { .argv = SH("exit 1") };
	const char *missing[] = { "no-such-program-here", NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_strv_ struct strv before = { 0 };
	_cleanup_strv_ struct strv after = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(file_list_dir("/proc/self/fd", &before, &err), 0);
	for (int i = 0; i < 3; i++) {
		spec.argv = SH("exit 1");
		child_run_ok(&spec, LONG_MS, 100, NULL, &err);
		spec.argv = SH("yes");
		child_run_ok(&spec, LONG_MS, 100, &out, &err);
		spec.argv = missing;
		child_run_ok(&spec, LONG_MS, 100, NULL, &err);
	}
	assert_int_equal(file_list_dir("/proc/self/fd", &after, &err), 0);
	assert_int_equal(after.count, before.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_missing_program_is_named),
		scratch_test(test_start_of_no_executable_format_fails),
		cmocka_unit_test(test_start_in_missing_folder_fails),
		scratch_test(test_find_program_takes_no_folder_and_no_relative_path),
		scratch_test(test_start_gives_cwd_and_arguments_as_they_are),
		cmocka_unit_test(test_start_environment_added_and_unset),
		cmocka_unit_test(test_start_clean_environment_is_three_names),
		cmocka_unit_test(test_start_closes_all_descriptors_but_kept_ones),
		scratch_test(test_start_standard_input_is_empty_or_given),
		scratch_test(test_start_streams_to_one_descriptor),
		cmocka_unit_test(test_start_resets_signals),
		scratch_test(test_start_bounds_file_size),
		cmocka_unit_test(test_wait_gives_code_signal_and_usage),
		cmocka_unit_test(test_wait_without_child_is_an_error),
		cmocka_unit_test(test_wait_deadline_ends_it),
		scratch_test(test_stop_lets_it_clean_up_after_term),
		cmocka_unit_test(test_stop_kills_what_ignores_term),
		cmocka_unit_test(test_end_takes_the_whole_group_along),
		cmocka_unit_test(test_child_dies_with_its_parent),
		cmocka_unit_test(test_wait_ends_with_the_users_wish),
		cmocka_unit_test(test_run_output_at_its_bound),
		cmocka_unit_test(test_run_endless_output_meets_its_bound_or_its_end),
		cmocka_unit_test(test_run_keeps_the_last_of_stderr),
		cmocka_unit_test(test_run_does_not_wait_for_who_left_the_group),
		cmocka_unit_test(test_run_goes_on_when_output_is_closed_early),
		cmocka_unit_test(test_run_ok_tells_why_not),
		cmocka_unit_test(test_run_leaks_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
