/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands: one file a command, one row in table.c. */
#ifndef KLAB_CMD_CMD_H
#define KLAB_CMD_CMD_H

#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"

struct cmd_env {
	const char *data_dir;  /* NULL for a command without CMD_NEEDS_DATA */
	const char *cache_dir; /* NULL for a command without CMD_NEEDS_CACHE */
	struct progress *progress;
};

enum cmd_needs {
	CMD_NEEDS_DATA = 1,
	CMD_NEEDS_CACHE = 2,
};

struct cmd {
	const char *name;
	const char *args; /* "CASE... [--with FRAGMENT]" */
	const char *summary;
	/* argv[0] is the command's name. Returns an exit code, or -1 with err set. */
	int (*main)(const struct cmd_env *env, int argc, char **argv, struct err *err);
	unsigned int needs;  /* what of cmd_env has to be there */
	uint64_t options;    /* OPT_* of options.h: what options_parse() takes */
	const char *details; /* further lines of `klab help NAME`; NULL: none */
};

extern const struct cmd *const cmd_table[]; /* ended by NULL */
const struct cmd *cmd_find(const char *name, struct err *err);

extern const struct cmd cmd_run, cmd_compare, cmd_bisect, cmd_bisect_config, cmd_minimize_config, cmd_nightly, cmd_nightly_task, cmd_export, cmd_diff, cmd_similar, cmd_ingest, cmd_history, cmd_reports, cmd_regressions, cmd_site, cmd_rejudge, cmd_replay, cmd_pack, cmd_show, cmd_list, cmd_build,
	cmd_config, cmd_gc, cmd_doctor, cmd_parse, cmd_symbolize, cmd_completion, cmd_help;

#endif
