/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known before the first job: sources, configs, kernels in the store, earlier nights. */
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "build/source.h"
#include "cmd/night.h"
#include "cmd/night-folder.h"
#include "cmd/night-inputs.h"
#include "cmd/prepare.h"
#include "cmd/runs.h"

enum { NIGHTS_REMEMBERED = 30 };

static void kernel_free_p(struct kernel **k)
{
	kernel_free(*k);
}

struct options night_options_of(const struct night *n, const struct night_kernel *kernel,
				const struct night_job *job)
{
	struct options opt = *n->opt;

	opt.source = kernel->spec;
	opt.kconfig = kernel->fragments;
	json_to_strv(json_get_array(n->plan, "append"), &opt.append);
	opt.out_dir = n->dir;
	if (job) {
		opt.mode = job->mode;
		opt.seed = opt.seed_last = job->seed;
		opt.timeout_ms = job->timeout_ms;
	}
	return opt;
}

/* ---- sources ---- */

static json_t *find_source(const struct night *n, const char *name)
{
	json_t *source;
	size_t i;

	json_array_foreach (n->sources, i, source)
		if (str_eq(json_get_str(source, "source", ""), name))
			return source;
	return NULL;
}

/* A branch may move on during the night, and a newer tarball come: what it is now counts. */
static int settle_source(struct night *n, const struct night_kernel *kernel, struct err *err)
{
	struct source s = SOURCE_INIT;
	_cleanup_free_ char *spec = NULL;
	json_t *record;

	if (source_open(&s, kernel->spec, n->env->cache_dir, n->env->progress, err) < 0) {
		source_clear(&s);
		return err_add(err, "source `%s`", kernel->source);
	}
	spec = s.kind == SOURCE_GIT ? xasprintf("%s@%s", s.path, s.commit) : xstrdup(s.path);
	record = json_object();
	json_set_str(record, "source", kernel->source);
	json_set_str(record, "spec", spec);
	json_set_str(record, "rev", s.rev);
	json_set_str(record, "commit", s.commit);
	json_set_str(record, "hash", s.tree_hash);
	json_array_append_new(n->sources, record);
	source_clear(&s);
	return 0;
}

int night_settle_sources(struct night *n, struct err *err)
{
	n->sources = json_array();
	for (size_t i = 0; i < n->jobs.kernel_count; i++) {
		struct night_kernel *kernel = &n->jobs.kernels[i];

		if (!find_source(n, kernel->source) && settle_source(n, kernel, err) < 0)
			return -1;
		free(kernel->spec);
		kernel->spec = xstrdup(json_get_str(find_source(n, kernel->source), "spec", NULL));
	}
	return 0;
}

static bool is_source_wanted(const struct night *n, const char *name)
{
	for (size_t i = 0; i < n->jobs.count; i++)
		if (!n->results[i] && str_eq(n->jobs.kernels[n->jobs.list[i].kernel].source, name))
			return true;
	return false;
}

/* One that cannot be had now may be had later: it is no result of its jobs. */
static int check_source(const struct night *n, const json_t *source, struct err *err)
{
	const char *name = json_get_str(source, "source", ""), *was, *now;
	struct source s = SOURCE_INIT;
	int ret = source_open(&s, json_get_str(source, "spec", NULL), n->env->cache_dir,
			      n->env->progress, err);

	was = json_get_str(source, "hash", s.tree_hash);
	now = s.tree_hash;
	if (ret < 0)
		err_add(err, "source `%s`", name);
	else if (!str_eq(was, now))
		ret = err_set(err, ERR_INPUT,
			      "%s: source `%s` is %s; expected %s, as when the night began", n->dir,
			      name, now, was);
	source_clear(&s);
	return ret;
}

int night_check_sources(struct night *n, struct err *err)
{
	const json_t *source;
	size_t i;

	json_array_foreach (n->sources, i, source)
		if (is_source_wanted(n, json_get_str(source, "source", "")) &&
		    check_source(n, source, err) < 0)
			return -1;
	return 0;
}

/* ---- kernels ---- */

static void look_at_kernel(struct night *n, size_t index)
{
	struct night_kernel *kernel = &n->jobs.kernels[index];
	struct options opt = night_options_of(n, kernel, NULL);
	_cleanup_strv_ struct strv fragments = { 0 };
	const struct prepare_request wanted = { .opt = &opt,
						.fragments = &fragments,
						.check_only = true };
	struct err err = ERR_INIT;
	_cleanup_json_ json_t *error = NULL;
	_cleanup_(kernel_free_p)
	struct kernel *k = NULL;

	night_inputs_fragments(n, kernel, &fragments);
	k = prepare_kernel(n->env, &wanted, NULL, &err);
	strv_clear(&opt.append);
	if (!k) {
		/* What may pass, a full disk or a stop, is no result: its build meets it or not. */
		if (err.kind != ERR_INPUT)
			return;
		error = night_error_result(&err);
		night_fail_kernel(n, index, error);
		return;
	}
	kernel->stored = k->was_stored;
	if (k->was_stored)
		n->kernels[index] = NIGHT_KERNEL_READY;
}

void night_look_at_kernels(struct night *n)
{
	for (size_t i = 0; i < n->jobs.kernel_count && !cancel_requested(); i++)
		look_at_kernel(n, i);
}

