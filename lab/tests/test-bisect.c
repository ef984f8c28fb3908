// SPDX-License-Identifier: GPL-2.0-or-later
/* The mathematics of a bisect: lab/tests/bench-bisect.c has the rates. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bisect/next-test.h"

enum { LINE = 64 };

static void make_line(struct commit_graph *g, size_t count)
{
	commit_graph_init(g, count);
	for (size_t v = 0; v + 1 < count; v++)
		commit_graph_add(g, &v, 1);
}

/* 0 - 1 - 2 - 5 - 6, and beside it 1 - 3 - 4 - 5. */
static void make_branches(struct commit_graph *g)
{
	const size_t merged[2] = { 2, 4 };

	commit_graph_init(g, 7);
	for (size_t parent = 0; parent < 2; parent++)
		commit_graph_add(g, &parent, 1);
	commit_graph_add(g, &(size_t){ 1 }, 1);
	commit_graph_add(g, &(size_t){ 3 }, 1);
	commit_graph_add(g, merged, 2);
	commit_graph_add(g, &(size_t){ 5 }, 1);
}

static double sum_of(const struct posterior *p)
{
	double sum = 0;

	for (size_t v = 0; v < p->graph->count; v++)
		sum += posterior_probability(p, v);
	return sum;
}

static void test_bisect_ancestors_with_merge(void **state)
{
	struct commit_graph g;
	bool marks[7];

	make_branches(&g);
	assert_int_equal(g.count, 7);
	commit_graph_ancestors(&g, 4, marks);
	for (size_t v = 0; v < 7; v++)
		assert_int_equal(marks[v], v != 2 && v < 5);
	commit_graph_clear(&g);
}

static void test_bisect_posterior_before_any_run(void **state)
{
	struct commit_graph g;
	struct posterior p;

	make_line(&g, LINE);
	posterior_init(&p, &g, 0.1);
	posterior_update(&p);
	assert_true(fabs(posterior_probability(&p, 0) - 0.1) < 1e-9);
	assert_true(fabs(posterior_probability(&p, 7) - 0.9 / (LINE - 1)) < 1e-9);
	assert_true(fabs(sum_of(&p) - 1) < 1e-9);
	posterior_clear(&p);
	commit_graph_clear(&g);
}

static void test_bisect_posterior_finds_the_first(void **state)
{
	struct commit_graph g;
	struct posterior p;

	make_line(&g, LINE);
	posterior_init(&p, &g, 0.02);
	posterior_add(&p, LINE - 1, 3, 3);
	posterior_add(&p, 0, 3, 0);
	posterior_add(&p, 20, 4, 4);
	posterior_add(&p, 19, 4, 0);
	posterior_update(&p);
	assert_true(posterior_probability(&p, 20) > 0.98);
	assert_true(fabs(sum_of(&p) - 1) < 1e-9);
	posterior_clear(&p);
	commit_graph_clear(&g);
}

/* A commit without it in few runs says little where the bug is rare, and much where it is not. */
static void test_bisect_posterior_knows_rare_bugs(void **state)
{
	struct commit_graph g;
	struct posterior always, rare;

	make_line(&g, LINE);
	posterior_init(&always, &g, 0.02);
	posterior_init(&rare, &g, 0.02);
	posterior_add(&always, LINE - 1, 10, 10);
	posterior_add(&rare, LINE - 1, 200, 2);
	posterior_add(&always, 32, 3, 0);
	posterior_add(&rare, 32, 3, 0);
	posterior_update(&always);
	posterior_update(&rare);
	assert_true(posterior_probability(&always, 10) < 0.05 / LINE);
	assert_true(posterior_probability(&rare, 10) > 0.9 / LINE);
	posterior_clear(&always);
	posterior_clear(&rare);
	commit_graph_clear(&g);
}

/* Of a commit that has it as surely as the bad end, about as often as that; of the good end never.
 */
static void test_bisect_posterior_tells_how_silent_runs_are(void **state)
{
	struct commit_graph g;
	struct posterior p;

	make_line(&g, LINE);
	posterior_init(&p, &g, 0.0);
	posterior_add(&p, LINE - 1, 200, 100);
	posterior_add(&p, 0, 200, 0);
	posterior_update(&p);
	assert_true(fabs(posterior_silent(&p, LINE - 1, 1) - 0.5) < 0.05);
	assert_true(posterior_silent(&p, LINE - 1, 5) < 0.01); /* as of 8 */
	assert_true(posterior_silent(&p, 0, 8) > 0.95);
	assert_true(fabs(posterior_silent(&p, LINE / 2, 8) - 0.5) < 0.03);
	posterior_clear(&p);
	commit_graph_clear(&g);
}

