/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab show: the page of a run, of a comparison, of a bisect or of a night. */
#include "base/file.h"
#include "base/json.h"
#include "cmd/bisect-result.h"
#include "cmd/comparison.h"
#include "cmd/config-result.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/packed.h"
#include "cmd/results.h"
#include "cmd/runs.h"

#define COMPARE_JSON_MAX (256u << 20)

static int show_run(const char *dir, const struct options *opt, struct err *err)
{
	_cleanup_json_ json_t *run = NULL;

	if (opt->format == FORMAT_TEXT)
		return output_run(dir, opt->verbose, err);
	if (opt->format != FORMAT_JSON)
		return err_set(err, ERR_INPUT,
			       "--format: %s is a run, which is shown as text or json; expected a "
			       "comparison",
			       dir);
	run = runs_load_json(dir, err);
	return run ? output_json(run) : -1;
}

static int show_night(const char *dir, const struct options *opt, struct err *err)
{
	_cleanup_json_ json_t *all = results_of_night(dir, err);

	if (!all)
		return -1;
	results_print(all, dir, opt);
	return 0;
}

static bool has_file(const char *dir, const char *name)
{
	_cleanup_free_ char *path = path_join(dir, name);

	return path_exists(path);
}

static int show_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_packed_ struct packed packed = { 0 };
	_cleanup_free_ char *dir = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_json_ json_t *comparison = NULL;

	if (options_parse(&opt, env, &cmd_show, argc, argv, 1, 1, err) < 0)
		return -1;
	if (packed_is_file(opt.args.items[0])) {
		if (packed_open(&packed, opt.args.items[0], opt.out_dir, err) < 0)
			return -1;
		return show_run(packed.run_dir, &opt, err);
	}
	dir = runs_find(opt.out_dir, opt.args.items[0],
			RUNS_RUN | RUNS_COMPARISON | RUNS_BISECT | RUNS_CONFIG_SEARCH | RUNS_NIGHT,
			err);
	if (!dir)
		return -1;
	path = path_join(dir, "compare.json");
	if (has_file(dir, "nightly.json"))
		return show_night(dir, &opt, err);
	if (has_file(dir, "bisect.json"))
		return bisect_result_show(dir, &opt, err);
	if (has_file(dir, "config.json"))
		return config_result_show(dir, &opt, err);
	if (!path_exists(path))
		return show_run(dir, &opt, err);
	comparison = json_read_file(path, COMPARE_JSON_MAX, err);
	if (!comparison)
		return -1;
	/* To look at a comparison is no failure, whatever it says. */
	comparison_print(comparison, dir, &opt);
	return 0;
}

const struct cmd cmd_show = {
	.name = "show",
	.args = "RUN",
	.summary = "Shows a run, a comparison, a bisect or a night",
	.main = show_main,
	.options = OPT_OUT | OPT_JSON | OPT_FORMAT | OPT_VERBOSE,
	.details = "RUN is a directory, an id, its unique start, `last`, or a file of klab pack.\n",
};
