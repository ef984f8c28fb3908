/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several runs that stand for one side of `klab diff`, as they are named on the command line. */
#ifndef KLAB_CMD_RUN_SET_H
#define KLAB_CMD_RUN_SET_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

struct run_set {
	char *name;	  /* of the side */
	struct strv dirs; /* of its runs, each once */
	/* Of COMPARISON:SIDE, where it is, and its `statistics`; else NULL. */
	char *comparison;
	json_t *statistics;
};

/*
 * `text` names, with commas between them: a run as runs_find() takes it, a folder of runs, a
 * pattern of paths ("runs/" and a star); or COMPARISON:SIDE, all runs of a side of a comparison.
 * ERR_INPUT where something of it is none of these. Clear it with run_set_clear().
 */
int run_set_find(struct run_set *set, const char *base, const char *text, struct err *err);
void run_set_clear(struct run_set *set);	/* NULL-safe */
#define _cleanup_run_set_ _cleanup_(run_set_clear)

#endif