/* The bad end shows it less often than the good one: nothing here can be the culprit. */
static void test_bisect_posterior_takes_no_bug_that_goes_away(void **state)
{
	struct commit_graph g;
	struct posterior p;

	make_line(&g, LINE);
	posterior_init(&p, &g, 0.02);
	posterior_add(&p, 0, 20, 18);
	posterior_add(&p, LINE - 1, 20, 18);
	posterior_update(&p);
	assert_true(posterior_probability(&p, 0) > 0.95);
	posterior_clear(&p);
	commit_graph_clear(&g);
}

/* What only a branch has is not found before it. */
static void test_bisect_posterior_of_branches(void **state)
{
	struct commit_graph g;
	struct posterior p;

	make_branches(&g);
	posterior_init(&p, &g, 0.02);
	posterior_add(&p, 6, 5, 5);
	posterior_add(&p, 0, 5, 0);
	posterior_add(&p, 2, 5, 0);
	posterior_add(&p, 4, 5, 5);
	posterior_update(&p);
	assert_true(posterior_probability(&p, 3) + posterior_probability(&p, 4) > 0.98);
	assert_true(fabs(posterior_probability(&p, 3) - posterior_probability(&p, 4)) < 1e-9);
	assert_true(fabs(sum_of(&p) - 1) < 1e-9);
	posterior_clear(&p);
	commit_graph_clear(&g);
}

/* What the kernel is not built of is not suspected, whatever is seen. */
static void test_bisect_posterior_of_suspects(void **state)
{
	bool suspects[LINE] = { [10] = true, [40] = true };
	struct commit_graph g;
	struct posterior p;

	make_line(&g, LINE);
	posterior_init(&p, &g, 0.02);
	posterior_suspect(&p, suspects);
	posterior_add(&p, LINE - 1, 9, 9);
	posterior_add(&p, 0, 9, 0);
	posterior_add(&p, 20, 9, 0);
	posterior_add(&p, 30, 9, 0);
	posterior_update(&p);
	assert_true(posterior_probability(&p, 40) > 0.99);
	for (size_t v = 1; v < LINE; v++)
		assert_true(suspects[v] || posterior_probability(&p, v) == 0);
	assert_true(fabs(sum_of(&p) - 1) < 1e-9);
	posterior_clear(&p);
	commit_graph_clear(&g);
}

/* A commit that changes nothing in the kernel is innocent, and its runs are its parent's. */
static void test_bisect_posterior_of_equal_kernels(void **state)
{
	struct commit_graph g;
	struct posterior p;

	make_line(&g, LINE);
	posterior_init(&p, &g, 0.02);
	posterior_add(&p, LINE - 1, 9, 9);
	posterior_add(&p, 0, 9, 0);
	posterior_add(&p, 31, 9, 0);
	posterior_same(&p, 40, 31);
	assert_int_equal(posterior_tested(&p, 40)->runs, 9);
	posterior_add(&p, 40, 1, 0);
	assert_int_equal(posterior_tested(&p, 31)->runs, 10);
	posterior_add(&p, 41, 9, 9);
	assert_true(posterior_update(&p));
	assert_true(posterior_probability(&p, 41) > 0.99);
	for (size_t v = 32; v <= 40; v++)
		assert_true(posterior_probability(&p, v) == 0);
	/* And the two ends: nothing is left. */
	posterior_same(&p, LINE - 1, 0);
	assert_true(posterior_probability(&p, 41) == 0);
	posterior_clear(&p);
	commit_graph_clear(&g);
}

static void test_bisect_posterior_holds_no_more(void **state)
{
	struct commit_graph g;
	struct posterior p;

	make_line(&g, POSTERIOR_TESTED_MAX + 2);
	posterior_init(&p, &g, 0.02);
	for (size_t v = 0; v < POSTERIOR_TESTED_MAX; v++)
		assert_true(posterior_add(&p, v, 1, 0));
	assert_false(posterior_add(&p, POSTERIOR_TESTED_MAX, 1, 0));
	assert_true(posterior_add(&p, 3, 1, 0));
	posterior_clear(&p);
	commit_graph_clear(&g);
}

/* The test that is chosen after a bad and a good end, `hits` of `runs` on the bad one. */
static struct next_test choose(unsigned runs, unsigned hits, const size_t *skipped, size_t count,
			       size_t built_too)
{
	bool built[LINE] = { [0] = true, [LINE - 1] = true };
	const struct test_costs costs = { 60, 3, built, NULL };
	struct next_test next = { 0 };
	struct commit_graph g;
	struct posterior p;

	built[built_too] = true;
	make_line(&g, LINE);
	posterior_init(&p, &g, 0.02);
	posterior_add(&p, LINE - 1, runs, hits);
	posterior_add(&p, 0, runs, 0);
	for (size_t i = 0; i < count; i++)
		posterior_add(&p, skipped[i], 0, 0);
	posterior_update(&p);
	assert_true(next_test_choose(&p, &costs, &next));
	posterior_clear(&p);
	commit_graph_clear(&g);
	return next;
}

