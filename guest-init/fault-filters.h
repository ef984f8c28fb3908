/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What narrows a fault attribute set to a task, to callers or to a slab cache:
 * files of the set, and the mark that the kernel wants elsewhere.
 */
#ifndef GUEST_FAULT_FILTERS_H
#define GUEST_FAULT_FILTERS_H

#include "guest-init/guest.h"

/*
 * Sets what the step's arguments `task`, `require`, `reject`, `stacktrace_depth`
 * and `cache` say for the set in the folder `attributes`. 0, or -1 with step_fail().
 */
int fault_filters_set(struct guest *g, const struct plan_step *step, const char *attributes,
		      struct fault_attr_state *state);
/* Takes the marks back from the task, if it lives, and from the cache, and lets every caller in. */
void fault_filters_clear(struct guest *g, const char *attributes, struct fault_attr_state *state);

/*
 * The first and the last address + 1 of a kernel function, out of the text of
 * /proc/kallsyms. 0, or -1 with errno: ENOENT, or ENOTUNIQ when several have the name.
 */
int fault_filters_find_function(const char *kallsyms, const char *name, uint64_t *start,
				uint64_t *end);

#endif
