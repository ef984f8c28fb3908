// SPDX-License-Identifier: GPL-2.0-or-later
/* Of three sides and more each pair has a word of its own, and the comparison that of the worst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "page/page.h"
#include "tests/compare-world.h"
#include "tests/page-world.h"

enum { SIDES = 3, MOST_RUNS = 20 };

struct world {
	struct run_facts runs[SIDES][MOST_RUNS];
	struct compare_side sides[SIDES];
};

/* wbt-on as `one`, wbt-off as `two` and `three`. */
static void world_load(struct world *w, size_t count)
{
	static const char *const names[] = { "one", "two", "three" };

	memset(w, 0, sizeof(*w));
	for (size_t s = 0; s < SIDES; s++) {
		for (size_t r = 0; r < count; r++)
			page_world_load(&w->runs[s][r], s ? "wbt-off" : "wbt-on");
		w->sides[s] = (struct compare_side){ names[s], w->runs[s], count, { NULL, NULL } };
	}
}

/* One deterministic run a side. */
static void world_load_exact(struct world *w)
{
	world_load(w, 1);
	for (size_t s = 1; s < SIDES; s++) {
		struct run_facts pair[2] = { w->runs[0][0], w->runs[s][0] };

		compare_world_make_exact(pair, 2);
		w->runs[0][0] = pair[0];
		w->runs[s][0] = pair[1];
	}
}

static void world_clear(struct world *w)
{
	for (size_t s = 0; s < SIDES; s++)
		for (size_t r = 0; r < w->sides[s].run_count; r++)
			run_facts_clear(&w->runs[s][r]);
}
#define _cleanup_world_ _cleanup_(world_clear)

static json_t *world_compare(struct world *w)
{
	return compare_world_compare(w->sides, SIDES);
}

static void set_verdicts(struct world *w, size_t side, size_t count, const char *word)
{
	for (size_t r = 0; r < count; r++)
		json_set_str(w->runs[side][r].verdict, "verdict", word);
}

/* "0-1 same 0-2 broken " */
static void assert_pairs(const json_t *comparison, const char *word, const char *expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(comparison, "pairs"), i, pair) {
		const json_t *sides = json_get_array(pair, "sides");

		strbuf_addf(&text, "%d-%d %s ", (int)json_integer_value(json_array_get(sides, 0)),
			    (int)json_integer_value(json_array_get(sides, 1)),
			    json_get_str(pair, "verdict", "?"));
	}
	assert_string_equal(text.length ? text.data : "", expected);
	assert_string_equal(json_get_str(comparison, "verdict", ""), word);
}

static void test_pairs_of_sides_that_are_the_same(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;

	(void)state;
	world_load_exact(&w);
	c = world_compare(&w);
	assert_pairs(c, "same", "0-1 same 0-2 same ");
	/* Nothing is to be told of each. */
	text = page_compare_text(c, &(struct page_style){ .width = 80 });
	assert_null(strstr(text, "\npairs "));
}

/* A run that is broken makes no comparison of its side, and of no other. */
static void test_pairs_without_the_broken_side_keep_their_word(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL, *d = NULL;
	_cleanup_free_ char *text = NULL, *markdown = NULL;

	(void)state;
	world_load_exact(&w);
	set_verdicts(&w, 2, 1, "broken");
	c = world_compare(&w);
	assert_pairs(c, "broken", "0-1 same 0-2 broken ");
	set_verdicts(&w, 1, 1, "crash");
	d = world_compare(&w);
	assert_pairs(d, "broken", "0-1 different 0-2 broken ");
	text = page_compare_text(d, &(struct page_style){ .width = 80 });
	page_world_assert_fits(text, 80);
	assert_non_null(strstr(text, "pairs      broken: one and three\n"
				     "           different: one and two\n"));
	markdown = page_compare_markdown(d);
	assert_non_null(strstr(markdown, "- pairs that are different: one and two"));
}

/* So with runs of another seed: those of the same one are what they are. */
static void test_pairs_of_other_seeds_leave_those_of_one(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL, *d = NULL;

	(void)state;
	world_load_exact(&w);
	json_set_int(w.runs[2][0].run, "seed", 2);
	c = world_compare(&w);
	assert_pairs(c, "broken", "0-1 same 0-2 broken ");
	set_verdicts(&w, 1, 1, "crash");
	d = world_compare(&w);
	assert_pairs(d, "broken", "0-1 different 0-2 broken ");
}

static void test_pairs_of_a_broken_first_side_are_all_broken(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;

	(void)state;
	world_load_exact(&w);
	set_verdicts(&w, 0, 1, "incomplete");
	c = world_compare(&w);
	assert_pairs(c, "broken", "0-1 broken 0-2 broken ");
}

