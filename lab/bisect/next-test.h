/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which commit to test next, and when to stop. Pure.
 *
 * The next test is the one that teaches most about the culprit a second: the mutual information of
 * culprit and outcome (D. V. Lindley, Annals of Mathematical Statistics 27, 1956, 986-1005),
 * divided by what building and running cost, so that a kernel that is built already is run again
 * where that is worth more than another build. The outcome of several runs in a row is
 * whether any of them shows the bug.
 */
#ifndef KLAB_BISECT_NEXT_TEST_H
#define KLAB_BISECT_NEXT_TEST_H

#include "bisect/posterior.h"

struct test_costs {
	double build_s, run_s; /* of a commit that is not built yet; of one run */
	const bool *built;     /* by vertex: costs no build. Borrowed */
	const bool *barred;    /* by vertex: nothing more is to be had of it; NULL: none. Borrowed */
};

struct next_test {
	size_t vertex;
	unsigned runs;	  /* at most so many, until one shows the bug */
	double gain_bits; /* what that is expected to teach */
	double cost_s;
};

/* False: no test of a commit that can be tested would teach anything. After posterior_update(). */
bool next_test_choose(const struct posterior *p, const struct test_costs *costs,
		      struct next_test *out);

/*
 * The answer as far as it is known: the most probable commits that no commit which can be
 * tested lies between. Mostly one.
 */
struct bisect_answer {
	size_t *commits; /* owned, ascending */
	size_t count;
	double probability; /* of all of them */
};

void bisect_answer_find(const struct posterior *p, struct bisect_answer *out);
void bisect_answer_clear(struct bisect_answer *a); /* NULL-safe */

/*
 * What is to be seen before an answer is given, however probable it is: that the culprit
 * shows the bug, and that its parents were looked at and are not more probable to have it.
 * False: nothing is left to verify. Else *vertex is what to run once more.
 */
bool bisect_answer_verify(const struct posterior *p, const struct bisect_answer *a, size_t *vertex);

#endif
