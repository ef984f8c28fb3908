/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab bisect: builds, boots and judges commits until it is sure which one brought the bug in. */
#include <stdio.h>

#include "base/json.h"
#include "bisect/changes.h"
#include "build/build-inputs.h"
#include "case/kernel-version.h"
#include "cmd/bisect-commit.h"
#include "cmd/bisect-estimate.h"
#include "cmd/bisect-result.h"
#include "cmd/bisect-session.h"
#include "cmd/output.h"
#include "cmd/pipeline.h"
#include "cmd/prepare.h"

/* ---- one commit ---- */

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

static void tell_likeliest(const struct session *s)
{
	const struct bisect_answer *answer = &s->bisect.answer;
	_cleanup_free_ char *line = git_history_line(&s->history, answer->commits[0], NULL);

	progress_note(s->env->progress, "%.0f %% for %s%s", 100 * answer->probability,
		      line ? line : "?", answer->count > 1 ? " and others beside it" : "");
}

static unsigned hits_of(const struct session *s, size_t vertex)
{
	const struct tested_commit *seen = posterior_tested(&s->bisect.posterior, vertex);

	return seen ? seen->hits : 0;
}

/* ---- who is suspected ---- */

/* A commit that another patch or compiler begins with changes the kernel, whatever it changes. */
static bool begins_range(const struct session *s, size_t vertex)
{
	const struct commit_graph *g = &s->history.graph;

	for (size_t i = g->first[vertex]; i < g->first[vertex + 1]; i++)
		if (bisect_ranges_differ(&s->ranges, vertex, g->parents[i]))
			return true;
	return false;
}

/* The files that the kernels of both ends are built of; false: one of them does not say. */
static bool read_inputs(struct session *s, struct strv *inputs, struct err *err)
{
	const size_t ends[] = { 0, s->history.graph.count - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		_cleanup_kernel_ struct kernel *kernel = bisect_build_commit(s, ends[i], err);

		if (!kernel || !build_inputs_read(kernel, inputs))
			return false;
	}
	strv_sort(inputs);
	return true;
}

/*
 * Once, when both ends are built: commits that change nothing that these kernels are built of are
 * innocent.
 */
static int narrow(struct session *s, struct err *err)
{
	size_t count = s->history.graph.count, left = 0;
	_cleanup_free_ bool *suspects = xcalloc(count, sizeof(*suspects));
	_cleanup_strv_ struct strv inputs = { 0 };

	if (s->narrowed || !s->bisect.built[0] || !s->bisect.built[count - 1])
		return 0;
	s->narrowed = true;
	if (!read_inputs(s, &inputs, err))
		return err->kind == ERR_NONE ? 0 : -1;
	if (changes_find_suspects(&s->history, &inputs, suspects, err) < 0)
		return -1;
	for (size_t v = 1; v < count; v++)
		left += suspects[v] |= begins_range(s, v);
	progress_note(s->env->progress,
		      "%zu of the %zu commits change what this kernel is built of", left,
		      count - 1);
	if (left)
		bisect_suspect(&s->bisect, suspects);
	return 0;
}

/* ---- testing ---- */

static bool is_left_out(const struct bisect *b, size_t vertex, const char *option)
{
	const json_t *list = bisect_left_out(b, vertex), *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (str_eq(json_string_value(one), option))
			return true;
	return false;
}

/* What some commits do not have is left out there; what neither end has is a mistake. */
static int check_options(const struct session *s, struct err *err)
{
	const json_t *list = bisect_left_out(&s->bisect, 0), *one;
	size_t bad = s->history.graph.count - 1, i;

	if (s->tolerant || !s->bisect.built[bad])
		return 0;
	json_array_foreach (list, i, one)
		if (is_left_out(&s->bisect, bad, json_string_value(one)))
			return err_set(err, ERR_INPUT,
				       "%s: neither good nor bad has this option; with "
				       "--missing-ok it is left out",
				       json_string_value(one));
	return 0;
}

static int test_commit(struct session *s, const struct bisect_step *step, struct err *err)
{
	_cleanup_kernel_ struct kernel *kernel = bisect_build_commit(s, step->vertex, err);
	unsigned hits = hits_of(s, step->vertex);

	if (!kernel && err->kind != ERR_NONE)
		return -1;
	if (session_save(s, NULL, err) < 0 || check_options(s, err) < 0 || narrow(s, err) < 0)
		return -1;
	for (unsigned i = 0; kernel && i < step->runs && hits_of(s, step->vertex) == hits; i++) {
		if (s->bisect.barred[step->vertex])
			break;
		bisect_ahead_begin(s, step);
		if (bisect_boot_commit(s, step->vertex, kernel, err) < 0)
			return -1;
	}
	tell_commit(s, step->vertex);
	return 0;
}

/* ---- the whole ---- */

