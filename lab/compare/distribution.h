/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few distributions that the tests of rates and ranks need. They are short sums
 * over log-gamma and erfc() of libm, so that no library of statistics is needed.
 * Pure; nothing here fails.
 */
#ifndef KLAB_COMPARE_DISTRIBUTION_H
#define KLAB_COMPARE_DISTRIBUTION_H

#include <stddef.h>

/* Two probabilities that differ by less than this part of themselves are one, rounded twice. */
#define P_TOLERANCE 1e-9

struct interval {
	double low, high;
};

/*
 * The p-values that a test could have given with the values it was given, whoever of the
 * two sides had which: ascending, the last one 1. count 0: any value from 0 to 1.
 */
struct p_ladder {
	double *p;	/* owned */
	size_t count;
};

/* The largest p of the ladder that is not above `p`, 0 where there is none. */
double p_ladder_floor(const struct p_ladder *ladder, double p);
/*
 * Makes a ladder of `count` results, of which weights[i] is the probability and rank[i] how
 * extreme it is (larger: more extreme; within P_TOLERANCE: equally): each rung is the
 * probability of a result at least as extreme as some result. Clear it with p_ladder_clear().
 */
void p_ladder_make(struct p_ladder *ladder, const double *weights, const double *rank,
		   size_t count);
void p_ladder_clear(struct p_ladder *ladder);	/* NULL-safe */

/* ln(n! / (k! (n - k)!)), k <= n. */
double log_choose(unsigned n, unsigned k);
/* P(X = k) of n tries with probability p each. */
double binomial(unsigned n, unsigned k, double p);
/* P(Z > z) of the standard normal distribution; z with P(Z <= z) = p, 0 < p < 1. */
double normal_tail(double z);
double normal_quantile(double p);

#endif
