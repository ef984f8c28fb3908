// SPDX-License-Identifier: GPL-2.0-or-later
/* Sides of two crossed axes: those that differ in one value are held against each other, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "compare/pairs.h"
#include "page/page.h"
#include "tests/compare-world.h"
#include "tests/page-world.h"

enum { SIDES = 4, MOST_RUNS = 20 };

struct world {
	struct run_facts runs[SIDES][MOST_RUNS];
	struct compare_side sides[SIDES];
};

/* on and off, each with a and with b. */
static void world_load(struct world *w, size_t count)
{
	static const char *const names[] = { "on, a", "on, b", "off, a", "off, b" };
	static const char *const values[] = { "on", "off", "a", "b" };

	memset(w, 0, sizeof(*w));
	for (size_t s = 0; s < SIDES; s++) {
		for (size_t r = 0; r < count; r++)
			page_world_load(&w->runs[s][r], s < 2 ? "wbt-on" : "wbt-off");
		w->sides[s] = (struct compare_side){
			.name = names[s],
			.runs = w->runs[s],
			.run_count = count,
			.axes = { values[s / 2], values[2 + s % 2] },
		};
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

static void assert_pairs(const struct compare_side *sides, size_t count, const char *expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct fact_pair pairs[COMPARE_MAX_PAIRS];
	size_t found = compare_pairs(sides, count, pairs);

	for (size_t i = 0; i < found; i++)
		strbuf_addf(&text, "%zu-%zu ", pairs[i].base, pairs[i].side);
	assert_string_equal(text.data, expected);
}

static void test_pairs_of_crossed_sides_differ_in_one_value(void **state)
{
	struct compare_side sides[COMPARE_MAX_SIDES] = {
		{ .axes = { "on", "a" } },  { .axes = { "on", "b" } },	{ .axes = { "on", "c" } },
		{ .axes = { "off", "a" } }, { .axes = { "off", "b" } }, { .axes = { "off", "c" } },
	};
	struct compare_side plain[3] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };

	(void)state;
	assert_pairs(sides, 6, "0-1 0-2 0-3 0-4 0-5 1-4 3-4 2-5 3-5 ");
	assert_pairs(plain, 3, "0-1 0-2 ");
	/* As many as there can be have room. */
	for (size_t s = 0; s < COMPARE_MAX_SIDES; s++) {
		static const char *const values[] = { "1", "2", "3", "4" };

		sides[s] = (struct compare_side){ .axes = { values[s / 4], values[s % 4] } };
	}
	assert_int_equal(compare_pairs(sides, COMPARE_MAX_SIDES, (struct fact_pair[45]){ 0 }),
			 15 + 2 * 9);
}

static void crash(struct world *w, size_t side, size_t count)
{
	for (size_t r = 0; r < count; r++)
		json_set_str(w->runs[side][r].verdict, "verdict", "crash");
}

static json_t *crash_row(const json_t *comparison)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(json_object_get(comparison, "statistics"), "rates"), i,
			    row)
		if (str_eq(json_get_str(row, "what", ""), "crash"))
			return row;
	fail_msg("no rate of crashes");
	return NULL;
}

/* Half of the first side's runs crash: none differs from that for sure, but two of the others do
 * from each other, by one axis. */
