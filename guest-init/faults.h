/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that the case arms, and the proof that they fired.
 *
 * Each step that arms a fault opens an account of its own. It is told of when
 * the fault is armed, at every snapshot, and a last time when the account is
 * closed: because a later step disarms the fault or arms it anew, or in the end.
 */
#ifndef GUEST_FAULTS_H
#define GUEST_FAULTS_H

#include "guest-init/guest.h"

struct fault_ops {
	/*
	 * Sets fault->fired, and fault->asked where somebody counts, to the totals since
	 * it was opened. -1: nobody can know any more, and the console has why.
	 */
	int (*count)(struct guest *g, struct fault *fault);
	/* Makes it fire no more. 0, or -1 with errno. Also called after a half-done arming. */
	int (*disarm)(struct guest *g, struct fault *fault);
	/* Frees the context, once the account is closed; NULL: nothing to free. */
	void (*release)(struct fault *fault);
};

/*
 * Opens an account under `name`, as `injected:` has it; `devices` is what it is
 * armed on, names of the case's devices or of functions, joined by commas, or NULL. Do this before the first setting is changed,
 * so that it is undone whatever fails. NULL with step_fail() when there are too many.
 */
struct fault *fault_open(struct guest *g, const struct plan_step *step, const char *name,
			 const char *devices, const struct fault_ops *ops, void *context);
/* From now on it may fire: tells the host. */
void fault_armed(struct guest *g, struct fault *fault);
/* Disarms, counts a last time and tells the host. Once closed, nothing more happens to it. */
void fault_close(struct guest *g, struct fault *fault);
/* The open account of a name, the newest first; `devices` NULL: any. NULL: none. */
struct fault *fault_find_open(struct guest *g, const char *name, const char *devices);

/*
 * Counts all open accounts but one, and tells no one: the name of the first that
 * fired since it was last counted, or NULL. In a child it is the child's own book.
 */
const char *faults_newly_fired(struct guest *g, const struct fault *except);
/* A `fault` frame with the count so far for every open account. */
void faults_report(struct guest *g);
/* Closes all accounts, the newest first. For every ending of a case; once is enough. */
void faults_disarm(struct guest *g);

#endif
