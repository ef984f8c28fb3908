// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stated error rates, by simulation: whole comparisons with several outcomes, titles and
 * numbers each, looked at as sequential_decide() is meant to be used, with what comes from a
 * generator of known seed instead of guests. Prints the rates it measures, as a table of
 * lines that begin with "# ": `make statistics` puts them into docs/statistics.md.
 *
 *	KLAB_SIMULATIONS	comparisons a test (default 500)
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
#include "compare/sequential.h"
#include "tests/random.h"

enum { RUNS = 20, SIDES_MAX = 3 };

/* What is looked at. The first three are one event: it crashes, with a title, or it passes. */
enum { CRASH, TITLE, PASS, ALWAYS, RARE, FLAKY, HALF, USUAL, RATES };
enum { NORMAL = RATES, SKEWED, COUNT, MOSTLY_ZERO, FOLLOWS, SOMETIMES, CONSTANT, FACTS };

struct world {
	double values[FACTS][SIDES_MAX][RUNS];
	struct sample samples[FACTS][SIDES_MAX];
	struct fact facts[FACTS];
	size_t sides;
	/* The rate of CRASH, and how far NORMAL lies higher, on each side. */
	double crash[SIDES_MAX], shift[SIDES_MAX];
	double unjudged; /* how many runs could not be judged, on all sides */
	bool calm;	 /* no rate but that of CRASH is chance */
};

static bool chance(double p)
{
	return uniform() < p;
}

static void simulate_run(struct world *w, size_t side, size_t run)
{
	double value[FACTS];

	value[CRASH] = value[TITLE] = chance(w->crash[side]);
	value[PASS] = !value[CRASH];
	value[ALWAYS] = 1;
	value[RARE] = chance(0.03);
	value[FLAKY] = chance(0.1);
	value[HALF] = chance(0.5);
	value[USUAL] = chance(0.8);
	value[NORMAL] = gaussian() + w->shift[side];
	value[SKEWED] = exp(2 * gaussian());
	value[COUNT] = floor(4 * uniform()) + floor(3 * uniform());
	value[MOSTLY_ZERO] = chance(0.2) ? floor(1000 * uniform()) : 0;
	value[FOLLOWS] = value[NORMAL] + gaussian();
	value[SOMETIMES] = value[FLAKY] != 0 ? NAN : gaussian();
	value[CONSTANT] = 4096;
	for (size_t f = RARE; w->calm && f <= USUAL; f++)
		value[f] = 1;
	if (w->unjudged > 0 && chance(w->unjudged))
		for (size_t f = 0; f < FACTS; f++)
			value[f] = f < RATES ? INFINITY : NAN;
	for (size_t f = 0; f < FACTS; f++)
		w->values[f][side][run] = value[f];
}

static void simulate(struct world *w)
{
	for (size_t run = 0; run < RUNS; run++)
		for (size_t side = 0; side < w->sides; side++)
			simulate_run(w, side, run);
}

static void show_runs(struct world *w, unsigned runs)
{
	for (size_t f = 0; f < FACTS; f++) {
		for (size_t s = 0; s < w->sides; s++)
			w->samples[f][s] = (struct sample){ w->values[f][s], runs };
		w->facts[f] = (struct fact){
			.kind = f < RATES ? FACT_RATE : FACT_NUMBER,
			.sides = w->samples[f],
		};
	}
}

/* What came of many comparisons. */
struct outcome {
	unsigned comparisons;
	unsigned found[SEQUENTIAL_MAX_LOOKS];	 /* anything at this look first */
	unsigned wanted[SEQUENTIAL_MAX_LOOKS];	 /* the fact in question at this look first */
	unsigned careless[SEQUENTIAL_MAX_LOOKS]; /* some p below 0.05, looked at for the first time
						  */
	unsigned others;			 /* found beside it, though none of them differs */
	unsigned no_difference;
};

static bool is_of_crash(size_t fact)
{
	return fact == CRASH || fact == TITLE || fact == PASS;
}

static bool was_found(const struct sequential_decision *d, size_t fact)
{
	for (size_t i = 0; i < d->test_count; i++)
		if (d->tests[i].fact == fact && d->tests[i].different)
			return true;
	return false;
}

