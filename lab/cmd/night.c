/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night-clock.h"
#include "cmd/night-folder.h"
#include "cmd/night-inputs.h"
#include "cmd/night-runs.h"
#include "cmd/prepare.h"
#include "cmd/runs.h"
#include "verdict/verdict.h"

static const char record_name[] = "nightly.json";

void night_clear(struct night *n)
{
	for (size_t i = 0; n->results && i < n->jobs.count; i++)
		json_decref(n->results[i]);
	for (size_t i = 0; n->kernel_errors && i < n->jobs.kernel_count; i++)
		json_decref(n->kernel_errors[i]);
	free(n->results);
	free(n->ingested);
	free(n->kernel_errors);
	free(n->kernels);
	night_jobs_clear(&n->jobs);
	history_close(n->history);
	json_decref(n->plan);
	json_decref(n->sources);
	json_decref(n->inputs);
	json_decref(n->changes);
	json_decref(n->aside);
	json_decref(n->index);
	free(n->dir);
	if (n->journal_fd >= 0)
		close(n->journal_fd);
	if (n->lock_fd >= 0)
		close(n->lock_fd);
}

uint64_t night_elapsed_ms(const struct night *n)
{
	return n->spent_ms + (clock_monotonic_ms() - n->began_ms);
}

bool night_fits_budget(const struct night *n, uint64_t ms)
{
	return !n->budget_ms || night_elapsed_ms(n) + ms <= n->budget_ms;
}

/* ---- results ---- */

enum night_outcome night_outcome_of(const json_t *result)
{
	const char *verdict = json_get_str(result, "verdict", NULL);

	if (!result)
		return NIGHT_NOT_RUN;
	if (!verdict)
		return NIGHT_UNABLE;
	switch (verdict_exit_code(verdict_parse(verdict))) {
	case 0:
		return NIGHT_PASSED;
	case 1:
		return NIGHT_FAILED;
	default:
		return NIGHT_UNABLE;
	}
}

struct night_counts night_count(const struct night *n)
{
	struct night_counts counts = { 0 };

	for (size_t i = 0; i < n->jobs.count; i++) {
		counts.of[night_outcome_of(n->results[i])]++;
		counts.done += n->results[i] != NULL;
	}
	return counts;
}

int night_exit_code(const struct night_counts *counts)
{
	if (counts->of[NIGHT_FAILED])
		return 1;
	return counts->of[NIGHT_UNABLE] || counts->of[NIGHT_NOT_RUN] ? 3 : 0;
}

int night_add_result(struct night *n, size_t job, json_t *result, struct err *err)
{
	json_set_str(result, "job", n->jobs.list[job].id);
	json_set_int(result, "at_ms", (int64_t)night_elapsed_ms(n));
	n->results[job] = result;
	return night_journal_add(n->journal_fd, result, err) < 0 ? err_add(err, "%s", n->dir) : 0;
}

int night_add_build(struct night *n, size_t kernel, uint64_t build_ms, struct err *err)
{
	_cleanup_json_ json_t *line = json_object();

	n->kernels[kernel] = NIGHT_KERNEL_READY;
	n->jobs.kernels[kernel].build_ms = build_ms;
	json_set_int(line, "kernel", (int64_t)kernel);
	json_set_int(line, "build_ms", (int64_t)build_ms);
	json_set_int(line, "at_ms", (int64_t)night_elapsed_ms(n));
	return night_journal_add(n->journal_fd, line, err) < 0 ? err_add(err, "%s", n->dir) : 0;
}

/* ---- what could not be done ---- */

json_t *night_error_result(const struct err *err)
{
	json_t *result = json_object();

	json_set_str(result, "error", err->msg);
	if (err->kind == ERR_HOST)
		json_set_bool(result, "host", true);
	if (err->kind == ERR_BUILD)
		json_set_bool(result, "build_failed", true);
	if (err->kind == ERR_CANCELLED)
		json_set_bool(result, "stopped", true);
	return result;
}

void night_tell_tries(json_t *result, unsigned tries)
{
	_cleanup_free_ char *text = NULL;

	if (!json_get_bool(result, "host", false) || tries < 2)
		return;
	text = xasprintf("%s (%u of %d times)", json_get_str(result, "error", ""), tries,
			 NIGHT_TRIES_MAX);
	json_set_str(result, "error", text);
}

void night_fail_kernel(struct night *n, size_t kernel, const json_t *error)
{
	n->kernels[kernel] = NIGHT_KERNEL_FAILED;
	if (!n->kernel_errors[kernel])
		n->kernel_errors[kernel] = json_deep_copy(error);
}

int night_add_kernel_error(struct night *n, size_t job, struct err *err)
{
	const json_t *error = n->kernel_errors[n->jobs.list[job].kernel];

	return night_add_result(n, job, json_deep_copy(error), err);
}

