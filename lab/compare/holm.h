/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many looked at: p-values -> adjusted ones, so that the probability of one or more false
 * alarms among all of them is at most the level that they are held against, whichever of
 * them are true differences and however they depend on each other. Pure.
 */
#ifndef KLAB_COMPARE_HOLM_H
#define KLAB_COMPARE_HOLM_H

#include <stddef.h>

#include "compare/distribution.h"

struct holm_test {
	double p;
	const struct p_ladder *ladder;	/* borrowed; NULL: p can be anything */
	/* Index of an earlier test that has the same p and ladder because it asks the same of the
	 * same values, whoever has which (those that pass are those that do not crash); its own
	 * index where there is none. Counted once. */
	size_t same_as;
	double adjusted;		/* set by holm_adjust() */
};

/*
 * Holm's step-down (Scandinavian Journal of Statistics 6, 1979, 65-70), sharpened for tests that
 * cannot give every p (P. H. Westfall and R. D. Wolfinger, The American Statistician 51, 1997,
 * 3-8): the smallest p is multiplied not by the number of tests, but becomes the sum over all
 * of the largest p that each could have given below it; the next one that over the
 * remaining ones, and never less than the one before. A title seen in one run of forty has no p
 * below 1 to give and costs the others nothing. Without ladders it is Holm's to the digit.
 */
void holm_adjust(struct holm_test *tests, size_t count);

/*
 * The largest p with which tests[index] would have been found at `error` even were it the first:
 * what to hold against a single p to say what these runs would have shown.
 */
double holm_level(const struct holm_test *tests, size_t count, size_t index, double error);

#endif
