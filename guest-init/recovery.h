/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_RECOVERY_H
#define GUEST_RECOVERY_H

#include "guest-init/guest.h"

/*
 * After the last step, with every fault disarmed and all tasks gone: does the
 * system work again? Tries in children, each with a time limit, and sends a
 * `recovery` frame for each. Nothing when the case has neither fault nor device.
 */
void recovery_check(struct guest *g);

#endif
