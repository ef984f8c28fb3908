/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device mapper by its own ioctls (include/uapi/linux/dm-ioctl.h), without libdm. */
#ifndef GUEST_DM_H
#define GUEST_DM_H

#include "guest-init/guest.h"

#define DM_MAX_LINES	40
#define DM_ANSWER_BYTES 16384

/* A table: lines "START LENGTH TARGET PARAMETERS", in sectors of 512 bytes. */
struct dm_table {
	char *lines[DM_MAX_LINES]; /* owned */
	size_t count;
};

/* Appends a line. 0, or -1 with step_fail(). */
int dm_table_add(struct guest *g, struct dm_table *table, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void dm_table_clear(struct dm_table *table);

/*
 * Makes a device with that table, and takes it into the case under `name`, which
 * is its name in the kernel as well. NULL with step_fail(), and then it is gone again.
 */
struct device *dm_create(struct guest *g, const struct plan_step *step, const char *name,
			 const struct dm_table *table);
/* Gives a device another table; what is in flight ends with the old one. 0, or -1 with step_fail().
 */
int dm_reload(struct guest *g, const struct plan_step *step, const char *name,
	      const struct dm_table *table);
/* A message to the device's targets; its answer, often empty. 0, or -1 with errno. */
int dm_message(const char *name, const char *message, char answer[DM_ANSWER_BYTES]);
/* The same where no answer is wanted. 0, or -1 with step_fail(). */
int dm_tell(struct guest *g, const char *name, const char *message);
/* Status, or table, one line a target as `dmsetup status` has it. 0, or -1 with errno. */
int dm_status(const char *name, bool table, char answer[DM_ANSWER_BYTES]);

#endif
