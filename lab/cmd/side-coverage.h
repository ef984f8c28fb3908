/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions the case runs on each side of a comparison. */
#ifndef KLAB_CMD_SIDE_COVERAGE_H
#define KLAB_CMD_SIDE_COVERAGE_H

#include "cmd/sides.h"
#include "compare/compare.h"
#include "machine/machine.h"
#include "symbols/coverage.h"

/*
 * Boots each side once, and keeps the directory of that run. It is none of the
 * side's runs: what is told of verdicts, rates and times is not to change with the question.
 */
int sides_run_coverage(struct sides *sides, const struct cmd_env *env,
		       const struct machine_ops *machine, struct err *err);

/*
 * What a side ran in any of the runs that have a coverage.json: its own, and the one in `dir`,
 * which may be NULL. json: the side's `coverage`, new reference, NULL where there is no such run. 1:
 * read, clear it; 0: none of them says anything: a run whose case never ran, or that could not be
 * judged, does not.
 */
int side_coverage_load(const struct compare_side *side, const char *dir, json_t **json,
		       struct coverage *ran, struct err *err);

#endif
