/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A night on Slurm: what is submitted, collected, and submitted again. */
#include "cmd/night-slurm.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night-folder.h"
#include "cmd/night-slurm-internal.h"
#include "cmd/night-view.h"
#include "cmd/slurm.h"

#define BUILD_MEMORY_BYTES (3ull << 30)
#define BOOT_MEMORY_BYTES  (256ull << 20) /* beside the guest's */

enum {
	POLL_MS = 2000,
	/* Starting a task costs about a second: so much work makes that little. */
	TASK_MS = 60000,
	ARRAY_TASKS_MAX = 1000, /* Slurm's own default is 1001 */
	BUILD_MINUTES = 240,
	BOOT_MAX_MS = 15 * 60000, /* of a case that says nothing else, on a slow node */
	TASK_MARGIN_MINUTES = 5,
	/* Looks at squeue that do not name a task, until it is lost: files come late on some nets.
	 */
	LOST_LOOKS = 3,
	DEAF_MAX_MS = 30 * 60000, /* that the controller may be away */
	RECORD_MAX_BYTES = 64 << 20,
};

/* Where a kernel or a job is. */
struct place {
	unsigned array; /* 0: nowhere */
	unsigned task;
	unsigned tries, missed;
};

struct shift {
	struct night *n;
	struct night_view view;
	char *prefix;	 /* of the arrays' names */
	unsigned arrays; /* so far; they count from 1 */
	struct place *kernels, *jobs;
	int build_cpus;
	struct slurm_tasks tasks;
	uint64_t heard_ms; /* when the controller last answered */
	bool budget_over;
};

static void shift_clear(struct shift *s)
{
	free(s->prefix);
	free(s->kernels);
	free(s->jobs);
	slurm_tasks_clear(&s->tasks);
}

static char *array_name(const struct shift *s, unsigned array)
{
	return xasprintf("%s%u", s->prefix, array);
}

static struct place *places_of(const struct shift *s, enum night_work work)
{
	return work == NIGHT_BUILD ? s->kernels : s->jobs;
}

static bool fits_budget(const struct night *n, uint64_t ms)
{
	return !n->budget_ms || night_elapsed_ms(n) + ms <= n->budget_ms;
}

/* ---- submitting ---- */

/* Jobs that have the same needs. */
struct batch {
	enum night_work work;
	json_t *tasks; /* [[index...]...] */
	uint64_t task_ms, task_minutes, minutes, memory_bytes;
	int cpus;
};

static void place_tasks(struct shift *s, const struct batch *b, unsigned array)
{
	json_t *task, *index;
	size_t t, i;

	json_array_foreach (b->tasks, t, task)
		json_array_foreach (task, i, index) {
			struct place *p = &places_of(s, b->work)[json_integer_value(index)];

			p->array = array;
			p->task = (unsigned)t;
			p->missed = 0;
			p->tries++;
		}
}

/* The record comes first: an array that Slurm never got is one whose tasks are lost. */
static int submit(struct shift *s, struct batch *b, struct err *err)
{
	struct night *n = s->n;
	unsigned array = s->arrays + 1;
	_cleanup_free_ char *path = night_slurm_array_path(n, array);
	_cleanup_free_ char *program = path_own_program(err), *name = array_name(s, array);
	_cleanup_free_ char *log = xasprintf("%s/slurm/%u-%%a.log", n->dir, array);
	_cleanup_free_ char *number = xasprintf("%u", array), *cpus = xasprintf("%d", b->cpus);
	const char *const argv[] = { program,	       "nightly-task", "-j",   cpus, "--machine",
				     n->machine->name, n->dir,	       number, NULL };
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_json_ json_t *record = NULL;
	const struct slurm_array wish = {
		.name = name,
		.argv = argv,
		.log = log,
		.extra = &words,
		.tasks = (unsigned)json_array_size(b->tasks),
		.cpus = (unsigned)b->cpus,
		.memory_bytes = b->memory_bytes,
		.minutes = b->minutes + TASK_MARGIN_MINUTES,
	};
	int64_t id;

	if (!wish.tasks)
		return 0;
	record = json_pack("{s:s,s:O}", "work", night_work_names[b->work], "tasks", b->tasks);
	json_to_strv(json_get_array(n->plan, "sbatch"), &words);
	if (!program || json_write_file(path, record, err) < 0 || slurm_submit(&wish, &id, err) < 0)
		return -1;
	s->arrays = array;
	place_tasks(s, b, array);
	night_view_note(&s->view, "slurm: array %" PRId64 ", %u tasks: %s", id, wish.tasks,
			night_work_names[b->work]);
	return 0;
}

