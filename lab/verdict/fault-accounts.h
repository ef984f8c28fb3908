/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often each fault that a step armed has fired: by the guest's `fault` frames, and for
 * what the machine makes fail by its own count. Pure.
 */
#ifndef KLAB_VERDICT_FAULT_ACCOUNTS_H
#define KLAB_VERDICT_FAULT_ACCOUNTS_H

#include <jansson.h>

#include "console/frames.h"

/*
 * machine: machine.json, NULL: there is none. One account for each step and what it armed: array of {i, fault, device, armed, fired,
 * asked, final, lost}, in order of first appearance. `armed`: at any time; `fired`:
 * the last count there is; `asked`: how often the kernel came by and might have
 * failed, only where the guest counts it; `final`: no more can fire; `lost`: the
 * guest's last word has no count. New reference.
 */
json_t *fault_accounts(const struct frames *frames, const json_t *machine);

#endif
