/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers: one value a run, two sides, compared by their ranks. Whatever the unit and
 * however it is distributed: no value counts for more than its place among the others.
 * Pure: numbers in, numbers out. Values are finite; shifts are in the unit of the values.
 */
#ifndef KLAB_COMPARE_RANKS_H
#define KLAB_COMPARE_RANKS_H

#include <stdbool.h>

#include "compare/distribution.h"

/* The values of one side. Borrowed. */
struct sample {
	const double *values;
	size_t count;
};

/* Up to so many values of both sides together the test is exact, beyond it is approximated. */
enum { RANK_EXACT_MAX = 64 };

struct rank_test {
	double p;
	struct p_ladder ladder;
	bool exact;
	/* P(a value of b is larger than one of a), equal ones half: 0.5 without a difference.
	 * Cliff's delta (Psychological Bulletin 114, 1993, 494-509) is twice that less 1. */
	double superiority;
};

/*
 * The rank-sum test of Wilcoxon (Biometrics Bulletin 1, 1945, 80-83) and Mann and Whitney (Annals
 * of Mathematical Statistics 18, 1947, 50-60), two-sided. Equal values share their
 * middle rank. Exact: the share of all ways to deal the ranks out to the sides whose sum lies as
 * far from its mean as this one. Approximated: normal, with the variance for equal values and the
 * correction for continuity (E. L. Lehmann, Nonparametrics, 1975, ch. 1.4).
 * p is 1 where a side has no value. Clear it with rank_test_clear().
 */
void rank_test_run(struct sample a, struct sample b, struct rank_test *out);
void rank_test_clear(struct rank_test *t);	/* NULL-safe */

/* The middle ranks, doubled so that they are whole: ranks[i] is that of values[i]. */
void rank_values(const double *values, size_t count, unsigned *ranks);

struct rank_shift {
	double shift;
	struct interval interval;
};

/*
 * How far b lies above a: the median of all differences of a value of b and one of a, with the
 * interval that the test leaves (J. L. Hodges and E. L. Lehmann, Annals of Mathematical Statistics
 * 34, 1963, 598-611; P. K. Sen, Biometrics 19, 1963, 532-552). By the distribution without equal
 * values, so that where there are some the interval is a little too long rather than too short.
 * The interval is -INFINITY..INFINITY where the runs are too few for the confidence.
 */
struct rank_shift rank_shift_find(struct sample a, struct sample b, double confidence);

/*
 * The smallest shift that so many runs, spread as these are, would have shown: where b lay
 * that far above (or below) a, p would be at most `level` with probability `power`, by
 * Noether's formula (JASA 82, 1987, 645-647) on the differences between all values once the
 * sides are brought onto each other. Approximated. 0: all are equal, so that any shift would
 * have been seen. INFINITY: so few runs show none at that level. NAN: a side has no value.
 */
double rank_detectable(struct sample a, struct sample b, double level, double power);

#endif
