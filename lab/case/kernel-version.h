/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions of Linux, to say of which kernels an expectation is: "6.6", "6.6.57". */
#ifndef KLAB_CASE_KERNEL_VERSION_H
#define KLAB_CASE_KERNEL_VERSION_H

#include <stdbool.h>

/*
 * The number that a text begins with, to be compared with others: 6.6 is 6.6.0, and what
 * stands behind ("-rc3", "-klab") is left aside. *rest, when it is asked for, is where that
 * begins. 0: it begins with no version.
 */
int kernel_version_parse(const char *text, const char **rest);

/* Is a kernel of this version one of those from `since` on and before `before`? 0: no limit. */
static inline bool kernel_version_within(int version, int since, int before)
{
	return version >= since && (!before || version < before);
}

#endif