/* Something found that is no part of the difference: of the crash, or of the shifted number. */
static bool others_found(const struct world *w, const struct sequential_decision *d)
{
	for (size_t i = 0; i < d->test_count; i++) {
		const struct fact_test *t = &d->tests[i];
		bool crash_differs = w->crash[t->side] != w->crash[0];
		bool number_differs = w->shift[t->side] != w->shift[0];

		if (t->different && !(crash_differs && is_of_crash(t->fact)) &&
		    !(number_differs && (t->fact == NORMAL || t->fact == FOLLOWS)))
			return true;
	}
	return false;
}

/* One comparison until something is found or the budget ends; "no difference" does not end it, so
 * that no false alarm is missed. */
static void compare_once(struct world *w, const struct sequential_plan *plan, size_t fact,
			 struct outcome *out)
{
	bool careless = false, done = false;

	simulate(w);
	out->comparisons++;
	for (size_t look = 0; look < plan->look_count && !done; look++) {
		struct sequential_decision d;

		show_runs(w, plan->looks[look]);
		sequential_decide(plan, look, w->facts, FACTS, w->sides, &d);
		if (!careless && d.tests[d.first].p <= plan->error) {
			out->careless[look]++;
			careless = true;
		}
		/* Numbers, too, although the word waits for the rates. */
		done = d.different[FACT_RATE] + d.different[FACT_NUMBER] > 0;
		out->found[look] += done;
		out->wanted[look] += done && was_found(&d, fact);
		out->others += done && others_found(w, &d);
		out->no_difference += d.word == SEQUENTIAL_NO_DIFFERENCE;
		sequential_decision_clear(&d);
	}
}

static long simulations(void)
{
	const char *wanted = getenv("KLAB_SIMULATIONS");

	return wanted ? strtol(wanted, NULL, 10) : 500;
}

static struct outcome compare_many(struct world *w, const struct sequential_plan *plan, size_t fact,
				   uint64_t seed)
{
	long count = simulations();
	struct outcome out = { 0 };

	random_state = seed * 0x9e3779b97f4a7c15ULL;
	for (long i = 0; i < count; i++)
		compare_once(w, plan, fact, &out);
	return out;
}

static double rate_until(const unsigned *counts, size_t look, const struct outcome *o)
{
	unsigned sum = 0;

	for (size_t i = 0; i <= look; i++)
		sum += counts[i];
	return (double)sum / o->comparisons;
}

/* A row of the table: found until the looks at 8, 12 and 20 runs. */
static void print_looks(const char *what, const unsigned *counts, const struct outcome *o)
{
	printf("# %-50s", what);
	for (size_t look = 2; look < 5; look++)
		printf("%7.3f", rate_until(counts, look, o));
	printf("%9.3f%9.3f\n", (double)o->others / o->comparisons,
	       (double)o->no_difference / o->comparisons);
	fflush(stdout);
}

static void print_heads(unsigned comparisons)
{
	char count[32];

	snprintf(count, sizeof(count), "%u comparisons a line", comparisons);
	printf("# %-50s%7s%7s%7s%9s%9s\n", "", "found", "until", "run", "wrongly", "no dif-");
	printf("# %-50s%7d%7d%7d%9s%9s\n", count, 8, 12, 20, "beside", "ference");
}

/* At every look no more than was stated for it, and at the end no more than 5 %. */
static void assert_within_error(const struct sequential_plan *plan, const struct outcome *o)
{
	for (size_t look = 0; look < plan->look_count; look++) {
		double stated = 0, measured = rate_until(o->found, look, o);

		for (size_t i = 0; i <= look; i++)
			stated += sequential_spend(plan, i, 1);
		/* Of so many comparisons this many more are chance, at all but one of a thousand.
		 */
		assert_true(measured <=
			    stated + 3.1 * sqrt(stated * (1 - stated) / o->comparisons));
	}
	assert_true(rate_until(o->found, plan->look_count - 1, o) <= plan->error);
}

static void test_false_alarms_of_two_equal_sides(void **state)
{
	struct world w = { .sides = 2, .crash = { 0.3, 0.3 } };
	struct sequential_plan plan;
	struct outcome o;

	sequential_plan_init(&plan, RUNS);
	o = compare_many(&w, &plan, CRASH, 1);
	print_looks("two equal sides: false alarms", o.found, &o);
	print_looks("the same by p <= 0.05 of any fact, at any look", o.careless, &o);
	assert_within_error(&plan, &o);
	/* The simulation can see false alarms: who looks at p alone has plenty. */
	assert_true(rate_until(o.careless, plan.look_count - 1, &o) > 0.3);
}

