/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab compare: the same case on several sides; what differs, and whether the toggle was real. */
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/compare-dry-run.h"
#include "cmd/compare-stopped.h"
#include "cmd/comparison.h"
#include "cmd/output.h"
#include "cmd/pipeline.h"
#include "cmd/prepare.h"
#include "cmd/runs.h"
#include "cmd/side-coverage.h"
#include "cmd/sides.h"
#include "compare/compare.h"

/* One case, or those of --case, and what comes of it. */
struct job {
	struct case_file **tests;
	size_t test_count;
	struct sides sides;
	struct sequential_plan plan; /* of runs that differ by themselves; else no looks */
	size_t look;		     /* the next one */
	json_t *comparison;
	char *dir;
};

struct jobs {
	struct job *list;
	size_t count;
};

static void jobs_clear(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		sides_clear(&jobs->list[i].sides);
		for (size_t t = 0; t < jobs->list[i].test_count; t++)
			case_free(jobs->list[i].tests[t]);
		free(jobs->list[i].tests);
		json_decref(jobs->list[i].comparison);
		free(jobs->list[i].dir);
	}
	free(jobs->list);
}

/* Runs that end when they have shown enough say so: who tests them again has to know. */
static json_t *run_keys(const struct job *job, const struct options *opt)
{
	if (job->plan.look_count < 2)
		return NULL;
	return json_pack("{s:{s:i}}", "compare", "runs_max", options_boot_count(opt));
}

static int boot_side(const struct cmd_env *env, const struct options *opt,
		     const struct machine_ops *machine, const struct job *job, struct side *side,
		     int n, struct err *err)
{
	_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
	_cleanup_json_ json_t *keys = run_keys(job, opt);
	struct pipeline_request req = side_request(side, machine);

	req.seed = options_boot_seed(opt, n);
	req.run_keys = keys;
	if (pipeline_run(env, &req, &outcome, err) < 0)
		return err_add(err, "%s", side->name);
	if (options_boot_count(opt) > 1)
		progress_note(env->progress, "%s %d/%d: %s", side->name, n + 1,
			      options_boot_count(opt), verdict_name(outcome.verdict));
	else
		progress_note(env->progress, "%s: %s", side->name, verdict_name(outcome.verdict));
	strv_add(&side->run_dirs, outcome.run_dir);
	return 0;
}

/* Yours. */
static struct comparison_side *sides_with_runs(const struct sides *sides)
{
	struct comparison_side *list = xcalloc(sides->count, sizeof(*list));

	for (size_t i = 0; i < sides->count; i++)
		list[i] = (struct comparison_side){ .name = sides->list[i].name,
						    .run_dirs = &sides->list[i].run_dirs,
						    .axes = { sides->list[i].axes[0],
							      sides->list[i].axes[1] },
						    .coverage_dir = sides->list[i].coverage_dir };
	return list;
}

/* A side whose runs all could not be judged is booted no more, where others go on. */
static void give_up_sides(const struct cmd_env *env, struct sides *sides, const json_t *statistics)
{
	for (size_t i = 0; i < sides->count; i++) {
		struct side *side = &sides->list[i];

		if (side->given_up || !compare_side_says_nothing(statistics, i))
			continue;
		side->given_up = true;
		progress_note(env->progress, "%s: none of its runs could be judged; no more of it",
			      side->name);
	}
}

/* 1: the answer is sure, or there is none to be had; 0: not yet. */
static int look_at_runs(const struct cmd_env *env, const struct options *opt, struct job *job,
			struct err *err)
{
	_cleanup_free_ struct comparison_side *list = sides_with_runs(&job->sides);
	const struct compare_look look = { .plan = &job->plan, .index = job->look };
	_cleanup_json_ json_t *statistics =
		comparison_statistics(list, job->sides.count, &look, err);
	_cleanup_free_ char *text = NULL;

	if (!statistics)
		return -1;
	text = compare_look_text(statistics);
	progress_note(env->progress, "after %u of %d runs a side: %s", job->plan.looks[job->look],
		      options_boot_count(opt), text);
	if (!compare_goes_on(statistics))
		return 1;
	give_up_sides(env, &job->sides, statistics);
	return 0;
}

/* In turns, so that what changes on the host with time meets all sides alike; where chance has a
 * part in it, until the answer is sure. */
static int boot_sides(const struct cmd_env *env, const struct options *opt,
		      const struct machine_ops *machine, struct job *job, struct err *err)
{
	int budget = options_boot_count(opt);

	if (budget > 1 && opt->mode != PLAN_MODE_DETERMINISTIC)
		comparison_plan(&job->plan, opt, (unsigned)budget);
	for (int n = 0; n < budget; n++) {
		int done = 0;

		for (size_t i = 0; i < job->sides.count; i++)
			if (!job->sides.list[i].given_up &&
			    boot_side(env, opt, machine, job, &job->sides.list[i], n, err) < 0)
				return -1;
		if (!job->plan.look_count || (unsigned)n + 1 < job->plan.looks[job->look])
			continue;
		done = look_at_runs(env, opt, job, err);
		if (done)
			return done < 0 ? -1 : 0;
		job->look++;
	}
	return 0;
}