/* Another task where the last one has enough to do. */
static void batch_add(struct batch *b, size_t index, uint64_t ms, uint64_t minutes)
{
	json_t *task = json_array_get(b->tasks, json_array_size(b->tasks) - 1);

	if (!task || b->task_ms + ms > TASK_MS) {
		task = json_array();
		json_array_append_new(b->tasks, task);
		b->task_ms = b->task_minutes = 0;
	}
	json_array_append_new(task, json_integer((json_int_t)index));
	b->task_ms += ms;
	b->task_minutes += minutes;
	if (b->task_minutes > b->minutes)
		b->minutes = b->task_minutes;
}

static int submit_builds(struct shift *s, struct err *err)
{
	struct night *n = s->n;
	_cleanup_json_ json_t *tasks = json_array();
	struct batch b = { .work = NIGHT_BUILD,
			   .tasks = tasks,
			   .minutes = BUILD_MINUTES,
			   .memory_bytes = BUILD_MEMORY_BYTES,
			   .cpus = s->build_cpus };

	for (size_t i = 0; i < n->jobs.count && json_array_size(tasks) < ARRAY_TASKS_MAX; i++) {
		size_t k = n->jobs.list[i].kernel;
		uint64_t ms = n->jobs.kernels[k].build_ms + n->jobs.list[i].cost_ms;

		if (n->results[i] || n->kernels[k] != NIGHT_KERNEL_WANTED || s->kernels[k].array ||
		    !fits_budget(n, ms))
			continue;
		/* Not twice in this array. */
		s->kernels[k].array = UINT_MAX;
		json_array_append_new(tasks, json_pack("[I]", (json_int_t)k));
	}
	return submit(s, &b, err);
}

static uint64_t boot_memory(const struct night_job *job)
{
	return job->memory_bytes + BOOT_MEMORY_BYTES;
}

static bool can_boot(const struct shift *s, size_t job)
{
	const struct night *n = s->n;

	return !n->results[job] && !s->jobs[job].array &&
	       n->kernels[n->jobs.list[job].kernel] == NIGHT_KERNEL_READY &&
	       fits_budget(n, n->jobs.list[job].cost_ms);
}

/* All that have the needs of job `first`, of which one array may hold so many. */
static int submit_boots_like(struct shift *s, size_t first, struct err *err)
{
	const struct night_jobs *jobs = &s->n->jobs;
	const struct night_job *like = &jobs->list[first];
	_cleanup_json_ json_t *tasks = json_array();
	struct batch b = { .work = NIGHT_GUEST,
			   .tasks = tasks,
			   .memory_bytes = boot_memory(like),
			   .cpus = like->cpus };

	for (size_t i = first; i < jobs->count && json_array_size(tasks) < ARRAY_TASKS_MAX; i++) {
		const struct night_job *job = &jobs->list[i];
		uint64_t most_ms = job->timeout_ms ? job->timeout_ms : BOOT_MAX_MS;

		if (job->kernel == like->kernel && job->cpus == like->cpus &&
		    job->memory_bytes == like->memory_bytes && can_boot(s, i))
			batch_add(&b, i, job->cost_ms, most_ms / 60000 + 1);
	}
	return submit(s, &b, err);
}

static int submit_boots(struct shift *s, struct err *err)
{
	for (size_t i = 0; i < s->n->jobs.count; i++)
		while (can_boot(s, i))
			if (submit_boots_like(s, i, err) < 0)
				return -1;
	return 0;
}

