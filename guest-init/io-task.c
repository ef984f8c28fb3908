// SPDX-License-Identifier: GPL-2.0-or-later
/* The io step: a task that reads or writes a file or device, and who tells it of an error. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guest-init/devices.h"
#include "guest-init/errno-name.h"
#include "guest-init/memory.h"
#include "guest-init/siginfo.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

/* Its exit codes beside 0. */
#define IO_EXIT_WRONG 1
#define IO_EXIT_ERROR 3

/* What carries the pattern; blocks and sizes are multiples of it. */
#define IO_PAGE_BYTES 4096

/* In locked memory shared with init. */
struct io_findings {
	uint64_t calls;	 /* of write or read; mapped: blocks that were touched */
	uint64_t errors; /* of these */
	uint64_t shorts; /* less than a block was done, and no error was told */
	uint64_t bytes;	 /* done */
	uint64_t pages_wrong;
	uint64_t rounds; /* complete */
	uint64_t took_ns;
	int open_errno, call_errno, sync_errno, close_errno; /* the first of each; 0: none */
	uint64_t first_error_at;			     /* byte where call_errno came */
	struct siginfo_record *signal;
};

struct io_work {
	char path[PATH_MAX];
	int open_flags;
	bool write, map, sync, verify, drop;
	uint64_t size_bytes, block_bytes, offset_bytes;
	uint64_t rounds, for_ns;
	uint64_t seed;
	struct io_findings *findings;
};

/* ---- the task ---------------------------------------------------------------- */

static void io_fill(const struct io_work *w, char *block, uint64_t round, uint64_t at)
{
	for (uint64_t i = 0; i < w->block_bytes; i += IO_PAGE_BYTES)
		memory_fill_page(block + i, IO_PAGE_BYTES, w->seed, round,
				 (at + i) / IO_PAGE_BYTES);
}

static void io_check(const struct io_work *w, const char *block, uint64_t round, uint64_t at,
		     uint64_t length)
{
	for (uint64_t i = 0; w->verify && i + IO_PAGE_BYTES <= length; i += IO_PAGE_BYTES)
		w->findings->pages_wrong += !memory_check_page(block + i, IO_PAGE_BYTES, w->seed,
							       round, (at + i) / IO_PAGE_BYTES);
}

static void io_count(struct io_findings *f, ssize_t done, uint64_t wanted, uint64_t at)
{
	f->calls++;
	if (done < 0) {
		if (f->errors++ == 0) {
			f->call_errno = errno;
			f->first_error_at = at;
		}
		return;
	}
	f->bytes += (uint64_t)done;
	f->shorts += (uint64_t)done < wanted;
}

/* One pass. Reading verifies what the first round of a writer left there. */
static void io_pass(const struct io_work *w, int fd, char *block, char *map, uint64_t round)
{
	for (uint64_t at = 0; at + w->block_bytes <= w->size_bytes; at += w->block_bytes) {
		uint64_t from = w->offset_bytes + at;
		ssize_t done = (ssize_t)w->block_bytes;

		if (map && w->write)
			io_fill(w, map + at, round, from);
		else if (map)
			memcpy(block, map + at, w->block_bytes);
		else if (w->write) {
			io_fill(w, block, round, from);
			done = pwrite(fd, block, w->block_bytes, (off_t)from);
		} else
			done = pread(fd, block, w->block_bytes, (off_t)from);
		io_count(w->findings, done, w->block_bytes, from);
		if (!w->write && done > 0)
			io_check(w, block, 0, from, (uint64_t)done);
	}
}

static void io_passes(const struct io_work *w, int fd, char *block, char *map)
{
	struct io_findings *f = w->findings;
	uint64_t start_ns = frame_clock_ns();

	for (uint64_t round = 0;
	     w->for_ns ? round == 0 || frame_clock_ns() - start_ns < w->for_ns : round < w->rounds;
	     round++) {
		io_pass(w, fd, block, map, round);
		if (w->sync && (map ? msync(map, w->size_bytes, MS_SYNC) : fsync(fd)) &&
		    !f->sync_errno)
			f->sync_errno = errno;
		f->rounds++;
	}
	f->took_ns = frame_clock_ns() - start_ns;
}

