/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab compare: the same case on several kernels; what differs, and whether the toggle was real. */
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/comparison.h"
#include "cmd/output.h"
#include "cmd/pipeline.h"
#include "cmd/prepare.h"
#include "cmd/runs.h"

struct side {
	const char *name; /* as after --with */
	struct strv fragments;
	struct kernel *kernel;
	struct strv run_dirs;
};

struct sides {
	struct side *list;
	size_t count;
};

static void sides_clear(struct sides *sides)
{
	for (size_t i = 0; i < sides->count; i++) {
		strv_clear(&sides->list[i].fragments);
		strv_clear(&sides->list[i].run_dirs);
		kernel_free(sides->list[i].kernel);
	}
	free(sides->list);
}

static int make_sides(const struct cmd_env *env, struct sides *sides, const struct options *opt,
		      const struct case_file *test, struct err *err)
{
	if (opt->with.count < 2)
		return err_set(err, ERR_INPUT,
			       "expected two or more --with, each is a side: klab compare %s",
			       cmd_compare.args);
	sides->list = xcalloc(opt->with.count, sizeof(*sides->list));
	sides->count = opt->with.count;
	for (size_t i = 0; i < sides->count; i++) {
		sides->list[i].name = opt->with.items[i];
		for (size_t j = 0; j < i; j++)
			if (str_eq(sides->list[i].name, sides->list[j].name))
				return err_set(err, ERR_INPUT, "--with %s: is a side already",
					       sides->list[i].name);
		if (prepare_fragments(env, opt, test, &opt->with.items[i], 1,
				      &sides->list[i].fragments, err) < 0)
			return -1;
	}
	return 0;
}

static int prepare_sides(const struct cmd_env *env, const struct options *opt,
			 const struct case_file *test, struct sides *sides, bool check_only,
			 struct err *err)
{
	for (size_t i = 0; i < sides->count; i++) {
		struct side *side = &sides->list[i];
		const struct prepare_request wanted = { .opt = opt,
							.fragments = &side->fragments,
							.test = test,
							.check_only = check_only };

		kernel_free(side->kernel);
		side->kernel = prepare_kernel(env, &wanted, NULL, err);
		if (!side->kernel)
			return err_add(err, "%s", side->name);
	}
	return 0;
}

/* Sides of one kernel are no comparison, and no boot makes one of them. */
static int check_toggle(const struct sides *sides, struct err *err)
{
	for (size_t i = 0; i < sides->count; i++)
		for (size_t j = 0; j < i; j++)
			if (str_eq(sides->list[i].kernel->key, sides->list[j].kernel->key))
				return err_set(err, ERR_HOST,
					       "--with %s and --with %s give the same kernel, with "
					       "the same .config: nothing is toggled, and nothing "
					       "was booted",
					       sides->list[j].name, sides->list[i].name);
	return 0;
}

/*
 * All kernels before the first boot, and all configs before the first kernel:
 * an option that the last side loses must not cost the build of the first.
 */
static int build_sides(const struct cmd_env *env, const struct options *opt,
		       const struct case_file *test, struct sides *sides, struct err *err)
{
	if (prepare_sides(env, opt, test, sides, true, err) < 0 || check_toggle(sides, err) < 0)
		return -1;
	return prepare_sides(env, opt, test, sides, false, err);
}

/* In turns, so that what changes on the host with time meets all sides alike. */
static int boot_sides(const struct cmd_env *env, const struct options *opt,
		      const struct case_file *test, const struct machine_ops *machine,
		      struct sides *sides, struct err *err)
{
	for (int n = 0; n < options_boot_count(opt); n++) {
		for (size_t i = 0; i < sides->count; i++) {
			_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
			const struct pipeline_request req = {
				.test = test,
				.kernel = sides->list[i].kernel,
				.fragments = &sides->list[i].fragments,
				.opt = opt,
				.machine = machine,
				.seed = options_boot_seed(opt, n),
			};

			if (pipeline_run(env, &req, &outcome, err) < 0)
				return err_add(err, "%s", sides->list[i].name);
			progress_note(env->progress, "%s: %s", sides->list[i].name,
				      verdict_name(outcome.verdict));
			strv_add(&sides->list[i].run_dirs, outcome.run_dir);
		}
	}
	return 0;
}

