/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking again and again: after which runs to look, what error each look may spend, and what
 * to do then. Pure: values in, a decision out. Runs of the sides are taken in turn (A B A B)
 * by the caller, and no run is left out for what came of it.
 *
 * Looks are after 3, 5, 8, 12, 20, 32, 50 ... runs a side, the last one after `runs_max`. After n
 * of N runs a side, error * (n / N)^4 is spent in all (D. L. DeMets and K. K. G. Lan, Statistics
 * in Medicine 13, 1994, 1341-1352; the power family of K. Kim and D. L. DeMets, Biometrika
 * 74, 1987, 149-154, with exponent 4). A look may spend what was added since the last one; the
 * probabilities of a false alarm of all looks sum up to no more than `error`, with no
 * assumption about how looks depend on each other (E. Slud and L. J. Wei, JASA 77, 1982, 862-868).
 * A look at which not even all runs of one side against none of the other would be found spends
 * nothing, and leaves what it had to the next one.
 *
 * At each look, every fact of every side against the first side (or of all pairs of sides that
 * are asked for) is tested: rates with
 * rate_test(), numbers with rank_test_run(). Rates have 9/10 of the error, for they
 * decide; numbers have 1/10 (the other kind's as well, where there is none of that). Within
 * each kind all tests of all sides go through holm_adjust() together, so that `error` is the
 * probability of any false alarm in the whole comparison: all facts, all pairs, all looks.
 */
#ifndef KLAB_COMPARE_SEQUENTIAL_H
#define KLAB_COMPARE_SEQUENTIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "compare/ranks.h"
#include "compare/rates.h"

enum { SEQUENTIAL_MAX_LOOKS = 24 };

struct sequential_plan {
	double error;		/* probability of a false alarm in the whole comparison, 0..1 */
	double power;		/* how surely a difference is to be seen where one is ruled out, 0..1 */
	double rate_wanted;	/* the smallest difference of a rate that is of interest, 0..1 */
	unsigned looks[SEQUENTIAL_MAX_LOOKS];	/* runs a side, ascending */
	size_t look_count;
};

/* error 0.05, power 0.95, rate_wanted 0.5, looks up to runs_max (2 to 2^20; else err_bug()). */
void sequential_plan_init(struct sequential_plan *plan, unsigned runs_max);

/* Is it one that was made so, or may have been? Of values that were read. */
bool sequential_plan_is_valid(const struct sequential_plan *plan);

/* What look number `look` (0-based) may spend on tests that have `part` (0..1) of the error. */
double sequential_spend(const struct sequential_plan *plan, size_t look, double part);

/*
 * The smallest budget of runs a side after which rate_wanted can be ruled out, where the runs of
 * both sides are all alike; 0: 2000 are too few. It takes more beside rates that vary.
 */
unsigned sequential_runs_needed(double error, double power, double rate_wanted);

enum fact_kind { FACT_RATE, FACT_NUMBER };

/* One thing that is looked at: an outcome, a report title, a number. */
struct fact {
	enum fact_kind kind;
	/* A value a run, for each side: as many as it has runs, in the same order for all facts.
	 * 0 or 1 of a rate; NAN: this run has none (not a 0, and not tested). INFINITY, of a rate:
	 * it has one of them, and nobody knows which. Borrowed. */
	const struct sample *sides;
};

/* Two sides, by index: the second is held against the first of them. */
struct fact_pair {
	size_t base, side;
};

/* One fact on one side against another one. */
struct fact_test {
	size_t fact, base, side;	/* indices */
	size_t pair;		/* which of the pairs they are */
	size_t same_as;		/* as in struct holm_test: index of a test */
	enum fact_kind kind;
	struct rate rates[2];	/* of a rate: the first side's and this one's, of what is known */
	unsigned unknown[2];	/* further runs of which nobody knows: p is the largest of all that
				 * they may have been */
	double superiority;	/* of a number: see struct rank_test */
	bool exact;		/* p was not approximated */
	double p, adjusted;
	bool different;		/* adjusted is within what this look may spend */
	struct p_ladder ladder;	/* owned */
};

/*
 * Rates decide when it ends: another kernel has some number that differs, and to stop for that
 * would miss what goes wrong in one run of three. What numbers showed counts at the end.
 */
enum sequential_word {
	SEQUENTIAL_GO_ON,		/* no rate yet, and runs are left */
	SEQUENTIAL_DIFFERENT,		/* at least one test is `different` */
	SEQUENTIAL_NO_DIFFERENCE,	/* and rate_wanted would have been seen in every rate */
	SEQUENTIAL_BUDGET_ENDED,	/* none seen, but rate_wanted could have been missed */
};

struct sequential_decision {
	enum sequential_word word;
	/* A difference larger than this in any of the rates would have been seen at this look, with
	 * probability plan->power: the largest of rate_detectable(). NAN: one of them has no
	 * such difference, or there is no rate, or one of them differs. */
	double rate_missed;
	size_t first;		/* index of the test with the smallest p; 0 where there is none */
	size_t different[2];	/* how many tests of each kind are */
	double spend[2];	/* what this look may spend on tests of each kind */
	struct fact_test *tests;	/* owned: all facts of the first pair, all of the second... */
	size_t test_count;
};

/*
 * The decision at look number `look`. There are two sides or more, with one run or more each;
 * they need not have the same number of runs, nor as many as were planned. At a few thousand
 * numbers of 32 runs a side it takes seconds. Clear it with sequential_decision_clear().
 */
void sequential_decide(const struct sequential_plan *plan, size_t look, const struct fact *facts,
		       size_t fact_count, size_t side_count, struct sequential_decision *out);
/* The same of these pairs of sides, in place of each further one against the first. */
void sequential_decide_pairs(const struct sequential_plan *plan, size_t look,
			     const struct fact *facts, size_t fact_count,
			     const struct fact_pair *pairs, size_t pair_count,
			     struct sequential_decision *out);
void sequential_decision_clear(struct sequential_decision *d);	/* NULL-safe */

/*
 * The p with which this test would have been found at this look, were it the smallest: the level
 * for rate_detectable() and rank_detectable(). Takes time in proportion to the number of tests.
 */
double sequential_level(const struct sequential_decision *d, size_t test);

/*
 * The smallest change of this rate, from what it is in both sides, that would have been seen at
 * this look, with probability `power`; all of which nobody knows may have been part of it. NAN:
 * there is none.
 */
double sequential_rate_detectable(const struct sequential_decision *d, size_t test, double power);

#endif
