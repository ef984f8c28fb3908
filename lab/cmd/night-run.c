/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night-run.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night-runs.h"
#include "cmd/night-view.h"
#include "cmd/night-worker.h"

#define GUEST_OVERHEAD_BYTES (128ull << 20) /* QEMU's own, and klab's */

enum { POLL_MS = 250, MEMINFO_MAX_BYTES = 64 << 10 };

struct night_shift {
	struct night *n;
	struct night_worker *workers; /* a guest a processor, and a build */
	size_t worker_count;
	struct night_view view;
	uint64_t memory_bytes;		    /* for guests */
	bool *running;			    /* of each job */
	size_t first;			    /* all jobs before it are done */
	unsigned *job_tries, *kernel_tries; /* that the machine failed at */
	unsigned most_tries;		    /* of all of them */
};

static void shift_clear(struct night_shift *s)
{
	for (size_t i = 0; i < s->worker_count; i++)
		night_worker_clear(&s->workers[i]);
	free(s->workers);
	free(s->running);
	free(s->job_tries);
	free(s->kernel_tries);
}

/* Four fifths of what is free: the rest is for builds, and for whoever else is there. */
static uint64_t free_memory(void)
{
	_cleanup_free_ char *text = file_read("/proc/meminfo", MEMINFO_MAX_BYTES, NULL, NULL);
	const char *line = text ? strstr(text, "MemAvailable:") : NULL;
	uint64_t kib = line ? strtoull(line + strlen("MemAvailable:"), NULL, 10) : 0;

	return kib ? kib * 1024 / 5 * 4 : UINT64_MAX;
}

/* ---- what is in use ---- */

struct in_use {
	int guest_processors, build_processors;
	uint64_t memory_bytes;
	size_t workers;
};

static uint64_t guest_memory(const struct night_job *job)
{
	return job->memory_bytes + GUEST_OVERHEAD_BYTES;
}

static struct in_use in_use(const struct night_shift *s)
{
	struct in_use used = { 0 };

	for (size_t i = 0; i < s->worker_count; i++) {
		const struct night_worker *w = &s->workers[i];

		used.workers += w->work != NIGHT_IDLE;
		if (w->work == NIGHT_BUILD)
			used.build_processors += w->processors;
		if (w->work != NIGHT_GUEST)
			continue;
		used.guest_processors += s->n->jobs.list[w->index].cpus;
		used.memory_bytes += guest_memory(&s->n->jobs.list[w->index]);
	}
	return used;
}

static struct night_worker *idle_worker(struct night_shift *s)
{
	for (size_t i = 0; i < s->worker_count; i++)
		if (s->workers[i].work == NIGHT_IDLE)
			return &s->workers[i];
	return NULL;
}

/* ---- what comes next ---- */

static bool is_waiting(const struct night_shift *s, size_t job)
{
	return !s->n->results[job] && !s->running[job];
}

/* The kernel that is wanted first, of those that were tried so often; kernel_count: none. */
static size_t next_build_of(const struct night_shift *s, unsigned tries)
{
	const struct night_jobs *jobs = &s->n->jobs;

	for (size_t i = s->first; i < jobs->count; i++) {
		const struct night_job *job = &jobs->list[i];

		if (is_waiting(s, i) && s->kernel_tries[job->kernel] == tries &&
		    s->n->kernels[job->kernel] == NIGHT_KERNEL_WANTED &&
		    night_fits_budget(s->n, jobs->kernels[job->kernel].build_ms + job->cost_ms))
			return job->kernel;
	}
	return jobs->kernel_count;
}

/* What the machine failed at comes after all else: it may be in a better state then. */
static size_t next_build(const struct night_shift *s)
{
	size_t build = s->n->jobs.kernel_count;

	for (unsigned tries = 0; tries <= s->most_tries && build == s->n->jobs.kernel_count;
	     tries++)
		build = next_build_of(s, tries);
	return build;
}

/* The guest that comes first, of those that fit beside what runs; job count: none. */
static size_t next_guest_of(const struct night_shift *s, const struct in_use *used, int processors,
			    unsigned tries)
{
	const struct night_jobs *jobs = &s->n->jobs;

	for (size_t i = s->first; i < jobs->count; i++) {
		const struct night_job *job = &jobs->list[i];
		bool alone = !used->guest_processors && !used->build_processors;

		if (is_waiting(s, i) && s->job_tries[i] == tries &&
		    s->n->kernels[job->kernel] == NIGHT_KERNEL_READY &&
		    night_fits_budget(s->n, job->cost_ms) &&
		    (alone || (used->guest_processors + job->cpus <= processors &&
			       used->memory_bytes + guest_memory(job) <= s->memory_bytes)))
			return i;
	}
	return jobs->count;
}

