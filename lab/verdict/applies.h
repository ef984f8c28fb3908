/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expectations that are of some kernels only: which of them are this run's? */
#ifndef KLAB_VERDICT_APPLIES_H
#define KLAB_VERDICT_APPLIES_H

#include "verdict/judge.h"

/*
 * Those that are asked of the kernel that ran, in their order: yours, to be freed as an array, for
 * what they point to is borrowed. A note says which are left out.
 */
struct case_expect *applying_expects(struct judge *j, size_t *count);

#endif
