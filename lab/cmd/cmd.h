/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands: one file a command, one row in main.c. */
#ifndef KLAB_CMD_CMD_H
#define KLAB_CMD_CMD_H

#include "base/err.h"
#include "base/progress.h"

struct cmd_env {
	const char *data_dir;
	const char *cache_dir;
	struct progress *progress;
};

struct cmd {
	const char *name;
	const char *args;	/* "CASE... [--with FRAGMENT]" */
	const char *summary;
	/* argv[0] is the command's name. Returns an exit code, or -1 with err set. */
	int (*main)(const struct cmd_env *env, int argc, char **argv, struct err *err);
};

extern const struct cmd cmd_run, cmd_compare, cmd_diff, cmd_rejudge, cmd_show, cmd_list, cmd_build,
	cmd_config, cmd_gc, cmd_doctor, cmd_parse, cmd_symbolize, cmd_help;

#endif
