// SPDX-License-Identifier: GPL-2.0-or-later
/* The forks step: a task that forks as much as it may. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest-init/errno-name.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define FORKS_EXIT_ERROR 3
#define FORKS_PAGE_BYTES 4096
#define FORKS_MAX	 4096 /* children at a time */

/* In locked memory shared with init. */
struct forks_findings {
	uint64_t forks;	 /* that worked */
	uint64_t errors; /* that did not */
	uint64_t killed; /* children that did not end by themselves */
	uint64_t most;	 /* children at a time */
	uint64_t took_ns;
	int first_errno;
};

struct forks_work {
	uint64_t count, parallel, size_bytes, hold_ms;
	struct forks_findings *findings;
};

static _Noreturn void forks_child(const struct forks_work *w)
{
	const struct timespec hold = { .tv_sec = (time_t)(w->hold_ms / 1000),
				       .tv_nsec = (long)(w->hold_ms % 1000) * 1000000 };
	volatile char *bytes;

	if (w->size_bytes) {
		bytes = mmap(NULL, w->size_bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (bytes == MAP_FAILED)
			_exit(1);
		for (uint64_t i = 0; i < w->size_bytes; i += FORKS_PAGE_BYTES)
			bytes[i] = 1;
	}
	if (w->hold_ms)
		nanosleep(&hold, NULL);
	_exit(0);
}

/* Waits for one child; false: there is none. */
static bool forks_reap(struct forks_findings *f)
{
	int status;

	if (wait(&status) < 0)
		return false;
	f->killed += status != 0;
	return true;
}

static int forks_main(void *argument)
{
	const struct forks_work *w = argument;
	struct forks_findings *f = w->findings;
	uint64_t start_ns = frame_clock_ns();
	uint64_t running = 0;

	prctl(PR_SET_NAME, "forks");
	for (uint64_t i = 0; i < w->count; i++) {
		pid_t pid;

		while (running >= w->parallel && forks_reap(f))
			running--;
		pid = fork();
		if (pid == 0)
			forks_child(w);
		if (pid < 0) {
			if (f->errors++ == 0)
				f->first_errno = errno;
			continue;
		}
		f->forks++;
		running++;
		if (running > f->most)
			f->most = running;
	}
	while (forks_reap(f))
		;
	f->took_ns = frame_clock_ns() - start_ns;
	return f->errors || f->killed ? FORKS_EXIT_ERROR : 0;
}

static void forks_result(struct task *task, struct frame_writer *out)
{
	const struct forks_findings *f = task->context;

	frame_int(out, "forks", (int64_t)f->forks);
	frame_int(out, "errors", (int64_t)f->errors);
	frame_str(out, "error", f->first_errno ? errno_name(f->first_errno) : "none");
	frame_int(out, "children_failed", (int64_t)f->killed);
	frame_int(out, "most_at_once", (int64_t)f->most);
	if (f->took_ns) {
		frame_int(out, "us", (int64_t)(f->took_ns / 1000 + 1));
		frame_int(out, "forks_per_s",
			  (int64_t)(f->forks * 1000000 / (f->took_ns / 1000 + 1)));
	}
}

int verb_forks(struct guest *g, const struct plan_step *step)
{
	struct forks_work work = { 0 };
	struct task_spec spec = { .main = forks_main, .argument = &work, .result = forks_result };

	spec.name = step_need(g, step, "as");
	if (!spec.name || !step_need(g, step, "count"))
		return -1;
	work.count = (uint64_t)plan_arg_int(step, "count", 0);
	work.parallel = (uint64_t)plan_arg_int(step, "parallel", 1);
	work.size_bytes = (uint64_t)plan_arg_int(step, "size", 0);
	work.hold_ms = (uint64_t)plan_arg_int(step, "hold", 0);
	work.findings = task_shared_memory(g, sizeof(*work.findings));
	if (!work.findings)
		return -1;
	spec.cgroup = plan_arg(step, "cgroup");
	spec.context = work.findings;
	return task_start(g, step, &spec) ? 0 : -1;
}
