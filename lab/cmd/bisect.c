/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab bisect: builds, boots and judges commits until it is sure which one brought the bug in. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "bisect/bisect.h"
#include "bisect/changes.h"
#include "bisect/git-history.h"
#include "build/build-inputs.h"
#include "cmd/bisect-result.h"
#include "cmd/output.h"
#include "cmd/pipeline.h"
#include "cmd/prepare.h"
#include "cmd/runs.h"

enum { RECORD_MAX_BYTES = 256 << 20 };

struct session {
	const struct cmd_env *env;
	struct options opt;
	const struct machine_ops *machine;
	struct case_file *test;
	struct strv fragments;
	struct git_history history;
	struct bisect bisect;
	json_t *request; /* what makes two bisects the same one */
	char *dir;
	int lock_fd;
	unsigned *boots; /* by vertex, for the seeds */
};

static void session_clear(struct session *s)
{
	bisect_clear(&s->bisect);
	git_history_clear(&s->history);
	strv_clear(&s->fragments);
	case_free(s->test);
	json_decref(s->request);
	free(s->dir);
	free(s->boots);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	options_clear(&s->opt);
}

/* ---- the record ---- */

static int hash_case(const struct case_file *test, char hex[HASH_HEX_SIZE], struct err *err)
{
	size_t length = 0;
	_cleanup_free_ char *text = file_read(test->path, RECORD_MAX_BYTES, &length, err);

	if (!text)
		return -1;
	hash_bytes(text, length, hex);
	return 0;
}

static int make_request(struct session *s, struct err *err)
{
	const struct strv *commits = &s->history.commits;
	char hex[HASH_HEX_SIZE];

	if (hash_case(s->test, hex, err) < 0)
		return -1;
	s->request = json_object();
	json_set_str(s->request, "case", s->test->name);
	json_set_str(s->request, "case_sha256", hex);
	json_set_str(s->request, "repository", s->history.repo);
	json_set_str(s->request, "good", commits->items[0]);
	json_set_str(s->request, "bad", commits->items[commits->count - 1]);
	json_set_int(s->request, "commits", (int64_t)commits->count - 1);
	json_object_set_new(s->request, "fragments", json_strv(&s->fragments));
	json_object_set_new(s->request, "append", json_strv(&s->opt.append));
	json_set_str(s->request, "mode", plan_mode_name(s->opt.mode));
	json_set_str(s->request, "only", s->opt.only ? s->opt.only : "");
	return 0;
}

static char *record_path(const char *dir)
{
	return path_join(dir, "bisect.json");
}

static int save(const struct session *s, const json_t *result, struct err *err)
{
	_cleanup_json_ json_t *record = json_object();
	_cleanup_free_ char *path = record_path(s->dir);

	json_set_str(record, "state", result ? "done" : "going on");
	json_object_set(record, "request", s->request);
	json_object_update(record, s->bisect.record);
	if (result)
		json_object_set(record, "result", (json_t *)result);
	return json_write_file(path, record, err);
}

/* One of the same request that was not done, and that nobody else is at. */
static json_t *find_unfinished(struct session *s, struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(s->opt.out_dir, RUNS_BISECT, &dirs, err) < 0)
		return NULL;
	for (size_t i = dirs.count; i-- > 0;) {
		_cleanup_free_ char *path = record_path(dirs.items[i]);
		_cleanup_json_ json_t *record = json_read_file(path, RECORD_MAX_BYTES, NULL);
		bool busy = false;

		if (!str_eq(json_get_str(record, "state", ""), "going on") ||
		    !json_equal(json_get_object(record, "request"), s->request))
			continue;
		s->lock_fd = file_lock_dir(dirs.items[i], &busy, NULL);
		if (s->lock_fd < 0)
			continue;
		s->dir = xstrdup(dirs.items[i]);
		return take_ptr(&record);
	}
	return NULL;
}

static int begin(struct session *s, struct err *err)
{
	struct target asked = { 0 };
	_cleanup_json_ json_t *record = NULL;
	bool busy;
	int result;

	record = find_unfinished(s, err);
	if (s->opt.only)
		target_ask(&asked, s->opt.only);
	result = bisect_init(&s->bisect, &s->history.graph, &s->history.commits, s->opt.confidence,
			     s->opt.only ? &asked : NULL, record, err);
	target_clear(&asked);
	if (result < 0)
		return err_add(err, "%s", s->dir);
	if (s->opt.repeat > 1)
		s->bisect.first_runs = (unsigned)s->opt.repeat;
	s->boots = xcalloc(s->history.graph.count, sizeof(*s->boots));
	if (record) {
		progress_note(s->env->progress, "goes on with %s: %u builds and %u runs are done",
			      s->dir, s->bisect.builds, s->bisect.runs);
		return 0;
	}
	s->dir = runs_make_folder(s->opt.out_dir, s->test->name, "bisect", err);
	if (!s->dir)
		return -1;
	s->lock_fd = file_lock_dir(s->dir, &busy, err);
	return s->lock_fd < 0 ? -1 : save(s, NULL, err);
}

