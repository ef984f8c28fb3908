/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the steps of a case need on the kernel command line, because it can only be said at boot. */
#ifndef KLAB_PLAN_STEP_APPEND_H
#define KLAB_PLAN_STEP_APPEND_H

#include "case/case.h"

/*
 * Appends the words. They belong before the case's own (the kernel takes the
 * last of a kind). The guest checks that they took effect, so a case that asks
 * for two different sizes fails in its step with the reason.
 */
void plan_add_step_append(const struct case_file *test, struct strv *append);

#endif
