// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/cgroups.h"
#include "guest-init/io.h"
#include "guest-init/panic.h"

/* For the killed to die in the end. One that stays is stuck in the kernel. */
#define END_TIMEOUT_MS 5000

/* What a child could not do before main(), through a pipe that closes when it could. */
struct start_failure {
	int errno_value;
	char what[100];
};

/* ---- starting ----------------------------------------------------------- */

/* In the child. What cannot be done is a failed start: no task runs elsewhere than the case says.
 */
static int child_prepare(struct guest *g, const struct task_spec *spec, struct start_failure *f)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	guest_uncatch();
	setsid();
	snprintf(f->what, sizeof(f->what), "open /dev/null");
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return -1;
	snprintf(f->what, sizeof(f->what), "set oom_score_adj");
	if (io_write_value("/proc/self/oom_score_adj", "0", 0))
		return -1;
	if (spec->cgroup) {
		snprintf(f->what, sizeof(f->what), "move the task into cgroup %s", spec->cgroup);
		if (cgroups_enter(g, spec->cgroup))
			return -1;
	}
	if (g->fault.armed && g->fault.task_filter) {
		snprintf(f->what, sizeof(f->what), "set make-it-fail of the task");
		if (io_write_value("/proc/self/make-it-fail", "1", 0))
			return -1;
	}
	return 0;
}

static _Noreturn void child_run(struct guest *g, const struct task_spec *spec, int outputs[2],
				int report)
{
	struct start_failure failure = { 0 };

	if (dup2(outputs[0], STDOUT_FILENO) < 0 || dup2(outputs[1], STDERR_FILENO) < 0 ||
	    child_prepare(g, spec, &failure)) {
		failure.errno_value = errno;
		if (io_write_all(report, &failure, sizeof(failure)))
			_exit(126);
		_exit(125);
	}
	close(report);
	close(outputs[0]);
	close(outputs[1]);
	close(g->port_fd);
	_exit(spec->main(spec->argument));
}

/* Reads the child's word on its start: nothing means it started. */
static int child_started(struct guest *g, int report)
{
	struct start_failure failure;
	ssize_t n;

	do
		n = read(report, &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof(failure))
		return step_fail(g, EIO, "start a task");
	failure.what[sizeof(failure.what) - 1] = '\0';
	return step_fail(g, failure.errno_value, "%s", failure.what);
}

static struct task *task_slot(struct guest *g, const char *name)
{
	for (size_t i = 0; i < GUEST_MAX_TASKS; i++) {
		struct task *task = &g->tasks[i];

		if (task->pid == 0) {
			memset(task, 0, sizeof(*task));
			task->outputs[0].fd = task->outputs[1].fd = -1;
			return task;
		}
	}
	step_fail(g, 0, "more than %d tasks, no room for %s", GUEST_MAX_TASKS,
		  name ? name : "this one");
	return NULL;
}

static void task_report_start(struct guest *g, const struct task *task, const char *cgroup)
{
	frame_begin(&g->frames, "task");
	frame_int(&g->frames, "i", task->step);
	frame_str(&g->frames, "name", task->name);
	frame_int(&g->frames, "pid", task->pid);
	frame_str(&g->frames, "cgroup", cgroup);
	frame_end(&g->frames);
}

/* Pipe ends: [stream][0 to read, 1 to write], the third is the report. All are closed on exec. */
static int open_pipes(int pipes[3][2])
{
	for (int i = 0; i < 3; i++)
		pipes[i][0] = pipes[i][1] = -1;
	for (int i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC))
			return -1;
	if (fcntl(pipes[0][0], F_SETFL, O_NONBLOCK) || fcntl(pipes[1][0], F_SETFL, O_NONBLOCK))
		return -1;
	return 0;
}