static void test_bisect_chooses_the_middle(void **state)
{
	struct next_test next = choose(5, 5, NULL, 0, 0);

	assert_in_range(next.vertex, LINE / 2 - 4, LINE / 2 + 4);
	assert_true(next.gain_bits > 0.8);
	assert_true(next.cost_s >= 63);
}

/* What is built already is run rather than a kernel built in the very middle. */
static void test_bisect_chooses_what_is_built(void **state)
{
	assert_int_equal(choose(5, 5, NULL, 0, 20).vertex, 20);
}

static void test_bisect_runs_more_of_a_rare_bug(void **state)
{
	assert_true(choose(100, 1, NULL, 0, 0).runs > choose(5, 5, NULL, 0, 0).runs);
}

static void test_bisect_leaves_what_does_not_build(void **state)
{
	const size_t skipped[] = { 31, 32, 33 };
	size_t vertex = choose(5, 5, skipped, 3, 0).vertex;

	assert_true(vertex < 27 || vertex > 37);
}

static void test_bisect_answer_of_what_cannot_be_told_apart(void **state)
{
	struct bisect_answer answer;
	struct commit_graph g;
	struct posterior p;
	size_t vertex;

	make_line(&g, LINE);
	posterior_init(&p, &g, 0.02);
	posterior_add(&p, LINE - 1, 5, 5);
	posterior_add(&p, 0, 5, 0);
	posterior_add(&p, 30, 5, 0);
	posterior_add(&p, 31, 0, 0);
	posterior_add(&p, 32, 0, 0);
	posterior_add(&p, 33, 5, 5);
	posterior_update(&p);
	bisect_answer_find(&p, &answer);
	assert_int_equal(answer.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(answer.commits[i], 31 + i);
	assert_true(answer.probability > 0.98);
	assert_false(bisect_answer_verify(&p, &answer, &vertex));
	bisect_answer_clear(&answer);
	posterior_clear(&p);
	commit_graph_clear(&g);
}

/* However sure: the culprit is seen to show it, and its parent looked at. */
static void test_bisect_answer_is_verified(void **state)
{
	struct bisect_answer answer = { .commits = &(size_t){ 40 }, .count = 1, .probability = 1 };
	struct commit_graph g;
	struct posterior p;
	size_t vertex;

	make_line(&g, LINE);
	posterior_init(&p, &g, 0.02);
	posterior_add(&p, LINE - 1, 5, 5);
	assert_true(bisect_answer_verify(&p, &answer, &vertex));
	assert_int_equal(vertex, 40);
	posterior_add(&p, 40, 2, 0);
	assert_true(bisect_answer_verify(&p, &answer, &vertex));
	assert_int_equal(vertex, 40);
	posterior_add(&p, 40, 1, 1);
	assert_true(bisect_answer_verify(&p, &answer, &vertex));
	assert_int_equal(vertex, 39);
	posterior_add(&p, 39, 1, 0);
	assert_false(bisect_answer_verify(&p, &answer, &vertex));
	posterior_clear(&p);
	commit_graph_clear(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bisect_ancestors_with_merge),
		cmocka_unit_test(test_bisect_posterior_before_any_run),
		cmocka_unit_test(test_bisect_posterior_finds_the_first),
		cmocka_unit_test(test_bisect_posterior_knows_rare_bugs),
		cmocka_unit_test(test_bisect_posterior_tells_how_silent_runs_are),
		cmocka_unit_test(test_bisect_posterior_takes_no_bug_that_goes_away),
		cmocka_unit_test(test_bisect_posterior_of_branches),
		cmocka_unit_test(test_bisect_posterior_of_suspects),
		cmocka_unit_test(test_bisect_posterior_of_equal_kernels),
		cmocka_unit_test(test_bisect_posterior_holds_no_more),
		cmocka_unit_test(test_bisect_chooses_the_middle),
		cmocka_unit_test(test_bisect_chooses_what_is_built),
		cmocka_unit_test(test_bisect_runs_more_of_a_rare_bug),
		cmocka_unit_test(test_bisect_leaves_what_does_not_build),
		cmocka_unit_test(test_bisect_answer_of_what_cannot_be_told_apart),
		cmocka_unit_test(test_bisect_answer_is_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
