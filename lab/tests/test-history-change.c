/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often a series without a change cries, and how soon one with a change does, by simulation:
 * a year of nights of each, looked at each night, from a generator of known seed. Prints what it
 * measures, as lines that begin with "# ": `make statistics` puts them into docs/statistics.md.
 *
 *	KLAB_SIMULATIONS	series-years a line (default 100)
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "history/change.h"
#include "tests/random.h"

enum { YEAR = 365, CHANGED = 120 }; /* nights */

static int simulations(void)
{
	const char *wanted = getenv("KLAB_SIMULATIONS");

	return wanted ? atoi(wanted) : 100;
}

struct flake {
	double before, after; /* rates */
	unsigned runs;	      /* a night */
	double busy;	      /* of the nights: the rate is four times as high */
};

static struct night_rate simulate_night(const struct flake *f, double rate)
{
	struct night_rate night = { .runs = f->runs };

	if (uniform() < f->busy)
		rate *= 4;
	for (unsigned i = 0; i < f->runs; i++)
		night.hits += uniform() < rate;
	return night;
}

/* The night of the first alarm, -1: there was none in the year. `at`: where it says that it began.
 */
static int first_alarm(const struct flake *f, double enough, size_t *at)
{
	struct night_rate nights[YEAR];

	for (int t = 0; t < YEAR; t++) {
		struct change c;

		nights[t] = simulate_night(f, t < CHANGED ? f->before : f->after);
		/* Without a hit that is new there is nothing new to cry for. */
		if (!nights[t].hits || !change_find_rate(nights, (size_t)t + 1, false, enough, &c))
			continue;
		*at = c.first;
		return t;
	}
	return -1;
}

/* The share of years with an alarm is at most so many times what is stated, beyond what few years
 * show. */
static void check_share(const char *name, int alarms, int years, double stated, double times)
{
	double most = years * stated * times + 3 * sqrt(years * stated * times) + 1;

	printf("# %-52s %5.3f\n", name, (double)alarms / years);
	if (alarms > most)
		fail_msg("%s: %d alarms in %d years, %.3f a year are stated", name, alarms, years,
			 stated);
}

static void test_change_stable_rates_do_not_cry(void **state)
{
	static const struct flake flakes[] = {
		{ 0.002, 0.002, 3, 0 }, { 0.02, 0.02, 3, 0 }, { 0.1, 0.1, 1, 0 },
		{ 0.1, 0.1, 3, 0 },	{ 0.1, 0.1, 10, 0 },  { 0.5, 0.5, 3, 0 },
		{ 0.1, 0.1, 10, 0.1 },
	};
	int years = simulations();

	printf("# %d years a line; false alarms a year are stated as 0.010\n", years);
	for (size_t i = 0; i < ARRAY_SIZE(flakes); i++) {
		const struct flake *f = &flakes[i];
		_cleanup_free_ char *name =
			xasprintf("a stable %g %% of %u runs a night%s", f->before * 100, f->runs,
				  f->busy > 0 ? ", 4 times that in busy ones" : "");
		int alarms = 0;
		size_t at;

		random_state = 1000 + i;
		for (int y = 0; y < years; y++)
			alarms += first_alarm(f, change_rate_enough(0.01), &at) >= 0;
		/* Nights that are alike within and not to each other are no chance of the model. */
		check_share(name, alarms, years, 0.01, f->busy > 0 ? 10 : 1);
	}
}

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* How many nights after the change the alarm came: of those that cried before, there is none. */
struct delays {
	int *nights;
	int count, early, missed;
	double error; /* by how many nights the first bad night was wrong, mean */
};

static struct delays find_delays(const struct flake *f, double enough)
{
	struct delays d = { .nights = xcalloc((size_t)simulations(), sizeof(int)) };

	for (int y = 0; y < simulations(); y++) {
		size_t at = 0;
		int night = first_alarm(f, enough, &at);

		if (night < 0) {
			d.missed++;
		} else if (night < CHANGED) {
			d.early++;
		} else {
			d.nights[d.count++] = night - CHANGED + 1;
			d.error += fabs((double)at - CHANGED);
		}
	}
	d.error /= d.count ? d.count : 1;
	qsort(d.nights, (size_t)d.count, sizeof(int), by_value);
	return d;
}

static void test_change_of_a_rate_is_found(void **state)
{
	static const struct {
		struct flake flake;
		int most; /* nights until 9 of 10 are found */
	} rows[] = {
		{ { 0.02, 0.2, 3, 0 }, 50 }, { { 0.02, 0.2, 10, 0 }, 14 },
		{ { 0.02, 0.2, 30, 0 }, 5 }, { { 0.1, 0.5, 3, 0 }, 25 },
		{ { 0, 0.05, 10, 0 }, 45 },  { { 0, 1, 1, 0 }, 4 },
		{ { 0, 1, 3, 0 }, 1 },	     { { 0.1, 1, 3, 0 }, 5 },
	};
	/* As in a plan of 1000 series with four rates each: two false alarms a year in all of them.
	 */
	double enough = change_rate_enough(2.0 / 4000);

	printf("# in a plan of 4000 rates, 2 false alarms a year:      nights to it   error of\n");
	printf("# a rate that changes                                  half  9 of 10  the night\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct flake *f = &rows[i].flake;
		_cleanup_free_ char *name = xasprintf("from %g %% to %g %%, of %u runs a night",
						      f->before * 100, f->after * 100, f->runs);
		struct delays d;

		random_state = 2000 + i;
		d = find_delays(f, enough);
		assert_true(d.count > 0);
		printf("# %-52s %4d  %7d  %9.1f\n", name, d.nights[d.count / 2],
		       d.nights[d.count * 9 / 10], d.error);
		if (d.nights[d.count * 9 / 10] > rows[i].most || d.missed > 0)
			fail_msg("%s: 9 of 10 in %d nights, %d missed", name,
				 d.nights[d.count * 9 / 10], d.missed);
		free(d.nights);
	}
}

