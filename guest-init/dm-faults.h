/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mapped devices inject, and how often. */
#ifndef GUEST_DM_FAULTS_H
#define GUEST_DM_FAULTS_H

#include "guest-init/dm.h"
#include "guest-init/faults.h"

/*
 * Opens the account `fault` (its step's name in the step table) of a mapped
 * device, before its target can inject, and tells that it is armed. `quiet` is
 * the table that disarms it, taken over; NULL for dm_dust, which takes a message.
 * `features`: of dm_flakey, else 0. 0, or -1 with step_fail().
 */
int dm_fault_arm(struct guest *g, const struct plan_step *step, const char *fault,
		 const struct device *device, int64_t features, struct dm_table *quiet);

#define DM_SECTOR 512

uint64_t dm_sectors(const struct device *device);
/*
 * The step's device (`as`) over the whole of another: with this target, and what
 * follows the path and offset in its table. NULL with step_fail().
 */
struct device *dm_make_over(struct guest *g, const struct plan_step *step,
			    const struct device *below, const char *target, const char *rest);
/* dm_fault_arm() for it: disarmed, it is the device below. */
int dm_arm_over(struct guest *g, const struct plan_step *step, const struct device *device,
		const struct device *below, int64_t features);

/* Places of the words in dm_flakey's `features`. */
enum {
	FLAKEY_DROP_WRITES = 1 << 0,
	FLAKEY_ERROR_WRITES = 1 << 1,
	FLAKEY_ERROR_READS = 1 << 2,
	FLAKEY_CORRUPT = 1 << 3, /* not a word: corrupt_byte is there */
};

#endif