/* ---- one commit ---- */

static double seconds_since(uint64_t began_ms)
{
	return (double)(clock_monotonic_ms() - began_ms) / 1000;
}

/* NULL, and no error: this commit cannot be built, which is in the record now. */
static struct kernel *build_commit(struct session *s, size_t vertex, struct err *err)
{
	_cleanup_free_ char *source =
		xasprintf("%s@%s", s->history.repo, s->history.commits.items[vertex]);
	struct options opt = s->opt;
	const struct prepare_request wanted = { .opt = &opt,
						.fragments = &s->fragments,
						.test = s->test };
	uint64_t began_ms = clock_monotonic_ms();
	bool unfit = false;
	struct kernel *kernel;
	const json_t *image;

	opt.source = source;
	kernel = prepare_kernel(s->env, &wanted, &unfit, err);
	if (!kernel) {
		if (!unfit && err->kind != ERR_BUILD)
			return NULL;
		bisect_add_unbuildable(&s->bisect, vertex, err->msg, seconds_since(began_ms));
		*err = (struct err)ERR_INIT;
		return NULL;
	}
	if (s->bisect.built[vertex])
		return kernel;
	image = json_get_object(json_get_object(kernel->manifest, "artefacts"), "bzImage");
	bisect_add_kernel(&s->bisect, vertex, json_get_str(image, "sha256", ""),
			  seconds_since(began_ms));
	return kernel;
}

/* Boots it once, and takes in what that says. */
static int boot_commit(struct session *s, size_t vertex, const struct kernel *kernel,
		       struct err *err)
{
	_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
	_cleanup_json_ json_t *verdict = NULL, *reports = NULL;
	_cleanup_free_ char *verdict_path = NULL, *reports_path = NULL;
	uint64_t began_ms = clock_monotonic_ms();
	const struct pipeline_request req = {
		.test = s->test,
		.kernel = kernel,
		.fragments = &s->fragments,
		.opt = &s->opt,
		.machine = s->machine,
		.seed = s->opt.seed + s->boots[vertex],
	};

	if (pipeline_run(s->env, &req, &outcome, err) < 0)
		return -1;
	s->boots[vertex]++;
	verdict_path = path_join(outcome.run_dir, "verdict.json");
	reports_path = path_join(outcome.run_dir, "reports.json");
	verdict = json_read_file(verdict_path, RECORD_MAX_BYTES, err);
	reports = verdict ? json_read_file(reports_path, RECORD_MAX_BYTES, err) : NULL;
	if (!reports)
		return -1;
	bisect_add_run(&s->bisect, vertex, path_base(outcome.run_dir), verdict, reports,
		       seconds_since(began_ms));
	return 0;
}

static void tell_commit(struct session *s, size_t vertex)
{
	const struct tested_commit *seen = posterior_tested(&s->bisect.posterior, vertex);
	_cleanup_free_ char *line = git_history_line(&s->history, vertex, NULL);

	if (seen && seen->runs)
		progress_note(s->env->progress, "%s: the bug in %u of %u runs", line ? line : "?",
			      seen->hits, seen->runs);
	else
		progress_note(s->env->progress, "%s: cannot tell", line ? line : "?");
}

static unsigned hits_of(const struct session *s, size_t vertex)
{
	const struct tested_commit *seen = posterior_tested(&s->bisect.posterior, vertex);

	return seen ? seen->hits : 0;
}

static int test_commit(struct session *s, const struct bisect_step *step, struct err *err)
{
	_cleanup_kernel_ struct kernel *kernel = build_commit(s, step->vertex, err);
	unsigned hits = hits_of(s, step->vertex);

	if (!kernel && err->kind != ERR_NONE)
		return -1;
	if (save(s, NULL, err) < 0)
		return -1;
	for (unsigned i = 0; kernel && i < step->runs && hits_of(s, step->vertex) == hits; i++) {
		if (s->bisect.barred[step->vertex])
			break;
		if (boot_commit(s, step->vertex, kernel, err) < 0 || save(s, NULL, err) < 0)
			return -1;
	}
	tell_commit(s, step->vertex);
	return 0;
}

/* ---- who is suspected ---- */

/* The files that the kernels of both ends are built of; false: one of them does not say. */
static bool read_inputs(struct session *s, struct strv *inputs, struct err *err)
{
	const size_t ends[] = { 0, s->history.graph.count - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		_cleanup_kernel_ struct kernel *kernel = build_commit(s, ends[i], err);

		if (!kernel || !build_inputs_read(kernel, inputs))
			return false;
	}
	strv_sort(inputs);
	return true;
}

