/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver scsi_debug: its parameters, one set for all its disks, and what it injects. */
#ifndef GUEST_SCSI_DEBUG_H
#define GUEST_SCSI_DEBUG_H

#include "guest-init/guest.h"

/* A parameter as a number. 0, or -1 with step_fail(). */
int scsi_debug_get(struct guest *g, const char *name, int64_t *value);
/* Sets it where it has another value; waits for commands in flight. 0, or -1 with step_fail(). */
int scsi_debug_put(struct guest *g, const char *name, const char *value);

/* Sets all attributes of the step but those of scsi_debug_apply(). 0, or -1 with step_fail(). */
int scsi_debug_put_others(struct guest *g, const struct plan_step *step);
/*
 * Sets what the step says of errors and delays, anything but what shapes a disk.
 * When the driver injects after that, an account is open; one that was open
 * before is closed. 0, or -1 with step_fail().
 */
int scsi_debug_apply(struct guest *g, const struct plan_step *step);

#endif
