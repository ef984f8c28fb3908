/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that a bisect builds while a guest of another one runs: `klab build` as a child, with
 * nice, which puts it into the store. What it leaves is a store entry or nothing, and so it has no
 * part in the record: a bisect that is killed goes on as if it had never been.
 */
#ifndef KLAB_CMD_BISECT_AHEAD_H
#define KLAB_CMD_BISECT_AHEAD_H

#include <stddef.h>

#include "base/child.h"
#include "cmd/cmd.h"

struct bisect_ahead {
	struct child child;
	size_t vertex; /* what it builds */
	bool *tried;   /* by vertex: what was built so, or failed; owned */
};
#define BISECT_AHEAD_INIT                                                                          \
	{                                                                                          \
		.child = CHILD_INIT                                                                \
	}

struct session;
struct bisect_step;

/*
 * While a guest of `step` runs: begins to build what is likely to be tested next, where that
 * is not built and nothing is being built. With -j N above 1; without -j on four processors
 * or more. What fails here fails again when
 * its turn comes, and is told then.
 */
void bisect_ahead_begin(struct session *s, const struct bisect_step *step);
/* Before `vertex` is built: waits for the child where it builds just that, else ends it. */
void bisect_ahead_end(struct bisect_ahead *a, const struct cmd_env *env, size_t vertex);
void bisect_ahead_clear(struct bisect_ahead *a); /* ends it */

#endif
