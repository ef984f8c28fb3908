/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a bisect will cost, by what kernels and runs of its like took. */
#ifndef KLAB_CMD_BISECT_ESTIMATE_H
#define KLAB_CMD_BISECT_ESTIMATE_H

#include "cmd/bisect-session.h"

/*
 * {commits, builds, runs, build_ms, builds_known, run_ms, runs_known, total_ms}: how many there will
 * be when each run tells; medians of the store's kernels of this repository (of all, where there is none) and
 * of this case's runs. What nothing is known of is null. New reference; NULL on error.
 */
json_t *bisect_estimate(const struct session *s, struct err *err);
/* In words, a line or more. */
void bisect_estimate_print(const json_t *estimate);

#endif