static json_t *compare_run_dirs(const struct sides *sides, struct err *err)
{
	_cleanup_free_ struct comparison_side *list = xcalloc(sides->count, sizeof(*list));

	for (size_t i = 0; i < sides->count; i++)
		list[i] = (struct comparison_side){ .name = sides->list[i].name,
						    .run_dirs = &sides->list[i].run_dirs };
	return comparison_make(list, sides->count, err);
}

/* What --dry-run says: the kernel of each side, whether it is there, and how it would boot. */
static int print_dry_run(const struct cmd_env *env, const struct options *opt,
			 const struct case_file *test, const struct machine_ops *machine,
			 struct sides *sides, struct err *err)
{
	if (prepare_sides(env, opt, test, sides, true, err) < 0 || check_toggle(sides, err) < 0)
		return -1;
	for (size_t i = 0; i < sides->count; i++) {
		const struct pipeline_request req = {
			.test = test,
			.kernel = sides->list[i].kernel,
			.fragments = &sides->list[i].fragments,
			.opt = opt,
			.machine = machine,
			.seed = opt->seed,
		};

		printf("# %s: %s\n", sides->list[i].name,
		       sides->list[i].kernel->was_stored ? "in the store" : "to be built");
		if (output_command(env, &req, err) < 0)
			return -1;
	}
	return 0;
}

/* A run and its copies are one observation, and must not be counted as many. */
static int check_boots(const struct options *opt, struct err *err)
{
	if (opt->mode != PLAN_MODE_DETERMINISTIC || opt->repeat == 1)
		return 0;
	return err_set(err, ERR_INPUT,
		       "--repeat %d: in deterministic mode the runs of one seed are all the same; "
		       "expected --seed 1..%d",
		       opt->repeat, opt->repeat);
}

static int compare_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_case_ struct case_file *test = NULL;
	_cleanup_(sides_clear)
	struct sides sides = { 0 };
	_cleanup_json_ json_t *comparison = NULL;
	_cleanup_free_ char *dir = NULL;
	_cleanup_free_ char *path = NULL;
	const struct machine_ops *machine = NULL;

	if (options_parse(&opt, env, &cmd_compare, argc, argv, 1, 1, err) < 0 ||
	    check_boots(&opt, err) < 0)
		return -1;
	test = prepare_case(env, &opt, opt.args.items[0], err);
	if (!test || make_sides(env, &sides, &opt, test, err) < 0)
		return -1;
	if (prepare_machine(&opt, &machine, err) < 0 ||
	    pipeline_check(&opt, test, machine, err) < 0 || prepare_boot(env, &opt, test, err) < 0)
		return -1;
	if (opt.dry_run)
		return print_dry_run(env, &opt, test, machine, &sides, err);
	if (build_sides(env, &opt, test, &sides, err) < 0 ||
	    boot_sides(env, &opt, test, machine, &sides, err) < 0)
		return -1;
	comparison = compare_run_dirs(&sides, err);
	dir = comparison ? runs_make_comparison(opt.out_dir, test->name, err) : NULL;
	if (!dir)
		return -1;
	path = path_join(dir, "compare.json");
	if (json_write_file(path, comparison, err) < 0)
		return -1;
	return comparison_print(comparison, dir, &opt);
}

const struct cmd cmd_compare = {
	.name = "compare",
	.args = "CASE --with FRAGMENT --with FRAGMENT...",
	.summary = "Runs a case on one kernel for each --with, and says what the toggle changed",
	.main = compare_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_BOOT,
	.details =
		"Each --with is a side: the case's fragments (or --kconfig) and that one more.\n"
		"Exit 0: the same, 1: they differ, 3: no comparison (a side is broken, or the\n"
		"toggle changed nothing in the running kernel). Where it changes nothing in the\n"
		"kernel either, nothing is booted.\n",
};
