/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab rejudge: all stages right of the machine again, from the files of a run alone. */
#include <stdio.h>

#include "base/json.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/pipeline.h"
#include "cmd/runs.h"
#include "page/layout.h"

static int rejudge_one(const char *run_dir, const struct options *opt, json_t *all, int *code,
		       struct err *err)
{
	_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
	_cleanup_json_ json_t *before = runs_load_json(run_dir, err);
	_cleanup_free_ char *was = NULL;
	int this_code;

	if (!before || pipeline_judge(run_dir, &outcome, err) < 0)
		return err_add(err, "%s", run_dir);
	this_code = verdict_exit_code(outcome.verdict);
	if (this_code > *code)
		*code = this_code;
	if (opt->json) {
		json_t *now = runs_load_json(run_dir, err);

		return now ? json_array_append_new(all, now) : -1;
	}
	was = page_safe(json_get_str(json_get_object(before, "verdict"), "verdict", "not judged"));
	printf("%s  %s", run_dir, verdict_name(outcome.verdict));
	if (!str_eq(was, verdict_name(outcome.verdict)))
		printf("  (was: %s)", was);
	putchar('\n');
	return 0;
}

static int rejudge_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_json_ json_t *all = json_array();
	int code = 0;

	if (options_parse(&opt, env, &cmd_rejudge, argc, argv, 1, -1, err) < 0)
		return -1;
	for (size_t i = 0; i < opt.args.count; i++) {
		_cleanup_free_ char *run_dir = runs_find_ended(opt.out_dir, opt.args.items[i], err);

		if (!run_dir || rejudge_one(run_dir, &opt, all, &code, err) < 0)
			return -1;
	}
	if (opt.json)
		output_json(all);
	return code;
}

const struct cmd cmd_rejudge = {
	.name = "rejudge",
	.args = "RUN...",
	.summary = "Reads the files of a run again: frames, reports, verdict; boots nothing",
	.main = rejudge_main,
	.options = OPT_OUT | OPT_JSON,
};
