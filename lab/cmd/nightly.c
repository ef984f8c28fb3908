/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab nightly: all that a plan names, in the order in which it is worth its time. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night-changes.h"
#include "cmd/night-clock.h"
#include "cmd/night-run.h"
#include "cmd/night-slurm.h"
#include "cmd/output.h"
#include "cmd/prepare.h"
#include "cmd/results.h"
#include "page/layout.h"
#include "page/results.h"

enum { CLOCK_GRACE_MS = 1000 };

/* ---- --dry-run ---- */

static void print_duration(uint64_t ms)
{
	char text[24];

	page_format_ms((double)ms, text);
	printf("%10s", text);
}

static void print_jobs(const struct night *n, const bool *fits)
{
	size_t last_kernel = SIZE_MAX;

	for (size_t i = 0; i < n->jobs.count; i++) {
		const struct night_job *job = &n->jobs.list[i];
		const struct night_kernel *kernel = &n->jobs.kernels[job->kernel];

		if (job->kernel != last_kernel)
			printf("# %s %s: %s\n", kernel->source, kernel->kconfig,
			       n->kernels[job->kernel] == NIGHT_KERNEL_FAILED
				       ? json_get_str(n->kernel_errors[job->kernel], "error", "")
			       : kernel->stored ? "in the store"
						: "to be built");
		last_kernel = job->kernel;
		print_duration(job->cost_ms);
		printf("  %s (%s)%s\n", job->id, night_why_name(job->why),
		       fits[i] ? "" : ", beyond the budget");
	}
}

static int dry_run(struct night *n)
{
	_cleanup_free_ bool *fits = xcalloc(n->jobs.count + 1, sizeof(*fits));
	struct night_forecast forecast =
		night_jobs_forecast(&n->jobs, n->processors, n->budget_ms, NULL, fits);
	char total[24];

	if (n->opt->json) {
		_cleanup_json_ json_t *record = night_jobs_to_json(&n->jobs);

		json_set_int(record, "total_ms", (int64_t)forecast.total_ms);
		json_set_int(record, "beyond", (int64_t)forecast.beyond);
		return output_json(record);
	}
	print_jobs(n, fits);
	page_format_ms((double)forecast.total_ms, total);
	printf("%zu jobs of %zu kernels, about %s on %d processors", n->jobs.count,
	       n->jobs.kernel_count, total, n->processors);
	if (forecast.beyond)
		printf("; %zu jobs are beyond the budget", forecast.beyond);
	puts("");
	return 0;
}

/* ---- the end of it ---- */

/* The summary is told, kept, and sent, also of a night that was stopped. */
static int tell_results(const struct night *n, const json_t *record, bool over, struct err *err)
{
	const struct page_style plain = { .width = 80 };
	_cleanup_free_ char *path = path_join(n->dir, "summary.txt");
	_cleanup_free_ char *kept = NULL;
	_cleanup_json_ json_t *all = results_of_record(record, n->dir);

	kept = page_results_text(all, &plain);
	if (file_write_atomic(path, kept, strlen(kept), err) < 0)
		return -1;
	results_print(all, n->dir, n->opt);
	if (results_write(all, &n->opt->results, n->dir, err) < 0)
		return -1;
	return over && n->opt->mail_to ? results_mail(all, n->opt->mail_to, err) : 0;
}

/* It is over once all is told: one that is killed before tells it when it goes on. */
static int tell(const struct night *n, bool over, struct err *err)
{
	_cleanup_json_ json_t *record = night_record(n, over);
	int told = tell_results(n, record, over, err);

	return night_save_record(n, record, told < 0 ? NULL : err) < 0 ? -1 : told;
}

/* The jobs, what changed by them, and which commits did it. */
static int do_all(struct night *n, struct err *err)
{
	if ((night_is_on_slurm(n) ? night_slurm_run(n, err) : night_run(n, err)) < 0)
		return -1;
	/* What could not be taken in when it ended: its record, once over, is not gone on with. */
	night_ingest_all(n);
	if (night_changes_look(n, err) < 0)
		return -1;
	return night_changes_bisect(n, err);
}

static void tell_begin(const struct night *n)
{
	size_t done = night_count(n).done;

	if (done)
		progress_note(n->env->progress, "%s: goes on, %zu of %zu jobs are done", n->dir,
			      done, n->jobs.count);
	else
		progress_note(n->env->progress, "%s: %zu jobs", n->dir, n->jobs.count);
}

