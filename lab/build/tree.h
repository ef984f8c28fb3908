/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Object trees, each changed in place from configuration to configuration:
 * kbuild then compiles only what the change touches. A source and a toolchain
 * have up to TREES_MAX of them, because two profiles that share few objects (one
 * with debug information, one without) would compile everything at each turn.
 *
 * Which tree a build gets:
 *
 *  1. Of those that no other klab has, the one whose configuration is nearest:
 *     the fewest commands to run, see tree_estimate().
 *  2. But if that one would compile most of the kernel anyway, and lose much of
 *     what it has for it: a new tree; and when there are TREES_MAX, the one that
 *     was longest unused.
 *  3. A tree that another klab has is waited for, with a message, only when it
 *     will be so near that waiting is worth it, or when all are taken. What it
 *     will be like is known from the configuration that it is being built for.
 *
 * Two klabs choose one after the other, and build at the same time. `klab gc`
 * removes trees as it does kernels.
 */
#ifndef KLAB_BUILD_TREE_H
#define KLAB_BUILD_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "build/source.h"
#include "build/toolchain.h"

enum { TREES_MAX = 4 };

struct tree {
	char *dir;	   /* CACHE/trees/ID-N */
	char *obj;	   /* what make gets as O= */
	char *state_path;  /* phase, last_build_ns, complete */
	char *wanted_path; /* the configuration that it was last taken for */
	int lock_fd;
	uint64_t last_build_ns; /* when make last began here, ns since the epoch; 0: never */
	bool complete;		/* the last build came to its end: no object is missing */
};
#define TREE_INIT                                                                                  \
	{                                                                                          \
		.lock_fd = -1                                                                      \
	}

/*
 * Takes the tree for that .config (text), by the rules above; s is prepared.
 * What a killed build may have left half-written is removed.
 */
int tree_open(struct tree *t, const struct source *s, const struct toolchain *tc,
	      const char *cache_dir, const char *config, struct progress *progress,
	      struct err *err);
void tree_close(struct tree *t);

/* Writes .config, only if it differs. */
int tree_set_config(struct tree *t, const char *config, size_t length, struct err *err);

/*
 * How many commands make will run in the tree for that configuration, roughly;
 * before tree_set_config(). From what kbuild noted beside each object, of which
 * options it depends on. An option that the source's makefiles name, as
 * DEBUG_INFO and KASAN, may change every compiler's command line: it counts as
 * everything.
 */
uint64_t tree_estimate(const struct tree *t, const struct source *s, const char *config);

/* Around make. Not ended properly: the next tree_open() cleans up. */
int tree_begin_build(struct tree *t, struct err *err);
int tree_end_build(struct tree *t, bool complete, struct err *err);

/* ---- for the files of the module ---- */

/*
 * Makes the tree fit to be built in: removes what a killed build (was_building)
 * may have left half-written, and objects whose source is gone, which make would
 * take for good; empties it when the source has changed unseen.
 */
int tree_clean(struct tree *t, const struct source *s, bool was_building, struct err *err);
/* Paths and state of the N-th (from 0) of the trees that begin so; no lock. */
void tree_describe(struct tree *t, const char *prefix, int n);
/* Whether another klab has it. */
bool tree_is_busy(const struct tree *t);
/* Its N by the rules above; *wait: another klab has it. Under the lock of all choices. */
int tree_choose(const char *prefix, const struct source *s, const char *config, bool *wait);

/* What a build would cost there. */
struct tree_cost {
	uint64_t steps;	  /* as tree_estimate() */
	int lost_percent; /* of its objects, those that would be compiled again */
};
struct tree_cost tree_cost(const struct tree *t, const struct source *s, const char *config);
/* When the build that another klab has begun there is done. */
struct tree_cost tree_cost_later(const struct tree *t, const struct source *s, const char *config);
/* Of a build from nothing. */
uint64_t tree_estimate_all(const char *config);

#endif