/* ---- collecting ---- */

static int take_error(struct shift *s, size_t job, const char *why, struct err *err)
{
	if (night_add_error(s->n, job, why, err) < 0)
		return -1;
	night_view_tell(&s->view, s->n, job);
	return 0;
}

static int fail_kernel(struct shift *s, size_t kernel, const char *why, struct err *err)
{
	struct night *n = s->n;

	if (n->kernels[kernel] != NIGHT_KERNEL_FAILED)
		n->kernel_errors[kernel] = xstrdup(why);
	n->kernels[kernel] = NIGHT_KERNEL_FAILED;
	for (size_t i = 0; i < n->jobs.count; i++)
		if (n->jobs.list[i].kernel == kernel && !n->results[i] &&
		    take_error(s, i, n->kernel_errors[kernel], err) < 0)
			return -1;
	return 0;
}

static int take_build(struct shift *s, size_t kernel, const json_t *result, struct err *err)
{
	struct night *n = s->n;
	const char *error = json_get_str(result, "error", NULL);

	s->kernels[kernel].array = 0;
	if (error)
		return fail_kernel(s, kernel, error, err);
	n->kernels[kernel] = NIGHT_KERNEL_READY;
	n->jobs.kernels[kernel].build_ms = (uint64_t)json_get_int(result, "build_ms", 0);
	return 0;
}

static int take_boot(struct shift *s, size_t job, json_t *result, struct err *err)
{
	if (s->n->results[job])
		return 0;
	s->jobs[job].array = 0;
	if (night_add_result(s->n, job, json_incref(result), err) < 0)
		return -1;
	night_view_tell(&s->view, s->n, job);
	return 0;
}

/* "boot-17.json"; a file that is being written has another name. */
static bool parse_done(const char *name, enum night_work work, size_t count, size_t *index)
{
	const char *word = night_work_names[work];
	_cleanup_free_ char *number = NULL;
	int64_t value;

	if (!str_starts(name, word) || name[strlen(word)] != '-' || !str_ends(name, ".json"))
		return false;
	name += strlen(word) + 1;
	number = xstrndup(name, strlen(name) - strlen(".json"));
	if (!str_parse_i64(number, &value) || value < 0 || (uint64_t)value >= count)
		return false;
	*index = (size_t)value;
	return true;
}

/* It is in the journal before it goes. */
static int collect_one(struct shift *s, const char *name, struct err *err)
{
	struct night *n = s->n;
	_cleanup_free_ char *path = xasprintf("%s/slurm/done/%s", n->dir, name);
	_cleanup_json_ json_t *result = NULL;
	bool is_build;
	size_t index;

	is_build = parse_done(name, NIGHT_BUILD, n->jobs.kernel_count, &index);
	if (!is_build && !parse_done(name, NIGHT_GUEST, n->jobs.count, &index))
		return 0;
	result = json_read_file(path, RECORD_MAX_BYTES, err);
	if (!result ||
	    (is_build ? take_build(s, index, result, err) : take_boot(s, index, result, err)) < 0)
		return -1;
	unlink(path);
	return 0;
}

