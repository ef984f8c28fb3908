/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A night on Slurm: which jobs make up which arrays. */
#include <inttypes.h>
#include <limits.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/night-slurm-internal.h"

#define BUILD_MEMORY_BYTES (3ull << 30)
#define BOOT_MEMORY_BYTES  (256ull << 20) /* beside the guest's */

enum {
	/* Starting a task costs about a second: so much work makes that little. */
	TASK_MS = 60000,
	ARRAY_TASKS_MAX = 1000, /* Slurm's own default is 1001 */
	BUILD_MINUTES = 240,
	BOOT_MAX_MS = 15 * 60000, /* of a case that says nothing else, on a slow node */
	TASK_MARGIN_MINUTES = 5,
};

char *night_slurm_array_name(const struct slurm_shift *s, unsigned array)
{
	return xasprintf("%s%u", s->prefix, array);
}

static struct slurm_place *places_of(const struct slurm_shift *s, enum night_work work)
{
	return work == NIGHT_BUILD ? s->kernels : s->jobs;
}

/* Jobs that have the same needs. */
struct batch {
	enum night_work work;
	json_t *tasks; /* [[index...]...] */
	uint64_t task_ms, task_minutes, minutes, memory_bytes;
	int cpus;
};

void night_slurm_place(struct slurm_shift *s, enum night_work work, const json_t *tasks,
		       unsigned array, bool is_try)
{
	json_t *task, *index;
	size_t t, i;

	json_array_foreach ((json_t *)tasks, t, task)
		json_array_foreach (task, i, index) {
			struct slurm_place *p = &places_of(s, work)[json_integer_value(index)];

			p->array = array;
			p->task = (unsigned)t;
			p->missed = 0;
			p->ran = false;
			p->tries += is_try;
		}
}

/* Its tasks are no tries: Slurm never had them, or klab ended them. */
void night_slurm_mark_ended(const struct slurm_shift *s, unsigned array)
{
	_cleanup_free_ char *path = night_slurm_array_path(s->n, array);
	_cleanup_json_ json_t *record = json_read_file(path, SLURM_RECORD_MAX_BYTES, NULL);

	if (!record)
		return;
	json_set_bool(record, "ended", true);
	json_write_file(path, record, NULL);
}

/* The record comes first: an array that Slurm never got is one whose tasks are lost. */
static int submit(struct slurm_shift *s, struct batch *b, struct err *err)
{
	struct night *n = s->n;
	unsigned array = s->arrays + 1;
	_cleanup_free_ char *path = night_slurm_array_path(n, array);
	_cleanup_free_ char *program = path_own_program(err),
			    *name = night_slurm_array_name(s, array);
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
	if (!program || json_write_file_synced(path, record, err) < 0)
		return -1;
	s->arrays = array;
	if (slurm_submit(&wish, &id, err) < 0) {
		night_slurm_mark_ended(s, array);
		return -1;
	}
	s->submitted = true;
	night_slurm_place(s, b->work, b->tasks, array, true);
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

int night_slurm_submit_builds(struct slurm_shift *s, struct err *err)
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
		    !night_fits_budget(n, ms))
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

static bool can_boot(const struct slurm_shift *s, size_t job)
{
	const struct night *n = s->n;

	return !n->results[job] && !s->jobs[job].array &&
	       n->kernels[n->jobs.list[job].kernel] == NIGHT_KERNEL_READY &&
	       night_fits_budget(n, n->jobs.list[job].cost_ms);
}

/* All that have the needs of job `first`, of which one array may hold so many. */
static int submit_boots_like(struct slurm_shift *s, size_t first, struct err *err)
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
		/* A deadline is put off while the host has no processor for the guest. */
		uint64_t most_ms = 2 * (job->most_ms ? job->most_ms : BOOT_MAX_MS);

		if (job->kernel == like->kernel && job->cpus == like->cpus &&
		    job->memory_bytes == like->memory_bytes && can_boot(s, i))
			batch_add(&b, i, job->cost_ms, most_ms / 60000 + 1);
	}
	return submit(s, &b, err);
}

int night_slurm_submit_boots(struct slurm_shift *s, struct err *err)
{
	for (size_t i = 0; i < s->n->jobs.count; i++)
		while (can_boot(s, i))
			if (submit_boots_like(s, i, err) < 0)
				return -1;
	return 0;
}
