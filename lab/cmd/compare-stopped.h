/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a comparison that was stopped leaves: its runs, and what judges them. */
#ifndef KLAB_CMD_COMPARE_STOPPED_H
#define KLAB_CMD_COMPARE_STOPPED_H

#include "cmd/sides.h"

/*
 * How many of the runs of each side (of `planned` each) are done, and the `klab diff` of the
 * first side with each other one that has runs; where there is no such line, the runs
 * themselves. out_dir: that of the runs, as the user gave it. Several lines. Yours.
 */
char *compare_stopped_text(const struct sides *sides, int planned, const char *out_dir);

#endif
