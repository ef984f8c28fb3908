// SPDX-License-Identifier: GPL-2.0-or-later
/* The coredump step: a task is made to dump core, and the core is looked into. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guest-init/core-file.h"
#include "guest-init/devices.h"
#include "guest-init/errno-name.h"
#include "guest-init/io.h"
#include "guest-init/memhog.h"
#include "guest-init/panic.h"
#include "guest-init/signals.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define CORE_PATTERN  "/proc/sys/kernel/core_pattern"
#define CORE_USES_PID "/proc/sys/kernel/core_uses_pid"

struct coredump {
	char path[PATH_MAX];
	int signal;
	uint64_t timeout_ms;
};

static int coredump_read_args(struct guest *g, const struct plan_step *step, struct coredump *d)
{
	const char *given = step_need(g, step, "path");
	const char *name = step_need(g, step, "signal");

	if (!given || !name)
		return -1;
	d->signal = signal_parse(name);
	if (d->signal < 0)
		return step_fail(g, EINVAL, "'%s' is no signal", name);
	if (device_expand(g, given, false, d->path, sizeof(d->path)))
		return step_fail(g, errno, "%s", given);
	d->timeout_ms = (uint64_t)plan_arg_int(step, "timeout", 60000);
	return 0;
}

/* The kernel writes there from now on, as much as there is. */
static int coredump_prepare(struct guest *g, const struct coredump *d, const struct task *task)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (strchr(d->path, '%'))
		return step_fail(g, EINVAL, "%s: a %% would mean something to the kernel", d->path);
	unlink(d->path);
	if (io_write_value(CORE_PATTERN, d->path, 0) || io_write_value(CORE_USES_PID, "0", 0))
		return step_fail(g, errno, "write %s (the kernel needs COREDUMP)", CORE_PATTERN);
	if (prlimit(task->pid, RLIMIT_CORE, &limit, NULL))
		return step_fail(g, errno, "set RLIMIT_CORE of task %s", task->name);
	return 0;
}

static void coredump_report(struct guest *g, const struct plan_step *step, struct task *task,
			    const struct core_findings *core, int errno_value, uint64_t took_ns)
{
	struct frame_writer *f = &g->frames;

	frame_begin(f, "result");
	frame_int(f, "i", step->index);
	frame_str(f, "name", task->name);
	if (frame_object_begin(f, "data")) {
		/* The last result of a task is what counts, so all of it is told again. */
		if (task->result)
			task->result(task, f);
		frame_str(f, "core_error", errno_value ? errno_name(errno_value) : "none");
		frame_int(f, "core_bytes", (int64_t)core->bytes);
		frame_int(f, "core_expected_bytes", (int64_t)core->expected_bytes);
		frame_int(f, "core_complete",
			  core->expected_bytes > 0 && core->bytes >= core->expected_bytes);
		if (memhog_of_task(task)) {
			frame_int(f, "core_pages_right", (int64_t)core->pages_right);
			frame_int(f, "core_pages_zero", (int64_t)core->pages_zero);
			frame_int(f, "core_pages_wrong", (int64_t)core->pages_wrong);
			frame_int(f, "core_pages_missing", (int64_t)core->pages_missing);
		}
		frame_int(f, "core_us", (int64_t)(took_ns / 1000));
		frame_object_end(f);
	}
	frame_end(f);
}

static int coredump_kill(struct guest *g, const struct coredump *d, struct task *task)
{
	if (memhog_of_task(task) && memhog_of_task(task)->hold &&
	    !memhog_wait_holding(g, task, frame_clock_ns() + d->timeout_ms * 1000000u))
		return step_fail(g, ETIMEDOUT, "task %s has not written all after %" PRIu64 " ms",
				 task->name, d->timeout_ms);
	if (task->ended)
		return step_fail(g, ESRCH, "task %s has ended already (%s)", task->name,
				 task_ending(task));
	if (coredump_prepare(g, d, task))
		return -1;
	if (kill(task->pid, d->signal))
		return step_fail(g, errno, "kill task %s", task->name);
	if (!task_wait(g, task, d->timeout_ms))
		return step_fail(g, ETIMEDOUT, "task %s still dumps core after %" PRIu64 " ms",
				 task->name, d->timeout_ms);
	return 0;
}

/* A core that is not there or not whole is a finding. */
int verb_coredump(struct guest *g, const struct plan_step *step)
{
	struct coredump d = { 0 };
	struct core_findings core;
	char pattern[PATH_MAX] = "core";
	uint64_t start_ns = frame_clock_ns();
	struct task *task;
	int result, errno_value;

	task = task_of_step(g, step);
	if (!task || coredump_read_args(g, step, &d))
		return -1;
	if (io_read_text(CORE_PATTERN, pattern, sizeof(pattern)))
		return step_fail(g, errno, "read %s (the kernel needs COREDUMP)", CORE_PATTERN);
	result = coredump_kill(g, &d, task);
	/* Tasks after this one are none of ours. */
	if (io_write_value(CORE_PATTERN, pattern, 0))
		guest_say("write %s: %s", CORE_PATTERN, strerror(errno));
	if (result)
		return -1;
	errno_value = core_file_read(d.path, memhog_of_task(task), &core);
	coredump_report(g, step, task, &core, errno_value, frame_clock_ns() - start_ns);
	return 0;
}
