// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks of a case, started by the guest's own code in this process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "guest-init/io.h"
#include "guest-init/panic.h"
#include "guest-init/steps.h"
#include "guest-init/tasks.h"
#include "guest-world.h"

/* A guest that hangs in here would hang the tests. */
#define PATIENCE_S 60

static const struct plan_step step = { .index = 2 };

static int setup(void **state)
{
	guest_world_setup(state);
	alarm(PATIENCE_S);
	return 0;
}

static int teardown(void **state)
{
	struct guest_world *w = *state;

	for (size_t i = 0; i < GUEST_MAX_TASKS; i++)
		if (w->guest.tasks[i].pid)
			task_drop(&w->guest, &w->guest.tasks[i]);
	alarm(0);
	return guest_world_teardown(state);
}

static struct task *start(struct guest_world *w, const char *name, int (*main)(void *argument),
			  void *argument)
{
	const struct task_spec spec = { .name = name, .main = main, .argument = argument };
	struct task *task = task_start(&w->guest, &step, &spec);

	if (!task)
		fail_msg("%s", w->guest.failure.what);
	return task;
}

static int say_two_things(void *argument)
{
	dprintf(STDOUT_FILENO, "out \xc3");
	dprintf(STDERR_FILENO, "err");
	dprintf(STDOUT_FILENO, "\xa9");
	return 3;
}

static void test_task_output_and_end_are_told(void **state)
{
	struct guest_world *w = *state;
	struct task *task;
	const json_t *end;

	task = start(w, "talker", say_two_things, NULL);
	assert_true(task_wait(&w->guest, task, 30000));
	guest_world_frames(w);
	assert_int_equal(json_get_int(guest_world_frame(w, "task"), "i", -1), 2);
	end = guest_world_frame(w, "task-end");
	assert_string_equal(json_get_str(end, "name", ""), "talker");
	assert_int_equal(json_get_int(end, "code", -1), 3);
	assert_string_equal(json_get_str(frames_find(&w->frames, "output", "stream", "stderr"),
					 "data", ""),
			    "err");
	assert_non_null(frames_find(&w->frames, "output", "stream", "stdout"));
}

/* As if another process wrote whenever init reads: each frame puts more into the pipe. */
static int write_more(void *context, const char *bytes, size_t length)
{
	static const char block[16384];
	const int *fd = context;

	return write(*fd, block, sizeof(block)) < 0 && errno != EAGAIN ? -1 : 0;
}

static void test_task_drain_does_not_wait_for_silence(void **state)
{
	struct guest_world *w = *state;
	struct task task = { .outputs = { { .fd = -1 }, { .fd = -1 } } };
	int ends[2];

	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	task.outputs[0].fd = ends[0];
	w->guest.frames.write = write_more;
	w->guest.frames.context = &ends[1];
	assert_int_equal(write_more(&ends[1], NULL, 0), 0);
	task_drain_output(&w->guest, &task);
	/* All that can have been there, and no more than a read beyond. */
	assert_in_range(task.output_bytes, fcntl(ends[0], F_GETPIPE_SZ),
			fcntl(ends[0], F_GETPIPE_SZ) + 8192);
	close(ends[0]);
	close(ends[1]);
}

static int pause_for_long(void *argument)
{
	return (int)sleep(10 * PATIENCE_S);
}

static int count_open(void *argument)
{
	const struct guest *g = argument;
	int open = 0;

	for (size_t i = 0; i < GUEST_MAX_TASKS; i++)
		for (int stream = 0; stream < 2; stream++)
			open += g->tasks[i].outputs[stream].fd >= 0 &&
				fcntl(g->tasks[i].outputs[stream].fd, F_GETFD) >= 0;
	return open;
}

static void test_task_has_no_pipe_of_another(void **state)
{
	struct guest_world *w = *state;
	struct task *task;

	start(w, "other", pause_for_long, NULL);
	assert_int_equal(count_open(&w->guest), 2);
	task = start(w, "looker", count_open, &w->guest);
	assert_true(task_wait(&w->guest, task, 30000));
	assert_string_equal(task_ending(task), "exit code 0");
}

static void test_task_that_cannot_enter_its_group_is_not_started(void **state)
{
	struct guest_world *w = *state;
	const struct task_spec spec = { .name = "lost",
					.cgroup = "no-such-group-of-klab",
					.main = say_two_things };

	assert_null(task_start(&w->guest, &step, &spec));
	assert_int_equal(w->guest.failure.errno_value, ENOENT);
	assert_string_equal(w->guest.failure.what,
			    "move the task into cgroup no-such-group-of-klab");
	assert_null(task_find(&w->guest, "lost"));
	assert_int_equal(json_array_size(guest_world_frames(w)), 0);
}

