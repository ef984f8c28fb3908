// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/cgroups.h"
#include "guest-init/io.h"
#include "guest-init/panic.h"

/* For the killed to die in the end. One that stays is stuck in the kernel. */
#define END_TIMEOUT_MS 5000
/* For a child to get ready. One in a frozen group never does. */
#define START_TIMEOUT_MS 10000

/*
 * What a child says before main(): that it is ready, or what it could not do. In
 * memory shared with init, and told by closing a pipe: writing into one would
 * take memory of the child's group, which may have none to give.
 */
struct start_word {
	bool ready;
	int errno_value;
	char what[100];
};

/* ---- starting ----------------------------------------------------------- */

/* In the child. What cannot be done is a failed start: no task runs elsewhere than the case says.
 */
static int child_prepare(struct guest *g, const struct task_spec *spec, struct start_word *word)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	guest_uncatch();
	setsid();
	snprintf(word->what, sizeof(word->what), "open /dev/null");
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return -1;
	snprintf(word->what, sizeof(word->what), "set oom_score_adj");
	if (g->oom_protected && io_write_value("/proc/self/oom_score_adj", "0", 0))
		return -1;
	if (spec->cgroup) {
		snprintf(word->what, sizeof(word->what), "move the task into cgroup %s",
			 spec->cgroup);
		if (cgroups_enter(g, spec->cgroup))
			return -1;
	}
	if (g->fault_task_filter) {
		snprintf(word->what, sizeof(word->what), "set make-it-fail of the task");
		if (io_write_value("/proc/self/make-it-fail", "1", 0))
			return -1;
	}
	return 0;
}

static _Noreturn void child_run(struct guest *g, const struct task_spec *spec, int outputs[2],
				int report, struct start_word *word)
{
	snprintf(word->what, sizeof(word->what), "redirect the task's output");
	if (dup2(outputs[0], STDOUT_FILENO) < 0 || dup2(outputs[1], STDERR_FILENO) < 0 ||
	    child_prepare(g, spec, word)) {
		word->errno_value = errno;
		_exit(125);
	}
	word->ready = true;
	/* Not every main() calls exec, and then none of these closes by itself. */
	close(report);
	close(outputs[0]);
	close(outputs[1]);
	close(g->port_fd);
	for (size_t i = 0; i < GUEST_MAX_TASKS; i++)
		for (int stream = 0; stream < 2; stream++)
			if (g->tasks[i].outputs[stream].fd >= 0)
				close(g->tasks[i].outputs[stream].fd);
	_exit(spec->main(spec->argument));
}

/*
 * Waits until the child has said something, or cannot any more; false at the
 * deadline. Nobody is reaped meanwhile: its end must not come before its start.
 */
static bool child_spoke(struct guest *g, int report)
{
	const uint64_t deadline_ns = frame_clock_ns() + START_TIMEOUT_MS * 1000000ull;
	struct pollfd fd = { .fd = report, .events = POLLIN };

	for (;;) {
		uint64_t now_ns = frame_clock_ns();
		uint64_t until_ns = deadline_ns < g->next_beat_ns ? deadline_ns : g->next_beat_ns;

		if (now_ns >= deadline_ns)
			return false;
		guest_beat(g);
		if (until_ns > now_ns &&
		    poll(&fd, 1, (int)((until_ns - now_ns) / 1000000u) + 1) > 0)
			return true;
	}
}

