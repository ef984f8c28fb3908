/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sides of a comparison are held against which. Pure. */
#ifndef KLAB_COMPARE_PAIRS_H
#define KLAB_COMPARE_PAIRS_H

#include "compare/compare.h"

/* Each side but the first, and of crossed sides at most two more each. */
#define COMPARE_MAX_PAIRS (3 * (COMPARE_MAX_SIDES - 1))

/*
 * The pairs, into `out`; how many. First each further side against the first. Of crossed sides
 * that differs in two values at once, so then each that does is held against those that have the
 * first side's value in one place and its own in the other: they differ in one.
 */
size_t compare_pairs(const struct compare_side *sides, size_t count,
		     struct fact_pair out[COMPARE_MAX_PAIRS]);

#endif
