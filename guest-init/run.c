// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps on tasks: run, sh, wait, sleep, kill. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/memhog.h"
#include "guest-init/panic.h"
#include "guest-init/signals.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define BUSYBOX	     "/bin/busybox"
#define RUN_MAX_ARGS 64

struct command {
	struct guest *g;
	const char *path;
	const char *argv[RUN_MAX_ARGS + 2];
};

void task_environment(const struct guest *g)
{
	clearenv();
	setenv("PATH", "/bin", 1);
	setenv("HOME", "/", 1);
	for (size_t i = 0; i < g->device_count; i++) {
		char name[96];

		snprintf(name, sizeof(name), "KLAB_DEVICE_%s", g->devices[i].name);
		setenv(name, g->devices[i].path, 1);
	}
}

/* In the child. */
static int command_main(void *argument)
{
	const struct command *command = argument;

	task_environment(command->g);
	execv(command->path, (char *const *)command->argv);
	/* Into the task's own output: init reads it there. */
	guest_say("exec %s: %s", command->path, strerror(errno));
	return TASK_EXIT_NO_EXEC;
}

/* An unnamed command is waited for here, and anything but exit code 0 is a failed step. */
static int command_finish(struct guest *g, const struct plan_step *step, struct task *task,
			  const char *what)
{
	uint64_t timeout_ms = (uint64_t)plan_arg_int(step, "timeout", 60000);
	int result = 0;

	if (!task_wait(g, task, timeout_ms))
		result = task_still_runs(g, step, task, what, timeout_ms);
	else if (task->status != 0)
		result = step_fail(g, 0, "%s: %s", what, task_ending(task));
	task_drop(g, task);
	return result;
}

static int command_start(struct guest *g, const struct plan_step *step, struct command *command,
			 const char *what)
{
	struct task_spec spec = { .main = command_main, .argument = command };
	struct task *task;

	spec.name = plan_arg(step, "as");
	spec.cgroup = plan_arg(step, "cgroup");
	/* Asked for here: in the child it could only be an exit code. */
	if (access(command->path, X_OK))
		return step_fail(g, errno, "%s", command->path);
	task = task_start(g, step, &spec);
	if (!task)
		return -1;
	return spec.name ? 0 : command_finish(g, step, task, what);
}

int verb_run(struct guest *g, const struct plan_step *step)
{
	struct command command = { .g = g };
	size_t argc = 1;

	command.path = step_need(g, step, "source");
	if (!command.path)
		return -1;
	command.argv[0] = command.path;
	for (size_t i = 0; i < step->arg_count; i++) {
		if (strcmp(step->args[i].name, "args") != 0)
			continue;
		if (argc > RUN_MAX_ARGS)
			return step_fail(g, E2BIG, "more than %d arguments", RUN_MAX_ARGS);
		command.argv[argc++] = step->args[i].value;
	}
	return command_start(g, step, &command, command.path);
}

int verb_sh(struct guest *g, const struct plan_step *step)
{
	const char *script = step_need(g, step, "script");
	struct command command = { .g = g, .path = BUSYBOX, .argv = { "sh", script } };

	if (!script)
		return -1;
	return command_start(g, step, &command, "the script");
}

static int wait_holding(struct guest *g, struct task *task, uint64_t timeout_ms)
{
	const struct memhog_shared *s = memhog_of_task(task);

	if (!s || !s->hold)
		return step_fail(g, EINVAL, "task %s is no memhog that holds its memory",
				 task->name);
	if (!memhog_wait_holding(g, task, frame_clock_ns() + timeout_ms * 1000000u))
		return step_fail(g, ETIMEDOUT, "task %s has not written all after %" PRIu64 " ms",
				 task->name, timeout_ms);
	if (task->ended)
		return step_fail(g, ESRCH, "task %s ended before it had written all (%s)",
				 task->name, task_ending(task));
	return 0;
}

int verb_wait(struct guest *g, const struct plan_step *step)
{
	uint64_t timeout_ms = (uint64_t)plan_arg_int(step, "timeout", 60000);
	const char *until = step_need(g, step, "until");
	struct task *task = task_of_step(g, step);
	char what[96];

	if (!until || !task)
		return -1;
	if (strcmp(until, "holding") == 0)
		return wait_holding(g, task, timeout_ms);
	if (task_wait(g, task, timeout_ms))
		return 0;
	snprintf(what, sizeof(what), "task %s", task->name);
	return task_still_runs(g, step, task, what, timeout_ms);
}

int verb_sleep(struct guest *g, const struct plan_step *step)
{
	int64_t ms = plan_arg_int(step, "for", -1);

	if (ms < 0)
		return step_fail(g, EINVAL, "no time to sleep for");
	guest_pause_ms(g, (uint64_t)ms);
	return 0;
}

int verb_kill(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "signal");
	struct task *task = task_running_of_step(g, step);
	int number;

	if (!name || !task)
		return -1;
	number = signal_parse(name);
	if (number < 0)
		return step_fail(g, EINVAL, "'%s' is no signal", name);
	if (kill(task->pid, number))
		return step_fail(g, errno, "kill task %s", task->name);
	return 0;
}
