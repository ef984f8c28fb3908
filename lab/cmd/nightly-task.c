/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab nightly-task: one task of a night that was given to Slurm. */
#include "base/err.h"
#include "base/str.h"
#include "cmd/night-slurm.h"
#include "cmd/prepare.h"

static int parse_index(const char *text, const char *what, unsigned *out, struct err *err)
{
	int64_t value;

	if (!str_parse_i64(text, &value) || value < 0 || value > UINT32_MAX)
		return err_set(err, ERR_INPUT, "%s: '%s': expected a number", what, text);
	*out = (unsigned)value;
	return 0;
}

static int nightly_task_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_night_ struct night night = NIGHT_INIT(env, &opt);
	unsigned array = 0, task = 0;

	if (options_parse(&opt, env, &cmd_nightly_task, argc, argv, 3, 3, err) < 0 ||
	    parse_index(opt.args.items[1], "ARRAY", &array, err) < 0 ||
	    parse_index(opt.args.items[2], "TASK", &task, err) < 0 ||
	    prepare_machine(&opt, &night.machine, err) < 0 ||
	    night_look(&night, opt.args.items[0], err) < 0)
		return -1;
	return night_slurm_task(&night, array, task, opt.jobs ? opt.jobs : 1, err);
}

const struct cmd cmd_nightly_task = {
	.name = "nightly-task",
	.args = "NIGHT ARRAY TASK",
	.summary = "One task of a night on Slurm: `klab nightly --executor slurm` submits it",
	.main = nightly_task_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_JOBS | OPT_MACHINE,
	.details =
		"Does what NIGHT/slurm/ARRAY.json says of this task, and leaves a result a job in\n"
		"NIGHT/slurm/done. What is there already is not done again.\n",
};