static int io_main(void *argument)
{
	const struct io_work *w = argument;
	struct io_findings *f = w->findings;
	char *map = NULL, *block;
	int fd;

	prctl(PR_SET_NAME, "io");
	siginfo_catch(f->signal);
	block = mmap(NULL, w->block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	fd = open(w->path, w->open_flags | O_CLOEXEC, 0644);
	if (fd >= 0 && w->map && w->write &&
	    ftruncate(fd, (off_t)(w->offset_bytes + w->size_bytes)))
		errno = 0; /* a device has its size */
	if (fd >= 0 && w->map)
		map = mmap(NULL, w->size_bytes, PROT_READ | (w->write ? PROT_WRITE : 0), MAP_SHARED,
			   fd, (off_t)w->offset_bytes);
	if (fd < 0 || map == MAP_FAILED || block == MAP_FAILED) {
		f->open_errno = errno;
		return IO_EXIT_ERROR;
	}
	if (w->drop && !w->write)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	io_passes(w, fd, block, map);
	if (close(fd))
		f->close_errno = errno;
	if (f->pages_wrong)
		return IO_EXIT_WRONG;
	return f->errors || f->shorts || f->sync_errno || f->close_errno ? IO_EXIT_ERROR : 0;
}

/* ---- the step ------------------------------------------------------------------ */

static const char *error_name(int errno_value)
{
	return errno_value ? errno_name(errno_value) : "none";
}

static void io_result(struct task *task, struct frame_writer *out)
{
	const struct io_findings *f = task->context;
	uint64_t took_us = f->took_ns / 1000 + 1;

	frame_int(out, "calls", (int64_t)f->calls);
	frame_int(out, "errors", (int64_t)f->errors);
	frame_int(out, "shorts", (int64_t)f->shorts);
	frame_int(out, "bytes", (int64_t)f->bytes);
	frame_int(out, "pages_wrong", (int64_t)f->pages_wrong);
	frame_str(out, "open_error", error_name(f->open_errno));
	frame_str(out, "call_error", error_name(f->call_errno));
	if (f->errors)
		frame_int(out, "first_error_at", (int64_t)f->first_error_at);
	frame_str(out, "sync_error", error_name(f->sync_errno));
	frame_str(out, "close_error", error_name(f->close_errno));
	frame_int(out, "rounds", (int64_t)f->rounds);
	if (f->rounds) {
		frame_int(out, "us", (int64_t)took_us);
		frame_int(out, "kib_per_s", (int64_t)(f->bytes / 1024 * 1000000 / took_us));
	}
	siginfo_result(f->signal, out);
}

static int io_read_target(struct guest *g, const struct plan_step *step, struct io_work *w)
{
	const char *path = plan_arg(step, "path");
	const struct device *device;

	if (path)
		return device_expand(g, path, false, w->path, sizeof(w->path))
			       ? step_fail(g, errno, "%s", path)
			       : 0;
	device = device_of_step(g, step);
	if (!device)
		return -1;
	strncpy(w->path, device->path, sizeof(w->path) - 1);
	return 0;
}

static int io_read_args(struct guest *g, const struct plan_step *step, struct io_work *w)
{
	const char *mode = step_need(g, step, "mode");
	const char *rw = step_need(g, step, "rw");

	if (!mode || !rw || io_read_target(g, step, w))
		return -1;
	w->write = strcmp(rw, "write") == 0;
	w->map = strcmp(mode, "mmap") == 0;
	/* A mapping that is written is read as well. */
	w->open_flags = !w->write ? O_RDONLY : O_CREAT | (w->map ? O_RDWR : O_WRONLY);
	if (strcmp(mode, "direct") == 0)
		w->open_flags |= O_DIRECT;
	if (strcmp(mode, "sync") == 0)
		w->open_flags |= O_SYNC;
	w->size_bytes = (uint64_t)plan_arg_int(step, "size", 0);
	w->block_bytes = (uint64_t)plan_arg_int(step, "block", 65536);
	w->offset_bytes = (uint64_t)plan_arg_int(step, "offset", 0);
	w->sync = plan_arg_int(step, "fsync", 0) != 0;
	w->verify = plan_arg_int(step, "verify", 0) != 0;
	w->drop = plan_arg_int(step, "drop", 0) != 0;
	w->rounds = (uint64_t)plan_arg_int(step, "rounds", 1);
	w->for_ns = (uint64_t)plan_arg_int(step, "for", 0) * 1000000u;
	w->seed = g->plan.seed;
	if (w->block_bytes > w->size_bytes)
		w->block_bytes = w->size_bytes;
	return 0;
}

int verb_io(struct guest *g, const struct plan_step *step)
{
	struct io_work work = { 0 };
	struct task_spec spec = { .main = io_main, .argument = &work, .result = io_result };

	spec.name = step_need(g, step, "as");
	if (!spec.name || io_read_args(g, step, &work))
		return -1;
	work.findings = task_shared_memory(g, sizeof(*work.findings));
	if (!work.findings)
		return -1;
	work.findings->signal = siginfo_new(g);
	if (!work.findings->signal)
		return -1;
	spec.cgroup = plan_arg(step, "cgroup");
	spec.context = work.findings;
	return task_start(g, step, &spec) ? 0 : -1;
}
