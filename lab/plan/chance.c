// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/chance.h"

/* SplitMix64's output function (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators).
 */
static uint64_t mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

struct plan_chance plan_chance_of(uint64_t seed)
{
	uint64_t bits = mix(seed);

	if (seed == 1)
		return (struct plan_chance){ 0 };
	return (struct plan_chance){
		.icount_shift = (int)(bits % (CHANCE_MAX_SHIFT + 1)),
		.skew_loops = (bits >> 16) % CHANCE_MAX_SKEW,
	};
}
