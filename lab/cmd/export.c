/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab export: results in the formats that other people's tools read. */
#include "base/json.h"
#include "cmd/results.h"
#include "cmd/run-set.h"
#include "cmd/runs.h"

/* A night, or runs as `klab diff` takes them. New reference. */
static json_t *find_results(const struct options *opt, struct err *err)
{
	_cleanup_run_set_ struct run_set set = { 0 };
	_cleanup_free_ char *night =
		opt->args.count == 1 ? runs_find(opt->out_dir, opt->args.items[0], RUNS_NIGHT, NULL)
				     : NULL;

	if (night)
		return results_of_night(night, err);
	for (size_t i = 0; i < opt->args.count; i++)
		if (run_set_find(&set, opt->out_dir, opt->args.items[i], err) < 0)
			return NULL;
	return results_of_runs(&set.dirs, err);
}

static int export_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_json_ json_t *all = NULL;

	if (options_parse(&opt, env, &cmd_export, argc, argv, 1, -1, err) < 0)
		return -1;
	if (!opt.results.count && !opt.mail_to)
		return err_set(err, ERR_INPUT,
			       "expected --format ktap, junit, jsonl, kcidb or mail, or --mail-to");
	all = find_results(&opt, err);
	if (!all || results_write(all, &opt.results, NULL, err) < 0)
		return -1;
	return opt.mail_to ? results_mail(all, opt.mail_to, err) : 0;
}

const struct cmd cmd_export = {
	.name = "export",
	.args = "NIGHT | RUNS... --format FORMAT[=FILE]",
	.summary = "Gives results as KTAP, JUnit XML, JSON lines, KCIDB's JSON or a mail",
	.main = export_main,
	.options = OPT_OUT | OPT_RESULTS | OPT_MAIL_TO,
	.details =
		"NIGHT is a folder of `klab nightly`, an id, or its start. RUNS are runs, folders\n"
		"of them, or patterns, as of `klab diff`.\n"
		"The exit code says whether it could be written, not what the results are.\n",
};
