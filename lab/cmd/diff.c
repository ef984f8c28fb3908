/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab diff: compares two runs that are there, from their files alone. */
#include "base/file.h"
#include "base/json.h"
#include "cmd/comparison.h"
#include "cmd/options.h"
#include "cmd/runs.h"

static int diff_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_strv_ struct strv a = { 0 };
	_cleanup_strv_ struct strv b = { 0 };
	_cleanup_json_ json_t *comparison = NULL;
	struct strv *const dirs[] = { &a, &b };
	struct comparison_side sides[2];

	if (options_parse(&opt, env, &cmd_diff, argc, argv, 2, 2, err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		char *dir = runs_find(opt.out_dir, opt.args.items[i], RUNS_RUN, err);

		if (!dir)
			return -1;
		strv_add_take(dirs[i], dir);
		sides[i] = (struct comparison_side){ .name = path_base(dir), .run_dirs = dirs[i] };
	}
	if (str_eq(sides[0].name, sides[1].name))
		return err_set(err, ERR_INPUT, "%s: expected two different runs", sides[0].name);
	comparison = comparison_make(sides, 2, err);
	return comparison ? comparison_print(comparison, NULL, &opt) : -1;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.args = "RUN RUN",
	.summary = "Says what differs between two runs, from their files alone",
	.main = diff_main,
	.options = OPT_OUT | OPT_JSON | OPT_FORMAT | OPT_VERBOSE,
	.details = "RUN is a run directory, an id, its unique start, or `last`.\n",
};
