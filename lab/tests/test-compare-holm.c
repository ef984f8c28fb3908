// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "compare/holm.h"
#include "compare/rates.h"

static void assert_near(double got, double expected)
{
	if (!(fabs(got - expected) <= 1e-9))
		fail_msg("%.9g is not %.9g", got, expected);
}

/* R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") gives 0.03 0.06 0.06 0.02 */
static void test_holm_adjust_known_values(void **state)
{
	static const double p[] = { 0.01, 0.04, 0.03, 0.005 };
	static const double expected[] = { 0.03, 0.06, 0.06, 0.02 };
	struct holm_test tests[4];

	for (size_t i = 0; i < 4; i++)
		tests[i] = (struct holm_test){ .p = p[i], .same_as = i };
	holm_adjust(tests, 4);
	for (size_t i = 0; i < 4; i++)
		assert_near(tests[i].adjusted, expected[i]);
}

static void test_holm_adjust_never_above_one(void **state)
{
	struct holm_test tests[3];

	for (size_t i = 0; i < 3; i++)
		tests[i] = (struct holm_test){ .p = 0.4 + 0.1 * (double)i, .same_as = i };
	holm_adjust(tests, 3);
	for (size_t i = 0; i < 3; i++)
		assert_near(tests[i].adjusted, 1);
	holm_adjust(tests, 0);
}

static void test_holm_adjust_counts_the_same_test_once(void **state)
{
	struct holm_test tests[] = {
		{ .p = 0.01, .same_as = 0 },
		{ .p = 0.01, .same_as = 0 },
		{ .p = 0.02, .same_as = 2 },
	};

	holm_adjust(tests, 3);
	assert_near(tests[0].adjusted, 0.02);
	assert_near(tests[1].adjusted, 0.02);
	assert_near(tests[2].adjusted, 0.02);
}

/* A ladder costs the others no more than the rung below their p. */
static void test_holm_adjust_sums_rungs(void **state)
{
	double rungs[] = { 0.004, 0.03, 1 }, high[] = { 0.2, 1 };
	struct p_ladder ladder = { rungs, 3 }, rare = { high, 2 };
	struct holm_test tests[] = {
		{ .p = 0.01, .same_as = 0 },
		{ .p = 0.03, .same_as = 1, .ladder = &ladder },
		{ .p = 1, .same_as = 2, .ladder = &rare },
	};

	holm_adjust(tests, 3);
	assert_near(tests[0].adjusted, 0.014); /* 0.01 + 0.004 + 0 */
	assert_near(tests[1].adjusted, 0.03);  /* 0.03 + 0 */
	assert_near(tests[2].adjusted, 1);
}

/* What the level says is what adjusting finds. */
static void test_holm_level_is_where_the_first_is_found(void **state)
{
	double rungs[] = { 0.004, 0.03, 1 };
	struct p_ladder ladder = { rungs, 3 };
	struct holm_test tests[] = {
		{ .p = 1, .same_as = 0 },
		{ .p = 1, .same_as = 1, .ladder = &ladder },
		{ .p = 1, .same_as = 2 },
		{ .p = 1, .same_as = 2 },
	};
	double level = holm_level(tests, 4, 0, 0.05);

	/* p + p + 0.004 <= 0.05 */
	assert_near(level, 0.023);
	tests[0].p = level - 1e-9;
	holm_adjust(tests, 4);
	assert_true(tests[0].adjusted <= 0.05);
	tests[0].p = level + 1e-9;
	holm_adjust(tests, 4);
	assert_true(tests[0].adjusted > 0.05);
	/* Of the same two, one counts. */
	assert_near(holm_level(tests, 4, 3, 0.05), 0.023);
}

/*
 * All pairs of splits of two independent rates: the probability that the smaller adjusted p is
 * at most t is at most t, for every t that occurs. Exact, no simulation.
 */
static void test_holm_adjust_keeps_the_error_of_two_rates(void **state)
{
	enum { RUNS = 8 };

	for (unsigned h1 = 0; h1 <= RUNS; h1++)
		for (unsigned h2 = h1; h2 <= RUNS; h2++) {
			double weights[(RUNS + 1) * (RUNS + 1)], least[(RUNS + 1) * (RUNS + 1)];
			size_t count = 0;

			for (unsigned x = 0; x <= h1; x++)
				for (unsigned y = 0; y <= h2; y++) {
					struct p_ladder one, two;
					struct holm_test t[2] = {
						{ .same_as = 0, .ladder = &one },
						{ .same_as = 1, .ladder = &two },
					};

					t[0].p = rate_test((struct rate){ x, RUNS },
							   (struct rate){ h1 - x, RUNS }, &one);
					t[1].p = rate_test((struct rate){ y, RUNS },
							   (struct rate){ h2 - y, RUNS }, &two);
					holm_adjust(t, 2);
					least[count] = fmin(t[0].adjusted, t[1].adjusted);
					weights[count++] =
						exp(log_choose(RUNS, x) + log_choose(RUNS, h1 - x) -
						    log_choose(2 * RUNS, h1) + log_choose(RUNS, y) +
						    log_choose(RUNS, h2 - y) -
						    log_choose(2 * RUNS, h2));
					p_ladder_clear(&one);
					p_ladder_clear(&two);
				}
			for (size_t i = 0; i < count; i++) {
				double found = 0;

				for (size_t k = 0; k < count; k++)
					found += least[k] <= least[i] ? weights[k] : 0;
				assert_true(found <= least[i] + 1e-9);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holm_adjust_known_values),
		cmocka_unit_test(test_holm_adjust_never_above_one),
		cmocka_unit_test(test_holm_adjust_counts_the_same_test_once),
		cmocka_unit_test(test_holm_adjust_sums_rungs),
		cmocka_unit_test(test_holm_level_is_where_the_first_is_found),
		cmocka_unit_test(test_holm_adjust_keeps_the_error_of_two_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
