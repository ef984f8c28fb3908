/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_STEPS_H
#define GUEST_STEPS_H

#include "guest-init/guest.h"

/* Does the plan's steps in order, and the facts in between; stops at the first that fails. */
void steps_run(struct guest *g);
/* After every ending: disarms faults, kills what still runs, looks whether the system recovered. */
void steps_cleanup(struct guest *g);

#endif