static json_t *compare_run_dirs(const struct job *job, struct err *err)
{
	_cleanup_free_ struct comparison_side *list = sides_with_runs(&job->sides);
	const struct compare_look look = { .plan = &job->plan, .index = job->look };

	return comparison_make(list, job->sides.count, job->plan.look_count ? &look : NULL, err);
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

/* A page is one file. */
static int check_format(const struct options *opt, struct err *err)
{
	if (opt->format != FORMAT_HTML || opt->args.count <= 1 || opt->dry_run)
		return 0;
	return err_set(err, ERR_INPUT,
		       "--format html: expected one case; the folder of each comparison has its "
		       "page");
}

/* Runs go by the name of their case. */
static bool has_case(const struct job *job, const char *name)
{
	for (size_t t = 0; t < job->test_count; t++)
		if (str_eq(job->tests[t]->name, name))
			return true;
	return false;
}

/* "a, b". Yours. */
static char *case_names(const struct job *job)
{
	_cleanup_strv_ struct strv names = { 0 };

	for (size_t t = 0; t < job->test_count; t++)
		strv_add(&names, job->tests[t]->name);
	return strv_join(&names, ", ");
}

static int make_job(struct job *job, const struct cmd_env *env, const struct options *opt,
		    char *const *cases, size_t count, struct err *err)
{
	job->tests = xcalloc(count, sizeof(*job->tests));
	for (size_t i = 0; i < count; i++) {
		struct case_file *test = prepare_case(env, opt, cases[i], err);

		if (!test)
			return -1;
		if (has_case(job, test->name)) {
			case_free(test);
			return err_set(err, ERR_INPUT, "--case %s: is a side already", cases[i]);
		}
		job->tests[job->test_count++] = test;
	}
	return sides_make(&job->sides, env, opt, job->tests, job->test_count, err);
}

static int check_job(const struct job *job, const struct cmd_env *env, const struct options *opt,
		     const struct machine_ops *machine, struct err *err)
{
	for (size_t t = 0; t < job->test_count; t++)
		if (pipeline_check(opt, job->tests[t], machine, err) < 0 ||
		    prepare_boot(env, opt, job->tests[t], err) < 0)
			return -1;
	return 0;
}

/* Those of --case are compared with each other, others each by itself. */
static int check_cases(const struct options *opt, struct err *err)
{
	if (opt->cases.count && opt->args.count)
		return err_set(err, ERR_INPUT,
			       "'%s': expected all cases behind --case, which are compared with "
			       "each other, or none",
			       opt->args.items[0]);
	if (!opt->cases.count && !opt->args.count)
		return err_set(err, ERR_INPUT, "expected: klab compare %s", cmd_compare.args);
	return 0;
}

/* All that can be wrong with any of the cases, before the first kernel is built. */
static int make_jobs(struct jobs *jobs, const struct cmd_env *env, const struct options *opt,
		     const struct machine_ops **machine, struct err *err)
{
	bool sides = opt->cases.count > 0;

	jobs->count = sides ? 1 : opt->args.count;
	jobs->list = xcalloc(jobs->count, sizeof(*jobs->list));
	for (size_t i = 0; i < jobs->count; i++)
		if (make_job(&jobs->list[i], env, opt,
			     sides ? opt->cases.items : opt->args.items + i,
			     sides ? opt->cases.count : 1, err) < 0)
			return -1;
	if (prepare_machine(opt, machine, err) < 0)
		return -1;
	for (size_t i = 0; i < jobs->count; i++)
		if (check_job(&jobs->list[i], env, opt, *machine, err) < 0)
			return -1;
	return 0;
}

/* The comparison, kept in a folder of its own beside the runs. */
static int keep_comparison(const struct options *opt, struct job *job, struct err *err)
{
	job->comparison = compare_run_dirs(job, err);
	if (!job->comparison)
		return -1;
	job->dir = runs_make_folder(
		opt->out_dir, job->test_count > 1 ? "cases" : job->tests[0]->name, "compare", err);
	if (!job->dir)
		return -1;
	return comparison_keep(job->comparison, job->dir, err);
}

/* All configs of all cases before the first kernel, and all kernels before the first boot. */
static int prepare_jobs(struct jobs *jobs, const struct cmd_env *env, struct err *err)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (sides_check(&jobs->list[i].sides, env, err) < 0)
			return -1;
	for (size_t i = 0; i < jobs->count; i++)
		if (sides_build(&jobs->list[i].sides, env, err) < 0)
			return -1;
	return 0;
}

/* The runs are there, whatever ended the comparison: its error alone would lose them. It is no
 * progress, and is told when quiet, too. */
static void tell_stopped(const struct cmd_env *env, const struct options *opt,
			 const struct job *job)
{
	_cleanup_free_ char *name = case_names(job);
	_cleanup_free_ char *text =
		compare_stopped_text(&job->sides, options_boot_count(opt), opt->out_dir);

	progress_end(env->progress);
	fprintf(stderr, "%s: stopped\n%s\n", name, text);
}