static void test_crossed_sides_are_tested_against_each_other(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL, *markdown = NULL;
	const json_t *row, *crossed, *tests;

	(void)state;
	world_load(&w, MOST_RUNS);
	crash(&w, 0, 10);
	crash(&w, 1, 3);
	crash(&w, 2, 10);
	crash(&w, 3, 17);
	c = world_compare(&w);
	row = crash_row(c);
	crossed = json_get_array(row, "crossed");
	assert_int_equal(json_array_size(crossed), 2);
	for (size_t s = 1; s < SIDES; s++)
		assert_false(json_get_bool(json_array_get(json_get_array(row, "sides"), s),
					   "different", true));
	assert_true(json_get_bool(json_array_get(crossed, 0), "different", false));
	assert_false(json_get_bool(json_array_get(crossed, 1), "different", true));
	assert_true(json_get_bool(row, "different", false));
	assert_string_equal(json_get_str(c, "verdict", ""), "different");
	/* All of them are counted, and share the error. */
	tests = json_object_get(json_object_get(c, "statistics"), "tests");
	assert_int_equal(
		json_get_int(tests, "rates", 0),
		5 * json_array_size(json_object_get(json_object_get(c, "statistics"), "rates")));
	text = page_compare_text(c, &(struct page_style){ .width = 80 });
	page_world_assert_fits(text, 80);
	assert_non_null(strstr(text, "    off, b against on, b: +70 points"));
	assert_non_null(strstr(text, "    off, b against off, a: +35 points"));
	markdown = page_compare_markdown(c);
	assert_non_null(strstr(markdown, "- `crash`, off, b against on, b: "));
	assert_null(strstr(markdown, "- `crash`, off, b against off, a"));
}

/* Deterministic runs of one seed are laid beside each other in the same pairs. */
static void test_crossed_sides_are_laid_beside_each_other(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;
	const json_t *rows;

	(void)state;
	world_load(&w, 1);
	for (size_t s = 1; s < SIDES; s++) {
		struct run_facts pair[2] = { w.runs[0][0], w.runs[s][0] };

		compare_world_make_exact(pair, 2);
		w.runs[0][0] = pair[0];
		w.runs[s][0] = pair[1];
	}
	crash(&w, 3, 1);
	c = world_compare(&w);
	rows = json_get_array(c, "exact");
	assert_int_equal(json_array_size(rows), 5);
	assert_int_equal(json_get_int(json_array_get(rows, 3), "against", 0), 1);
	assert_int_equal(json_get_int(json_array_get(rows, 3), "side", 0), 3);
	assert_true(json_get_bool(json_array_get(rows, 3), "differs", false));
	assert_false(json_get_bool(json_array_get(rows, 0), "differs", true));
	assert_true(
		compare_world_says(c, "different", "seed 1: pass on 'on, b', crash on 'off, b'"));
	text = page_compare_text(c, &(struct page_style){ .width = 80 });
	assert_non_null(strstr(text, "seed 1, on, b and off, b\n"));
}

static json_t *code_row(int first, int second)
{
	return json_pack("{s:[i,i],s:i,s:i,s:i,s:i,s:[i,i],s:[{s:s,s:s,s:[i,i]}]}", "sides", first,
			 second, "added", 0, "removed", 1, "changed", 0, "same", 9, "code_bytes",
			 20, 10, "functions", "name", "planted", "status", "removed", "size_bytes",
			 10, 0);
}

static size_t times(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)); text++)
		count++;
	return count;
}

/* Two sides of one axis have one kernel: what its code is like is told once. */
static void test_crossed_sides_of_one_kernel_have_its_code_once(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL, *markdown = NULL;
	json_t *code = json_array();

	(void)state;
	world_load(&w, 1);
	c = world_compare(&w);
	json_array_append_new(code, code_row(0, 2));
	json_array_append_new(code, code_row(0, 3));
	json_object_set_new(c, "code", code);
	text = page_compare_text(c, &(struct page_style){ .width = 80 });
	markdown = page_compare_markdown(c);
	assert_int_equal(times(text, "planted"), 1);
	assert_int_equal(times(markdown, "planted"), 1);
	assert_non_null(
		strstr(text, "on, a against off, b: the same two kernels as on, a against"));
	/* Another kernel is another one, also with the same difference. */
	json_set_str(json_array_get(json_get_array(c, "sides"), 3), "kernel", "another");
	free(text);
	text = page_compare_text(c, &(struct page_style){ .width = 80 });
	assert_int_equal(times(text, "planted"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_of_crossed_sides_differ_in_one_value),
		cmocka_unit_test(test_crossed_sides_are_tested_against_each_other),
		cmocka_unit_test(test_crossed_sides_are_laid_beside_each_other),
		cmocka_unit_test(test_crossed_sides_of_one_kernel_have_its_code_once),
	};

	return cmocka_run_group_tests_name("compare-crossed", tests, NULL, NULL);
}
