/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that are the same in every run, for simulations; random_state is not 0 before the first. */
#ifndef KLAB_TESTS_RANDOM_H
#define KLAB_TESTS_RANDOM_H

#include <math.h>
#include <stdint.h>

static uint64_t random_state;

/* From 0 to below 1: Marsaglia's xorshift, with Vigna's multiplication. */
static inline double uniform(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (double)((random_state * 0x2545f4914f6cdd1dULL) >> 11) / 0x1p53;
}

/* Normal, of mean 0 and deviation 1: Box and Muller. */
static inline double gaussian(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform());
}

#endif