/* Two further sides that booted one kernel though they were not to: they are told as a pair. */
static void test_pairs_that_are_not_compared_may_be_broken(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;

	(void)state;
	world_load_exact(&w);
	json_object_set_new(w.runs[2][0].kernel, "fragments",
			    json_pack("[{s:s}]", "sha256", "another"));
	c = world_compare(&w);
	assert_pairs(c, "broken", "0-1 same 0-2 same 1-2 broken ");
}

/* What makes it no comparison is told, however many differences came before. */
static void test_broken_is_the_word_behind_many_differences(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;

	(void)state;
	world_load_exact(&w);
	for (int i = 0; i < 100; i++) {
		_cleanup_free_ char *title = xasprintf("BUG: number %d", i);

		json_array_append_new(w.runs[1][0].reports,
				      json_pack("{s:s,s:s,s:i,s:b}", "title", title, "kind", "bug",
						"count", 1, "info", 0));
	}
	json_object_set_new(w.runs[2][0].kernel, "fragments",
			    json_pack("[{s:s}]", "sha256", "another"));
	c = world_compare(&w);
	assert_int_equal(json_array_size(json_get_array(c, "reasons")), 64);
	assert_pairs(c, "broken", "0-1 different 0-2 same 1-2 broken ");
}

/* Of many runs the tests decide, each pair by its own, all with one error. */
static void test_pairs_of_many_runs(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL, *d = NULL, *e = NULL;

	(void)state;
	world_load(&w, MOST_RUNS);
	for (size_t s = 0; s < SIDES; s++)
		for (size_t r = 0; r < MOST_RUNS; r++) {
			json_array_clear(w.runs[s][r].reports);
			json_object_set(w.runs[s][r].plan, "facts",
					json_object_get(w.runs[s][0].plan, "facts"));
		}
	set_verdicts(&w, 1, 17, "crash");
	c = world_compare(&w);
	assert_string_equal(json_get_str(json_array_get(json_get_array(c, "pairs"), 0), "verdict",
					 ""),
			    "different");
	set_verdicts(&w, 2, MOST_RUNS, "broken");
	d = world_compare(&w);
	assert_pairs(d, "broken", "0-1 different 0-2 broken ");
	/* Not all of them: so many that their number alone is a difference. */
	set_verdicts(&w, 2, 2, "pass");
	e = world_compare(&w);
	assert_pairs(e, "broken", "0-1 different 0-2 broken ");
}

/* One side that cannot be judged does not end the comparison of the others. */
static void test_looks_go_on_without_a_side_that_says_nothing(void **state)
{
	_cleanup_world_ struct world w;
	struct sequential_plan plan;
	struct compare_look look = { .plan = &plan, .index = 2 };
	_cleanup_json_ json_t *one = NULL, *sure = NULL, *first = NULL, *last = NULL;

	(void)state;
	sequential_plan_init(&plan, 20);
	world_load(&w, 8);
	set_verdicts(&w, 2, 8, "broken");
	one = compare_statistics(w.sides, SIDES, &look);
	assert_true(compare_goes_on(one));
	assert_true(compare_side_says_nothing(one, 2));
	assert_false(compare_side_says_nothing(one, 1));
	look.index = plan.look_count - 1;
	last = compare_statistics(w.sides, SIDES, &look);
	assert_false(compare_goes_on(last));
	look.index = 2;
	set_verdicts(&w, 1, 8, "crash");
	sure = compare_statistics(w.sides, SIDES, &look);
	assert_false(compare_goes_on(sure));
	/* Without the first there is nothing that the others are held against. */
	set_verdicts(&w, 1, 8, "pass");
	set_verdicts(&w, 2, 8, "pass");
	set_verdicts(&w, 0, 8, "incomplete");
	first = compare_statistics(w.sides, SIDES, &look);
	assert_false(compare_goes_on(first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_of_sides_that_are_the_same),
		cmocka_unit_test(test_pairs_without_the_broken_side_keep_their_word),
		cmocka_unit_test(test_pairs_of_other_seeds_leave_those_of_one),
		cmocka_unit_test(test_pairs_of_a_broken_first_side_are_all_broken),
		cmocka_unit_test(test_pairs_that_are_not_compared_may_be_broken),
		cmocka_unit_test(test_broken_is_the_word_behind_many_differences),
		cmocka_unit_test(test_pairs_of_many_runs),
		cmocka_unit_test(test_looks_go_on_without_a_side_that_says_nothing),
	};

	return cmocka_run_group_tests_name("compare-pair-words", tests, NULL, NULL);
}
