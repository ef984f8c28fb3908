// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "compare/sequential.h"

enum { RUNS = 20, SIDES_MAX = 3 };

/* Facts in the making: a value for each fact, side and run. */
struct world {
	double values[8][SIDES_MAX][RUNS];
	struct sample samples[8][SIDES_MAX];
	struct fact facts[8];
	size_t count;
};

/* A fact whose values on the sides are these words of one letter a run: x 1, . 0, - none, ? nobody
 * knows, 2..9. */
static void add_fact(struct world *w, enum fact_kind kind, const char *a, const char *b,
		     const char *c)
{
	const char *const words[] = { a, b, c };
	size_t f = w->count++;

	for (size_t s = 0; s < SIDES_MAX && words[s]; s++) {
		size_t n = strlen(words[s]);

		for (size_t i = 0; i < n; i++) {
			char letter = words[s][i];

			w->values[f][s][i] = letter == 'x'   ? 1
					     : letter == '.' ? 0
					     : letter == '-' ? NAN
					     : letter == '?' ? INFINITY
							     : letter - '0';
		}
		w->samples[f][s] = (struct sample){ .values = w->values[f][s], .count = n };
	}
	w->facts[f] = (struct fact){ .kind = kind, .sides = w->samples[f] };
}

static void test_sequential_plan_looks(void **state)
{
	static const unsigned to_20[] = { 3, 5, 8, 12, 20 }, to_30[] = { 3, 5, 8, 12, 20, 30 };
	struct sequential_plan plan;

	sequential_plan_init(&plan, 20);
	assert_int_equal(plan.look_count, 5);
	assert_memory_equal(plan.looks, to_20, sizeof(to_20));
	sequential_plan_init(&plan, 30);
	assert_int_equal(plan.look_count, 6);
	assert_memory_equal(plan.looks, to_30, sizeof(to_30));
	sequential_plan_init(&plan, 2);
	assert_int_equal(plan.look_count, 1);
	sequential_plan_init(&plan, 1U << 20);
	assert_true(plan.look_count <= SEQUENTIAL_MAX_LOOKS);
	assert_int_equal(plan.looks[plan.look_count - 1], 1U << 20);
}

/* All looks together spend the error and no more, whatever the budget and the part. */
static void test_sequential_spend_sums_up_to_the_error(void **state)
{
	static const double parts[] = { 1, 0.9, 0.1 };
	struct sequential_plan plan;

	for (unsigned runs = 8; runs < 300; runs += 7)
		for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
			double sum = 0;

			sequential_plan_init(&plan, runs);
			for (size_t look = 0; look < plan.look_count; look++) {
				double spend = sequential_spend(&plan, look, parts[p]);

				assert_true(spend >= 0);
				sum += spend;
			}
			assert_true(fabs(sum - 0.05 * parts[p]) < 1e-12);
		}
}

/* 3 and 5 runs of 20 could find nothing at what they would have: the look at 8 has it all. */
static void test_sequential_spend_saves_what_could_find_nothing(void **state)
{
	struct sequential_plan plan;

	sequential_plan_init(&plan, 20);
	assert_true(sequential_spend(&plan, 0, 1) == 0);
	assert_true(sequential_spend(&plan, 1, 1) == 0);
	assert_true(fabs(sequential_spend(&plan, 2, 1) - 0.05 * 0.4 * 0.4 * 0.4 * 0.4) < 1e-12);
	/* A budget of 3 runs a side can find nothing at all, one of 5 at its end. */
	sequential_plan_init(&plan, 3);
	assert_true(sequential_spend(&plan, 0, 1) == 0);
	sequential_plan_init(&plan, 5);
	assert_true(fabs(sequential_spend(&plan, 1, 1) - 0.05) < 1e-12);
}

