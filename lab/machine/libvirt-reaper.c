// SPDX-License-Identifier: GPL-2.0-or-later
/* QEMU's process, which libvirt makes a daemon: it is ours because nobody nearer adopts it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine/libvirt-bridge.h"

enum { LOOK_MS = 10, PID_MS = 1000, PID_BYTES = 32 };

static const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };

static pid_t read_pid(const char *path)
{
	size_t length;
	_cleanup_free_ char *text = file_read(path, PID_BYTES, &length, NULL);

	/* A whole line: it may be just being written. */
	return text && strchr(text, '\n') ? (pid_t)atoi(text) : 0;
}

/* It is there, and may not be ours yet: the process that made it a daemon ends just now. */
static pid_t await_adopted(pid_t pid, int *status, struct rusage *usage)
{
	pid_t got;

	while ((got = wait4(pid, status, 0, usage)) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != ECHILD || (kill(pid, 0) < 0 && errno == ESRCH))
			break;
		nanosleep(&look, NULL);
	}
	return got;
}

static void await_end(struct libvirt_reaper *r)
{
	struct rusage usage = { 0 };
	int status = 0;
	pid_t got = await_adopted(r->pid, &status, &usage);

	pthread_mutex_lock(&r->lock);
	r->ended = got == r->pid;
	r->exit.exited = WIFEXITED(status);
	r->exit.code = r->exit.exited ? WEXITSTATUS(status) : WTERMSIG(status);
	r->exit.cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
			 (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void *reap(void *context)
{
	struct libvirt_reaper *r = context;
	pid_t pid;

	while ((pid = read_pid(r->pidfile)) <= 0)
		nanosleep(&look, NULL);
	pthread_mutex_lock(&r->lock);
	r->pid = pid;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (r->waits)
		await_end(r);
	return NULL;
}

int libvirt_reaper_start(struct libvirt_reaper *r, const char *run_dir, bool ours, struct err *err)
{
	*r = (struct libvirt_reaper){ .waits = ours };
	r->pidfile = path_join(run_dir, LIBVIRT_PIDFILE);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	if (ours && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return err_set_errno(err, ERR_HOST, errno, "prctl");
	errno = pthread_create(&r->thread, NULL, reap, r);
	return errno ? err_set_errno(err, ERR_HOST, errno, "pthread_create") : 0;
}

/* Waits until *what is set, with the lock held. */
static void await(struct libvirt_reaper *r, int timeout_ms, const bool *ended)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	while (!(ended ? *ended : r->pid > 0) &&
	       pthread_cond_timedwait(&r->changed, &r->lock, &until) == 0)
		;
}

pid_t libvirt_reaper_pid(struct libvirt_reaper *r)
{
	pid_t pid;

	pthread_mutex_lock(&r->lock);
	await(r, PID_MS, NULL);
	pid = r->pid;
	pthread_mutex_unlock(&r->lock);
	return pid;
}

bool libvirt_reaper_await(struct libvirt_reaper *r, int timeout_ms, struct child_exit *exit)
{
	bool ended;

	pthread_mutex_lock(&r->lock);
	await(r, timeout_ms, &r->ended);
	ended = r->ended;
	*exit = r->exit;
	pthread_mutex_unlock(&r->lock);
	return ended;
}
