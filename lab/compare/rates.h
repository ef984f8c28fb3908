/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rates: an outcome, or a report with some title, in `hits` of `runs` runs. Pure:
 * counts in, probabilities out. hits <= runs is the caller's duty. Rates, differences
 * and probabilities are fractions of 1.
 */
#ifndef KLAB_COMPARE_RATES_H
#define KLAB_COMPARE_RATES_H

#include "compare/distribution.h"

struct rate {
	unsigned hits, runs;
};

/*
 * The two-sided p-value of Fisher's exact test (R. A. Fisher, Statistical Methods for
 * Research Workers, 5th ed. 1934, 21.02): given how many of all the runs had it, the
 * probability of a split over the sides that is no more likely than this one. Exact for any
 * number of runs; 1 where a side has none. `ladder` may be NULL; else the p-values of all
 * splits go there: clear it with p_ladder_clear().
 *
 * Why not Boschloo's test, which for two rates alone is stronger: beside many others it
 * is weaker. It must hold for any common rate, so that every title seen in one run of
 * forty counts among those looked at. Fisher's holds for the number seen, and the ladder
 * of such a title ends above every error that could be asked for: it counts nothing
 * (compare/holm.h).
 */
double rate_test(struct rate a, struct rate b, struct p_ladder *ladder);

/* Wilson's score interval of one rate (JASA 22, 1927, 209-212). 0..1 where runs is 0. */
struct interval rate_interval(struct rate r, double confidence);

/*
 * The interval of b's rate less a's: the square-and-add interval of the two score intervals,
 * method 10 of R. G. Newcombe, Statistics in Medicine 17, 1998, 873-890. -1..1 where a
 * side has no run.
 */
struct interval rate_difference_interval(struct rate a, struct rate b, double confidence);

/*
 * The smallest difference that so many runs a side would have shown: where side a has it at
 * rate `base` and side b at a rate `difference` nearer to the far end (up from a base of 0.5 or
 * less, else down), rate_test() is at most `level` with probability `power` or more.
 * Exact, to 0.001 rounded up. NAN where no difference would have been shown so surely. Takes time
 * in proportion to the square of the runs; of more than 2000 a side it says what 2000 would.
 */
double rate_detectable(unsigned a_runs, unsigned b_runs, double base, double level, double power);

#endif