/* Commits that change nothing that these kernels are built of are innocent. */
static int narrow(struct session *s, struct err *err)
{
	size_t count = s->history.graph.count, left = 0;
	_cleanup_free_ bool *suspects = xcalloc(count, sizeof(*suspects));
	_cleanup_strv_ struct strv inputs = { 0 };

	if (!read_inputs(s, &inputs, err))
		return err->kind == ERR_NONE ? 0 : -1;
	if (changes_find_suspects(&s->history, &inputs, suspects, err) < 0)
		return -1;
	for (size_t v = 1; v < count; v++)
		left += suspects[v];
	progress_note(s->env->progress,
		      "%zu of the %zu commits change what this kernel is built of", left,
		      count - 1);
	if (left)
		bisect_suspect(&s->bisect, suspects);
	return 0;
}

/* ---- the whole ---- */

static bool is_end(const struct session *s, size_t vertex)
{
	return vertex == 0 || vertex == s->history.graph.count - 1;
}

static int bisect_all(struct session *s, struct bisect_step *step, struct err *err)
{
	bool narrowed = false;

	for (;;) {
		struct err own = ERR_INIT;

		bisect_next(&s->bisect, step);
		if (step->what != BISECT_TEST)
			return 0;
		if (!narrowed && !is_end(s, step->vertex)) {
			narrowed = true;
			if (narrow(s, err) < 0)
				return -1;
			continue;
		}
		if (s->bisect.answer.count)
			progress_note(s->env->progress, "%.0f %% for %s, %zu commits suspected",
				      100 * s->bisect.answer.probability,
				      s->history.commits.items[s->bisect.answer.commits[0]],
				      s->history.graph.count - 1);
		if (test_commit(s, step, &own) < 0) {
			*err = own;
			return err_add(err, "%s is kept, the same command goes on with it", s->dir);
		}
	}
}

static int prepare(struct session *s, struct err *err)
{
	const char *repo = s->opt.source ? s->opt.source : ".";

	if (!s->opt.good.count || !s->opt.bad)
		return err_set(err, ERR_INPUT, "expected --good REV and --bad REV");
	s->test = prepare_case(s->env, &s->opt, s->opt.args.items[0], err);
	if (!s->test ||
	    prepare_fragments(s->env, &s->opt, s->test, s->opt.with.items, s->opt.with.count,
			      &s->fragments, err) < 0 ||
	    prepare_machine(&s->opt, &s->machine, err) < 0 ||
	    pipeline_check(&s->opt, s->test, s->machine, err) < 0 ||
	    prepare_boot(s->env, &s->opt, s->test, err) < 0)
		return -1;
	if (git_history_open(&s->history, repo, &s->opt.good, s->opt.bad, err) < 0)
		return err_add(err, "--source, --good and --bad");
	return make_request(s, err);
}

static void print_dry_run(const struct session *s)
{
	size_t count = s->history.graph.count - 1;

	printf("%zu commits are between good and bad: about %.0f of them to be built when each run "
	       "tells, more when the bug is flaky\n",
	       count, ceil(log2((double)count)) + 2);
}

static int bisect_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_(session_clear)
	struct session s = { .env = env, .lock_fd = -1 };
	_cleanup_json_ json_t *result = NULL;
	struct bisect_step step;

	if (options_parse(&s.opt, env, &cmd_bisect, argc, argv, 1, 1, err) < 0 ||
	    prepare(&s, err) < 0)
		return -1;
	if (s.opt.dry_run) {
		print_dry_run(&s);
		return 0;
	}
	if (begin(&s, err) < 0 || bisect_all(&s, &step, err) < 0)
		return -1;
	result = bisect_result_make(&s.bisect, &s.history, &step, s.opt.out_dir, err);
	if (!result || save(&s, result, err) < 0 ||
	    bisect_result_write_log(&s.bisect, &s.history, &step, s.dir, err) < 0)
		return -1;
	if (s.opt.json)
		output_json(result);
	else
		bisect_result_print(result, s.dir);
	return step.what == BISECT_FOUND ? 0 : 3;
}

const struct cmd cmd_bisect = {
	.name = "bisect",
	.args = "CASE --source REPOSITORY --good REV --bad REV",
	.summary = "Finds the commit that brought a bug in, however flaky it is",
	.main = bisect_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_BOOT | OPT_GOOD | OPT_BAD | OPT_ONLY | OPT_CONFIDENCE,
	.details =
		"Bad is only what shows the bug that the bad revision shows first, or the one of\n"
		"--only. A commit that does not build or boot, or fails of something else, tells\n"
		"nothing. Runs are repeated, and commits chosen, by what teaches most a second, "
		"until\n"
		"one commit is the first bad one with the confidence asked for; --repeat N: boots\n"
		"of the bad revision until it shows the bug, default 30. Each run has another "
		"seed.\n"
		"A bisect that was stopped goes on with the same command.\n"
		"Exit 0: found, 3: it could not be.\n",
};