/* ---- the record ---- */

json_t *night_record(const struct night *n, bool over)
{
	json_t *record = json_object(), *jobs = night_jobs_to_json(&n->jobs), *job;
	char now[32];
	size_t i;

	clock_format_utc(-1, now);
	json_set_str(record, "state", over ? "done" : "going on");
	json_set_str(record, "id", n->dir ? path_base(n->dir) : NULL);
	json_set_str(record, "klab", KLAB_VERSION);
	json_set_str(record, "began", n->began);
	json_set_str(record, over ? "ended" : "written", now);
	json_set_int(record, "spent_ms", (int64_t)night_elapsed_ms(n));
	json_object_set(record, "plan", n->plan);
	json_object_set(record, "sources", n->sources);
	json_object_set(record, "inputs", n->inputs);
	json_object_set(record, "changes", n->changes);
	json_object_set(record, "aside", n->aside);
	json_object_update(record, jobs);
	json_decref(jobs);
	json_array_foreach (json_get_array(record, "jobs"), i, job) {
		if (n->results[i])
			json_object_set(job, "result", n->results[i]);
		else if (over)
			json_set_str(job, "not_run", "did not fit into the budget");
	}
	return record;
}

int night_save_record(const struct night *n, const json_t *record, struct err *err)
{
	_cleanup_free_ char *path = path_join(n->dir, record_name);

	return json_write_file_synced(path, record, err);
}

int night_save(const struct night *n, bool over, struct err *err)
{
	_cleanup_json_ json_t *record = night_record(n, over);

	return night_save_record(n, record, err);
}

/* ---- planning ---- */

/* Where a night runs holds for all of it. */
static void keep_executor(struct night *n)
{
	if (!n->opt->slurm)
		return;
	json_set_str(n->plan, "executor", "slurm");
	json_object_set_new(n->plan, "sbatch", json_strv(&n->opt->sbatch));
}

bool night_is_on_slurm(const struct night *n)
{
	return str_eq(json_get_str(n->plan, "executor", ""), "slurm");
}

static void keep_plan(struct night *n, const struct night_plan *plan)
{
	_cleanup_free_ char *known = plan->known ? night_plan_path(plan, plan->known) : NULL;
	_cleanup_free_ char *path = night_plan_absolute(plan->path);

	n->plan = json_object();
	json_set_str(n->plan, "name", plan->name);
	json_set_str(n->plan, "path", path);
	json_object_set_new(n->plan, "append", json_strv(&plan->append));
	json_set_int(n->plan, "budget_ms", (int64_t)plan->budget_ms);
	json_set_int(n->plan, "memory_bytes", (int64_t)plan->memory_bytes);
	json_set_int(n->plan, "jobs", plan->jobs);
	json_set_str(n->plan, "known", known);
	keep_executor(n);
}

/* What holds of the plan now, and what the command line says besides. */
static void take_limits(struct night *n)
{
	int64_t jobs = json_get_int(n->plan, "jobs", 0);
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	n->budget_ms = (uint64_t)json_get_int(n->plan, "budget_ms", 0);
	n->memory_bytes = (uint64_t)json_get_int(n->plan, "memory_bytes", 0);
	n->processors = n->opt->jobs ? n->opt->jobs : jobs > 0 ? (int)jobs : (int)online;
	if (n->processors < 1)
		n->processors = 1;
	n->began_ms = clock_monotonic_ms();
}

static void make_room(struct night *n)
{
	n->kernels = xcalloc(n->jobs.kernel_count + 1, sizeof(*n->kernels));
	n->kernel_errors = xcalloc(n->jobs.kernel_count + 1, sizeof(*n->kernel_errors));
	n->results = xcalloc(n->jobs.count + 1, sizeof(*n->results));
	n->ingested = xcalloc(n->jobs.count + 1, sizeof(*n->ingested));
}

static void make_index(struct night *n)
{
	n->index = json_object();
	for (size_t i = 0; i < n->jobs.count; i++)
		json_set_int(n->index, n->jobs.list[i].id, (int64_t)i);
}

int night_plan_jobs(struct night *n, const char *plan_path, struct err *err)
{
	_cleanup_strv_ struct strv mistakes = { 0 };
	struct night_plan *plan = night_plan_read(plan_path, &mistakes, err);
	_cleanup_json_ json_t *memory = NULL;
	int made = plan ? night_jobs_make(&n->jobs, plan, n->env->data_dir, &mistakes, err) : -1;

	if (plan)
		keep_plan(n, plan);
	night_plan_free(plan);
	if (made < 0) {
		prepare_tell_mistakes(&mistakes, plan_path, "run", err);
		return -1;
	}
	take_limits(n);
	make_room(n);
	if (night_settle_sources(n, err) < 0)
		return err_add(err, "%s", plan_path);
	night_look_at_kernels(n);
	night_estimate(n);
	memory = night_remember(n);
	night_jobs_order(&n->jobs, memory);
	make_index(n);
	return 0;
}