static size_t next_guest(const struct night_shift *s, const struct in_use *used, int processors)
{
	size_t job = s->n->jobs.count;

	for (unsigned tries = 0; tries <= s->most_tries && job == s->n->jobs.count; tries++)
		job = next_guest_of(s, used, processors, tries);
	return job;
}

static int start(struct night_shift *s, enum night_work work, size_t index, int processors,
		 struct err *err)
{
	struct night_worker *w = idle_worker(s);

	if (!w)
		return 0;
	if (night_worker_start(w, s->n, work, index, processors, err) < 0)
		return -1;
	if (work == NIGHT_GUEST)
		s->running[index] = true;
	return 0;
}

/* Half of the processors build while the other half boots; all of them where no guest can run. */
static int start_work(struct night_shift *s, struct err *err)
{
	const struct night *n = s->n;
	struct in_use used = in_use(s);
	size_t build = used.build_processors ? n->jobs.kernel_count : next_build(s);
	bool wanted = build < n->jobs.kernel_count;
	int half = n->processors / 2;

	if (wanted && !used.guest_processors &&
	    next_guest(s, &used, n->processors) == n->jobs.count)
		return start(s, NIGHT_BUILD, build, n->processors, err);
	if (wanted && half && used.guest_processors + half <= n->processors) {
		if (start(s, NIGHT_BUILD, build, half, err) < 0)
			return -1;
		wanted = false;
	}
	for (;;) {
		int processors;
		size_t job;

		used = in_use(s);
		processors = n->processors - used.build_processors - (wanted ? half : 0);
		job = next_guest(s, &used, processors);
		if (job == n->jobs.count || !idle_worker(s))
			return 0;
		if (start(s, NIGHT_GUEST, job, n->jobs.list[job].cpus, err) < 0)
			return -1;
	}
}

/* ---- what came of it ---- */

/* What waits for a kernel that cannot be had. */
static int fail_kernel(struct night_shift *s, size_t kernel, struct err *err)
{
	struct night *n = s->n;

	for (size_t i = 0; i < n->jobs.count; i++) {
		if (n->jobs.list[i].kernel != kernel || !is_waiting(s, i))
			continue;
		if (night_add_kernel_error(n, i, err) < 0)
			return -1;
		night_view_tell(&s->view, n, i);
	}
	return 0;
}

/* What a worker said, or that it did not. Its own reference. */
static void hear_result(struct night_worker *w)
{
	struct err why = ERR_INIT;

	if (w->result)
		return;
	err_set(&why, ERR_HOST, "its process ended without a word: nightly.log may say why");
	w->result = night_error_result(&why);
}

/* A full disk, a process that was killed: what the machine failed at, it may manage later. */
static bool may_pass(struct night_shift *s, const struct night_worker *w, unsigned *tries,
		     uint64_t cost_ms)
{
	if (!json_get_bool(w->result, "host", false))
		return false;
	++*tries;
	if (*tries >= NIGHT_TRIES_MAX || !night_fits_budget(s->n, cost_ms)) {
		night_tell_tries(w->result, *tries);
		return false;
	}
	s->most_tries = *tries > s->most_tries ? *tries : s->most_tries;
	night_view_note(&s->view, "%s; once more, %u of %d times so far",
			json_get_str(w->result, "error", ""), *tries, NIGHT_TRIES_MAX);
	return true;
}

static int finish_build(struct night_shift *s, struct night_worker *w, struct err *err)
{
	struct night *n = s->n;

	hear_result(w);
	if (!json_get_str(w->result, "error", NULL))
		return night_add_build(n, w->index,
				       (uint64_t)json_get_int(w->result, "build_ms", 0), err);
	if (cancel_requested() ||
	    may_pass(s, w, &s->kernel_tries[w->index], n->jobs.kernels[w->index].build_ms))
		return 0;
	night_fail_kernel(n, w->index, w->result);
	return fail_kernel(s, w->index, err);
}

/* Nothing is left of it; of one that did not say where it is, night_tidy_runs() finds it. */
static int remove_run(const struct night *n, const json_t *result, struct err *err)
{
	const char *dir = json_get_str(result, "dir", NULL);
	_cleanup_free_ char *run_dir = dir ? path_join(n->dir, path_base(dir)) : NULL;

	return run_dir ? file_remove_tree(run_dir, err) : 0;
}

