/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/config-search.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/fragments.h"
#include "cmd/config-result.h"
#include "cmd/output.h"
#include "cmd/pipeline.h"
#include "cmd/prepare.h"
#include "cmd/runs.h"
#include "cmd/search-request.h"

static const char record_name[] = "config.json";

void config_search_clear(struct config_search *s)
{
	config_bisect_clear(&s->bisect);
	config_mix_clear(&s->mix);
	strv_clear(&s->good);
	strv_clear(&s->bad);
	case_free(s->test);
	json_decref(s->request);
	free(s->dir);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	options_clear(&s->opt);
}

int config_search_prepare(struct config_search *s, struct err *err)
{
	if (s->opt.seed_last != s->opt.seed)
		return err_set(err, ERR_INPUT, "--seed: expected one, from which runs count up");
	s->test = prepare_case(s->env, &s->opt, s->opt.args.items[0], err);
	if (!s->test || prepare_machine(&s->opt, &s->machine, err) < 0 ||
	    pipeline_check(&s->opt, s->test, s->machine, err) < 0)
		return -1;
	return prepare_boot(s->env, &s->opt, s->test, err);
}

/* ---- the sides ---- */

/* A mistake in one side must not cost the unpacking of a source for the other. */
static int check_lines(const struct config_search *s, const struct strv *fragments, struct err *err)
{
	struct fragment_set set;
	int result = fragments_read(&set, fragments, s->env->data_dir, err);

	fragments_clear(&set);
	return result;
}

int config_search_read_side(const struct config_search *s, const char *value,
			    struct strv *fragments, struct err *err)
{
	_cleanup_free_ char *run_dir = runs_find(s->opt.out_dir, value, RUNS_RUN, NULL);
	struct options opt = { 0 };

	if (run_dir) {
		strv_add_take(fragments, path_join(run_dir, "kernel.config"));
		return check_lines(s, fragments, err);
	}
	if (case_split_fragments(value, &opt.kconfig, err) < 0 ||
	    prepare_fragments(s->env, &opt, NULL, NULL, 0, fragments, err) < 0) {
		strv_clear(&opt.kconfig);
		return -1;
	}
	strv_clear(&opt.kconfig);
	return check_lines(s, fragments, err);
}

/* ---- the record ---- */

static void set_hash(json_t *request, const char *key, const char *text)
{
	char hex[HASH_HEX_SIZE];

	hash_bytes(text, strlen(text), hex);
	json_set_str(request, key, hex);
}

static int make_request(struct config_search *s, struct err *err)
{
	s->request = search_request(s->test, &s->opt, s->machine, err);
	if (!s->request)
		return -1;
	json_set_str(s->request, "kind", s->kind);
	json_set_str(s->request, "source", s->mix.source_hash);
	set_hash(s->request, "good_sha256", s->mix.sides[0]);
	set_hash(s->request, "bad_sha256", s->mix.sides[1]);
	return 0;
}

static int save(const struct config_search *s, const json_t *result, struct err *err)
{
	_cleanup_json_ json_t *record = json_object();
	_cleanup_free_ char *path = path_join(s->dir, record_name);

	json_set_str(record, "state", result ? "done" : "going on");
	json_object_set(record, "request", s->request);
	json_object_set_new(record, "good", json_strv(&s->good));
	json_object_set_new(record, "bad", json_strv(&s->bad));
	json_object_update(record, s->bisect.record);
	if (result)
		json_object_set(record, "result", (json_t *)result);
	return json_write_file(path, record, err);
}

static int make_folder(struct config_search *s, struct err *err)
{
	_cleanup_free_ char *configs = NULL;
	bool busy;

	s->dir = runs_make_folder(s->opt.out_dir, s->test->name, s->kind, err);
	if (!s->dir)
		return -1;
	configs = path_join(s->dir, "configs");
	s->lock_fd = file_lock_dir(s->dir, &busy, err);
	if (s->lock_fd < 0 || file_mkdir_p(configs, err) < 0)
		return -1;
	return save(s, NULL, err);
}

static int begin(struct config_search *s, struct err *err)
{
	struct target asked = { 0 };
	_cleanup_json_ json_t *record =
		runs_take_unfinished(s->opt.out_dir, RUNS_CONFIG_SEARCH, record_name, s->request,
				     &s->dir, &s->lock_fd, err);
	int result;

	if (s->opt.only)
		target_ask(&asked, s->opt.only);
	result = config_bisect_init(&s->bisect, &s->mix.names, s->minimize, s->opt.confidence,
				    s->opt.only ? &asked : NULL, record, err);
	target_clear(&asked);
	if (result < 0)
		return err_add(err, "%s", s->dir);
	if (s->opt.has_repeat)
		s->bisect.first_runs = (unsigned)s->opt.repeat;
	if (!record)
		return make_folder(s, err);
	progress_note(s->env->progress, "goes on with %s: %u builds and %u runs are done", s->dir,
		      s->bisect.builds, s->bisect.runs);
	return 0;
}

/* ---- one step ---- */

char *config_search_path(const struct config_search *s, const struct config_try *try)
{
	return xasprintf("%s/configs/%.16s.config", s->dir, try->config);
}

static int resolve(struct config_search *s, const bool *set, struct err *err)
{
	_cleanup_free_ bool *got = xcalloc(s->mix.count, sizeof(*got));
	_cleanup_free_ char *work = path_join(s->dir, "work.config");
	_cleanup_free_ char *config = NULL, *why = NULL, *path = NULL;
	struct config_try try = { 0 };
	char hex[HASH_HEX_SIZE];

	if (config_mix_resolve(&s->mix, work, set, got, &config, &why, err) < 0)
		return -1;
	if (!config) {
		config_bisect_add_lost(&s->bisect, set, why);
		return 0;
	}
	hash_bytes(config, strlen(config), hex);
	try.config = hex;
	path = config_search_path(s, &try);
	if (file_write_atomic(path, config, strlen(config), err) < 0)
		return -1;
	config_bisect_add_config(&s->bisect, set, got, hex);
	return 0;
}

