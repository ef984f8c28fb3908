/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab bisect-config: which options make the difference between two configurations. */
#include "cmd/config-search.h"

static int bisect_config_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_(config_search_clear)
	struct config_search s = { .env = env, .kind = "bisect-config", .lock_fd = -1 };

	if (options_parse(&s.opt, env, &cmd_bisect_config, argc, argv, 1, 1, err) < 0)
		return -1;
	if (s.opt.good.count != 1 || !s.opt.bad)
		return err_set(err, ERR_INPUT,
			       "expected --good CONFIG and --bad CONFIG, each once");
	if (config_search_read_side(&s, s.opt.good.items[0], &s.good, err) < 0)
		return err_add(err, "--good");
	if (config_search_read_side(&s, s.opt.bad, &s.bad, err) < 0)
		return err_add(err, "--bad");
	if (config_search_prepare(&s, err) < 0)
		return -1;
	return config_search_run(&s, err);
}

const struct cmd cmd_bisect_config = {
	.name = "bisect-config",
	.args = "CASE --good CONFIG --bad CONFIG",
	.summary = "Finds the smallest set of config options that brings a bug in",
	.main = bisect_config_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = (OPT_BOOT & ~(OPT_KCONFIG | OPT_WITH)) | OPT_GOOD | OPT_BAD | OPT_ONLY |
		   OPT_CONFIDENCE,
	.details =
		"CONFIG is a .config file, a run, or fragments as base+fault; what it does not "
		"name "
		"is\n"
		"off. Of the options that differ and that can be set, sets are tested by the good\n"
		"config with these as in the bad one, and what they need; one that kconfig does "
		"not\n"
		"give is no test. Bad is only what shows the bug that the bad config shows first, "
		"or\n"
		"the one of --only. Flaky bugs: each config is booted until it is sure. --repeat "
		"N:\n"
		"boots of the bad config until it shows the bug, default 30.\n"
		"A search that was stopped goes on with the same command.\n"
		"Exit 0: found, 3: it could not be.\n",
};
