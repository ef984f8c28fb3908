// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/bisect-commit.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/pipeline.h"
#include "cmd/prepare.h"

char *bisect_source_of(const struct session *s, size_t vertex)
{
	return xasprintf("%s@%s", s->history.repo, s->history.commits.items[vertex]);
}

void bisect_patches_of(const struct session *s, size_t vertex, struct strv *patches)
{
	strv_add_strv(patches, &s->opt.patches);
	bisect_ranges_patches(&s->ranges, vertex, patches);
}

/* The options to build and to boot a commit with: `source` and `patches` are the caller's to free.
 */
static struct options options_of(const struct session *s, size_t vertex, const char *source,
				 struct strv *patches)
{
	struct options opt = s->opt;

	bisect_patches_of(s, vertex, patches);
	opt.source = source;
	opt.patches = *patches;
	return opt;
}

/* *unfit: what was built of is to blame, and *err says how. */
static struct kernel *build(const struct session *s, const struct options *opt, bool *unfit,
			    struct err *err)
{
	const struct prepare_request wanted = { .opt = opt,
						.fragments = &s->fragments,
						.test = s->test };
	struct kernel *kernel = prepare_kernel(s->env, &wanted, unfit, err);

	*unfit |= !kernel && err->kind == ERR_BUILD;
	return kernel;
}

struct kernel *bisect_build_commit(struct session *s, size_t vertex, struct err *err)
{
	_cleanup_free_ char *source = bisect_source_of(s, vertex);
	_cleanup_strv_ struct strv patches = { 0 };
	const struct options opt = options_of(s, vertex, source, &patches);
	uint64_t began_ms = clock_monotonic_ms();
	bool unfit = false;
	struct bisect_env env;
	struct kernel *kernel;
	const json_t *image;

	bisect_ahead_end(&s->ahead, s->env, vertex);
	bisect_env_enter(&env, &s->ranges, vertex);
	kernel = build(s, &opt, &unfit, err);
	bisect_env_leave(&env);
	if (!kernel) {
		if (!unfit)
			return NULL;
		bisect_add_unbuildable(&s->bisect, vertex, err->msg, clock_seconds_since(began_ms));
		*err = (struct err)ERR_INIT;
		return NULL;
	}
	if (s->bisect.built[vertex])
		return kernel;
	image = json_get_object(json_get_object(kernel->manifest, "artefacts"), "bzImage");
	bisect_add_kernel(&s->bisect, vertex, json_get_str(image, "sha256", ""),
			  json_get_array(kernel->manifest, "left_out"),
			  clock_seconds_since(began_ms));
	return kernel;
}

/* Once; the run directory is yours. */
static char *boot(const struct session *s, const struct options *opt, size_t vertex,
		  const struct kernel *kernel, const json_t *keys, uint64_t seed, struct err *err)
{
	_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
	const struct pipeline_request req = {
		.test = s->test,
		.kernel = kernel,
		.fragments = &s->fragments,
		.opt = opt,
		.machine = s->machine,
		.seed = seed,
		.run_keys = keys,
	};
	struct bisect_env env;
	int result;

	/* rerun.sh keeps it. */
	bisect_env_enter(&env, &s->ranges, vertex);
	result = pipeline_run(s->env, &req, &outcome, err);
	bisect_env_leave(&env);
	return result < 0 ? NULL : take_ptr(&outcome.run_dir);
}

int bisect_boot_commit(struct session *s, size_t vertex, const struct kernel *kernel,
		       struct err *err)
{
	_cleanup_free_ char *source = bisect_source_of(s, vertex);
	_cleanup_strv_ struct strv patches = { 0 };
	const struct options opt = options_of(s, vertex, source, &patches);
	_cleanup_json_ json_t *keys = session_run_keys(s, vertex, NULL);
	uint64_t began_ms = clock_monotonic_ms();
	_cleanup_free_ char *run_dir = boot(s, &opt, vertex, kernel, keys,
					    s->opt.seed + bisect_boots(&s->bisect, vertex), err);

	if (!run_dir)
		return -1;
	return session_add_run(s, vertex, run_dir, clock_seconds_since(began_ms), err);
}

/* ---- without the culprit ---- */

/* The bad revision with the culprit's changes taken back. */
static struct options reverted_options(const struct session *s, const char *source,
				       const char *patch, struct strv *patches)
{
	size_t bad = s->history.graph.count - 1;
	struct options opt = options_of(s, bad, source, patches);

	strv_add(patches, patch);
	opt.patches = *patches;
	return opt;
}

static int write_revert(const struct session *s, const char *path, struct err *err)
{
	_cleanup_free_ char *text =
		git_history_revert(&s->history, s->bisect.answer.commits[0], err);

	return text ? file_write_atomic(path, text, strlen(text), err) : -1;
}

static int boot_reverted(struct session *s, const struct options *opt, const struct kernel *kernel,
			 struct err *err)
{
	size_t bad = s->history.graph.count - 1;
	const char *culprit = s->history.commits.items[s->bisect.answer.commits[0]];
	_cleanup_json_ json_t *keys = session_run_keys(s, bad, culprit);

	while (bisect_wants_reverted(&s->bisect)) {
		uint64_t seed = s->opt.seed + bisect_reverted_runs(&s->bisect);
		_cleanup_free_ char *run_dir = boot(s, opt, bad, kernel, keys, seed, err);

		if (!run_dir || session_add_reverted(s, culprit, run_dir, err) < 0)
			return -1;
	}
	return 0;
}

int bisect_boot_reverted(struct session *s, struct err *err)
{
	size_t bad = s->history.graph.count - 1, culprit = s->bisect.answer.commits[0];
	_cleanup_free_ char *source = bisect_source_of(s, bad);
	_cleanup_free_ char *patch = path_join(s->dir, "revert.patch");
	_cleanup_strv_ struct strv patches = { 0 };
	_cleanup_kernel_ struct kernel *kernel = NULL;
	struct bisect_env env;
	struct options opt;
	bool unfit = false;

	/* Without the last commit there is its parent, which was seen. */
	if (s->bisect.answer.count != 1 || culprit == 0 || culprit == bad)
		return 0;
	if (write_revert(s, patch, err) < 0)
		return -1;
	opt = reverted_options(s, source, patch, &patches);
	bisect_env_enter(&env, &s->ranges, bad);
	kernel = build(s, &opt, &unfit, err);
	bisect_env_leave(&env);
	if (kernel)
		return boot_reverted(s, &opt, kernel, err);
	if (!unfit)
		return -1;
	bisect_add_unrevertable(&s->bisect, err->msg);
	*err = (struct err)ERR_INIT;
	return session_save(s, NULL, err);
}