static double simulate_value(int kind)
{
	double g = gaussian();

	return kind == 0 ? 100 + 10 * g : kind == 1 ? exp(2 * g) : floor(3 * uniform());
}

static int first_level_alarm(int kind, double shift, double enough)
{
	double values[YEAR];
	struct change c;

	for (int t = 0; t < YEAR; t++) {
		values[t] = simulate_value(kind) + (t < CHANGED ? 0 : shift);
		if (change_find_level(values, (size_t)t + 1, enough, &c))
			return t;
	}
	return -1;
}

static void test_change_stable_levels_do_not_cry(void **state)
{
	static const char *const names[] = { "a number without a change, normal",
					     "the same, skewed", "the same, 0, 1 or 2" };
	int years = simulations();

	printf("# false alarms a year, stated as 0.010\n");
	for (int kind = 0; kind < 3; kind++) {
		int alarms = 0;

		random_state = 3000 + (uint64_t)kind;
		for (int y = 0; y < years; y++)
			alarms += first_level_alarm(kind, 0, change_level_enough(0.01)) >= 0;
		check_share(names[kind], alarms, years, 0.01, 1);
	}
}

static void test_change_of_a_level_is_found(void **state)
{
	static const struct {
		double sigmas;
		int most;
	} rows[] = { { 1.5, 30 }, { 2, 22 }, { 3, 14 }, { 6, 9 } };
	double enough = change_level_enough(2.0 / 10000);

	printf("# in a plan of 10000 numbers, 2 false alarms a year:   nights to it\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int *nights = xcalloc((size_t)simulations(), sizeof(int)), count = 0;

		random_state = 4000 + i;
		for (int y = 0; y < simulations(); y++) {
			int night = first_level_alarm(0, 10 * rows[i].sigmas, enough);

			if (night >= CHANGED)
				nights[count++] = night - CHANGED + 1;
		}
		qsort(nights, (size_t)count, sizeof(int), by_value);
		assert_true(count > simulations() / 2);
		printf("# a level %g standard deviations of a night higher %*s%4d  %7d\n",
		       rows[i].sigmas, rows[i].sigmas == 1.5 ? 0 : 2, "", nights[count / 2],
		       nights[count * 9 / 10]);
		if (nights[count * 9 / 10] > rows[i].most)
			fail_msg("%g: %d nights", rows[i].sigmas, nights[count * 9 / 10]);
		free(nights);
	}
}

/* ---- single answers -------------------------------------------------------------- */
static void test_change_says_when_and_how_much(void **state)
{
	struct night_rate nights[40];
	struct change c;

	for (int i = 0; i < 40; i++)
		nights[i] = (struct night_rate){ 4, i < 30 ? 0 : 2 };
	assert_true(change_find_rate(nights, 40, false, 10, &c));
	assert_int_equal(c.first, 30);
	assert_int_equal(c.before * 100, 0);
	assert_int_equal(c.after * 100, 50);
	assert_false(change_find_rate(nights, 40, true, 10, &c));
	for (int i = 0; i < 40; i++)
		nights[i].hits = i < 30 ? 2 : 0;
	assert_true(change_find_rate(nights, 40, true, 10, &c));
	assert_int_equal(c.first, 30);
}

static void test_change_nothing_before_is_no_change(void **state)
{
	struct night_rate nights[40] = { 0 };
	double values[2] = { 1, 2 };
	struct change c;

	assert_false(change_find_rate(nights, 0, false, 1, &c));
	assert_false(change_find_rate(nights, 40, false, 1, &c));
	for (int i = 20; i < 40; i++)
		nights[i] = (struct night_rate){ 5, 5 };
	assert_false(change_find_rate(nights, 40, false, 1, &c));
	assert_false(change_find_level(values, 0, 1, &c));
	assert_false(change_find_level(values, 1, 1, &c));
}

static void test_change_of_a_constant_is_found_and_a_small_one_is_not(void **state)
{
	double values[70];
	struct change c;

	for (int i = 0; i < 70; i++)
		values[i] = i < 60 ? 7 : 9;
	assert_true(change_find_level(values, 70, change_level_enough(2e-4), &c));
	assert_int_equal(c.first, 60);
	assert_int_equal(c.before, 7);
	assert_int_equal(c.after, 9);
	for (int i = 0; i < 70; i++)
		values[i] = i < 60 ? 100 : 104;
	assert_false(change_find_level(values, 70, change_level_enough(2e-4), &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change_stable_rates_do_not_cry),
		cmocka_unit_test(test_change_of_a_rate_is_found),
		cmocka_unit_test(test_change_stable_levels_do_not_cry),
		cmocka_unit_test(test_change_of_a_level_is_found),
		cmocka_unit_test(test_change_says_when_and_how_much),
		cmocka_unit_test(test_change_nothing_before_is_no_change),
		cmocka_unit_test(test_change_of_a_constant_is_found_and_a_small_one_is_not),
	};

	return cmocka_run_group_tests_name("history-change", tests, NULL, NULL);
}