/* ---- earlier nights ---- */

/* The worst verdict of a series in one night, the mean of what its runs took. */
static void remember_job(json_t *series, json_t *times, const json_t *job, int64_t at)
{
	const json_t *result = json_get_object(job, "result");
	const char *name = json_get_str(job, "series", "");
	const char *verdict = json_get_str(result, "verdict", "incomplete");
	int64_t wall_ms = json_get_int(result, "wall_ms", 0);
	json_t *known = json_get_object(series, name), *time;

	if (!result)
		return;
	if (!known) {
		known = json_object();
		json_set_str(known, "verdict", verdict);
		json_set_int(known, "at", at);
		json_object_set_new(series, name, known);
	}
	if (json_get_int(known, "at", 0) != at)
		return;
	if (night_outcome_of(result) != NIGHT_PASSED)
		json_set_str(known, "verdict", verdict);
	if (wall_ms <= 0)
		return;
	json_set_int(known, "wall_ms", wall_ms);
	time = json_get_object(times, json_get_str(job, "case", ""));
	if (!time) {
		time = json_object();
		json_object_set_new(times, json_get_str(job, "case", ""), time);
	}
	json_set_int(time, "ms", json_get_int(time, "ms", 0) + wall_ms);
	json_set_int(time, "runs", json_get_int(time, "runs", 0) + 1);
}

/* "2026-11-27T22:06:02Z"; 0: it is none. */
static int64_t parse_utc(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	return end && !*end ? (int64_t)timegm(&tm) : 0;
}

/* Whether it is one of this plan. */
static bool remember_night(const struct night *n, const char *dir, json_t *series, json_t *times)
{
	_cleanup_free_ char *path = path_join(dir, "nightly.json");
	_cleanup_json_ json_t *record = json_read_file(path, NIGHT_RECORD_MAX_BYTES, NULL);
	int64_t at = parse_utc(json_get_str(record, "began", ""));
	const json_t *job;
	size_t i;

	if (!str_eq(json_get_str(json_get_object(record, "plan"), "name", ""),
		    json_get_str(n->plan, "name", NULL)))
		return false;
	json_array_foreach (json_get_array(record, "jobs"), i, job)
		remember_job(series, times, job, at);
	return true;
}

json_t *night_remember(struct night *n)
{
	json_t *memory = json_object(), *series = json_object(), *cases = json_object(), *time;
	_cleanup_json_ json_t *times = json_object();
	_cleanup_strv_ struct strv dirs = { 0 };
	const char *name;

	/* Newest first: of a series the last night counts. */
	runs_list(n->opt->out_dir, RUNS_NIGHT, &dirs, NULL);
	for (size_t i = dirs.count, seen = 0; i-- > 0 && seen < NIGHTS_REMEMBERED;)
		seen += remember_night(n, dirs.items[i], series, times);
	json_object_foreach (times, name, time)
		json_set_int(cases, name,
			     json_get_int(time, "ms", 0) / json_get_int(time, "runs", 1));
	json_object_set_new(memory, "series", series);
	json_object_set_new(memory, "cases", cases);
	return memory;
}

/* ---- the history ---- */

static void estimate_job(struct night *n, struct night_job *job, const char *append)
{
	const struct night_kernel *kernel = &n->jobs.kernels[job->kernel];
	const struct history_series series = { .case_name = job->case_name,
					       .line = kernel->source,
					       .config = kernel->kconfig,
					       .append = append,
					       .mode = plan_mode_name(job->mode) };
	struct history_cost cost;

	if (history_run_cost(n->history, &series, &cost, NULL) == 0 && cost.runs && cost.wall_s > 0)
		job->cost_ms = (uint64_t)(cost.wall_s * 1000);
}

/* Seeds of one series follow each other before the jobs are ordered: one question for all. */
void night_estimate(struct night *n)
{
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_free_ char *append = NULL;

	if (!n->history)
		return;
	json_to_strv(json_get_array(n->plan, "append"), &words);
	append = strv_join(&words, " ");
	for (size_t i = 0; i < n->jobs.count; i++) {
		struct night_job *job = &n->jobs.list[i];

		if (i && job->series_number == job[-1].series_number)
			job->cost_ms = job[-1].cost_ms;
		else
			estimate_job(n, job, append);
	}
	for (size_t k = 0; k < n->jobs.kernel_count; k++) {
		double seconds = 0;

		if (history_build_cost(n->history, n->jobs.kernels[k].kconfig, &seconds, NULL) ==
			    0 &&
		    seconds > 0)
			n->jobs.kernels[k].build_ms = (uint64_t)(seconds * 1000);
	}
}

void night_ingest(struct night *n, size_t job)
{
	const char *dir = json_get_str(n->results[job], "dir", NULL);
	_cleanup_free_ char *run_dir = dir ? path_join(n->dir, dir) : NULL;
	enum history_ingested what;
	struct err err = ERR_INIT;

	if (!n->history || !run_dir)
		return;
	n->ingested[job] = history_ingest(n->history, run_dir, &what, &err) == 0;
	if (!n->ingested[job])
		progress_note(n->env->progress, "not in the history: %s", err.msg);
}

void night_ingest_all(struct night *n)
{
	for (size_t i = 0; i < n->jobs.count; i++)
		if (!n->ingested[i])
			night_ingest(n, i);
}
