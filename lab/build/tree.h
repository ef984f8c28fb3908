/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object tree of one source and one toolchain, changed in place from
 * configuration to configuration: kbuild then compiles only what the change
 * touches. One klab at a time has it.
 */
#ifndef KLAB_BUILD_TREE_H
#define KLAB_BUILD_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "build/source.h"
#include "build/toolchain.h"

struct tree {
	char *dir; /* CACHE/trees/ID */
	char *obj; /* what make gets as O= */
	char *state_path;
	int lock_fd;
	uint64_t last_build_ns; /* when make last began here, ns since the epoch; 0: never */
	uint64_t full_steps;	/* commands of the last build from nothing; 0: unknown */
};
#define TREE_INIT                                                                                  \
	{                                                                                          \
		.lock_fd = -1                                                                      \
	}

/*
 * Takes the tree; another klab that has it is waited for, with a message. What
 * a killed build may have left half-written is removed.
 */
int tree_open(struct tree *t, const struct source *s, const struct toolchain *tc,
	      const char *cache_dir, struct progress *progress, struct err *err);
void tree_close(struct tree *t);

/* Writes .config, only if it differs. */
int tree_set_config(struct tree *t, const char *config, size_t length, struct err *err);
/* How many commands make will run for that configuration, roughly; before tree_set_config(). */
uint64_t tree_estimate(const struct tree *t, const char *config);

/* Around make. Not ended properly: the next tree_open() cleans up. */
int tree_begin_build(struct tree *t, struct err *err);
int tree_end_build(struct tree *t, uint64_t steps, bool complete, struct err *err);

#endif
