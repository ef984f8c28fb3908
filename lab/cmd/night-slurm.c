/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A night on Slurm: what is collected, what was lost, and how it begins and ends. */
#include "cmd/night-slurm.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night-runs.h"
#include "cmd/night-slurm-internal.h"
#include "cmd/night-view.h"
#include "cmd/runs.h"
#include "cmd/slurm.h"

enum {
	POLL_MS = 2000,
	/* Looks at squeue that do not name a task, until it is lost: files come late on some nets.
	 */
	LOST_LOOKS = 3,
	DEAF_MAX_MS = 30 * 60000, /* that the controller may be away */
};

static void shift_clear(struct slurm_shift *s)
{
	free(s->prefix);
	free(s->kernels);
	free(s->jobs);
	slurm_tasks_clear(&s->tasks);
}

/* ---- collecting ---- */

/* What waits for a kernel that cannot be had. */
static int fail_jobs_of(struct slurm_shift *s, size_t kernel, struct err *err)
{
	struct night *n = s->n;

	for (size_t i = 0; i < n->jobs.count; i++) {
		if (n->jobs.list[i].kernel != kernel || n->results[i])
			continue;
		if (night_add_kernel_error(n, i, err) < 0)
			return -1;
		night_view_tell(&s->view, n, i);
	}
	return 0;
}

static int fail_kernel(struct slurm_shift *s, size_t kernel, const json_t *error, struct err *err)
{
	night_fail_kernel(s->n, kernel, error);
	return fail_jobs_of(s, kernel, err);
}

static int take_build(struct slurm_shift *s, size_t kernel, const json_t *result, struct err *err)
{
	struct night *n = s->n;

	s->kernels[kernel].array = 0;
	if (json_get_str(result, "error", NULL))
		return fail_kernel(s, kernel, result, err);
	return night_add_build(n, kernel, (uint64_t)json_get_int(result, "build_ms", 0), err);
}

