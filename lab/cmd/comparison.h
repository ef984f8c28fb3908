/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What compare, diff and show share: from run directories to a comparison, and its text. */
#ifndef KLAB_CMD_COMPARISON_H
#define KLAB_CMD_COMPARISON_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"
#include "cmd/options.h"
#include "compare/compare.h"

struct comparison_side {
	const char *name;
	const struct strv *run_dirs;
	const char *axes[2];	  /* as in struct compare_side */
	const char *coverage_dir; /* a further run, that only says what the case ran; or NULL */
};

/* As compare_sides_at(), from the files alone; look may be NULL. New reference; NULL on error. */
json_t *comparison_make(const struct comparison_side *sides, size_t count,
			const struct compare_look *look, struct err *err);
/* As compare_statistics(), which has to have some. New reference; NULL on error. */
json_t *comparison_statistics(const struct comparison_side *sides, size_t count,
			      const struct compare_look *look, struct err *err);
/* The plan of a comparison of at most so many runs a side (2 or more), as the options want it. */
void comparison_plan(struct sequential_plan *plan, const struct options *opt, unsigned runs_max);
/* The same of runs that are there: one look, at however many there are. */
void comparison_plan_one_look(struct sequential_plan *plan, const struct options *opt);

#define COMPARISON_PAGE "compare.html"

/* Writes compare.json and its HTML page into a folder that is there. */
int comparison_keep(const json_t *comparison, const char *dir, struct err *err);

/* Prints the page in the format asked for; its text says where it is (dir NULL: nowhere). Returns the
 * exit code. */
int comparison_print(const json_t *comparison, const char *dir, const struct options *opt);

#endif
