// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "compare/ranks.h"
#include "compare/rates.h"

#define SAMPLE(array) ((struct sample){ .values = (array), .count = ARRAY_SIZE(array) })

static void assert_near(double got, double expected, double tolerance)
{
	if (!(fabs(got - expected) <= tolerance))
		fail_msg("%.9g is not %.9g", got, expected);
}

static double p_of(struct sample a, struct sample b)
{
	struct rank_test t;
	double p;

	rank_test_run(a, b, &t);
	p = t.p;
	if (t.exact)
		assert_near(p_ladder_floor(&t.ladder, p), p, 1e-12);
	else
		assert_int_equal(t.ladder.count, 0);
	rank_test_clear(&t);
	return p;
}

/* Hollander and Wolfe, Nonparametric Statistical Methods, 1973, p. 69: permeability of the human
 * chorioamnion. R's help of wilcox.test gives W = 35 and the one-sided p = 0.1272. */
static void test_rank_test_published_example(void **state)
{
	static const double term[] = { 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 };
	static const double weeks[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };
	struct rank_test t;
	struct rank_shift s;

	rank_test_run(SAMPLE(weeks), SAMPLE(term), &t);
	assert_true(t.exact);
	assert_near(t.superiority, 35.0 / 50, 1e-12);
	assert_near(t.p, 2 * 0.1272, 0.0001);
	rank_test_clear(&t);
	s = rank_shift_find(SAMPLE(weeks), SAMPLE(term), 0.95);
	/* The book: estimate 0.305; the interval of R for it: -0.15, 0.76 */
	assert_near(s.shift, 0.305, 1e-9);
	assert_near(s.interval.low, -0.15, 1e-9);
	assert_near(s.interval.high, 0.76, 1e-9);
}

/* By hand: of the C(n, k) ways to deal them out. */
static void test_rank_test_small_cases_by_hand(void **state)
{
	static const double a3[] = { 1, 2, 3 }, b3[] = { 4, 5, 6 }, mixed[] = { 1, 3, 5 };
	static const double evens[] = { 2, 4, 6 }, same[] = { 7, 7, 7 }, tied[] = { 1, 1, 2 };
	static const double tied_high[] = { 2, 2, 3 }, one[] = { 1 }, two[] = { 2 };

	assert_near(p_of(SAMPLE(a3), SAMPLE(b3)), 2.0 / 20, 1e-12);
	/* Sum 9 against a mean of 10.5: sums of 10 and 11 have 3 ways each, all others are as far.
	 */
	assert_near(p_of(SAMPLE(mixed), SAMPLE(evens)), 14.0 / 20, 1e-12);
	assert_near(p_of(SAMPLE(same), SAMPLE(same)), 1, 1e-12);
	/*
	 * Ranks 1.5 1.5 4 4 4 6, mean sum 10.5. This one is 7; as far are 1.5+1.5+4 (3 ways: 7) and
	 * 4+4+6 (3 ways: 14): 6 of 20.
	 */
	assert_near(p_of(SAMPLE(tied), SAMPLE(tied_high)), 6.0 / 20, 1e-12);
	assert_near(p_of(SAMPLE(one), SAMPLE(two)), 1, 1e-12);
	assert_near(p_of((struct sample){ 0 }, SAMPLE(two)), 1, 0);
}

/* All ways to deal out the values, counted one by one. */
static double p_counted(const double *values, unsigned count, unsigned picked)
{
	unsigned ranks[16], all = 0, ours = 0, as_far = 0, ways = 0;

	rank_values(values, count, ranks);
	for (unsigned i = 0; i < count; i++) {
		all += ranks[i];
		ours += i < picked ? ranks[i] : 0;
	}
	for (unsigned set = 0; set < 1U << count; set++) {
		unsigned sum = 0;

		if ((unsigned)__builtin_popcount(set) != picked)
			continue;
		for (unsigned i = 0; i < count; i++)
			sum += set >> i & 1 ? ranks[i] : 0;
		ways++;
		as_far += abs((int)(sum * count) - (int)(all * picked)) >=
			  abs((int)(ours * count) - (int)(all * picked));
	}
	return (double)as_far / ways;
}

static void test_rank_test_counts_all_ways_with_ties(void **state)
{
	srand(11);
	for (int round = 0; round < 150; round++) {
		unsigned n = 1 + (unsigned)rand() % 5, m = 1 + (unsigned)rand() % 5;
		int distinct = 1 + rand() % 12;
		double values[16];

		for (unsigned i = 0; i < n + m; i++)
			values[i] = rand() % distinct * 0.5 - 1;
		assert_near(p_of((struct sample){ values, n }, (struct sample){ values + n, m }),
			    p_counted(values, n + m, n), 1e-12);
	}
}

/* Of two values it is Fisher's test, where both sides have as many runs. */
static void test_rank_test_of_two_values_is_that_of_rates(void **state)
{
	for (unsigned x = 0; x <= 8; x++)
		for (unsigned y = 0; y <= 8; y++) {
			double a[8], b[8];

			for (unsigned i = 0; i < 8; i++) {
				a[i] = i < x ? 3 : 1;
				b[i] = i < y ? 3 : 1;
			}
			assert_near(p_of(SAMPLE(a), SAMPLE(b)),
				    rate_test((struct rate){ x, 8 }, (struct rate){ y, 8 }, NULL),
				    1e-9);
		}
}