static int bisect_all(struct session *s, struct bisect_step *step, struct err *err)
{
	/* One that goes on. */
	if (narrow(s, err) < 0)
		return -1;
	for (;;) {
		struct err own = ERR_INIT;

		bisect_next(&s->bisect, step);
		if (step->what != BISECT_TEST)
			return 0;
		if (s->bisect.answer.count)
			tell_likeliest(s);
		if (test_commit(s, step, &own) < 0) {
			*err = own;
			return err_add(err, "%s is kept, the same command goes on with it", s->dir);
		}
	}
}

/*
 * What is expected of some versions only must be expected of both ends or of none: else the commit
 * that counts the version up would be the first bad one.
 */
static int check_versions(const struct session *s, struct err *err)
{
	_cleanup_free_ char *good = git_history_version(&s->history, 0);
	_cleanup_free_ char *bad = git_history_version(&s->history, s->history.graph.count - 1);
	int from = good ? kernel_version_parse(good, NULL) : 0;
	int to = bad ? kernel_version_parse(bad, NULL) : 0;

	for (size_t i = 0; i < s->test->expect_count; i++) {
		const struct case_expect *e = &s->test->expects[i];

		if (kernel_version_within(from, e->since, e->before) ==
		    kernel_version_within(to, e->since, e->before))
			continue;
		return err_set(
			err, ERR_INPUT,
			"%s:%d: this is expected of one end only (good is Linux %s, bad %s), "
			"and the commit between the versions would be blamed: expected a "
			"case without `since` and `before` between them",
			s->test->path, e->line, good ? good : "of no version",
			bad ? bad : "of none");
	}
	return 0;
}

static int prepare(struct session *s, struct err *err)
{
	const char *repo = s->opt.source ? s->opt.source : ".";

	/* What is older has fewer options. */
	if (s->opt.seed_last != s->opt.seed)
		return err_set(err, ERR_INPUT, "--seed: expected one, from which runs count up");
	s->tolerant = s->opt.missing_ok;
	s->opt.missing_ok = true;
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
	if (check_versions(s, err) < 0)
		return -1;
	return bisect_ranges_read(&s->ranges, &s->opt, &s->history, err);
}

static int estimate(const struct session *s, struct err *err)
{
	_cleanup_json_ json_t *all = bisect_estimate(s, err);

	if (!all)
		return -1;
	if (s->opt.json)
		return output_json(all);
	bisect_estimate_print(all);
	return 0;
}

static int bisect_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_(session_clear)
	struct session s = SESSION_INIT(env);
	_cleanup_json_ json_t *result = NULL;
	struct bisect_step step;

	if (options_parse(&s.opt, env, &cmd_bisect, argc, argv, 1, 1, err) < 0 ||
	    prepare(&s, err) < 0)
		return -1;
	if (s.opt.dry_run)
		return estimate(&s, err);
	if (session_begin(&s, err) < 0 || bisect_all(&s, &step, err) < 0 ||
	    (step.what == BISECT_FOUND && bisect_boot_reverted(&s, err) < 0))
		return -1;
	result = bisect_result_make(&s.bisect, &s.history, &step, s.opt.out_dir, err);
	if (result && step.what == BISECT_FOUND && s.bisect.answer.count == 1 &&
	    begins_range(&s, s.bisect.answer.commits[0]))
		json_set_bool(result, "begins_range", true);
	if (!result || session_save(&s, result, err) < 0 ||
	    bisect_result_write_log(&s.bisect, &s.history, &step, s.dir, err) < 0)
		return -1;
	json_set_str(result, "dir", s.dir);
	if (s.opt.json)
		output_json(result);
	else
		bisect_result_print(result, s.dir);
	return step.what == BISECT_FOUND ? 0 : 3;
}

const struct cmd cmd_bisect = {
	.name = "bisect",
	.args = "CASE [--source REPOSITORY] --good REV --bad REV",
	.summary = "Finds the commit that brought a bug in, however flaky it is",
	.main = bisect_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_BOOT | OPT_GOOD | OPT_BAD | OPT_ONLY | OPT_CONFIDENCE | OPT_FIXUP |
		   OPT_TOOLCHAINS | OPT_MISSING_OK,
	.details =
		"REPOSITORY is a git repository with a kernel's source, default: the current\n"
		"folder; what is not committed there is in no kernel. Bad is only what shows the\n"
		"bug that the bad revision shows first, or the one of --only. A commit that does\n"
		"not build or boot, or fails of something else, tells nothing. Runs are repeated,\n"
		"and commits chosen, by what teaches most a second, until one commit is the first\n"
		"bad one with the confidence asked for; --repeat N: boots of the bad revision "
		"until\n"
		"it shows the bug, default 30. Seeds count up from --seed. The culprit and its\n"
		"parents are then run afresh, and its changes are taken back on the bad revision.\n"
		"--patch is on every kernel, --fixup on those of a range. An option of a fragment\n"
		"that some commits do not have is left out there; with --missing-ok also one that\n"
		"neither good nor bad has. While a guest runs, the likely next kernel is built\n"
		"beside it: with -j N above 1, without -j on four processors or more. A bisect "
		"that\n"
		"was stopped goes on with the same command, where all is as it was.\n"
		"\n"
		"Exit 0: found, 3: it could not be.\n",
};
