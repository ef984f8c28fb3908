/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands: a new one is a row here, and a file. */
#include "base/str.h"
#include "cmd/cmd.h"

/* A row a line. */
/* clang-format off */
const struct cmd *const cmd_table[] = {
	&cmd_run,
	&cmd_compare,
	&cmd_bisect,
	&cmd_bisect_config,
	&cmd_minimize_config,
	&cmd_nightly,
	&cmd_nightly_task,
	&cmd_export,
	&cmd_diff,
	&cmd_similar,
	&cmd_ingest,
	&cmd_history,
	&cmd_reports,
	&cmd_regressions,
	&cmd_site,
	&cmd_rejudge,
	&cmd_replay,
	&cmd_pack,
	&cmd_show,
	&cmd_parse,
	&cmd_symbolize,
	&cmd_build,
	&cmd_config,
	&cmd_list,
	&cmd_doctor,
	&cmd_gc,
	&cmd_completion,
	&cmd_help,
	NULL,
};
/* clang-format on */

const struct cmd *cmd_find(const char *name, struct err *err)
{
	const char *names[ARRAY_SIZE(cmd_table)];
	const char *near;
	size_t count = 0;

	for (const struct cmd *const *c = cmd_table; *c; c++) {
		if (str_eq(name, (*c)->name))
			return *c;
		names[count++] = (*c)->name;
	}
	near = str_nearest(name, names, count);
	if (near)
		err_set(err, ERR_INPUT, "%s: no such command; did you mean `klab %s`?", name, near);
	else
		err_set(err, ERR_INPUT, "%s: no such command; `klab help` lists them", name);
	return NULL;
}