/* NULL, and no error: it cannot be built, which is in the record now. */
static struct kernel *build(struct config_search *s, size_t index, const struct strv *fragments,
			    struct err *err)
{
	const struct prepare_request wanted = { .opt = &s->opt,
						.fragments = fragments,
						.test = s->test };
	uint64_t began_ms = clock_monotonic_ms();
	bool unfit = false;
	struct kernel *kernel = prepare_kernel(s->env, &wanted, &unfit, err);
	const json_t *image;

	if (!kernel) {
		if (!unfit && err->kind != ERR_BUILD)
			return NULL;
		config_bisect_add_unbuildable(&s->bisect, index, err->msg,
					      clock_seconds_since(began_ms));
		*err = (struct err)ERR_INIT;
		return NULL;
	}
	if (s->bisect.tries[index].built)
		return kernel;
	image = json_get_object(json_get_object(kernel->manifest, "artefacts"), "bzImage");
	config_bisect_add_kernel(&s->bisect, index, json_get_str(image, "sha256", ""),
				 clock_seconds_since(began_ms));
	return kernel;
}

static int boot(struct config_search *s, size_t index, const struct strv *fragments,
		const struct kernel *kernel, struct err *err)
{
	const struct config_try *counts = config_bisect_counts(&s->bisect, &s->bisect.tries[index]);
	_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
	_cleanup_json_ json_t *verdict = NULL, *reports = NULL;
	uint64_t began_ms = clock_monotonic_ms();
	const struct pipeline_request req = {
		.test = s->test,
		.kernel = kernel,
		.fragments = fragments,
		.opt = &s->opt,
		.machine = s->machine,
		.seed = s->opt.seed + counts->boots,
	};

	if (pipeline_run(s->env, &req, &outcome, err) < 0 ||
	    runs_read_outcome(outcome.run_dir, &verdict, &reports, err) < 0)
		return -1;
	config_bisect_add_run(&s->bisect, index, path_base(outcome.run_dir), verdict, reports,
			      clock_seconds_since(began_ms));
	return 0;
}

/* "3 of 12 options as on the bad side: the bug in 2 of 2 runs" */
static void tell(const struct config_search *s, size_t index)
{
	const struct config_try *try = &s->bisect.tries[index];
	const struct config_try *counts = config_bisect_counts(&s->bisect, try);
	const char *why = try->why ? try->why : counts->why;

	progress_note(s->env->progress, "%zu of the %zu options: the bug in %u of %u runs%s%s",
		      delta_size(try->set, s->mix.count), s->mix.count, counts->hits, counts->runs,
		      why ? "; " : "", why ? why : "");
}

/* Builds it where it is not, else boots it: whose kernel is known already need not be booted. */
static int run(struct config_search *s, size_t index, struct err *err)
{
	bool was_built = s->bisect.tries[index].built;
	_cleanup_strv_ struct strv fragments = { 0 };
	_cleanup_kernel_ struct kernel *kernel = NULL;

	strv_add_take(&fragments, config_search_path(s, &s->bisect.tries[index]));
	kernel = build(s, index, &fragments, err);
	if (!kernel && err->kind != ERR_NONE)
		return -1;
	if (kernel && was_built && boot(s, index, &fragments, kernel, err) < 0)
		return -1;
	if (was_built || !kernel)
		tell(s, index);
	return 0;
}

static int search(struct config_search *s, struct config_step *step, struct err *err)
{
	for (;;) {
		struct err own = ERR_INIT;
		int result;

		config_bisect_next(&s->bisect, step);
		if (step->what == CONFIG_RESOLVE)
			result = resolve(s, step->set, &own);
		else if (step->what == CONFIG_RUN)
			result = run(s, step->try, &own);
		else
			return 0;
		if (result == 0)
			result = save(s, NULL, &own);
		if (result < 0) {
			*err = own;
			return err_add(err, "%s is kept, the same command goes on with it", s->dir);
		}
	}
}

/* ---- the whole ---- */

static void print_dry_run(const struct config_search *s)
{
	double count = (double)s->mix.count;

	printf("%zu options differ that can be set, %zu only follow: about %.0f kernels when one "
	       "of "
	       "them is behind it, %.0f when two are\n",
	       s->mix.count, s->mix.follow_count, ceil(1.5 * log2(count)) + 2,
	       ceil(5 * log2(count)) + 2);
}

int config_search_run(struct config_search *s, struct err *err)
{
	_cleanup_json_ json_t *result = NULL;
	struct config_step step;

	s->req = (struct build_request){
		.source = s->opt.source,
		.patches = &s->opt.patches,
		.require = &s->test->require,
		.require_by = &s->test->require_by,
		.data_dir = s->env->data_dir,
		.cache_dir = s->env->cache_dir,
		.jobs = s->opt.jobs,
	};
	if (config_mix_init(&s->mix, &s->req, &s->good, &s->bad, s->env->progress, err) < 0)
		return s->minimize
			       ? err_add(err, "the whole config and what is kept (base, or --good)")
			       : -1;
	if (s->opt.dry_run) {
		print_dry_run(s);
		return 0;
	}
	if (make_request(s, err) < 0 || begin(s, err) < 0 || search(s, &step, err) < 0)
		return -1;
	result = config_result_make(s, &step, err);
	if (!result || save(s, result, err) < 0)
		return -1;
	if (s->opt.json)
		output_json(result);
	else
		config_result_print(result, s->dir);
	return step.what == CONFIG_FOUND ? 0 : 3;
}