static int add_guest(struct night_shift *s, const struct night_worker *w, struct err *err)
{
	struct night *n = s->n;
	uint64_t wall_ms = (uint64_t)json_get_int(w->result, "wall_ms", 0);
	int ret = night_add_result(n, w->index, json_incref(w->result), err);

	night_ingest(n, w->index);
	if (wall_ms)
		night_jobs_learn(&n->jobs, w->index, wall_ms);
	night_view_tell(&s->view, n, w->index);
	while (s->first < n->jobs.count && n->results[s->first])
		s->first++;
	return ret;
}

static int finish_guest(struct night_shift *s, struct night_worker *w, struct err *err)
{
	hear_result(w);
	s->running[w->index] = false;
	/* What was stopped with us is not done: it is there when the night goes on. */
	if (cancel_requested() && json_get_str(w->result, "error", NULL))
		return 0;
	if (may_pass(s, w, &s->job_tries[w->index], s->n->jobs.list[w->index].cost_ms))
		return remove_run(s->n, w->result, err);
	return add_guest(s, w, err);
}

static int hear(struct night_shift *s, struct night_worker *w, struct err *err)
{
	int ret;

	if (!night_worker_hear(w))
		return 0;
	ret = w->work == NIGHT_BUILD ? finish_build(s, w, err) : finish_guest(s, w, err);
	night_worker_clear(w);
	return ret;
}

static int wait_and_hear(struct night_shift *s, struct err *err)
{
	_cleanup_free_ struct pollfd *fds = xcalloc(s->worker_count + 1, sizeof(*fds));

	for (size_t i = 0; i < s->worker_count; i++)
		fds[i] = (struct pollfd){ .fd = s->workers[i].fd, .events = POLLIN };
	fds[s->worker_count] = (struct pollfd){ .fd = cancel_fd(), .events = POLLIN };
	if (poll(fds, s->worker_count + (cancel_requested() ? 0 : 1), POLL_MS) <= 0)
		return 0;
	for (size_t i = 0; i < s->worker_count; i++)
		if (s->workers[i].work != NIGHT_IDLE && fds[i].revents &&
		    hear(s, &s->workers[i], err) < 0)
			return -1;
	return 0;
}

/* All are asked to end at once, and what is whole by then counts. */
static int stop(struct night_shift *s, struct err *err)
{
	for (size_t i = 0; i < s->worker_count; i++)
		if (s->workers[i].work != NIGHT_IDLE)
			kill(s->workers[i].child.pid, SIGTERM);
	while (in_use(s).workers)
		if (wait_and_hear(s, err) < 0)
			return -1;
	return err_set(err, ERR_CANCELLED, "%s: stopped; `klab nightly --resume` goes on",
		       s->n->dir);
}

static int fail_known_kernels(struct night_shift *s, struct err *err)
{
	for (size_t k = 0; k < s->n->jobs.kernel_count; k++)
		if (s->n->kernels[k] == NIGHT_KERNEL_FAILED && fail_kernel(s, k, err) < 0)
			return -1;
	return 0;
}

static int work(struct night_shift *s, struct err *err)
{
	if (cancel_requested())
		return stop(s, err);
	if (fail_known_kernels(s, err) < 0)
		return -1;
	for (;;) {
		if (cancel_requested())
			return stop(s, err);
		if (start_work(s, err) < 0)
			return -1;
		if (!in_use(s).workers)
			return 0;
		night_view_update(&s->view, s->n, s->workers, s->worker_count);
		if (wait_and_hear(s, err) < 0)
			return -1;
	}
}

int night_run(struct night *n, struct err *err)
{
	_cleanup_(shift_clear)
	struct night_shift s = { .n = n, .worker_count = (size_t)n->processors + 1 };
	int ret;

	s.workers = xcalloc(s.worker_count, sizeof(*s.workers));
	for (size_t i = 0; i < s.worker_count; i++)
		s.workers[i] = (struct night_worker){ .child = CHILD_INIT, .fd = -1 };
	s.running = xcalloc(n->jobs.count + 1, sizeof(*s.running));
	s.job_tries = xcalloc(n->jobs.count + 1, sizeof(*s.job_tries));
	s.kernel_tries = xcalloc(n->jobs.kernel_count + 1, sizeof(*s.kernel_tries));
	s.memory_bytes = n->memory_bytes ? n->memory_bytes : free_memory();
	night_view_init(&s.view, n->opt->quiet || n->opt->json);
	ret = work(&s, err);
	night_view_end(&s.view);
	return ret < 0 ? -1 : night_tidy_runs(n, false, err);
}
