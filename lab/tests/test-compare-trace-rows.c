// SPDX-License-Identifier: GPL-2.0-or-later
/* Two traces row by row, and reports that are one bug under two titles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "compare/compare.h"
#include "compare/trace-rows.h"
#include "page/page.h"

#define FIXTURES "lab/tests/fixtures/compare/"

/* Functions between blanks, innermost first; "?name" is a guess. */
static json_t *trace_of(const char *functions)
{
	_cleanup_strv_ struct strv words = { 0 };
	json_t *frames = json_array();

	strv_split_words(&words, functions);
	for (size_t i = 0; i < words.count; i++) {
		bool guess = words.items[i][0] == '?';

		json_array_append_new(frames,
				      json_pack("{s:s,s:b}", "symbol", words.items[i] + guess,
						"reliable", !guess));
	}
	return json_pack("{s:s,s:o}", "context", "task", "frames", frames);
}

static json_t *rows_of(const json_t *left, const json_t *right)
{
	_cleanup_free_ struct trace_frames *l = xcalloc(1, sizeof(*l)), *r = xcalloc(1, sizeof(*r));
	json_t *out = json_object();

	trace_frames_read(l, left);
	trace_frames_read(r, right);
	trace_rows_set(out, l, r);
	return out;
}

/* "same missing ...", as of the rows. */
static void assert_marks(const json_t *trace, const char *expected)
{
	_cleanup_strv_ struct strv marks = { 0 };
	_cleanup_free_ char *text = NULL;

	json_to_strv(json_get_array(trace, "marks"), &marks);
	text = strv_join(&marks, " ");
	assert_string_equal(text, expected);
	assert_int_equal(json_array_size(json_get_array(trace, "rows")), marks.count);
	assert_int_equal(json_array_size(json_get_array(trace, "frames")), marks.count);
}

static void test_rows_of_missing_inserted_and_moved(void **state)
{
	_cleanup_json_ json_t *left = trace_of("a b c d e"), *right = trace_of("a c x d b e");
	_cleanup_json_ json_t *rows = rows_of(left, right);

	assert_marks(rows, "same moved same inserted same moved same");
	assert_int_equal(json_get_int(rows, "matched", 0), 4);
	assert_false(json_get_bool(rows, "equal", true));
}

static void test_rows_of_a_function_twice_moves_once(void **state)
{
	_cleanup_json_ json_t *left = trace_of("a b b c"), *right = trace_of("a c b");
	_cleanup_json_ json_t *rows = rows_of(left, right);

	assert_marks(rows, "same moved missing same moved");
}

static void test_rows_leave_guesses_aside(void **state)
{
	_cleanup_json_ json_t *left = trace_of("a ?g b ?h"), *right = trace_of("?i a b");
	_cleanup_json_ json_t *rows = rows_of(left, right);
	const json_t *guesses = json_get_array(rows, "guesses");
	_cleanup_json_ json_t *expected =
		json_pack("[{s:i,s:i,s:s},{s:i,s:i,s:s},{s:i,s:i,s:s}]", "row", 0, "side", 1,
			  "symbol", "i", "row", 1, "side", 0, "symbol", "g", "row", 2, "side", 0,
			  "symbol", "h");

	assert_marks(rows, "same same");
	assert_true(json_get_bool(rows, "equal", false));
	assert_true(json_equal(guesses, expected));
}

static void set_line(json_t *trace, size_t frame, const char *inlined)
{
	json_t *f = json_array_get(json_get_array(trace, "frames"), frame);

	json_object_set_new(f, "file", json_string("mm/x.c"));
	json_object_set_new(f, "line", json_integer(7));
	if (inlined)
		json_object_set_new(f, "inlined",
				    json_pack("[{s:s,s:s}]", "symbol", inlined, "file", "mm/y.c"));
}

/* One kernel inlined b, the other did not: with symbols that is the same way. */
static void test_rows_see_through_inlining_where_both_have_symbols(void **state)
{
	_cleanup_json_ json_t *left = trace_of("a c"), *right = trace_of("a b c");
	_cleanup_json_ json_t *before = rows_of(left, right), *after = NULL, *half = NULL;
	const json_t *known;

	assert_marks(before, "same inserted same");
	set_line(left, 1, "b");
	half = rows_of(left, right);
	assert_marks(half, "same inserted same");
	set_line(right, 1, NULL);
	after = rows_of(left, right);
	assert_marks(after, "same same same");
	assert_true(json_get_bool(after, "equal", false));
	known = json_array_get(json_array_get(json_get_array(after, "frames"), 1), 0);
	assert_true(json_get_bool(known, "inline", false));
	assert_string_equal(json_get_str(known, "file", ""), "mm/y.c");
}

