/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab run: builds what is missing, boots, judges. */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cmd/exec.h"
#include "cmd/output.h"
#include "cmd/pipeline.h"
#include "cmd/prepare.h"
#include "cmd/runs.h"
#include "cmd/snapshot.h"
#include "cmd/ui.h"
#include "compare/exact.h"
#include "page/page.h"

/* What `git bisect run` understands; that our own failure stops it is main.c's. */
#define BISECT_UNTESTABLE 125

struct run_state {
	const struct cmd_env *env;
	const struct options *opt;
	const struct machine_ops *machine;
	json_t *all;  /* what --json prints */
	json_t *runs; /* of this case: [{verdict, seed, dir}] */
	int code;     /* the worst so far */
};

/* The run that the others of its seed must repeat. */
struct first_run {
	char *dir; /* NULL: none yet */
	uint64_t seed;
};

static void first_run_clear(struct first_run *first)
{
	free(first->dir);
}

/* Bad beats what cannot be tested: one boot that showed the bug is enough. */
static int worse_code(const struct options *opt, int a, int b)
{
	if (opt->git_bisect && (a == 1 || b == 1))
		return 1;
	return a > b ? a : b;
}

static int code_of(const struct options *opt, const struct pipeline_outcome *outcome)
{
	if (!opt->git_bisect)
		return verdict_exit_code(outcome->verdict);
	/* A kernel that never reached its init says nothing about the case. */
	return outcome->booted ? verdict_git_bisect_code(outcome->verdict) : BISECT_UNTESTABLE;
}

/* Of a command its output is what is asked for, and its status: *code. */
static int print_exec(struct run_state *state, const char *run_dir, int *code, struct err *err)
{
	if (exec_tell(run_dir, code, err) < 0)
		return -1;
	return state->opt->verbose ? output_run(run_dir, true, err) : 0;
}

/* *code: of the run by its verdict; that of a command is put in its place. */
static int print_run(struct run_state *state, const char *run_dir, int *code, struct err *err)
{
	const char *command = state->opt->exec;
	json_t *run;
	int own = *code;

	if (!state->opt->json) {
		if (!command)
			return output_run(run_dir, state->opt->verbose, err);
		if (print_exec(state, run_dir, &own, err) < 0)
			return -1;
	} else {
		run = runs_load_json(run_dir, err);
		if (!run)
			return -1;
		json_array_append_new(state->all, run);
		if (command && exec_add_json(run, run_dir, &own, err) < 0)
			return -1;
	}
	/* A bisect knows what a status means of its own. */
	if (!state->opt->git_bisect)
		*code = own;
	return 0;
}

/* One that failed, or was stopped, has left what there is of it; --json shows that. */
static void print_unfinished(struct run_state *state, const struct pipeline_outcome *outcome)
{
	json_t *run = NULL;

	if (state->opt->json && outcome->run_dir)
		run = runs_load_json(outcome->run_dir, NULL);
	if (run)
		json_array_append_new(state->all, run);
}

/* In deterministic mode a run is held against the first of its seed. */
static int check_repeats(struct run_state *state, uint64_t seed, struct first_run *first,
			 const char *run_dir, struct err *err)
{
	_cleanup_json_ json_t *repeats = NULL;

	/* One that was ended from outside has no end to hold against another's. */
	if (state->opt->mode != PLAN_MODE_DETERMINISTIC || !pipeline_ended_by_itself(run_dir))
		return 0;
	if (!first->dir || first->seed != seed) {
		free(first->dir);
		first->dir = xstrdup(run_dir);
		first->seed = seed;
		return 0;
	}
	repeats = exact_compare(first->dir, run_dir, err);
	if (!repeats)
		return -1;
	if (!json_get_bool(repeats, "same", false) &&
	    (pipeline_port_was_full(first->dir) || pipeline_port_was_full(run_dir)))
		json_set_bool(repeats, "port_full", true);
	/* For a bisect it says nothing about the commit. */
	if (!json_get_bool(repeats, "same", false) && !state->opt->git_bisect)
		state->code = worse_code(state->opt, state->code, 1);
	return pipeline_set_repeats(run_dir, repeats, err);
}

/*
 * With --from-snapshot: where the boot goes on from. 0: there is none, for the guest
 * did not come to its checkpoint, and that boot was told as the run that it is.
 */
