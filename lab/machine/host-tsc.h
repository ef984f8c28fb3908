/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast this host's time stamp counter runs: what a guest under TCG reads as its own. */
#ifndef KLAB_MACHINE_HOST_TSC_H
#define KLAB_MACHINE_HOST_TSC_H

#include <stdint.h>

/*
 * In kHz, rounded to whole MHz so that it comes out the same each time; measured
 * once a process, which takes 10 ms. 0: this host has none.
 */
uint64_t host_tsc_khz(void);

#endif
