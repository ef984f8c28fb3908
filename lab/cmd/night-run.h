/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does the jobs of a night: guests beside each other as processors and memory allow, the build of
 * the next kernel beside them.
 */
#ifndef KLAB_CMD_NIGHT_RUN_H
#define KLAB_CMD_NIGHT_RUN_H

#include "cmd/night.h"

/* Until all jobs are done, or none of the rest fits into the budget. Stopped: ERR_CANCELLED. */
int night_run(struct night *n, struct err *err);

#endif