/* Takes the child's word on its start. */
static int child_started(struct guest *g, pid_t pid, int report, const struct start_word *word)
{
	struct task dead = { .pid = pid };

	if (!child_spoke(g, report)) {
		kill(pid, SIGKILL);
		return step_fail(g, 0,
				 "the task was not ready within %d s: a frozen cgroup holds it",
				 START_TIMEOUT_MS / 1000);
	}
	if (word->ready)
		return 0;
	if (word->errno_value)
		return step_fail(g, word->errno_value, "%s", word->what);
	if (waitpid(pid, &dead.status, 0) != pid)
		return step_fail(g, errno, "start a task");
	return step_fail(g, 0, "the task ended before it was ready: %s", task_ending(&dead));
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

/* Forks, and waits until the child is ready. Its pid, or -1 with step_fail(). */
static pid_t child_start(struct guest *g, const struct task_spec *spec, int pipes[3][2],
			 struct start_word *word)
{
	pid_t pid = fork();

	if (pid < 0) {
		step_fail(g, errno, "start a task");
		return -1;
	}
	if (pid == 0) {
		int outputs[2] = { pipes[0][1], pipes[1][1] };

		close_ends(pipes, 0);
		child_run(g, spec, outputs, pipes[2][1], word);
	}
	close_ends(pipes, 1);
	/* One that failed exits by itself, and is reaped as an orphan. */
	return child_started(g, pid, pipes[2][0], word) ? -1 : pid;
}

void *task_shared_memory(struct guest *g, size_t size_bytes)
{
	void *memory =
		mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		step_fail(g, errno, "memory shared with the task");
		return NULL;
	}
	/* Touched here first: its pages are charged to init. Locked, lest they be swapped out. */
	memset(memory, 0, size_bytes);
	if (mlock(memory, size_bytes))
		guest_say("lock the memory shared with a task: %s", strerror(errno));
	return memory;
}

struct task *task_start(struct guest *g, const struct plan_step *step, const struct task_spec *spec)
{
	struct task *task = task_slot(g, spec->name);
	struct start_word *word;
	int pipes[3][2];
	pid_t pid = -1;

	if (!task)
		return NULL;
	word = task_shared_memory(g, sizeof(*word));
	if (!word)
		return NULL;
	if (open_pipes(pipes))
		step_fail(g, errno, "pipes to the task");
	else
		pid = child_start(g, spec, pipes, word);
	munmap(word, sizeof(*word));
	if (pid > 0) {
		task->name = spec->name;
		task->step = step->index;
		task->pid = pid;
		task->result = spec->result;
		task->context = spec->context;
		task->outputs[0].fd = take_end(&pipes[0][0]);
		task->outputs[1].fd = take_end(&pipes[1][0]);
		if (task->name)
			task_report_start(g, task, spec->cgroup);
	}
	close_ends(pipes, 0);
	close_ends(pipes, 1);
	return pid > 0 ? task : NULL;
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

struct task *task_running_of_step(struct guest *g, const struct plan_step *step)
{
	struct task *task = task_of_step(g, step);

	if (!task || !task->ended)
		return task;
	step_fail(g, ESRCH, "task %s has ended already (%s)", task->name, task_ending(task));
	return NULL;
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
	/* It has no `task-end` frame: its step tells. */
	if (!task->name)
		g->step_output_lost += task->output_lost;
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

int guest_call(struct guest *g, const struct plan_step *step, const char *what,
	       int (*fn)(void *argument), void *argument)
{
	struct call call = { .fn = fn, .argument = argument };
	const struct task_spec spec = { .main = call_main, .argument = &call };
	struct task *task = task_start(g, step, &spec);
	int result = 0;

	if (!task)
		return -1;
	task_wait(g, task, UINT64_MAX);
	if (!WIFEXITED(task->status))
		result = step_fail(g, EINTR, "%s: %s", what, task_ending(task));
	else if (WEXITSTATUS(task->status))
		result = step_fail(g, WEXITSTATUS(task->status), "%s", what);
	task_drop(g, task);
	return result;
}

bool guest_call_within(struct guest *g, int (*fn)(void *argument), void *argument,
		       uint64_t timeout_ms)
{
	static const struct plan_step no_step = { .index = -1 };
	struct call call = { .fn = fn, .argument = argument };
	const struct task_spec spec = { .main = call_main, .argument = &call };
	struct task *task = task_start(g, &no_step, &spec);
	bool in_time;

	if (!task) {
		fn(argument);
		return true;
	}
	in_time = task_wait(g, task, timeout_ms);
	task_drop(g, task);
	return in_time;
}
