/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a seed decides in a run that counts instructions, beside the guest's
 * random numbers: how things fall together in time. On real machines chance
 * does that; here each seed is one way, and the same every time.
 */
#ifndef KLAB_PLAN_CHANCE_H
#define KLAB_PLAN_CHANCE_H

#include <stdint.h>

struct plan_chance {
	int icount_shift;    /* an instruction takes 2^shift ns, so a time slice holds fewer */
	uint64_t skew_loops; /* of init's before the first step: where in a tick they begin */
};

enum {
	CHANCE_MAX_SHIFT = 2,
	CHANCE_MAX_SKEW = 8 * 1000 * 1000, /* two ticks of a kernel with 250 a second, or so */
};

/* Seed 1 is the plain run: shift 0, no skew. Pure, and the same in every version of klab. */
struct plan_chance plan_chance_of(uint64_t seed);

#endif