static void test_rows_of_hostile_traces_are_bounded(void **state)
{
	_cleanup_json_ json_t *left = trace_of("a"), *right = trace_of("b"), *rows = NULL;

	for (int i = 0; i < 100000; i++) {
		json_array_append_new(json_get_array(left, "frames"),
				      json_pack("{s:s}", "symbol", i % 3 ? "x" : "y"));
		json_array_append_new(json_get_array(right, "frames"),
				      json_pack("{s:s}", "symbol", i % 5 ? "y" : "x"));
	}
	json_array_insert_new(json_get_array(right, "frames"), 0, json_integer(3));
	rows = rows_of(left, right);
	assert_in_range(json_array_size(json_get_array(rows, "rows")), ALIGN_MAX, 2 * ALIGN_MAX);
}

/* ---- two titles ---- */

struct pair {
	struct run_facts runs[2];
	struct compare_side sides[2];
};

static void pair_load(struct pair *p)
{
	static const char *const names[] = { "wbt-on", "wbt-off" };
	struct err err = ERR_INIT;

	for (int i = 0; i < 2; i++) {
		if (run_facts_load(&p->runs[i], FIXTURES "wbt-on", &err) < 0)
			fail_msg("%s", err.msg);
		p->sides[i] = (struct compare_side){ names[i], &p->runs[i], 1 };
	}
}

static void pair_clear(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		run_facts_clear(&p->runs[i]);
}
#define _cleanup_pair_ _cleanup_(pair_clear)

static void add_report(struct pair *p, int side, const char *title, const char *functions)
{
	json_array_append_new(p->runs[side].reports,
			      json_pack("{s:s,s:s,s:i,s:[o]}", "title", title, "kind", "warning",
					"count", 1, "traces", trace_of(functions)));
}

static json_t *trace_titled(const json_t *comparison, const char *title)
{
	json_t *trace, *found = NULL;
	size_t i;

	json_array_foreach (json_get_array(comparison, "traces"), i, trace)
		if (str_eq(json_get_str(trace, "title", ""), title)) {
			assert_null(found);
			found = trace;
		}
	return found;
}

static void test_titles_of_one_bug_are_laid_beside_each_other(void **state)
{
	static const struct page_style plain = { .width = 80 }, narrow = { .width = 60 };
	_cleanup_pair_ struct pair p = { 0 };
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL, *small = NULL, *mail = NULL;
	const json_t *trace;
	struct err err = ERR_INIT;

	pair_load(&p);
	add_report(&p, 0, "WARNING in inner", "inner outer caller of_caller do_work kthread");
	add_report(&p, 1, "WARNING in outer", "outer caller of_caller do_work kthread");
	c = compare_sides(p.sides, 2, &err);
	trace = trace_titled(c, "WARNING in inner");
	assert_non_null(trace);
	assert_null(trace_titled(c, "WARNING in outer"));
	assert_string_equal(json_string_value(json_array_get(json_get_array(trace, "titles"), 1)),
			    "WARNING in outer");
	assert_in_range((uintmax_t)(json_get_num(trace, "similarity", 0) * 1000), 700, 999);
	assert_marks(trace, "missing same same same same same");
	/* It is said, and the reports still differ. */
	assert_false(json_get_bool(c, "outcomes_same", true));
	text = page_compare_text(c, &plain);
	assert_non_null(strstr(text, "taken for one bug"));
	assert_non_null(strstr(text, "    inner                               -\n"));
	mail = page_compare_markdown(c);
	assert_non_null(strstr(mail, "with, on wbt-off: WARNING in outer"));
	small = page_compare_text(c, &narrow);
	assert_non_null(strstr(small, "\n  -  inner\n"));
}

static void test_titles_of_two_bugs_stay_apart(void **state)
{
	_cleanup_pair_ struct pair p = { 0 };
	_cleanup_json_ json_t *c = NULL;
	struct err err = ERR_INIT;

	pair_load(&p);
	add_report(&p, 0, "WARNING in inner", "inner outer caller do_syscall entry");
	add_report(&p, 1, "WARNING in other", "other way here do_syscall entry");
	c = compare_sides(p.sides, 2, &err);
	assert_non_null(json_object_get(trace_titled(c, "WARNING in inner"), "lacks"));
	assert_non_null(json_object_get(trace_titled(c, "WARNING in other"), "lacks"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_of_missing_inserted_and_moved),
		cmocka_unit_test(test_rows_of_a_function_twice_moves_once),
		cmocka_unit_test(test_rows_leave_guesses_aside),
		cmocka_unit_test(test_rows_see_through_inlining_where_both_have_symbols),
		cmocka_unit_test(test_rows_of_hostile_traces_are_bounded),
		cmocka_unit_test(test_titles_of_one_bug_are_laid_beside_each_other),
		cmocka_unit_test(test_titles_of_two_bugs_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
