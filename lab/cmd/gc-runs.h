/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab gc --runs: run directories that the rule lets go, and consoles that are packed. */
#ifndef KLAB_CMD_GC_RUNS_H
#define KLAB_CMD_GC_RUNS_H

#include "cmd/options.h"

int gc_runs(const struct options *opt, struct err *err);

#endif
