/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks of the case, and waiting: the one place where guest time passes. While
 * init waits it reaps, carries the tasks' output into frames, and sends a
 * `beat` so that the host can tell a slow guest from a dead one.
 */
#ifndef GUEST_TASKS_H
#define GUEST_TASKS_H

#include "guest-init/guest.h"

struct task_spec {
	const char *name;   /* NULL: unnamed, no `task` and `task-end` frames */
	const char *cgroup; /* NULL: init's own */
	/* What the child does. It returns an exit code; or it calls exec and returns when that
	 * fails. */
	int (*main)(void *argument);
	void *argument;
	void (*result)(struct task *task, struct frame_writer *frames);
	void *context;
};

/*
 * Zeroed memory for a task and init, which outlives the task. Locked, and charged
 * to init, not to the task's group. NULL with step_fail(). For good: a case has
 * few tasks.
 */
void *task_shared_memory(struct guest *g, size_t size_bytes);

/* A bad start that the child tells of by returning this after exec failed. */
#define TASK_EXIT_NO_EXEC 127

void tasks_init(struct guest *g); /* before any task and any waiting */

/*
 * Starts a child: in its cgroup, killable by the OOM killer, with default
 * signals and /dev/null for input before main() is called. NULL and step_fail()
 * when any of that does not work, or is not done in time.
 */
struct task *task_start(struct guest *g, const struct plan_step *step,
			const struct task_spec *spec);
struct task *task_find(struct guest *g, const char *name);
/* The task of argument `task`, or NULL with step_fail(). */
struct task *task_of_step(struct guest *g, const struct plan_step *step);
/* The same, of a task that still runs: the number of one that ended may be another's by now. */
struct task *task_running_of_step(struct guest *g, const struct plan_step *step);
/* True when it ended in time. */
bool task_wait(struct guest *g, struct task *task, uint64_t timeout_ms);
/* "exit code 3", "killed by SIGKILL"; static. */
const char *task_ending(const struct task *task);
/*
 * The end of a step that waited for the task for nothing: -1 with step_fail(),
 * which says that `what` still ran, in which state (a letter of proc(5)), and
 * where it waits. Its stack and processor time go into `snapshot` frames.
 */
int task_still_runs(struct guest *g, const struct plan_step *step, const struct task *task,
		    const char *what, uint64_t timeout_ms);
/* Kills and forgets an unnamed task, so that its slot is free again; its step takes over how much of
 * its output was lost. */
void task_drop(struct guest *g, struct task *task);
/* Kills all that is left, waits for it a few seconds. */
void tasks_end(struct guest *g);

/*
 * Runs fn(argument) in a child, so that init goes on beating while it sits in
 * the kernel. fn returns 0 or an errno. `what` is being done, for the message.
 * 0, or -1 with step_fail(). Without a time limit: the host has one.
 */
int guest_call(struct guest *g, const struct plan_step *step, const char *what,
	       int (*fn)(void *argument), void *argument);
/* The same without a step, and within a time: false when fn did not return by then. It is left alone
 * when not even SIGKILL ends it. Where there is no room for a child, it is called right here. */
bool guest_call_within(struct guest *g, int (*fn)(void *argument), void *argument,
		       uint64_t timeout_ms);
void guest_pause_ms(struct guest *g, uint64_t ms);

/* In a child before exec: PATH, HOME, and the case's devices as KLAB_DEVICE_<name>=/dev/sda. */
void task_environment(const struct guest *g);
/* A `result` frame of what the task has found so far, said to be of step `index`. */
void task_report_result(struct guest *g, struct task *task, int index);

/* Between tasks.c and waiting.c. */
void guest_beat(struct guest *g); /* when one is due */
/* Takes every child that ended, and tells the host of those with a name. */
void tasks_reap(struct guest *g);
/* Sends what is in a task's pipes. Others may hold them open and write on: neither their end nor
 * their silence is waited for. */
void task_drain_output(struct guest *g, struct task *task);
void task_close_output(struct guest *g, struct task *task, int stream);

#endif
