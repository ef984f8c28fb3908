/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/progress.h"
#include "tests/scratch.h"

static void test_clock_goes_forward(void **state)
{
	uint64_t ns = clock_monotonic_ns();
	uint64_t ms = clock_monotonic_ms();

	assert_true(ms >= ns / 1000000);
	usleep(20000);
	assert_true(clock_monotonic_ms() >= ms + 19);
	assert_true(clock_realtime_s() > 1600000000);
}

static void test_clock_format_utc_table(void **state)
{
	static const struct {
		int64_t epoch_s;
		const char *text;
	} table[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 1795375964, "2026-11-22T19:32:44Z" },
		{ INT64_MAX, "@9223372036854775807" },
	};
	char now[32];

	/* Whatever the user's time zone is. */
	setenv("TZ", "Asia/Kathmandu", 1);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char text[32];

		clock_format_utc(table[i].epoch_s, text);
		assert_string_equal(text, table[i].text);
	}
	clock_format_utc(-1, now);
	assert_int_equal(strlen(now), 20);
	assert_true(strcmp(now, "2020") > 0);
}

/* Forks a process that catches the signals, runs fn and says how it ended. */
static pid_t start_cancellable(void (*fn)(int ready_fd), int *ready_fd)
{
	int fds[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		cancel_install();
		fn(fds[1]);
		_exit(99);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	*ready_fd = fds[0];
	return pid;
}

static void say_ready(int fd)
{
	if (write(fd, "r", 1) != 1)
		_exit(98);
}

static void poll_for_the_wish(int ready_fd)
{
	struct pollfd p = { .fd = cancel_fd(), .events = POLLIN };
	int n;

	if (cancel_requested() || poll(&p, 1, 0) != 0)
		_exit(97);
	say_ready(ready_fd);
	n = poll(&p, 1, 10000);
	/* With EINTR the handler has run: the next poll() must not wait. */
	if (n < 0)
		n = poll(&p, 1, 0);
	_exit(n == 1 && cancel_requested() && poll(&p, 1, 0) == 1 ? 42 : 1);
}

static void test_cancel_by_each_signal(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		_cleanup_close_ int ready_fd = -1;
		pid_t pid = start_cancellable(poll_for_the_wish, &ready_fd);
		int status;

		kill(pid, signals[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 42);
	}
}

static void never_give_in(int ready_fd)
{
	say_ready(ready_fd);
	while (!cancel_requested())
		usleep(1000);
	say_ready(ready_fd);
	for (;;)
		pause();
}

static void test_cancel_twice_ends_at_once(void **state)
{
	_cleanup_close_ int ready_fd = -1;
	pid_t pid = start_cancellable(never_give_in, &ready_fd);
	int status;
	char byte;

	kill(pid, SIGINT);
	assert_int_equal(read(ready_fd, &byte, 1), 1);
	/* TERM may come as often as it likes. */
	kill(pid, SIGTERM);
	kill(pid, SIGTERM);
	assert_false(process_ends_within(pid, 100));
	kill(pid, SIGINT);
	assert_true(process_ends_within(pid, 5000));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void test_cancel_leaves_ignored_signals_alone(void **state)
{
	_cleanup_close_ int ready_fd = -1;
	pid_t pid;

	/* As nohup(1) starts us. */
	signal(SIGHUP, SIG_IGN);
	pid = start_cancellable(never_give_in, &ready_fd);
	signal(SIGHUP, SIG_DFL);
	kill(pid, SIGHUP);
	{
		struct pollfd p = { .fd = ready_fd, .events = POLLIN };

		assert_int_equal(poll(&p, 1, 200), 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_cancel_not_installed_has_no_descriptor(void **state)
{
	assert_false(cancel_requested());
	assert_int_equal(cancel_fd(), -1);
}

struct recorder {
	struct progress progress;
	struct strbuf seen;
};

static void record_note(struct progress *p, const char *text)
{
	strbuf_addf(&((struct recorder *)p)->seen, "note %s;", text);
}

static void record_update(struct progress *p, const char *what, uint64_t done, uint64_t total,
			  int eta_s)
{
	strbuf_addf(&((struct recorder *)p)->seen, "%s %d/%d %d;", what, (int)done, (int)total,
		    eta_s);
}

static void test_progress_reaches_who_shows_it(void **state)
{
	struct recorder r = { .progress = { .note = record_note, .update = record_update } };

	progress_note(&r.progress, "%s %d", "job", 3);
	progress_update(&r.progress, "build", 1, 9, -1);
	progress_end(&r.progress);
	assert_string_equal(r.seen.data, "note job 3;build 1/9 -1;");
	strbuf_clear(&r.seen);
	progress_note(NULL, "nobody listens");
	progress_update(NULL, "x", 0, 0, 0);
	progress_end(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_goes_forward),
		cmocka_unit_test(test_clock_format_utc_table),
		cmocka_unit_test(test_cancel_by_each_signal),
		cmocka_unit_test(test_cancel_twice_ends_at_once),
		cmocka_unit_test(test_cancel_leaves_ignored_signals_alone),
		cmocka_unit_test(test_cancel_not_installed_has_no_descriptor),
		cmocka_unit_test(test_progress_reaches_who_shows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
