// SPDX-License-Identifier: GPL-2.0-or-later
/* The half of tasks.h that waits: reaping, the tasks' output, the beat. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/sample.h"
#include "guest-init/signals.h"
#include "guest-init/tasks.h"

#define BEAT_INTERVAL_NS 4000000000ull
/* Of one read; escaped in the worst way it still fits a frame. */
#define OUTPUT_CHUNK_BYTES 8192
/* Of each task: a flood would push the rest of the run over the host's limit, and the port is slow.
 */
#define OUTPUT_MAX_BYTES (1u << 20)

static const char *const stream_names[] = { "stdout", "stderr" };

static void on_child(int number)
{
	/* Only there so that ppoll() returns. */
	(void)number;
}

void tasks_init(struct guest *g)
{
	struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_NOCLDSTOP };
	sigset_t child;

	/* Blocked but in ppoll(): none is lost between looking and waiting. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	sigaction(SIGCHLD, &action, NULL);
	for (size_t i = 0; i < GUEST_MAX_TASKS; i++)
		g->tasks[i].outputs[0].fd = g->tasks[i].outputs[1].fd = -1;
	g->next_beat_ns = frame_clock_ns() + BEAT_INTERVAL_NS;
}

/* ---- output ------------------------------------------------------------- */

static void output_send(struct guest *g, const struct task *task, int stream, const char *bytes,
			size_t length)
{
	frame_begin(&g->frames, "output");
	frame_int(&g->frames, "i", task->step);
	frame_str(&g->frames, "name", task->name);
	frame_str(&g->frames, "stream", stream_names[stream]);
	frame_end_data(&g->frames, bytes, length);
}

void task_close_output(struct guest *g, struct task *task, int stream)
{
	struct task_output *output = &task->outputs[stream];

	if (output->held > 0)
		output_send(g, task, stream, output->tail, output->held);
	close(output->fd);
	output->fd = -1;
	output->held = 0;
}

