/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab minimize-config: the smallest configuration that still shows a bug. */
#include "cmd/config-search.h"
#include "cmd/prepare.h"

static int minimize_config_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_(config_search_clear)
	struct config_search s = {
		.env = env, .kind = "minimize-config", .minimize = true, .lock_fd = -1
	};

	if (options_parse(&s.opt, env, &cmd_minimize_config, argc, argv, 1, 1, err) < 0 ||
	    config_search_prepare(&s, err) < 0)
		return -1;
	if (s.opt.good.count > 1)
		return err_set(err, ERR_INPUT, "expected --good CONFIG once");
	/* The smallest that boots and has all that init wants. */
	if (config_search_read_side(&s, s.opt.good.count ? s.opt.good.items[0] : "base", &s.good,
				    err) < 0)
		return err_add(err, "--good");
	if (prepare_fragments(env, &s.opt, s.test, s.opt.with.items, s.opt.with.count, &s.bad,
			      err) < 0)
		return -1;
	return config_search_run(&s, err);
}

const struct cmd cmd_minimize_config = {
	.name = "minimize-config",
	.args = "CASE [--kconfig A+B | FILE] [--good CONFIG]",
	.summary = "Finds the smallest config that still shows a bug",
	.main = minimize_config_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_BOOT | OPT_GOOD | OPT_ONLY | OPT_CONFIDENCE,
	.details =
		"From the case's own config, or that of --kconfig and --with, towards the fragment "
		"base,\n"
		"which is what the guest needs, with what the case requires. What base sets stays; "
		"with\n"
		"--good CONFIG (a .config file, a run, or fragments) that is what stays, and so "
		"less "
		"than\n"
		"base can be tried: what does not boot then tells nothing, and is kept. The bug is "
		"what\n"
		"the whole config shows first, or that of --only. Flaky bugs, --repeat and going "
		"on "
		"are\n"
		"as in `klab help bisect-config`. The result is minimal.config in its folder, for "
		"--kconfig.\n"
		"Exit 0: found, 3: it could not be.\n",
};