/* ---- beginning ---- */

int night_begin(struct night *n, const char *plan_path, struct err *err)
{
	const char *name = json_get_str(n->plan, "name", "");
	_cleanup_free_ char *copy = NULL;
	_cleanup_close_ int base_lock = -1;
	bool busy = false;

	if (file_mkdir_p(n->opt->out_dir, err) < 0)
		return -1;
	/* Of two that begin at once one sees the other's folder. */
	base_lock = night_lock_dir(n->opt->out_dir, &busy, err);
	if (base_lock < 0 || night_check_alone(n->opt->out_dir, name, n->env->progress, err) < 0)
		return -1;
	n->dir = runs_make_folder(n->opt->out_dir, name, "nightly", err);
	if (!n->dir)
		return -1;
	n->lock_fd = file_lock_dir(n->dir, &busy, err);
	copy = path_join(n->dir, "plan.yaml");
	clock_format_utc(-1, n->began);
	if (n->lock_fd < 0 || file_copy(plan_path, copy, err) < 0 ||
	    night_inputs_copy(n, err) < 0 || night_save(n, false, err) < 0)
		return -1;
	n->journal_fd = night_journal_open(n->dir, err);
	return n->journal_fd < 0 ? -1 : 0;
}

/* ---- going on ---- */

static void take_journal_line(void *context, json_t *result)
{
	struct night *n = context;
	int64_t job = json_get_int(n->index, json_get_str(result, "job", ""), -1);
	int64_t at_ms = json_get_int(result, "at_ms", 0);

	if (job < 0 || n->results[job])
		return;
	n->results[job] = json_incref(result);
	if (at_ms > 0 && (uint64_t)at_ms > n->spent_ms)
		n->spent_ms = (uint64_t)at_ms;
}

static int take_record(struct night *n, struct err *err)
{
	_cleanup_free_ char *path = path_join(n->dir, record_name);
	_cleanup_json_ json_t *record = json_read_file(path, NIGHT_RECORD_MAX_BYTES, err);

	if (!record)
		return -1;
	if (!str_eq(json_get_str(record, "state", ""), "going on"))
		return err_set(err, ERR_INPUT, "%s: is over; there is nothing to go on with",
			       n->dir);
	if (night_jobs_of_json(&n->jobs, record, err) < 0)
		return err_add(err, "%s", path);
	n->plan = json_incref(json_get_object(record, "plan"));
	n->sources = json_incref(json_get_array(record, "sources"));
	n->inputs = json_incref(json_get_object(record, "inputs"));
	n->changes = json_incref(json_get_object(record, "changes"));
	n->aside = json_incref(json_get_array(record, "aside"));
	clock_format_utc(-1, n->began);
	snprintf(n->began, sizeof(n->began), "%s", json_get_str(record, "began", n->began));
	n->spent_ms = (uint64_t)json_get_int(record, "spent_ms", 0);
	if (night_clock_read(n->dir) > n->spent_ms)
		n->spent_ms = night_clock_read(n->dir);
	return 0;
}

/* All that its record says, of n->dir. */
static int take_night(struct night *n, struct err *err)
{
	if (take_record(n, err) < 0)
		return -1;
	take_limits(n);
	make_room(n);
	make_index(n);
	return 0;
}

int night_look(struct night *n, const char *dir, struct err *err)
{
	n->dir = xstrdup(dir);
	return take_night(n, err);
}

int night_resume(struct night *n, const char *name, struct err *err)
{
	bool busy = false;

	n->dir = night_find(n->opt->out_dir, name, err);
	if (!n->dir)
		return -1;
	n->lock_fd = night_lock_dir(n->dir, &busy, err);
	if (n->lock_fd < 0)
		return busy ? err_set(err, ERR_INPUT, "%s: is going on; another klab is at it",
				      n->dir)
			    : -1;
	if (take_night(n, err) < 0)
		return -1;
	n->journal_fd = night_journal_open(n->dir, err);
	/* Tasks on Slurm go on meanwhile: their runs are collected. */
	if (n->journal_fd < 0 || night_journal_read(n->dir, take_journal_line, n, err) < 0 ||
	    (!night_is_on_slurm(n) && night_tidy_runs(n, true, err) < 0))
		return -1;
	/* What it was killed before it could tell; what is known there stays as it is. */
	night_ingest_all(n);
	if (night_inputs_check(n, err) < 0 || night_check_sources(n, err) < 0)
		return -1;
	night_look_at_kernels(n);
	if (cancel_requested())
		return err_set(err, ERR_CANCELLED, "%s: stopped; `klab nightly --resume` goes on",
			       n->dir);
	return 0;
}
