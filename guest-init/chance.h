/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a seed decides in the guest, where instructions are counted. */
#ifndef GUEST_CHANCE_H
#define GUEST_CHANCE_H

#include <stdint.h>

/*
 * Starts the kernel's random numbers anew from the seed, which a kernel that
 * has too little else to go by takes for good ones, and runs a loop `skew`
 * times, so that what follows meets the timer's ticks elsewhere.
 */
void chance_apply(uint64_t seed, uint64_t skew);

#endif