/* A page as soon as its case is done; JSON of one case as it is, of several as an array. */
static int run_jobs(struct jobs *jobs, const struct cmd_env *env, const struct options *opt,
		    const struct machine_ops *machine, struct err *err)
{
	_cleanup_json_ json_t *all = json_array();
	int worst = 0;

	for (size_t i = 0; i < jobs->count; i++) {
		struct job *job = &jobs->list[i];
		int code;

		if (boot_sides(env, opt, machine, job, err) < 0 ||
		    (opt->coverage && sides_run_coverage(&job->sides, env, machine, err) < 0) ||
		    keep_comparison(opt, job, err) < 0) {
			tell_stopped(env, opt, job);
			/* Those that are done are not lost with it. */
			if (opt->json && json_array_size(all))
				output_json(all);
			return -1;
		}
		code = compare_exit_code(job->comparison);
		worst = code > worst ? code : worst;
		json_array_append(all, job->comparison);
		if (!opt->json) {
			printf("%s", i ? "\n" : "");
			comparison_print(job->comparison, job->dir, opt);
		}
	}
	if (opt->json)
		output_json(jobs->count == 1 ? json_array_get(all, 0) : all);
	return worst;
}

static int print_dry_run(struct jobs *jobs, const struct cmd_env *env, const struct options *opt,
			 const struct machine_ops *machine, struct err *err)
{
	size_t guests = 0;

	for (size_t i = 0; i < jobs->count; i++) {
		struct job *job = &jobs->list[i];
		_cleanup_free_ char *name = case_names(job);

		if (compare_dry_run(env, opt, machine, name, &job->sides, err) < 0)
			return -1;
		guests += compare_guest_count(opt, job->sides.count);
	}
	if (jobs->count > 1)
		printf("# %zu comparisons: at most %zu guests in all\n", jobs->count, guests);
	return 0;
}

static int compare_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_(jobs_clear)
	struct jobs jobs = { 0 };
	const struct machine_ops *machine = NULL;

	if (options_parse(&opt, env, &cmd_compare, argc, argv, 0, -1, err) < 0 ||
	    check_cases(&opt, err) < 0 || check_boots(&opt, err) < 0 ||
	    check_format(&opt, err) < 0 || make_jobs(&jobs, env, &opt, &machine, err) < 0)
		return -1;
	if (opt.dry_run)
		return print_dry_run(&jobs, env, &opt, machine, err);
	return prepare_jobs(&jobs, env, err) < 0 ? -1 : run_jobs(&jobs, env, &opt, machine, err);
}

const struct cmd cmd_compare = {
	.name = "compare",
	.args = "CASE... --with FRAGMENT --with FRAGMENT...",
	.summary = "Runs a case on two kernels or more, and says what the toggle changed",
	.main = compare_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_BOOT | OPT_CASES | OPT_COVERAGE | OPT_FORMAT | OPT_CHANCE,
	.details =
		"Of --with, --source and --append one that is given twice or more is what is\n"
		"compared: each of its values is a side. Two of them are crossed: a side is held\n"
		"against the first, and against those that differ from it only by having the "
		"first\n"
		"value of an axis. What is given once holds for all sides. An --append may have "
		"several words, or none:\n"
		"--append '' --append 'quiet mitigations=off'.\n"
		"--case A --case B compares cases that ask one question in several ways, on one\n"
		"kernel: how they ended, reports, and numbers that go by the same name.\n"
		"In deterministic mode the runs of a seed are laid beside each other. Otherwise\n"
		"runs differ by themselves: with --repeat 20 the sides are booted in turn until\n"
		"it is sure that they differ, or that no rate of an outcome differs by 0.5, at\n"
		"most so often. Each side boots --repeat guests for each seed of --seed: with\n"
		"--repeat 4 --seed 1..3 up to 12. --dry-run says how many that are in all.\n"
		"\n"
		"same           in deterministic mode: the outcomes, and each line that guests\n"
		"               said, times and what a relink moves set aside. Exit 0\n"
		"alike          the same of several cases: how they ended, their reports. Exit 0\n"
		"no-difference  tested: none was seen, and a large one would have been. Exit 0\n"
		"different      a line, an outcome's rate or a number surely differs. Exit 1\n"
		"undecided      chance may be behind what was seen, or have hidden a difference:\n"
		"               one run a side, or too few; it says what to do. Exit 3\n"
		"broken         no comparison: a side has no result, it was another test, or the\n"
		"               toggle changed nothing in the running kernel. Exit 3\n"
		"\n"
		"Where the toggle changes no kernel, nothing is booted. Of several cases, and of\n"
		"the pairs of more than two sides, the worst counts; each pair's word is told.\n"
		"\n"
		"With --coverage each side is booted once more, to see which functions the case\n"
		"runs. Only what is said of the kernels' code comes from these runs.\n",
};
