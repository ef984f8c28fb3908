/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_RECOVERY_H
#define GUEST_RECOVERY_H

#include "guest-init/guest.h"

enum { RECOVERY_CHECK_MS = 5000, RECOVERY_TOTAL_MS = 20000 };

/*
 * After the last step, with every fault disarmed and all tasks gone: does the
 * system work again? Tries in children, each with a time limit and all with one
 * (the numbers above, but for tests), and sends a `recovery` frame for each.
 * Nothing when the case has neither fault nor device.
 */
void recovery_check(struct guest *g, int check_ms, int total_ms);

#endif