/* One read, without waiting. How many bytes came; 0: none, for now or for good. */
static size_t output_read(struct guest *g, struct task *task, int stream)
{
	struct task_output *output = &task->outputs[stream];
	char bytes[OUTPUT_CHUNK_BYTES + sizeof(output->tail)];
	size_t length;
	ssize_t n;

	if (output->fd < 0)
		return 0;
	memcpy(bytes, output->tail, output->held);
	do
		n = read(output->fd, bytes + output->held, OUTPUT_CHUNK_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return 0;
	if (n == 0) {
		task_close_output(g, task, stream);
		return 0;
	}
	if (task->output_bytes >= OUTPUT_MAX_BYTES) {
		task->output_lost += (uint64_t)n;
		return (size_t)n;
	}
	task->output_bytes += (uint64_t)n;
	length = output->held + (size_t)n;
	output->held = frame_utf8_tail(bytes, length);
	length -= output->held;
	memcpy(output->tail, bytes + length, output->held);
	if (length > 0)
		output_send(g, task, stream, bytes, length);
	return (size_t)n;
}

/* As much as the pipe can hold: what comes beyond was written by others, maybe for ever. */
void task_drain_output(struct guest *g, struct task *task)
{
	for (int stream = 0; stream < 2; stream++) {
		int left = fcntl(task->outputs[stream].fd, F_GETPIPE_SZ);
		size_t n;

		while (left > 0 && (n = output_read(g, task, stream)) > 0)
			left -= (int)n;
	}
}

/* ---- endings ------------------------------------------------------------ */

static int64_t timeval_us(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

void task_report_result(struct guest *g, struct task *task, int index)
{
	struct frame_writer *f = &g->frames;

	frame_begin(f, "result");
	frame_int(f, "i", index);
	frame_str(f, "name", task->name);
	if (frame_object_begin(f, "data")) {
		task->result(task, f);
		frame_object_end(f);
	}
	frame_end(f);
}

static void task_report_end(struct guest *g, struct task *task, const struct rusage *usage)
{
	struct frame_writer *f = &g->frames;

	if (task->result)
		task_report_result(g, task, task->step);
	frame_begin(f, "task-end");
	frame_str(f, "name", task->name);
	frame_int(f, "pid", task->pid);
	if (WIFSIGNALED(task->status)) {
		frame_int(f, "signal", WTERMSIG(task->status));
		frame_bool(f, "core", WCOREDUMP(task->status));
	} else {
		frame_int(f, "code", WEXITSTATUS(task->status));
	}
	frame_int(f, "utime_us", timeval_us(&usage->ru_utime));
	frame_int(f, "stime_us", timeval_us(&usage->ru_stime));
	frame_int(f, "maxrss_kib", usage->ru_maxrss);
	frame_int(f, "minflt", usage->ru_minflt);
	frame_int(f, "majflt", usage->ru_majflt);
	/* One that was faster than init's SIGKILL ended by itself. */
	if (task->stopped && WIFSIGNALED(task->status) && WTERMSIG(task->status) == SIGKILL)
		frame_bool(f, "stopped", true);
	if (task->output_lost > 0)
		frame_int(f, "output_lost_bytes", (int64_t)task->output_lost);
	frame_end(f);
}

/* Takes every child that ended. Orphans come to init too: they are nobody's task. */
void tasks_reap(struct guest *g)
{
	struct rusage usage;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		for (size_t i = 0; i < GUEST_MAX_TASKS; i++) {
			struct task *task = &g->tasks[i];

			if (task->pid != pid || task->ended)
				continue;
			task->ended = true;
			task->status = status;
			task_drain_output(g, task);
			if (task->name)
				task_report_end(g, task, &usage);
			break;
		}
	}
}

const char *task_ending(const struct task *task)
{
	static char text[48];

	if (WIFSIGNALED(task->status))
		snprintf(text, sizeof(text), "killed by %s", signal_name(WTERMSIG(task->status)));
	else
		snprintf(text, sizeof(text), "exit code %d", WEXITSTATUS(task->status));
	return text;
}

/* ---- waiting ------------------------------------------------------------ */

void guest_beat(struct guest *g)
{
	uint64_t now_ns = frame_clock_ns();

	if (now_ns < g->next_beat_ns)
		return;
	frame_begin(&g->frames, "beat");
	frame_end(&g->frames);
	g->next_beat_ns = now_ns + BEAT_INTERVAL_NS;
}

/* Waits until something happened, deals with it, and returns; false when the deadline came first.
 */
static bool guest_pump(struct guest *g, uint64_t deadline_ns)
{
	struct pollfd fds[2 * GUEST_MAX_TASKS];
	struct {
		struct task *task;
		int stream;
	} owners[2 * GUEST_MAX_TASKS];
	nfds_t count = 0;
	uint64_t now_ns, until_ns, sample_ns;
	struct timespec timeout;
	sigset_t none;
	int ready;

	tasks_reap(g);
	guest_beat(g);
	sample_ns = samples_take(g);
	now_ns = frame_clock_ns();
	if (now_ns >= deadline_ns)
		return false;
	for (size_t i = 0; i < GUEST_MAX_TASKS; i++) {
		for (int stream = 0; stream < 2; stream++) {
			if (g->tasks[i].outputs[stream].fd < 0)
				continue;
			fds[count].fd = g->tasks[i].outputs[stream].fd;
			fds[count].events = POLLIN;
			owners[count].task = &g->tasks[i];
			owners[count++].stream = stream;
		}
	}
	until_ns = deadline_ns < g->next_beat_ns ? deadline_ns : g->next_beat_ns;
	if (sample_ns < until_ns)
		until_ns = sample_ns > now_ns ? sample_ns : now_ns;
	timeout.tv_sec = (time_t)((until_ns - now_ns) / 1000000000u);
	timeout.tv_nsec = (long)((until_ns - now_ns) % 1000000000u);
	sigemptyset(&none);
	ready = ppoll(fds, count, &timeout, &none);
	if (ready > 0)
		for (nfds_t i = 0; i < count; i++)
			if (fds[i].revents)
				output_read(g, owners[i].task, owners[i].stream);
	tasks_reap(g);
	return true;
}

static uint64_t deadline_after_ms(uint64_t ms)
{
	uint64_t now_ns = frame_clock_ns();

	if (ms > (UINT64_MAX - now_ns) / 1000000u)
		return UINT64_MAX;
	return now_ns + ms * 1000000u;
}

void guest_pause_ms(struct guest *g, uint64_t ms)
{
	uint64_t deadline_ns = deadline_after_ms(ms);

	while (guest_pump(g, deadline_ns))
		;
}

bool task_wait(struct guest *g, struct task *task, uint64_t timeout_ms)
{
	uint64_t deadline_ns = deadline_after_ms(timeout_ms);

	tasks_reap(g);
	while (!task->ended && guest_pump(g, deadline_ns))
		;
	return task->ended;
}