static int take_boot(struct slurm_shift *s, size_t job, json_t *result, struct err *err)
{
	if (s->n->results[job])
		return 0;
	s->jobs[job].array = 0;
	if (night_add_result(s->n, job, json_incref(result), err) < 0)
		return -1;
	night_ingest(s->n, job);
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

/* What a machine could not do, with a full disk or a compiler that was killed, another one may. */
static bool may_pass(const struct slurm_shift *s, const struct slurm_place *p, const json_t *result)
{
	return json_get_bool(result, "host", false) && !s->budget_over &&
	       p->tries < NIGHT_TRIES_MAX;
}

/* As if its task had been lost: nothing is left of it. */
static int try_again(struct slurm_shift *s, struct slurm_place *p, const char *done_path,
		     const json_t *result, struct err *err)
{
	const char *dir = json_get_str(result, "dir", NULL);
	_cleanup_free_ char *run_dir = dir ? path_join(s->n->dir, path_base(dir)) : NULL;

	night_view_note(&s->view, "slurm: %s; once more, %u of %d times so far",
			json_get_str(result, "error", ""), p->tries, NIGHT_TRIES_MAX);
	p->array = 0;
	if (run_dir && file_remove_tree(run_dir, err) < 0)
		return -1;
	return file_remove_tree(done_path, err);
}

/* Of a file that is not whole, as after a power cut: its job is not done. */
static int forget_torn(struct slurm_shift *s, const char *done_path, const struct err *why,
		       struct err *err)
{
	night_view_note(&s->view, "slurm: %s: not whole, so its job is not done", why->msg);
	return file_remove_tree(done_path, err);
}

/* It is in the journal before it goes aside, where a task that Slurm begins again still finds it.
 */
static int collect_one(struct slurm_shift *s, const char *name, struct err *err)
{
	struct night *n = s->n;
	_cleanup_free_ char *path = xasprintf("%s/slurm/done/%s", n->dir, name);
	_cleanup_free_ char *taken = xasprintf("%s/slurm/taken/%s", n->dir, name);
	_cleanup_json_ json_t *result = NULL;
	struct slurm_place *place;
	struct err why = ERR_INIT;
	bool is_build;
	size_t index;

	is_build = parse_done(name, NIGHT_BUILD, n->jobs.kernel_count, &index);
	if (!is_build && !parse_done(name, NIGHT_GUEST, n->jobs.count, &index))
		return 0;
	result = json_read_file(path, SLURM_RECORD_MAX_BYTES, &why);
	if (!result && why.kind == ERR_INPUT)
		return forget_torn(s, path, &why, err);
	if (!result) {
		*err = why;
		return -1;
	}
	place = is_build ? &s->kernels[index] : &s->jobs[index];
	if (may_pass(s, place, result))
		return try_again(s, place, path, result, err);
	night_tell_tries(result, place->tries);
	if ((is_build ? take_build(s, index, result, err) : take_boot(s, index, result, err)) < 0)
		return -1;
	if (rename(path, taken) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	return 0;
}

static int collect(struct slurm_shift *s, struct err *err)
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

static bool is_lost(const struct slurm_shift *s, struct slurm_place *p)
{
	_cleanup_free_ char *name = p->array ? night_slurm_array_name(s, p->array) : NULL;
	const struct slurm_task *task = name ? slurm_find(&s->tasks, name, p->task) : NULL;

	if (!name || task) {
		p->missed = 0;
		p->ran = p->ran || (task && !task->waits);
		return false;
	}
	return ++p->missed >= LOST_LOOKS;
}

/* A task that waited when the budget ended was cancelled: it is not run. One that ran was lost. */
static bool is_given_up(const struct slurm_shift *s, const struct slurm_place *p)
{
	return s->budget_over ? p->ran : p->tries >= NIGHT_TRIES_MAX;
}

/* A run of a job that may be lost. */
static int take_run_of_lost(struct slurm_shift *s, const char *run_dir, bool *lost, struct err *err)
{
	struct night *n = s->n;
	_cleanup_free_ char *id = NULL;
	_cleanup_json_ json_t *result = NULL;
	int what = night_look_at_run(run_dir, path_base(n->dir), &id, err);
	int64_t job = id ? json_get_int(n->index, id, -1) : -1;

	if (what < 0)
		return -1;
	if (job < 0 || !lost[job] || n->results[job])
		return 0;
	/* Whatever squeue says. */
	if (runs_is_going_on(run_dir)) {
		lost[job] = false;
		s->jobs[job].missed = 0;
		return 0;
	}
	if (what == NIGHT_RUN_HALF)
		return file_remove_tree(run_dir, err);
	result = night_run_result(run_dir);
	return take_boot(s, (size_t)job, result, err);
}

/*
 * A run that ended counts although its task did not come to say so; half a one is removed, as it
 * is done again.
 */
static int take_runs_of_lost(struct slurm_shift *s, bool *lost, struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (night_list_runs(s->n->dir, &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++)
		if (take_run_of_lost(s, dirs.items[i], lost, err) < 0)
			return -1;
	return 0;
}

/* New reference. */
static json_t *lost_error(const struct slurm_place *p)
{
	struct err why = ERR_INIT;

	err_set(&why, ERR_HOST,
		"its Slurm task was lost, %u of %d times; its output: slurm/%u-%u.log", p->tries,
		NIGHT_TRIES_MAX, p->array, p->task);
	return night_error_result(&why);
}

static int lose_builds(struct slurm_shift *s, struct err *err)
{
	for (size_t k = 0; k < s->n->jobs.kernel_count; k++) {
		struct slurm_place *p = &s->kernels[k];
		_cleanup_json_ json_t *error = NULL;

		if (!is_lost(s, p))
			continue;
		error = lost_error(p);
		p->array = 0;
		if (is_given_up(s, p) && fail_kernel(s, k, error, err) < 0)
			return -1;
	}
	return 0;
}

static int lose_boots(struct slurm_shift *s, struct err *err)
{
	struct night *n = s->n;
	_cleanup_free_ bool *lost = xcalloc(n->jobs.count + 1, sizeof(*lost));
	bool any = false;

	for (size_t i = 0; i < n->jobs.count; i++)
		any |= lost[i] = !n->results[i] && is_lost(s, &s->jobs[i]);
	if (any && take_runs_of_lost(s, lost, err) < 0)
		return -1;
	for (size_t i = 0; any && i < n->jobs.count; i++) {
		struct slurm_place *p = &s->jobs[i];
		_cleanup_json_ json_t *error = NULL;

		if (!lost[i] || n->results[i])
			continue;
		error = lost_error(p);
		p->array = 0;
		if (!is_given_up(s, p))
			continue;
		if (night_add_result(n, i, take_ptr(&error), err) < 0)
			return -1;
		night_view_tell(&s->view, n, i);
	}
	return 0;
}

/* ---- the night ---- */

/* A controller that is away for a while is no news of its tasks. */
static int look(struct slurm_shift *s, bool *heard, struct err *err)
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

static int stop(struct slurm_shift *s, struct err *err)
{
	struct err why = ERR_INIT;
	bool heard;

	for (unsigned array = 1; array <= s->arrays; array++)
		night_slurm_mark_ended(s, array);
	if (look(s, &heard, &why) < 0 || !heard || slurm_cancel(&s->tasks, false, &why) < 0)
		return err_set(err, ERR_HOST, "%s: stopped, but its tasks go on: %s", s->n->dir,
			       *why.msg ? why.msg : "nobody at Slurm answers");
	return err_set(err, ERR_CANCELLED, "%s: stopped; `klab nightly --resume` goes on",
		       s->n->dir);
}

/* What has begun is done, and no more begins. What could not be cancelled is so at the next look.
 */
static void end_budget(struct slurm_shift *s)
{
	struct err why = ERR_INIT;

	if (s->budget_over || night_fits_budget(s->n, 0))
		return;
	s->budget_over = slurm_cancel(&s->tasks, true, &why) == 0;
	if (!s->budget_over)
		night_view_note(&s->view, "slurm: %s; once more", why.msg);
}

/* Those that were to be in an array that was not submitted. */
static void unplace_kernels(struct slurm_shift *s)
{
	for (size_t k = 0; k < s->n->jobs.kernel_count; k++)
		if (s->kernels[k].array == UINT_MAX)
			s->kernels[k].array = 0;
}

/* One that refuses the first of all is told at once; later it may just be busy, or away. */
static int submit_all(struct slurm_shift *s, struct err *err)
{
	struct err why = ERR_INIT;

	if (night_slurm_submit_builds(s, &why) == 0 && night_slurm_submit_boots(s, &why) == 0)
		return 0;
	unplace_kernels(s);
	if (s->submitted && why.kind == ERR_HOST &&
	    clock_monotonic_ms() - s->heard_ms < DEAF_MAX_MS) {
		night_view_note(&s->view, "slurm: %s; once more", why.msg);
		return 1;
	}
	*err = why;
	return -1;
}

static bool is_anything_placed(const struct slurm_shift *s)
{
	for (size_t k = 0; k < s->n->jobs.kernel_count; k++)
		if (s->kernels[k].array)
			return true;
	for (size_t i = 0; i < s->n->jobs.count; i++)
		if (s->jobs[i].array)
			return true;
	return false;
}

static int work(struct slurm_shift *s, struct err *err)
{
	struct night *n = s->n;
	bool heard;
	int waits;

	if (cancel_requested())
		return stop(s, err);
	for (size_t k = 0; k < n->jobs.kernel_count; k++)
		if (n->kernels[k] == NIGHT_KERNEL_FAILED && fail_jobs_of(s, k, err) < 0)
			return -1;
	for (;;) {
		/* In this order: a task that is over has left its result. */
		if (look(s, &heard, err) < 0 || collect(s, err) < 0)
			return -1;
		if (cancel_requested())
			return stop(s, err);
		if (heard && (lose_builds(s, err) < 0 || lose_boots(s, err) < 0))
			return -1;
		if (heard)
			end_budget(s);
		waits = heard ? submit_all(s, err) : 1;
		if (waits < 0)
			return -1;
		if (!waits && !is_anything_placed(s))
			return 0;
		night_view_update(&s->view, n, NULL, 0);
		poll(&(struct pollfd){ .fd = cancel_fd(), .events = POLLIN }, 1, POLL_MS);
	}
}

/* Of a night that goes on: where what it gave away is. */
static int take_array(struct slurm_shift *s, unsigned array, struct err *err)
{
	_cleanup_free_ char *path = night_slurm_array_path(s->n, array);
	_cleanup_json_ json_t *record = json_read_file(path, SLURM_RECORD_MAX_BYTES, err);
	const json_t *tasks = json_get_array(record, "tasks");
	enum night_work work = NIGHT_GUEST;
	size_t t, i, count = s->n->jobs.count;
	json_t *task, *index;

	if (str_eq(json_get_str(record, "work", ""), night_work_names[NIGHT_BUILD])) {
		work = NIGHT_BUILD;
		count = s->n->jobs.kernel_count;
	}
	json_array_foreach ((json_t *)tasks, t, task)
		json_array_foreach (task, i, index)
			if (json_integer_value(index) < 0 ||
			    (size_t)json_integer_value(index) >= count)
				return err_set(err, ERR_INPUT, "%s: no such job in the night",
					       path);
	if (record)
		night_slurm_place(s, work, tasks, array, !json_get_bool(record, "ended", false));
	s->arrays = array;
	return record ? 0 : -1;
}

static int take_arrays(struct slurm_shift *s, struct err *err)
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
			s->jobs[i] = (struct slurm_place){ 0 };
	for (size_t k = 0; k < s->n->jobs.kernel_count; k++)
		if (s->n->kernels[k] != NIGHT_KERNEL_WANTED)
			s->kernels[k] = (struct slurm_place){ 0 };
	return 0;
}

int night_slurm_run(struct night *n, struct err *err)
{
	_cleanup_(shift_clear)
	struct slurm_shift s = { .n = n,
				 .build_cpus = n->processors,
				 .heard_ms = clock_monotonic_ms() };
	_cleanup_free_ char *done = xasprintf("%s/slurm/done", n->dir);
	_cleanup_free_ char *taken = xasprintf("%s/slurm/taken", n->dir);
	int ret;

	s.prefix = xasprintf("%s.", path_base(n->dir));
	s.kernels = xcalloc(n->jobs.kernel_count + 1, sizeof(*s.kernels));
	s.jobs = xcalloc(n->jobs.count + 1, sizeof(*s.jobs));
	if (file_mkdir_p(done, err) < 0 || file_mkdir_p(taken, err) < 0 || take_arrays(&s, err) < 0)
		return -1;
	night_view_init(&s.view, n->opt->quiet || n->opt->json);
	ret = work(&s, err);
	night_view_end(&s.view);
	/* Bisects are done here. */
	n->processors = s.build_cpus;
	return ret < 0 ? -1 : night_tidy_runs(n, false, err);
}
