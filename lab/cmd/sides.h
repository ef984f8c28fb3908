/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sides of a comparison, from the options. One that is given twice or more
 * is an axis, and each of its values is a side; two axes are crossed; what is
 * given once holds for every side.
 */
#ifndef KLAB_CMD_SIDES_H
#define KLAB_CMD_SIDES_H

#include "build/build.h"
#include "case/case.h"
#include "cmd/options.h"
#include "cmd/pipeline.h"

struct side {
	char *name;	     /* its values: "wbt-on", "wbt-on, linux-source-6.12.tar.xz" */
	const char *axes[2]; /* of two that are crossed its value on each; else NULL. Borrowed */
	const struct case_file *test; /* borrowed */
	struct options opt;  /* the comparison's; of its strings and lists only `append` is its own */
	struct strv fragments;
	struct kernel *kernel; /* NULL until it is looked up or built */
	struct strv run_dirs;
	bool given_up; /* its runs say nothing, and it is booted no more */
	char *coverage_dir; /* of --coverage: a run more, that says what it ran; NULL: none */
};

struct sides {
	struct side *list;
	size_t count;
};

/*
 * Of --case, --with, --source and --append. tests: the one case of all sides, or those
 * of --case in their order, which get a kernel with the fragments of all of them. Fewer
 * than two sides, more axes than two, a value given twice, a fragment that is not there:
 * ERR_INPUT.
 */
int sides_make(struct sides *sides, const struct cmd_env *env, const struct options *opt,
	       struct case_file *const *tests, size_t test_count, struct err *err);
void sides_clear(struct sides *sides);
#define _cleanup_sides_ _cleanup_(sides_clear)

/*
 * Resolves every config and looks the kernels up; builds none, so that an option
 * that the last side loses does not cost a kernel. Sides of one case that would boot
 * the same kernel alike are an error, ERR_HOST: nothing is toggled.
 */
int sides_check(struct sides *sides, const struct cmd_env *env, struct err *err);
/* Builds what is not there. After sides_check(). */
int sides_build(struct sides *sides, const struct cmd_env *env, struct err *err);
/* A boot of a side whose kernel is known, with the side's first seed. All in it is borrowed. */
struct pipeline_request side_request(const struct side *side, const struct machine_ops *machine);

#endif