static int collect(struct shift *s, struct err *err)
{
	_cleanup_free_ char *dir = xasprintf("%s/slurm/done", s->n->dir);
	_cleanup_strv_ struct strv names = { 0 };

	if (file_list_dir(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (collect_one(s, names.items[i], err) < 0)
			return -1;
	return 0;
}

/* ---- what was lost ---- */

static bool is_lost(const struct shift *s, struct place *p)
{
	_cleanup_free_ char *name = p->array ? array_name(s, p->array) : NULL;

	if (!name || slurm_is_alive(&s->tasks, name, p->task)) {
		p->missed = 0;
		return false;
	}
	return ++p->missed >= LOST_LOOKS;
}

/*
 * A run that ended counts although its task did not come to say so; half a one is removed, as it
 * is done again.
 */
static int take_runs_of_lost(struct shift *s, const bool *lost, struct err *err)
{
	struct night *n = s->n;
	_cleanup_strv_ struct strv dirs = { 0 };

	if (night_list_runs(n->dir, &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++) {
		const char *id = NULL;
		_cleanup_json_ json_t *run = night_read_run(dirs.items[i], path_base(n->dir), &id);
		int64_t job = run ? json_get_int(n->index, id, -1) : -1;
		_cleanup_json_ json_t *result = NULL;

		if (job < 0 || !lost[job] || n->results[job])
			continue;
		if (!str_eq(json_get_str(run, "state", ""), "done")) {
			if (file_remove_tree(dirs.items[i], err) < 0)
				return -1;
			continue;
		}
		result = night_run_result(dirs.items[i]);
		if (take_boot(s, (size_t)job, result, err) < 0)
			return -1;
	}
	return 0;
}

static char *why_lost(const struct shift *s, const struct place *p)
{
	return xasprintf("its Slurm task was lost %u times; the last one's output: slurm/%u-%u.log",
			 p->tries, p->array, p->task);
}

static int lose_builds(struct shift *s, struct err *err)
{
	for (size_t k = 0; k < s->n->jobs.kernel_count; k++) {
		struct place *p = &s->kernels[k];
		_cleanup_free_ char *why = NULL;

		if (!is_lost(s, p))
			continue;
		why = why_lost(s, p);
		p->array = 0;
		if (!s->budget_over && p->tries >= SLURM_TRIES_MAX &&
		    fail_kernel(s, k, why, err) < 0)
			return -1;
	}
	return 0;
}

static int lose_boots(struct shift *s, struct err *err)
{
	struct night *n = s->n;
	_cleanup_free_ bool *lost = xcalloc(n->jobs.count + 1, sizeof(*lost));
	bool any = false;

	for (size_t i = 0; i < n->jobs.count; i++)
		any |= lost[i] = !n->results[i] && is_lost(s, &s->jobs[i]);
	if (any && take_runs_of_lost(s, lost, err) < 0)
		return -1;
	for (size_t i = 0; any && i < n->jobs.count; i++) {
		struct place *p = &s->jobs[i];
		_cleanup_free_ char *why = NULL;

		if (!lost[i] || n->results[i])
			continue;
		why = why_lost(s, p);
		p->array = 0;
		if (!s->budget_over && p->tries >= SLURM_TRIES_MAX &&
		    take_error(s, i, why, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the night ---- */

/* A controller that is away for a while is no news of its tasks. */
static int look(struct shift *s, bool *heard, struct err *err)
{
	struct slurm_tasks tasks = { 0 };
	struct err why = ERR_INIT;

	*heard = slurm_list(s->prefix, &tasks, &why) == 0;
	if (*heard) {
		slurm_tasks_clear(&s->tasks);
		s->tasks = tasks;
		/* For the view: as many guests at a time as there are tasks that run. */
		s->n->processors = (int)slurm_count_running(&tasks);
		s->heard_ms = clock_monotonic_ms();
		return 0;
	}
	slurm_tasks_clear(&tasks);
	if (clock_monotonic_ms() - s->heard_ms < DEAF_MAX_MS) {
		night_view_note(&s->view, "slurm: %s; asking again", why.msg);
		return 0;
	}
	*err = why;
	return -1;
}

static int stop(struct shift *s, struct err *err)
{
	struct err why = ERR_INIT;
	bool heard;

	if (look(s, &heard, &why) < 0 || !heard || slurm_cancel(&s->tasks, false, &why) < 0)
		return err_set(err, ERR_HOST, "%s: stopped, but its tasks go on: %s", s->n->dir,
			       *why.msg ? why.msg : "nobody at Slurm answers");
	return err_set(err, ERR_CANCELLED, "%s: stopped; `klab nightly --resume` goes on",
		       s->n->dir);
}

/* What has begun is done, and no more begins. */
static int end_budget(struct shift *s, struct err *err)
{
	if (s->budget_over || fits_budget(s->n, 0))
		return 0;
	s->budget_over = true;
	return slurm_cancel(&s->tasks, true, err);
}

static bool is_anything_placed(const struct shift *s)
{
	for (size_t k = 0; k < s->n->jobs.kernel_count; k++)
		if (s->kernels[k].array)
			return true;
	for (size_t i = 0; i < s->n->jobs.count; i++)
		if (s->jobs[i].array)
			return true;
	return false;
}

static int work(struct shift *s, struct err *err)
{
	struct night *n = s->n;
	bool heard;

	for (size_t k = 0; k < n->jobs.kernel_count; k++)
		if (n->kernels[k] == NIGHT_KERNEL_FAILED &&
		    fail_kernel(s, k, n->kernel_errors[k], err) < 0)
			return -1;
	for (;;) {
		/* In this order: a task that is over has left its result. */
		if (look(s, &heard, err) < 0 || collect(s, err) < 0)
			return -1;
		if (cancel_requested())
			return stop(s, err);
		if (heard && (lose_builds(s, err) < 0 || lose_boots(s, err) < 0))
			return -1;
		if (end_budget(s, err) < 0 || submit_builds(s, err) < 0 || submit_boots(s, err) < 0)
			return -1;
		if (!is_anything_placed(s))
			return 0;
		night_view_update(&s->view, n, NULL, 0);
		poll(&(struct pollfd){ .fd = cancel_fd(), .events = POLLIN }, 1, POLL_MS);
	}
}

/* Of a night that goes on: where what it gave away is. */
static int take_array(struct shift *s, unsigned array, struct err *err)
{
	_cleanup_free_ char *path = night_slurm_array_path(s->n, array);
	_cleanup_json_ json_t *record = json_read_file(path, RECORD_MAX_BYTES, err);
	struct batch b = { .work = NIGHT_GUEST, .tasks = json_get_array(record, "tasks") };
	size_t t, i, count = s->n->jobs.count;
	json_t *task, *index;

	if (str_eq(json_get_str(record, "work", ""), night_work_names[NIGHT_BUILD])) {
		b.work = NIGHT_BUILD;
		count = s->n->jobs.kernel_count;
	}
	json_array_foreach (b.tasks, t, task)
		json_array_foreach (task, i, index)
			if (json_integer_value(index) < 0 ||
			    (size_t)json_integer_value(index) >= count)
				return err_set(err, ERR_INPUT, "%s: no such job in the night",
					       path);
	if (record)
		place_tasks(s, &b, array);
	s->arrays = array;
	return record ? 0 : -1;
}

static int take_arrays(struct shift *s, struct err *err)
{
	for (unsigned array = 1;; array++) {
		_cleanup_free_ char *path = night_slurm_array_path(s->n, array);

		if (!path_exists(path))
			break;
		if (take_array(s, array, err) < 0)
			return -1;
	}
	/* What is done is nowhere. */
	for (size_t i = 0; i < s->n->jobs.count; i++)
		if (s->n->results[i])
			s->jobs[i] = (struct place){ 0 };
	for (size_t k = 0; k < s->n->jobs.kernel_count; k++)
		if (s->n->kernels[k] != NIGHT_KERNEL_WANTED)
			s->kernels[k] = (struct place){ 0 };
	return 0;
}

int night_slurm_run(struct night *n, struct err *err)
{
	_cleanup_(shift_clear)
	struct shift s = { .n = n, .build_cpus = n->processors, .heard_ms = clock_monotonic_ms() };
	_cleanup_free_ char *done = xasprintf("%s/slurm/done", n->dir);
	int ret;

	s.prefix = xasprintf("%s.", path_base(n->dir));
	s.kernels = xcalloc(n->jobs.kernel_count + 1, sizeof(*s.kernels));
	s.jobs = xcalloc(n->jobs.count + 1, sizeof(*s.jobs));
	if (file_mkdir_p(done, err) < 0 || take_arrays(&s, err) < 0)
		return -1;
	night_view_init(&s.view, n->opt->quiet || n->opt->json);
	ret = work(&s, err);
	night_view_end(&s.view);
	return ret;
}
