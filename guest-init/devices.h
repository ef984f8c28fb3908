/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of the case: made by a step under a name, used by later ones. */
#ifndef GUEST_DEVICES_H
#define GUEST_DEVICES_H

#include "guest-init/guest.h"

/* The device of argument `device`, or NULL with step_fail(). */
struct device *device_of_step(struct guest *g, const struct plan_step *step);
struct device *device_find(struct guest *g, const char *name);
/*
 * Takes /dev/KERNEL into the case as `name` and tells the host with a `device`
 * frame. Waits up to a few seconds for its node and its size. 0, or -1 with
 * step_fail().
 */
int device_add(struct guest *g, const struct plan_step *step, const char *name, const char *kernel);
/*
 * Replaces {NAME} by the kernel's name of the case's device NAME. With `any`,
 * {disk} is some device of the case when none is called so. A NAME that is no
 * device is left as it is. 0, or -1 with errno when it does not fit.
 */
int device_expand(struct guest *g, const char *text, bool any, char *out, size_t size);

#endif
