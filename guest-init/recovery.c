// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/errno-name.h"
#include "guest-init/io.h"
#include "guest-init/panic.h"
#include "guest-init/tasks.h"

#define ALLOCATE_BYTES	(1u << 20)
#define BLOCK_BYTES	4096
#define SWAPS_MAX_BYTES (64u << 10)

/* ---- what is tried, in a child: 0 or an errno ---------------------------- */

static int try_allocate(void *argument)
{
	volatile char *bytes = mmap(NULL, ALLOCATE_BYTES, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argument;
	if (bytes == MAP_FAILED)
		return errno;
	for (size_t i = 0; i < ALLOCATE_BYTES; i += BLOCK_BYTES)
		bytes[i] = 1;
	return 0;
}

static int try_fork(void *argument)
{
	pid_t pid = fork();
	int status;

	(void)argument;
	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return status ? ECHILD : 0;
}

static int try_swapoff(void *argument)
{
	return swapoff(argument) ? errno : 0;
}

/* Reads the last block and, where that is allowed, writes the same bytes back: nothing changes. */
static int block_rewrite(int fd)
{
	_Alignas(BLOCK_BYTES) static char block[BLOCK_BYTES];
	uint64_t size_bytes;
	int read_only = 0;
	off_t at;

	if (ioctl(fd, BLKGETSIZE64, &size_bytes) || ioctl(fd, BLKROGET, &read_only))
		return errno;
	if (size_bytes < BLOCK_BYTES)
		return ENOMEDIUM;
	at = (off_t)(size_bytes - size_bytes % BLOCK_BYTES - BLOCK_BYTES);
	errno = EIO; /* of a read or write that is short */
	if (pread(fd, block, BLOCK_BYTES, at) != BLOCK_BYTES)
		return errno;
	if (read_only)
		return 0;
	if (pwrite(fd, block, BLOCK_BYTES, at) != BLOCK_BYTES || fsync(fd))
		return errno;
	return 0;
}

static int try_device(void *argument)
{
	const struct device *device = argument;
	int fd = open(device->path, O_RDWR | O_DIRECT | O_CLOEXEC);

	if (fd < 0 && (errno == EROFS || errno == EACCES))
		fd = open(device->path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	/* Not closed: the child ends here, and what its end does is on the time limit too. */
	return fd < 0 ? errno : block_rewrite(fd);
}

/* ---- one after the other ------------------------------------------------- */

/* How long there is for all of them, and for each. */
struct limits {
	int check_ms, total_ms;
	uint64_t deadline_ns;
};

/* What came of a try: why is "" when it worked; late_ms is the time that ran out, else 0. */
struct outcome {
	char why[640];
	int late_ms;
};

static void recovery_report(struct guest *g, const char *what, const char *device,
			    const struct outcome *o, uint64_t took_ns)
{
	const char *why = o->why;

	frame_begin(&g->frames, "recovery");
	frame_str(&g->frames, "what", what);
	frame_str(&g->frames, "device", device);
	frame_bool(&g->frames, "ok", !*why);
	frame_str(&g->frames, "why", *why ? why : NULL);
	if (o->late_ms)
		frame_int(&g->frames, "late_us", o->late_ms * 1000ll);
	frame_int(&g->frames, "us", (int64_t)(took_ns / 1000));
	frame_end(&g->frames);
}

/* Runs it in a child. */
static void try_in_time(struct guest *g, int check_ms, int (*fn)(void *argument), void *argument,
			struct outcome *o)
{
	static const struct plan_step no_step = { .index = -1 };
	struct task_spec spec = { .main = fn, .argument = argument };
	struct task *task = task_start(g, &no_step, &spec);
	size_t size = sizeof(o->why);

	*o = (struct outcome){ 0 };
	if (!task) {
		snprintf(o->why, size, "%s: %s", g->failure.what,
			 g->failure.errno_value ? strerror(g->failure.errno_value) : "no child");
		return;
	}
	if (!task_wait(g, task, check_ms)) {
		o->late_ms = check_ms;
		snprintf(o->why, size, "still not done after %g s", check_ms / 1000.0);
	} else if (!WIFEXITED(task->status))
		snprintf(o->why, size, "%s", task_ending(task));
	else if (WEXITSTATUS(task->status))
		snprintf(o->why, size, "%s: %s", errno_name(WEXITSTATUS(task->status)),
			 strerror(WEXITSTATUS(task->status)));
	task_drop(g, task);
}

static void recovery_try(struct guest *g, const struct limits *limits, const char *what,
			 const char *device, int (*fn)(void *argument), void *argument)
{
	uint64_t start_ns = frame_clock_ns();
	struct outcome o = { "not tried: the checks before took too long", limits->total_ms };

	if (start_ns < limits->deadline_ns)
		try_in_time(g, limits->check_ms, fn, argument, &o);
	recovery_report(g, what, device, &o, frame_clock_ns() - start_ns);
}

/* The case's name of a swap device; its path when it has none. */
static const char *swap_name(const struct guest *g, const char *path)
{
	for (size_t i = 0; i < g->device_count; i++)
		if (strcmp(g->devices[i].path, path) == 0)
			return g->devices[i].name;
	return path;
}

/* By the kernel's list: a script may have turned some on, and a step off. Returns how many;
 * without limits none is tried. */
static int swaps_each(struct guest *g, const struct limits *limits)
{
	char path[PATH_MAX];
	size_t length;
	char *text, *rest, *line;
	int count = 0;

	snprintf(path, sizeof(path), "%s/proc/swaps", guest_root(g));
	rest = text = io_read_file(path, SWAPS_MAX_BYTES, &length);
	while (rest && (line = strsep(&rest, "\n"))) {
		if (*line != '/')
			continue;
		line[strcspn(line, " \t")] = '\0';
		count++;
		if (limits)
			recovery_try(g, limits, "swapoff", swap_name(g, line), try_swapoff, line);
	}
	free(text);
	return count;
}

void recovery_check(struct guest *g, int check_ms, int total_ms)
{
	const struct limits limits = { check_ms, total_ms,
				       frame_clock_ns() + (uint64_t)total_ms * 1000000 };

	if (g->device_count == 0 && g->fault_count == 0 && swaps_each(g, NULL) == 0)
		return;
	recovery_try(g, &limits, "allocate", NULL, try_allocate, NULL);
	recovery_try(g, &limits, "fork", NULL, try_fork, NULL);
	swaps_each(g, &limits);
	for (size_t i = 0; i < g->device_count; i++)
		recovery_try(g, &limits, "write", g->devices[i].name, try_device, &g->devices[i]);
}