static void test_false_alarms_of_three_equal_sides(void **state)
{
	struct world w = { .sides = 3, .crash = { 0.5, 0.5, 0.5 } };
	struct sequential_plan plan;
	struct outcome o;

	sequential_plan_init(&plan, RUNS);
	o = compare_many(&w, &plan, CRASH, 2);
	print_looks("three equal sides: false alarms", o.found, &o);
	assert_within_error(&plan, &o);
}

/* A tenth of the runs says nothing, and helps nobody to find something. */
static void test_false_alarms_with_runs_that_could_not_be_judged(void **state)
{
	struct world w = { .sides = 2, .crash = { 0.3, 0.3 }, .unjudged = 0.1 };
	struct sequential_plan plan;
	struct outcome o;

	sequential_plan_init(&plan, RUNS);
	o = compare_many(&w, &plan, CRASH, 6);
	print_looks("two equal sides, 0.1 of their runs not judged", o.found, &o);
	assert_within_error(&plan, &o);
}

/* 20 runs are not made for it: this is what they show of it. */
static void test_power_for_never_against_a_tenth(void **state)
{
	struct world w = { .sides = 2, .crash = { 0, 0.1 } };
	struct sequential_plan plan;
	struct outcome o;

	sequential_plan_init(&plan, RUNS);
	o = compare_many(&w, &plan, CRASH, 7);
	print_looks("a rate of 0 against 0.1", o.wanted, &o);
	assert_true(o.others <= plan.error * o.comparisons);
}

static void test_power_for_never_against_half(void **state)
{
	struct world w = { .sides = 2, .crash = { 0, 0.5 } };
	struct sequential_plan plan;
	struct outcome o;

	sequential_plan_init(&plan, RUNS);
	o = compare_many(&w, &plan, CRASH, 3);
	print_looks("a rate of 0 against 0.5", o.wanted, &o);
	assert_true(rate_until(o.wanted, plan.look_count - 1, &o) >= 0.95);
	/* A true difference is no leave for the others. */
	assert_true(o.others <= plan.error * o.comparisons);
}

/* "No difference" is sure as well: of sides that differ by what is of interest few are told so. */
static void test_no_difference_is_sure(void **state)
{
	struct world same = { .sides = 2, .calm = true };
	struct world half = { .sides = 2, .crash = { 0, 0.5 }, .calm = true };
	struct sequential_plan plan;
	struct outcome o;

	sequential_plan_init(&plan, RUNS);
	o = compare_many(&same, &plan, CRASH, 8);
	print_looks("two equal sides, all rates 0 or 1", o.found, &o);
	assert_true(o.no_difference + o.found[4] + o.found[3] + o.found[2] == o.comparisons);
	o = compare_many(&half, &plan, CRASH, 9);
	print_looks("a rate of 0 against 0.5, all others 0 or 1", o.wanted, &o);
	assert_true(rate_until(o.wanted, plan.look_count - 1, &o) >= 0.95);
	assert_true(o.no_difference <= (1 - plan.power) * o.comparisons);
}

static void test_power_for_never_against_always(void **state)
{
	struct world w = { .sides = 2, .crash = { 0, 1 } };
	struct sequential_plan plan;
	struct outcome o;

	sequential_plan_init(&plan, RUNS);
	o = compare_many(&w, &plan, CRASH, 4);
	print_looks("a rate of 0 against 1", o.wanted, &o);
	assert_true(rate_until(o.wanted, 2, &o) >= 0.95);
	assert_true(rate_until(o.wanted, 3, &o) == 1);
}

static void test_power_for_a_number(void **state)
{
	struct world w = { .sides = 2, .crash = { 0, 0 }, .shift = { 0, 2 } };
	struct sequential_plan plan;
	struct outcome o;

	sequential_plan_init(&plan, RUNS);
	o = compare_many(&w, &plan, NORMAL, 5);
	print_looks("a number 2 standard deviations higher", o.wanted, &o);
	assert_true(rate_until(o.wanted, plan.look_count - 1, &o) >= 0.95);
	assert_true(o.others <= plan.error * o.comparisons);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_alarms_of_two_equal_sides),
		cmocka_unit_test(test_false_alarms_of_three_equal_sides),
		cmocka_unit_test(test_false_alarms_with_runs_that_could_not_be_judged),
		cmocka_unit_test(test_power_for_never_against_a_tenth),
		cmocka_unit_test(test_power_for_never_against_half),
		cmocka_unit_test(test_no_difference_is_sure),
		cmocka_unit_test(test_power_for_never_against_always),
		cmocka_unit_test(test_power_for_a_number),
	};

	print_heads((unsigned)simulations());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