/* Neither the unit nor the side changes it. */
static void test_rank_test_invariances(void **state)
{
	double a[9], b[7], a2[9], b2[7];
	struct rank_test t, u;

	srand(5);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a2[i] = exp(a[i] = rand() % 10);
	for (size_t i = 0; i < ARRAY_SIZE(b); i++)
		b2[i] = exp(b[i] = rand() % 12);
	rank_test_run(SAMPLE(a), SAMPLE(b), &t);
	rank_test_run(SAMPLE(b2), SAMPLE(a2), &u);
	assert_near(t.p, u.p, 1e-12);
	assert_near(t.superiority, 1 - u.superiority, 1e-12);
	rank_test_clear(&t);
	rank_test_clear(&u);
}

/* Where the exact test ends and the approximated one begins, they say nearly the same. */
static void test_rank_test_approximation_joins_the_exact_one(void **state)
{
	double a[33], b[33];

	for (int shift = 0; shift < 60; shift += 6) {
		double exact, approximated;

		for (int i = 0; i < 33; i++) {
			/* Whole numbers, so that some are equal. */
			int left = (i * 37) % 101 / 4, right = ((i * 53) % 101 + shift) / 4;

			a[i] = left;
			b[i] = right;
		}
		exact = p_of((struct sample){ a, 32 }, (struct sample){ b, 32 });
		approximated = p_of((struct sample){ a, 32 }, (struct sample){ b, 33 });
		assert_true(approximated > exact / 1.6 - 0.02 && approximated < exact * 1.6 + 0.02);
	}
}

static void test_rank_shift_interval_needs_enough_runs(void **state)
{
	static const double a[] = { 1, 2, 3 }, b[] = { 11, 12, 13 };
	static const double a4[] = { 1, 2, 3, 4 }, b4[] = { 11, 12, 13, 14 };
	struct rank_shift s = rank_shift_find(SAMPLE(a), SAMPLE(b), 0.95);

	assert_near(s.shift, 10, 1e-12);
	assert_true(isinf(s.interval.low) && isinf(s.interval.high));
	/* 4 against 4: 1 way of 70 at each end is below 0.025: the whole range. */
	s = rank_shift_find(SAMPLE(a4), SAMPLE(b4), 0.95);
	assert_near(s.interval.low, 7, 1e-12);
	assert_near(s.interval.high, 13, 1e-12);
	assert_true(isnan(rank_shift_find(SAMPLE(a), (struct sample){ 0 }, 0.95).shift));
}

static uint64_t random_state;

static double uniform(void)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(random_state >> 11) / 0x1p53;
}

static double gaussian(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform());
}

/* The true shift is in the interval as often as it says, and the wanted shift is mostly seen. */
static void test_rank_shift_and_detectable_hold_in_simulation(void **state)
{
	enum { ROUNDS = 400, RUNS = 20, INNER = 4 };
	unsigned covered = 0, seen = 0;

	random_state = 3;
	for (int round = 0; round < ROUNDS; round++) {
		double a[RUNS], b[RUNS], missed;
		struct rank_shift s;

		for (size_t i = 0; i < RUNS; i++) {
			a[i] = gaussian();
			b[i] = gaussian() + 1;
		}
		s = rank_shift_find(SAMPLE(a), SAMPLE(b), 0.95);
		covered += s.interval.low <= 1 && 1 <= s.interval.high;
		missed = rank_detectable(SAMPLE(a), SAMPLE(b), 0.01, 0.95);
		for (int inner = 0; inner < INNER; inner++) {
			for (size_t i = 0; i < RUNS; i++) {
				a[i] = gaussian();
				b[i] = gaussian() + missed;
			}
			seen += p_of(SAMPLE(a), SAMPLE(b)) <= 0.01;
		}
	}
	print_message("interval holds the shift: %.3f; what must not be missed is seen: %.3f\n",
		      covered / (double)ROUNDS, seen / (double)(ROUNDS * INNER));
	assert_true(covered >= 0.93 * ROUNDS && covered <= 0.985 * ROUNDS);
	assert_true(seen >= 0.91 * ROUNDS * INNER && seen <= 0.995 * ROUNDS * INNER);
}

static void test_rank_detectable_ends(void **state)
{
	static const double same[] = { 5, 5, 5, 5, 5 }, few[] = { 1, 2, 3 };
	static const double a[] = { 1, 2, 3, 4, 5 };

	assert_true(rank_detectable(SAMPLE(same), SAMPLE(same), 0.01, 0.95) == 0);
	assert_true(isinf(rank_detectable(SAMPLE(few), SAMPLE(few), 0.05, 0.95)));
	assert_true(isnan(rank_detectable((struct sample){ 0 }, SAMPLE(few), 0.05, 0.95)));
	/* All above all others is what five runs need at this level: the whole spread. */
	assert_near(rank_detectable(SAMPLE(a), SAMPLE(a), 0.008, 0.95), 4, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rank_test_published_example),
		cmocka_unit_test(test_rank_test_small_cases_by_hand),
		cmocka_unit_test(test_rank_test_counts_all_ways_with_ties),
		cmocka_unit_test(test_rank_test_of_two_values_is_that_of_rates),
		cmocka_unit_test(test_rank_test_invariances),
		cmocka_unit_test(test_rank_test_approximation_joins_the_exact_one),
		cmocka_unit_test(test_rank_shift_interval_needs_enough_runs),
		cmocka_unit_test(test_rank_shift_and_detectable_hold_in_simulation),
		cmocka_unit_test(test_rank_detectable_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
