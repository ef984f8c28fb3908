/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_FACTS_H
#define GUEST_FACTS_H

#include "guest-init/guest.h"

/* Looks at every fact of the plan and sends a `fact` frame for each. */
void facts_check(struct guest *g);

#endif