static int do_night(struct night *n, struct err *err)
{
	_cleanup_(child_clear)
	struct child clock = CHILD_INIT;
	struct night_counts counts;
	struct err why = ERR_INIT;
	int done;

	tell_begin(n);
	if (night_clock_start(&clock, n, err) < 0)
		return -1;
	done = do_all(n, &why);
	child_stop(&clock, CLOCK_GRACE_MS);
	if (done < 0) {
		tell(n, false, NULL);
		*err = why;
		return -1;
	}
	if (tell(n, true, err) < 0)
		return -1;
	counts = night_count(n);
	return night_exit_code(&counts);
}

static int begin(struct night *n, struct err *err)
{
	const char *plan = n->opt->args.items[0];

	if (night_plan_jobs(n, plan, err) < 0 || night_changes_begin(n, err) < 0)
		return -1;
	if (cancel_requested())
		return err_set(err, ERR_CANCELLED, "stopped");
	if (n->opt->dry_run)
		return dry_run(n);
	return night_begin(n, plan, err) < 0 ? -1 : do_night(n, err);
}

static int go_on(struct night *n, struct err *err)
{
	const char *name = n->opt->args.count ? n->opt->args.items[0] : "last";

	if (n->opt->dry_run)
		return err_set(err, ERR_INPUT, "--resume with --dry-run: expected one of them");
	if (night_resume(n, name, err) < 0 || night_changes_begin(n, err) < 0)
		return -1;
	return do_night(n, err);
}

/* One that was asked for has to be there; without the usual one a night is none the worse. */
static int open_history(struct night *n, struct err *err)
{
	struct err why = ERR_INIT;

	n->history = history_open(n->opt->history, &why);
	if (n->history)
		return 0;
	if (n->opt->history) {
		*err = why;
		return -1;
	}
	progress_note(n->env->progress, "no history: %s", why.msg);
	return 0;
}

static int nightly_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_night_ struct night night = NIGHT_INIT(env, &opt);

	if (options_parse(&opt, env, &cmd_nightly, argc, argv, 0, 1, err) < 0)
		return -1;
	if (!opt.resume && !opt.args.count)
		return err_set(err, ERR_INPUT, "expected: klab nightly %s", cmd_nightly.args);
	if (prepare_machine(&opt, &night.machine, err) < 0 || open_history(&night, err) < 0)
		return -1;
	return opt.resume ? go_on(&night, err) : begin(&night, err);
}

const struct cmd cmd_nightly = {
	.name = "nightly",
	.args = "PLAN.yaml | --resume [NIGHT]",
	.summary = "Runs all that a plan names, beside each other, and goes on where it was killed",
	.main = nightly_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_JOBS | OPT_MACHINE | OPT_OUT | OPT_DRY_RUN | OPT_RESUME | OPT_RESULTS |
		   OPT_MAIL_TO | OPT_HISTORY | OPT_KNOWN | OPT_BISECT | OPT_EXECUTOR | OPT_JSON |
		   OPT_VERBOSE | OPT_QUIET,
	.details =
		"A plan is a YAML file, `klab help plan`. Each combination runs once before any\n"
		"runs again; what failed last time comes first, then what is new, then what ran\n"
		"the longest ago. --dry-run prints the order and what it will take.\n"
		"\n"
		"A night is a folder with its runs and its journal. One that was stopped or\n"
		"killed goes on with --resume: no finished run is lost or done again. NIGHT is\n"
		"a folder, an id, its start, the plan, or `last`, as when nothing is said.\n"
		"\n"
		"With --executor slurm builds and boots are tasks of job arrays, several boots a\n"
		"task; -j is the processors of a build. The folder of runs and the cache have to\n"
		"be where all nodes see them. A task that is lost is done again, three times in\n"
		"all; --resume finds those that go on.\n"
		"\n"
		"The summary ends with what the night changed in the history, as `klab "
		"regressions`\n"
		"has it: new reports and changed rates and numbers that it was the first to see, "
		"and\n"
		"how many older ones are open. --bisect looks for the commits behind them, where\n"
		"the last good and the first bad kernel are commits of one repository, in what "
		"the\n"
		"budget leaves; what it does not get done goes on by the command in the summary.\n"
		"\n"
		"Exit 0: all passed; 1: something failed; 3: nothing failed, and something could\n"
		"not be run or did not fit into the budget; 2: bad input.\n",
};
