/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a night has taken, while it goes on: a process of its own notes it in NIGHT/spent_ms every
 * two seconds, so that a night that is killed in a long bisect or build has spent that time.
 */
#ifndef KLAB_CMD_NIGHT_CLOCK_H
#define KLAB_CMD_NIGHT_CLOCK_H

#include "base/child.h"
#include "cmd/night.h"

/* Dies with us; ended by child_stop(). */
int night_clock_start(struct child *child, const struct night *n, struct err *err);
/* What was noted last; 0: nothing was. */
uint64_t night_clock_read(const char *night_dir);

#endif
