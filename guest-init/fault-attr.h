/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's fault attributes (struct fault_attr; Documentation/fault-injection)
 * through debugfs: fail_make_request, failslab and their like. Each is one set
 * of attributes for the whole kernel, whatever steps or devices use it.
 */
#ifndef GUEST_FAULT_ATTR_H
#define GUEST_FAULT_ATTR_H

#include "guest-init/faults.h"

/*
 * Arms the attribute set `verb` as the step says, with an account that is closed
 * when the next step arms it. What `prepare` (may be NULL) does happens after the
 * old account is closed and while nothing fires. 0, or -1 with step_fail().
 */
int fault_attr_arm(struct guest *g, const struct plan_step *step, const char *verb,
		   int (*prepare)(struct guest *g, const struct plan_step *step));

#endif