static int take_end(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static void close_ends(int pipes[3][2], int end)
{
	for (int i = 0; i < 3; i++) {
		if (pipes[i][end] >= 0)
			close(pipes[i][end]);
		pipes[i][end] = -1;
	}
}

struct task *task_start(struct guest *g, const struct plan_step *step, const struct task_spec *spec)
{
	struct task *task = task_slot(g, spec->name);
	int pipes[3][2];
	pid_t pid = -1;

	if (!task)
		return NULL;
	if (open_pipes(pipes) == 0)
		pid = fork();
	if (pid < 0) {
		step_fail(g, errno, "start a task");
		close_ends(pipes, 0);
		close_ends(pipes, 1);
		return NULL;
	}
	if (pid == 0) {
		int outputs[2] = { pipes[0][1], pipes[1][1] };

		close_ends(pipes, 0);
		child_run(g, spec, outputs, pipes[2][1]);
	}
	close_ends(pipes, 1);
	if (child_started(g, pipes[2][0])) {
		close_ends(pipes, 0);
		return NULL; /* it exits by itself, and is reaped as an orphan */
	}
	task->name = spec->name;
	task->step = step->index;
	task->pid = pid;
	task->result = spec->result;
	task->context = spec->context;
	task->outputs[0].fd = take_end(&pipes[0][0]);
	task->outputs[1].fd = take_end(&pipes[1][0]);
	close_ends(pipes, 0);
	if (task->name)
		task_report_start(g, task, spec->cgroup);
	return task;
}

struct task *task_find(struct guest *g, const char *name)
{
	for (size_t i = 0; i < GUEST_MAX_TASKS; i++)
		if (g->tasks[i].pid && g->tasks[i].name && strcmp(g->tasks[i].name, name) == 0)
			return &g->tasks[i];
	return NULL;
}

struct task *task_of_step(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "task");
	struct task *task;

	if (!name)
		return NULL;
	task = task_find(g, name);
	if (!task)
		step_fail(g, 0, "no step before started a task '%s'", name);
	return task;
}

/* ---- ending ------------------------------------------------------------- */

void task_drop(struct guest *g, struct task *task)
{
	if (!task->ended) {
		kill(-task->pid, SIGKILL);
		task_wait(g, task, END_TIMEOUT_MS);
	}
	for (int stream = 0; stream < 2; stream++)
		if (task->outputs[stream].fd >= 0)
			task_close_output(g, task, stream);
	/* One that cannot be killed keeps its slot: its number may not be taken for another's. */
	if (task->ended)
		task->pid = 0;
}

void tasks_end(struct guest *g)
{
	bool any = false;

	tasks_reap(g);
	for (size_t i = 0; i < GUEST_MAX_TASKS; i++) {
		if (g->tasks[i].pid && !g->tasks[i].ended)
			any = g->tasks[i].stopped = true;
	}
	/* All but init, whoever started it. */
	kill(-1, SIGKILL);
	for (size_t i = 0; any && i < GUEST_MAX_TASKS; i++) {
		struct task *task = &g->tasks[i];

		if (task->pid && !task->ended && !task_wait(g, task, END_TIMEOUT_MS))
			guest_say("task %s (pid %d) does not die of SIGKILL",
				  task->name ? task->name : "without a name", (int)task->pid);
	}
	for (size_t i = 0; i < GUEST_MAX_TASKS; i++)
		if (g->tasks[i].pid)
			task_drain_output(g, &g->tasks[i]);
}

struct call {
	int (*fn)(void *argument);
	void *argument;
};

static int call_main(void *argument)
{
	const struct call *call = argument;

	return call->fn(call->argument);
}

int guest_call(struct guest *g, const struct plan_step *step, int (*fn)(void *argument),
	       void *argument)
{
	struct call call = { .fn = fn, .argument = argument };
	const struct task_spec spec = { .main = call_main, .argument = &call };
	struct task *task = task_start(g, step, &spec);
	int result;

	if (!task)
		return g->failure.errno_value ? g->failure.errno_value : EAGAIN;
	task_wait(g, task, UINT64_MAX);
	result = WIFEXITED(task->status) ? WEXITSTATUS(task->status) : EINTR;
	task_drop(g, task);
	return result;
}