static int give_up(void *argument)
{
	return EBUSY;
}

static int die(void *argument)
{
	return raise(SIGKILL);
}

static void test_guest_call_says_how_it_ended(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(guest_call(&w->guest, &step, "swapoff /dev/sda", give_up, NULL), -1);
	assert_int_equal(w->guest.failure.errno_value, EBUSY);
	assert_string_equal(w->guest.failure.what, "swapoff /dev/sda");
	assert_int_equal(guest_call(&w->guest, &step, "swapoff /dev/sda", die, NULL), -1);
	assert_string_equal(w->guest.failure.what, "swapoff /dev/sda: killed by SIGKILL");
}

/* A case's text on the console must not look like a line of the kernel's. */
static void test_guest_say_is_one_line(void **state)
{
	static const char expected[] = "klab-init: write 'x?Kernel panic?[2J' failed\n";
	int kept = dup(STDERR_FILENO);
	char said[256] = "";
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	guest_say("write '%s' failed", "x\nKernel panic\033[2J");
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	n = read(ends[0], said, sizeof(said) - 1);
	assert_int_equal(n, strlen(expected));
	assert_string_equal(said, expected);
	close(ends[0]);
	close(ends[1]);
	close(kept);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* A step's own task has no `task-end` frame to say how much of its output was thrown away. */
static void test_step_tells_of_output_that_was_lost(void **state)
{
	static const char plan[] = "klab-plan 1\nnonce 6f0c00112233aabb\nseed 1\n"
				   "step 0 7 run\narg source /bin/sh\narg args -c\n"
				   "arg args head%20-c%201300000%20/dev/zero\n"
				   "arg timeout 50000\n"
				   "step 1 8 run\narg source /bin/sh\narg args -c\narg args exit\n"
				   "arg timeout 50000\nend\n";
	struct guest_world *w = *state;
	struct plan_error error;
	const json_t *first, *second;
	int64_t lost;

	if (guest_plan_parse(&w->guest.plan, plan, strlen(plan), &error))
		fail_msg("%s", error.what);
	steps_run(&w->guest);
	guest_world_frames(w);
	first = frames_find(&w->frames, "step-end", "i", "0");
	second = frames_find(&w->frames, "step-end", "i", "1");
	assert_true(json_get_bool(first, "ok", false));
	lost = json_get_int(first, "output_lost_bytes", 0);
	/* What is kept ends with the read that goes beyond 1 MiB. */
	assert_in_range(lost, 1300000 - (1 << 20) - 8192, 1300000 - (1 << 20));
	assert_true(json_get_bool(second, "ok", false));
	assert_null(json_object_get(second, "output_lost_bytes"));
	guest_plan_clear(&w->guest.plan);
}

static int return_at_once(void *argument)
{
	return *(const int *)argument;
}

/* What hangs in the kernel must not hang init. */
static void test_guest_call_within_gives_up(void **state)
{
	struct guest_world *w = *state;
	int zero = 0;

	assert_true(guest_call_within(&w->guest, return_at_once, &zero, 30000));
	assert_false(guest_call_within(&w->guest, pause_for_long, NULL, 50));
	for (size_t i = 0; i < GUEST_MAX_TASKS; i++)
		assert_int_equal(w->guest.tasks[i].pid, 0);
}

/* What a wait was over for nothing for: the task's state, and where the kernel says that it is. */
static void test_task_that_still_runs_is_looked_at(void **state)
{
	struct guest_world *w = *state;
	struct task *task = start(w, "sleeper", pause_for_long, NULL);
	const json_t *stat;
	const char *text;

	assert_false(task_wait(&w->guest, task, 300));
	assert_int_equal(task_still_runs(&w->guest, &step, task, "task sleeper", 300), -1);
	assert_int_equal(w->guest.failure.errno_value, ETIMEDOUT);
	assert_true(
		str_starts(w->guest.failure.what, "task sleeper still ran after 300 ms (state "));
	guest_world_frames(w);
	stat = frames_find(&w->frames, "snapshot", "label", "sleeper still runs");
	assert_non_null(stat);
	text = json_get_str(stat, "file", "");
	assert_true(str_starts(text, "/proc/") && strtol(text + 6, NULL, 10) == task->pid);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_task_output_and_end_are_told),
		TEST(test_task_drain_does_not_wait_for_silence),
		TEST(test_task_has_no_pipe_of_another),
		TEST(test_task_that_cannot_enter_its_group_is_not_started),
		TEST(test_guest_call_says_how_it_ended),
		TEST(test_guest_say_is_one_line),
		TEST(test_step_tells_of_output_that_was_lost),
		TEST(test_guest_call_within_gives_up),
		TEST(test_task_that_still_runs_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
