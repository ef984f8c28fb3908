// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "compare/rates.h"

static void assert_near(double got, double expected, double tolerance)
{
	if (!(fabs(got - expected) <= tolerance))
		fail_msg("%.9g is not %.9g", got, expected);
}

static void test_rate_test_known_values(void **state)
{
	static const struct {
		struct rate a, b;
		double p;
	} known[] = {
		/* Fisher's lady tasting tea, and his twins of criminals (R's help of fisher.test)
		 */
		{ { 3, 4 }, { 1, 4 }, 0.4857142857 },
		{ { 2, 17 }, { 10, 13 }, 0.0005367241 },
		/* The help of scipy.stats.fisher_exact */
		{ { 6, 8 }, { 1, 6 }, 0.1025641026 },
		/* By hand: 2 / C(6, 3), 2 / C(10, 5), 2 / C(16, 8) */
		{ { 0, 3 }, { 3, 3 }, 0.1 },
		{ { 5, 5 }, { 0, 5 }, 2.0 / 252 },
		{ { 0, 8 }, { 8, 8 }, 2.0 / 12870 },
		/* Nothing to tell apart */
		{ { 0, 20 }, { 0, 20 }, 1 },
		{ { 7, 7 }, { 5, 5 }, 1 },
		{ { 0, 0 }, { 3, 5 }, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		assert_near(rate_test(known[i].a, known[i].b, NULL), known[i].p, 1e-9);
		assert_near(rate_test(known[i].b, known[i].a, NULL), known[i].p, 1e-9);
	}
}

/* A ladder is the list of all p with that many hits, and each rung is as likely as it says. */
static void test_rate_test_ladder_is_what_all_splits_give(void **state)
{
	for (unsigned n = 1; n <= 9; n++)
		for (unsigned m = 1; m <= 9; m++)
			for (unsigned hits = 0; hits <= n + m; hits++) {
				unsigned low = hits > m ? hits - m : 0;
				unsigned high = hits < n ? hits : n;

				for (unsigned x = low; x <= high; x++) {
					struct p_ladder ladder;
					double p = rate_test((struct rate){ x, n },
							     (struct rate){ hits - x, m }, &ladder);
					double of_p = 0;

					for (unsigned y = low; y <= high; y++)
						if (rate_test((struct rate){ y, n },
							      (struct rate){ hits - y, m },
							      NULL) <= p * (1 + 1e-9))
							of_p += exp(log_choose(n, y) +
								    log_choose(m, hits - y) -
								    log_choose(n + m, hits));
					assert_near(of_p, p, 1e-9);
					assert_near(p_ladder_floor(&ladder, p), p, 1e-9);
					assert_near(ladder.p[ladder.count - 1], 1, 1e-9);
					p_ladder_clear(&ladder);
				}
			}
}

static void test_p_ladder_floor_below_the_lowest_rung(void **state)
{
	struct p_ladder ladder;

	/* One of forty: both splits are as likely as the other. */
	assert_near(rate_test((struct rate){ 1, 20 }, (struct rate){ 0, 20 }, &ladder), 1, 1e-9);
	assert_int_equal(ladder.count, 1);
	assert_true(p_ladder_floor(&ladder, 0.99) == 0);
	assert_near(p_ladder_floor(&ladder, 1), 1, 1e-9);
	p_ladder_clear(&ladder);
	assert_near(p_ladder_floor(&ladder, 0.25), 0.25, 0);
}

/* Newcombe 1998, table II, method 10, whose eight examples all write on the subject repeat. */
static void test_rate_difference_interval_published_table(void **state)
{
	static const struct {
		struct rate larger, smaller;
		double low, high;
	} table[] = {
		{ { 56, 70 }, { 48, 80 }, 0.0524, 0.3339 },
		{ { 9, 10 }, { 3, 10 }, 0.1705, 0.8090 },
		{ { 6, 7 }, { 2, 7 }, 0.0582, 0.8062 },
		{ { 5, 56 }, { 0, 29 }, -0.0381, 0.1926 },
		{ { 0, 10 }, { 0, 20 }, -0.1611, 0.2775 },
		{ { 0, 10 }, { 0, 10 }, -0.2775, 0.2775 },
		{ { 10, 10 }, { 0, 20 }, 0.6791, 1.0000 },
		{ { 10, 10 }, { 0, 10 }, 0.6075, 1.0000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct interval forward =
			rate_difference_interval(table[i].smaller, table[i].larger, 0.95);
		struct interval back =
			rate_difference_interval(table[i].larger, table[i].smaller, 0.95);

		assert_near(forward.low, table[i].low, 0.00005);
		assert_near(forward.high, table[i].high, 0.00005);
		assert_near(back.low, -forward.high, 1e-12);
		assert_near(back.high, -forward.low, 1e-12);
	}
}

/* R. G. Newcombe, Statistics in Medicine 17, 1998, 857-872: table I, the score method. */
static void test_rate_interval_published_table(void **state)
{
	static const struct {
		struct rate rate;
		double low, high;
	} table[] = {
		{ { 81, 263 }, 0.2553, 0.3662 },
		{ { 15, 148 }, 0.0624, 0.1605 },
		{ { 0, 20 }, 0.0000, 0.1611 },
		{ { 1, 29 }, 0.0061, 0.1718 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct interval got = rate_interval(table[i].rate, 0.95);

		assert_near(got.low, table[i].low, 0.00005);
		assert_near(got.high, table[i].high, 0.00005);
	}
}

static void test_rate_intervals_without_runs_say_nothing(void **state)
{
	struct rate none = { 0, 0 }, some = { 1, 2 };

	assert_true(rate_interval(none, 0.95).low == 0);
	assert_true(rate_interval(none, 0.95).high == 1);
	assert_true(rate_difference_interval(none, some, 0.95).low == -1);
	assert_true(rate_difference_interval(some, none, 0.95).high == 1);
}

/* By hand: of none against x of 20, p is 0.0202 at x = 6, and 0.047 at x = 5. */
static void test_rate_detectable_from_never(void **state)
{
	double found = rate_detectable(20, 20, 0, 0.03, 0.95), just = 0, before = 0;

	for (unsigned x = 6; x <= 20; x++) {
		just += binomial(20, x, found);
		before += binomial(20, x, found - 0.001);
	}
	assert_true(just >= 0.95 && before < 0.95);
	/* From always it is as far down. */
	assert_near(rate_detectable(20, 20, 1, 0.03, 0.95), found, 1e-9);
}

static void test_rate_detectable_nothing_with_few_runs(void **state)
{
	assert_true(isnan(rate_detectable(3, 3, 0, 0.05, 0.95)));
	assert_false(isnan(rate_detectable(3, 3, 0, 0.1, 0.95)));
	/* Half of all: even "always" is missed too often by so few. */
	assert_true(isnan(rate_detectable(8, 8, 0.5, 0.01, 0.95)));
}

/* More runs, a higher level or less power: never a larger difference. */
static void test_rate_detectable_grows_as_it_should(void **state)
{
	for (unsigned tenth = 0; tenth <= 10; tenth++) {
		double base = tenth / 10.0;
		double here = rate_detectable(32, 32, base, 0.01, 0.95);

		assert_false(isnan(here));
		assert_true(rate_detectable(50, 50, base, 0.01, 0.95) <= here);
		assert_true(rate_detectable(32, 32, base, 0.05, 0.95) <= here);
		assert_true(rate_detectable(32, 32, base, 0.01, 0.80) <= here);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate_test_known_values),
		cmocka_unit_test(test_rate_test_ladder_is_what_all_splits_give),
		cmocka_unit_test(test_p_ladder_floor_below_the_lowest_rung),
		cmocka_unit_test(test_rate_difference_interval_published_table),
		cmocka_unit_test(test_rate_interval_published_table),
		cmocka_unit_test(test_rate_intervals_without_runs_say_nothing),
		cmocka_unit_test(test_rate_detectable_from_never),
		cmocka_unit_test(test_rate_detectable_nothing_with_few_runs),
		cmocka_unit_test(test_rate_detectable_grows_as_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