static int take_snapshot(struct run_state *state, struct pipeline_request *req,
			 struct run_snapshots *snapshots, struct err *err)
{
	_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
	int code, of_run;

	if (!state->opt->from_snapshot)
		return 1;
	req->snapshot = run_snapshots_get(snapshots, state->env, req, &outcome, &code, err);
	if (req->snapshot)
		return 1;
	of_run = code_of(state->opt, &outcome);
	if (code < 0)
		print_unfinished(state, &outcome);
	if (code < 0 || print_run(state, outcome.run_dir, &of_run, err) < 0)
		return -1;
	progress_note(state->env->progress,
		      "%s: the guest did not come to its checkpoint: there is no snapshot, and "
		      "nothing is run from one",
		      req->test->name);
	state->code = worse_code(state->opt, state->code, of_run);
	return 0;
}

static void note_run(struct run_state *state, uint64_t seed, const struct pipeline_outcome *outcome)
{
	json_t *run = json_object();

	json_set_str(run, "verdict", verdict_name(outcome->verdict));
	json_set_int(run, "seed", (int64_t)seed);
	json_set_str(run, "dir", outcome->run_dir);
	json_array_append_new(state->runs, run);
}

static int boot_once(struct run_state *state, const struct pipeline_request *req,
		     struct first_run *first, struct err *err)
{
	_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
	int code;

	if (pipeline_run(state->env, req, &outcome, err) < 0) {
		print_unfinished(state, &outcome);
		return -1;
	}
	code = code_of(state->opt, &outcome);
	if (check_repeats(state, req->seed, first, outcome.run_dir, err) < 0 ||
	    print_run(state, outcome.run_dir, &code, err) < 0)
		return -1;
	state->code = worse_code(state->opt, state->code, code);
	note_run(state, req->seed, &outcome);
	return 0;
}

/* Of one run its page says all. */
static void print_runs(const struct run_state *state)
{
	struct page_style style = page_style_of(STDOUT_FILENO);
	_cleanup_free_ char *text = NULL;

	if (state->opt->json || state->opt->exec || json_array_size(state->runs) < 2)
		return;
	style.verbose = state->opt->verbose;
	text = page_runs_text(state->runs, state->opt->mode == PLAN_MODE_DETERMINISTIC, &style);
	fputs(text, stdout);
}

static int boot_case(struct run_state *state, const struct case_file *test,
		     const struct strv *fragments, const struct kernel *kernel, struct err *err)
{
	_cleanup_(first_run_clear)
	struct first_run first = { 0 };
	_cleanup_(run_snapshots_clear)
	struct run_snapshots snapshots = { 0 };

	for (int i = 0; i < options_boot_count(state->opt); i++) {
		struct pipeline_request req = {
			.test = test,
			.kernel = kernel,
			.fragments = fragments,
			.opt = state->opt,
			.machine = state->machine,
			.seed = options_boot_seed(state->opt, i),
			.coverage = state->opt->coverage,
		};
		int there;

		if (state->opt->dry_run && state->opt->from_snapshot)
			req.save_path = SNAPSHOT_STATE;
		if (state->opt->dry_run)
			return output_command(state->env, &req, err);
		there = take_snapshot(state, &req, &snapshots, err);
		if (there <= 0)
			return there;
		if (boot_once(state, &req, &first, err) < 0)
			return -1;
	}
	return 0;
}

/* *untestable: for a bisect this commit is none to call good or bad. */
static int run_case(struct run_state *state, const struct case_file *test, bool *untestable,
		    struct err *err)
{
	_cleanup_strv_ struct strv fragments = { 0 };
	_cleanup_kernel_ struct kernel *kernel = NULL;
	const struct prepare_request wanted = { .opt = state->opt,
						.fragments = &fragments,
						.test = test,
						.check_only = state->opt->dry_run };
	bool unfit = false;
	int ret;

	if (prepare_fragments(state->env, state->opt, test, state->opt->with.items,
			      state->opt->with.count, &fragments, err) < 0)
		return -1;
	kernel = prepare_kernel(state->env, &wanted, &unfit, err);
	if (!kernel) {
		*untestable = unfit || err->kind == ERR_BUILD;
		return -1;
	}
	json_array_clear(state->runs);
	ret = boot_case(state, test, &fragments, kernel, err);
	print_runs(state);
	return ret;
}

