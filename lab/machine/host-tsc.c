// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/host-tsc.h"

#include <time.h>

#include "base/clock.h"

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>

#define APART_NS 10000000
#define TRIES	 16

struct moment {
	uint64_t ns, ticks;
};

/* Both clocks read at one moment: of several tries the one that took least, so the least disturbed.
 */
static struct moment both_clocks(void)
{
	struct moment best = { 0 };
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = clock_monotonic_ns();
		uint64_t ticks = __rdtsc();
		uint64_t took = clock_monotonic_ns() - before;

		if (took < least) {
			least = took;
			best = (struct moment){ .ns = before + took / 2, .ticks = ticks };
		}
	}
	return best;
}

uint64_t host_tsc_khz(void)
{
	static uint64_t khz;
	const struct timespec apart = { .tv_nsec = APART_NS };
	struct moment first, second;
	uint64_t ns;

	if (khz)
		return khz;
	first = both_clocks();
	nanosleep(&apart, NULL);
	second = both_clocks();
	ns = second.ns - first.ns;
	if (ns)
		khz = ((second.ticks - first.ticks) * 1000 + ns / 2) / ns * 1000;
	return khz;
}
#else
uint64_t host_tsc_khz(void)
{
	return 0;
}
#endif