static void test_sequential_decide_never_against_always(void **state)
{
	struct sequential_decision d;
	struct sequential_plan plan;
	struct world w = { 0 };

	sequential_plan_init(&plan, 20);
	add_fact(&w, FACT_RATE, "...", "xxx", NULL);
	sequential_decide(&plan, 0, w.facts, w.count, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_GO_ON);
	assert_true(isnan(d.rate_missed));
	sequential_decision_clear(&d);
	w.count = 0;
	add_fact(&w, FACT_RATE, "........", "xxxxxxxx", NULL);
	sequential_decide(&plan, 2, w.facts, w.count, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_DIFFERENT);
	assert_int_equal(d.different[FACT_RATE], 1);
	assert_int_equal(d.tests[0].rates[0].hits, 0);
	assert_int_equal(d.tests[0].rates[1].hits, 8);
	assert_true(fabs(d.tests[0].p - 2.0 / 12870) < 1e-9);
	sequential_decision_clear(&d);
	sequential_decision_clear(NULL);
}

/* Pass is not crash, and the crash's title is the crash: one question, asked once. */
static void test_sequential_decide_counts_one_question_once(void **state)
{
	struct sequential_decision d;
	struct sequential_plan plan;
	struct world w = { 0 };

	sequential_plan_init(&plan, 12);
	add_fact(&w, FACT_RATE, "xxxxxxxxxxxx", "x.x.......x.", NULL);
	add_fact(&w, FACT_RATE, "............", ".x.xxxxxxx.x", NULL);
	add_fact(&w, FACT_RATE, "............", ".x.xxxxxxx.x", NULL);
	/* As often, but in other runs: another question. */
	add_fact(&w, FACT_RATE, "............", "x.xxxxxxx.x.", NULL);
	sequential_decide(&plan, 3, w.facts, w.count, 2, &d);
	assert_int_equal(d.tests[1].same_as, 0);
	assert_int_equal(d.tests[2].same_as, 0);
	assert_int_equal(d.tests[3].same_as, 3);
	assert_int_equal(d.different[FACT_RATE], 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(fabs(d.tests[i].adjusted - 2 * d.tests[0].p) < 1e-12);
	sequential_decision_clear(&d);
}

static void test_sequential_decide_leaves_out_runs_without_value(void **state)
{
	struct sequential_decision d;
	struct sequential_plan plan;
	struct world w = { 0 };

	sequential_plan_init(&plan, 8);
	add_fact(&w, FACT_RATE, "x-.x-...", "xx------", NULL);
	add_fact(&w, FACT_NUMBER, "1-21----", "------34", NULL);
	add_fact(&w, FACT_NUMBER, "--------", "34343434", NULL);
	sequential_decide(&plan, 2, w.facts, w.count, 2, &d);
	assert_int_equal(d.tests[0].rates[0].runs, 6);
	assert_int_equal(d.tests[0].rates[0].hits, 2);
	assert_int_equal(d.tests[0].rates[1].runs, 2);
	assert_true(d.tests[1].superiority == 1);
	assert_true(fabs(d.tests[1].p - 0.2) < 1e-12); /* two of ten ways: 3 of a, 2 of b */
	assert_true(d.tests[2].p == 1);
	assert_int_equal(d.different[FACT_RATE] + d.different[FACT_NUMBER], 0);
	assert_int_equal(d.word, SEQUENTIAL_BUDGET_ENDED);
	sequential_decision_clear(&d);
}

static void test_sequential_decide_no_difference_says_what_was_ruled_out(void **state)
{
	struct sequential_decision d;
	struct sequential_plan plan;
	struct world w = { 0 };

	sequential_plan_init(&plan, 20);
	add_fact(&w, FACT_RATE, "xxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxx", NULL);
	sequential_decide(&plan, 4, w.facts, w.count, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_NO_DIFFERENCE);
	/* 6 of 20 is what Fisher's test finds at this level: see the test of rate_detectable() */
	assert_true(d.rate_missed > 0.4 && d.rate_missed < 0.5);
	assert_true(d.rate_missed == rate_detectable(20, 20, 1, sequential_level(&d, 0), 0.95));
	sequential_decision_clear(&d);
	/* Who wants less than these runs could show hears that the budget ended. */
	plan.rate_wanted = 0.3;
	sequential_decide(&plan, 4, w.facts, w.count, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_BUDGET_ENDED);
	assert_true(d.rate_missed > 0.4);
	sequential_decision_clear(&d);
}

/* What nobody knows is no leave to find a difference, nor to rule one out. */
static void test_sequential_decide_unknown_runs_count_against_it(void **state)
{
	struct sequential_decision d;
	struct sequential_plan plan;
	struct world w = { 0 };

	sequential_plan_init(&plan, 8);
	add_fact(&w, FACT_RATE, "........", "xxxxxxx?", NULL);
	add_fact(&w, FACT_RATE, "......??", "xxxxxx??", NULL);
	add_fact(&w, FACT_RATE, "????????", "xxxxxxxx", NULL);
	sequential_decide(&plan, 2, w.facts, w.count, 2, &d);
	assert_int_equal(d.tests[0].rates[1].runs, 7);
	assert_int_equal(d.tests[0].unknown[1], 1);
	assert_true(fabs(d.tests[0].p -
			 rate_test((struct rate){ 0, 8 }, (struct rate){ 7, 8 }, NULL)) < 1e-12);
	assert_true(fabs(d.tests[1].p -
			 rate_test((struct rate){ 2, 8 }, (struct rate){ 6, 8 }, NULL)) < 1e-12);
	assert_true(d.tests[2].p == 1);
	assert_true(d.tests[0].different && !d.tests[1].different && !d.tests[2].different);
	sequential_decision_clear(&d);
	/* Two that leave out each other are one question, and whether it is known is another. */
	w.count = 0;
	add_fact(&w, FACT_RATE, "......??", "xxxxxxx?", NULL);
	add_fact(&w, FACT_RATE, "xxxxxx??", ".......?", NULL);
	add_fact(&w, FACT_RATE, "......xx", ".......x", NULL);
	add_fact(&w, FACT_RATE, "......??", ".......?", NULL);
	sequential_decide(&plan, 2, w.facts, w.count, 2, &d);
	assert_int_equal(d.tests[1].same_as, 0);
	assert_int_equal(d.tests[2].same_as, 2);
	assert_int_equal(d.tests[3].same_as, 3);
	sequential_decision_clear(&d);
	sequential_plan_init(&plan, 20);
	w.count = 0;
	add_fact(&w, FACT_RATE, "....................", "....................", NULL);
	sequential_decide(&plan, 4, w.facts, w.count, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_NO_DIFFERENCE);
	sequential_decision_clear(&d);
	w.count = 0;
	add_fact(&w, FACT_RATE, "....................", "...................?", NULL);
	sequential_decide(&plan, 4, w.facts, w.count, 2, &d);
	/* The run that nobody knows of could have been a part of it. */
	assert_true(fabs(d.rate_missed - 0.05 -
			 rate_detectable(20, 19, 0, sequential_level(&d, 0), 0.95)) < 1e-12);
	sequential_decision_clear(&d);
	w.count = 0;
	add_fact(&w, FACT_RATE, "....................", "...............?????", NULL);
	sequential_decide(&plan, 4, w.facts, w.count, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_BUDGET_ENDED);
	sequential_decision_clear(&d);
}

/* A number that differs for sure is a difference, and no reason to stop looking at the rates. */
static void test_sequential_decide_numbers_wait_for_rates(void **state)
{
	struct sequential_decision d;
	struct sequential_plan plan;
	struct world w = { 0 };

	sequential_plan_init(&plan, 20);
	add_fact(&w, FACT_RATE, "............", "............", NULL);
	add_fact(&w, FACT_NUMBER, "222222222222", "333333333333", NULL);
	sequential_decide(&plan, 3, w.facts, w.count, 2, &d);
	assert_int_equal(d.different[FACT_NUMBER], 1);
	assert_int_equal(d.word, SEQUENTIAL_GO_ON);
	sequential_decision_clear(&d);
	sequential_plan_init(&plan, 12);
	sequential_decide(&plan, 3, w.facts, w.count, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_DIFFERENT);
	sequential_decision_clear(&d);
	w.facts[0] = w.facts[1];
	sequential_plan_init(&plan, 20);
	sequential_decide(&plan, 3, w.facts, 1, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_DIFFERENT);
	sequential_decision_clear(&d);
}

/* Every side is held against the first one, and all of them share the error. */
static void test_sequential_decide_three_sides(void **state)
{
	struct sequential_decision d;
	struct sequential_plan plan;
	struct world w = { 0 };

	sequential_plan_init(&plan, 8);
	add_fact(&w, FACT_RATE, "........", "x.......", "xxxxxxxx");
	add_fact(&w, FACT_NUMBER, "12345678", "12345678", "12345679");
	sequential_decide(&plan, 2, w.facts, w.count, 3, &d);
	assert_int_equal(d.test_count, 4);
	assert_int_equal(d.word, SEQUENTIAL_DIFFERENT);
	assert_int_equal(d.different[FACT_RATE], 1);
	assert_int_equal(d.first, 2);
	assert_int_equal(d.tests[2].fact, 0);
	assert_int_equal(d.tests[2].side, 2);
	assert_true(d.tests[2].different);
	assert_true(d.spend[FACT_RATE] > d.spend[FACT_NUMBER]);
	sequential_decision_clear(&d);
}

/* What is promised is so: with one run less it is not ruled out. */
static void test_sequential_runs_needed(void **state)
{
	static const char always[] = "xxxxxxxxxxxxxxxxxxxx", varies[] = "23232323232323232323";
	unsigned needed = sequential_runs_needed(0.05, 0.95, 0.5);

	assert_true(needed > 12 && needed <= 20);
	for (unsigned runs = needed - 1; runs <= needed; runs++) {
		struct sequential_decision d;
		struct sequential_plan plan;
		struct world w = { 0 };

		sequential_plan_init(&plan, runs);
		add_fact(&w, FACT_RATE, always + 20 - runs, always + 20 - runs, NULL);
		/* So that the rates have only their part of the error. */
		add_fact(&w, FACT_NUMBER, varies + 20 - runs, varies + 20 - runs, NULL);
		sequential_decide(&plan, plan.look_count - 1, w.facts, w.count, 2, &d);
		assert_int_equal(d.word, runs == needed ? SEQUENTIAL_NO_DIFFERENCE
							: SEQUENTIAL_BUDGET_ENDED);
		sequential_decision_clear(&d);
	}
	assert_true(sequential_runs_needed(0.05, 0.95, 0.1) > 60);
	assert_int_equal(sequential_runs_needed(0.05, 0.95, 0.001), 0);
}

static void test_sequential_decide_nothing_to_look_at(void **state)
{
	struct sequential_decision d;
	struct sequential_plan plan;

	sequential_plan_init(&plan, 20);
	sequential_decide(&plan, 4, NULL, 0, 2, &d);
	assert_int_equal(d.word, SEQUENTIAL_BUDGET_ENDED);
	assert_true(isnan(d.rate_missed));
	sequential_decision_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequential_plan_looks),
		cmocka_unit_test(test_sequential_spend_sums_up_to_the_error),
		cmocka_unit_test(test_sequential_spend_saves_what_could_find_nothing),
		cmocka_unit_test(test_sequential_decide_never_against_always),
		cmocka_unit_test(test_sequential_decide_counts_one_question_once),
		cmocka_unit_test(test_sequential_decide_leaves_out_runs_without_value),
		cmocka_unit_test(test_sequential_decide_no_difference_says_what_was_ruled_out),
		cmocka_unit_test(test_sequential_decide_unknown_runs_count_against_it),
		cmocka_unit_test(test_sequential_decide_numbers_wait_for_rates),
		cmocka_unit_test(test_sequential_decide_three_sides),
		cmocka_unit_test(test_sequential_runs_needed),
		cmocka_unit_test(test_sequential_decide_nothing_to_look_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