static int run_cases(struct run_state *state, bool *untestable, struct err *err)
{
	const struct options *opt = state->opt;
	size_t count = opt->exec ? 1 : opt->args.count;
	_cleanup_free_ struct case_file **tests = xcalloc(count, sizeof(*tests));
	int ret = 0;

	/* All of them are read before the first is built: a typo must not cost a build. */
	for (size_t i = 0; i < count && ret == 0; i++) {
		tests[i] = opt->exec ? exec_case(state->env, opt, err)
				     : prepare_case(state->env, opt, opt->args.items[i], err);
		ret = tests[i] ? 0 : -1;
	}
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = run_snapshots_check(tests[i], state->opt, state->machine, err) < 0
			      ? -1
			      : pipeline_check(state->opt, tests[i], state->machine, err);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = prepare_boot(state->env, state->opt, tests[i], err);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = run_case(state, tests[i], untestable, err);
	for (size_t i = 0; i < count; i++)
		case_free(tests[i]);
	return ret;
}

/* What no table of options can know. */
static int check_options(const struct options *opt, struct err *err)
{
	if (opt->git_bisect && opt->dry_run)
		return err_set(err, ERR_INPUT,
			       "--git-bisect with --dry-run: expected one of them; "
			       "where nothing boots, nothing is good");
	if (opt->exec && opt->args.count)
		return err_set(err, ERR_INPUT,
			       "--exec with the case %s: expected one of them; a command in a case "
			       "is a step `sh`",
			       opt->args.items[0]);
	if (!opt->exec && !opt->args.count)
		return err_set(err, ERR_INPUT, "expected: klab run %s", cmd_run.args);
	return 0;
}

static int run_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_json_ json_t *all = json_array(), *runs = json_array();
	struct run_state state = { .env = env, .opt = &opt, .all = all, .runs = runs };
	bool untestable = false;
	int ret = options_parse(&opt, env, &cmd_run, argc, argv, 0, -1, err);

	if (ret == 0)
		ret = check_options(&opt, err);
	/* Who reads standard error wants what the command wrote there. */
	if (ret == 0 && opt.exec && !isatty(STDERR_FILENO))
		ui_configure(env->progress, true);
	if (ret == 0)
		ret = prepare_machine(&opt, &state.machine, err);
	if (ret == 0)
		ret = run_cases(&state, &untestable, err);
	/* Guests that ran before the failure are told all the same. */
	if (opt.json && json_array_size(all))
		output_json(all);
	if (ret < 0 && opt.git_bisect && untestable)
		return BISECT_UNTESTABLE;
	return ret < 0 ? -1 : state.code;
}

const struct cmd cmd_run = {
	.name = "run",
	.args = "CASE... | --exec COMMAND",
	.summary = "Builds the kernel if needed, boots each case, and judges it",
	.main = run_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_BOOT | OPT_MISSING_OK | OPT_COVERAGE | OPT_FROM_SNAPSHOT | OPT_GIT_BISECT |
		   OPT_EXEC,
	.details =
		"CASE is a file, or the name of one of `klab list cases`. Every --with is added "
		"to\n"
		"the fragments. The exit code is that of the worst run; runs of one seed that\n"
		"are not alike in deterministic mode are a 1. --dry-run builds and boots\n"
		"nothing, and prints the command line that would.\n"
		"\n"
		"With --from-snapshot the guest boots once to the case's `checkpoint`, and each\n"
		"run goes on from there with the random numbers of its seed. What the steps\n"
		"after it do may differ from run to run; the snapshot stays in the cache.\n"
		"\n"
		"With --exec there is no case but one command of busybox sh, quoted as one word:\n"
		"klab run --exec 'uname -a; exit 3'. Its output goes to standard output and\n"
		"standard error when it has ended, the exit code is its status, 128 and the\n"
		"signal that ended it; where the guest did not come to tell, that of the verdict.\n"
		"What the kernel reports meanwhile is told on standard error whatever the status.\n"
		"--timeout is 10m when it is not said.\n"
		"\n"
		"--machine libvirt[:URI] has libvirt start and watch QEMU. The URI is libvirt's "
		"own:\n"
		"qemu:///embed, the default, needs no daemon; qemu:///session, qemu:///system.\n"
		"Snapshots, --coverage and probes are not for it.\n"
		"\n"
		"For `git bisect run`: klab run --git-bisect --source . CASE\n",
};
