// SPDX-License-Identifier: GPL-2.0-or-later
/* How alike two reports are, what is found by it, and that no reports.json takes it long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "compare/similar-reports.h"
#include "compare/similarity.h"

/* Of one trace, its functions between blanks, innermost first; "?name" is a guess. */
static json_t *report_of(const char *title, const char *functions)
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
	return json_pack("{s:s,s:s,s:[{s:s,s:o}]}", "title", title, "kind", "warning", "traces",
			 "context", "task", "frames", frames);
}

static double score_of(struct similarity_index *index, const char *left, const char *right)
{
	_cleanup_json_ json_t *a = report_of("a", left), *b = report_of("b", right);

	return similarity_score(index, similarity_index_read(index, a),
				similarity_index_read(index, b));
}

/* The score of two traces when only they are known. */
static double score_alone(const char *left, const char *right)
{
	struct similarity_index *index = similarity_index_new(&similarity_tuning);
	double score = score_of(index, left, right);

	similarity_index_free(index);
	return score;
}

static void know(struct similarity_index *index, const char *functions)
{
	_cleanup_json_ json_t *report = report_of("known", functions);

	similarity_index_add(index, report);
}

static void test_similarity_of_identical_is_one(void **state)
{
	struct similarity_index *index = similarity_index_new(&similarity_tuning);

	assert_float_equal(score_alone("a b c", "a b c"), 1, 1e-9);
	/* Also where every function is in every report. */
	know(index, "a b c");
	know(index, "a b c");
	assert_float_equal(score_of(index, "a b c", "a b c"), 1, 1e-9);
	/* How it was compiled is no difference. */
	assert_float_equal(score_of(index, "a.isra.0 b c", "a b.cold c.constprop.3"), 1, 1e-9);
	similarity_index_free(index);
}

static void test_similarity_of_disjoint_is_zero(void **state)
{
	assert_float_equal(score_alone("a b c", "d e f"), 0, 1e-9);
	assert_float_equal(score_alone("a b c", ""), 0, 1e-9);
	assert_float_equal(score_alone("", ""), 0, 1e-9);
}

static void test_similarity_is_symmetric(void **state)
{
	static const char *const traces[] = { "a b c d", "b x a d", "d c b a", "a ?b c", "x", "" };
	struct similarity_index *index = similarity_index_new(&similarity_tuning);

	know(index, "a b c d");
	know(index, "b d y z");
	for (size_t i = 0; i < ARRAY_SIZE(traces); i++)
		for (size_t k = 0; k < ARRAY_SIZE(traces); k++)
			assert_float_equal(score_of(index, traces[i], traces[k]),
					   score_of(index, traces[k], traces[i]), 1e-12);
	similarity_index_free(index);
}

/* What is in nearly every trace says nothing; what is in two says much. */
static void test_similarity_by_rarity(void **state)
{
	struct similarity_index *index = similarity_index_new(&similarity_tuning);
	double entry, rare;

	for (int i = 0; i < 50; i++) {
		_cleanup_free_ char *known = xasprintf("own_%d do_syscall entry", i);

		know(index, known);
	}
	entry = score_of(index, "x do_syscall entry", "y do_syscall entry");
	rare = score_of(index, "x own_1 entry", "y own_1 entry");
	assert_true(entry < 0.02);
	assert_true(rare > 0.2);
	similarity_index_free(index);
}

static void test_similarity_by_position(void **state)
{
	/* One function differs: at the top it is another bug sooner than at the bottom. */
	assert_true(score_alone("x b c d e", "a b c d e") < score_alone("a b c d x", "a b c d e"));
}

static void test_similarity_of_moved_frames(void **state)
{
	double moved = score_alone("a b c d e", "b c d a e");
	double gone = score_alone("a b c d e", "b c d x e");

	/* What has moved cannot be laid upon itself without leaving what it passed. */
	assert_true(moved < 1);
	assert_true(moved > 0.5);
	assert_float_equal(moved, gone, 1e-9);
	/* An inserted frame costs less than another way does. */
	assert_true(score_alone("a b c d e", "a b x c d e") > moved);
}

static void test_similarity_guesses_count_less(void **state)
{
	assert_true(score_alone("a ?g b", "a b") > score_alone("a g b", "a b"));
}

static void test_similarity_of_other_traces(void **state)
{
	struct similarity_index *index = similarity_index_new(&similarity_tuning);
	_cleanup_json_ json_t *a = report_of("a", "x b c"), *b = report_of("b", "y b c");
	_cleanup_json_ json_t *allocated =
		json_pack("{s:s,s:[{s:s}]}", "context", "allocated", "frames", "symbol", "alloc");
	double without = similarity_score(index, similarity_index_read(index, a),
					  similarity_index_read(index, b)),
	       with;

	json_array_append(json_get_array(a, "traces"), allocated);
	/* First, as it may be printed: it is not what names the bug. */
	json_array_insert(json_get_array(b, "traces"), 0, allocated);
	with = similarity_score(index, similarity_index_read(index, a),
				similarity_index_read(index, b));
	assert_true(with > without);
	assert_true(with < 1);
	similarity_index_free(index);
}

/* Kernels print where it happened apart from the trace, others in it. */
static void test_similarity_knows_the_place_of_the_fault(void **state)
{
	struct similarity_index *index = similarity_index_new(&similarity_tuning);
	_cleanup_json_ json_t *a = report_of("a", "b c"), *b = report_of("b", "a b c");

	json_object_set_new(a, "details", json_pack("{s:{s:s}}", "ip", "symbol", "a"));
	assert_float_equal(similarity_score(index, similarity_index_read(index, a),
					    similarity_index_read(index, b)),
			   1, 1e-9);
	similarity_index_free(index);
}

/* Traces of a million frames, a thousand traces, and what is no report at all. */
static void test_similarity_of_hostile_reports_ends_soon(void **state)
{
	struct similar_reports *s = similar_reports_new();
	_cleanup_json_ json_t *big = report_of("big", "a b c"), *ranked = NULL;
	_cleanup_json_ json_t *odd =
		json_pack("[i,n,[],{},{s:i,s:s},{s:[i,{s:s},{s:[n,i,{}]}]}]", 1, "title", 3,
			  "traces", "no", "traces", 1, "frames", "none", "frames", 3);
	json_t *trace = json_array_get(json_get_array(big, "traces"), 0);
	uint64_t start;

	for (int i = 0; i < 1000000; i++)
		json_array_append_new(json_get_array(trace, "frames"),
				      json_pack("{s:s}", "symbol", i % 2 ? "a" : "b"));
	for (int i = 0; i < 1000; i++)
		json_array_append(json_get_array(big, "traces"), trace);
	start = clock_monotonic_ns();
	similar_reports_add(s, "odd", odd, NULL);
	for (int i = 0; i < 200; i++) {
		_cleanup_json_ json_t *copy = json_copy(big);
		_cleanup_json_ json_t *list = json_array();

		json_object_set_new(copy, "title", json_sprintf("big %d", i));
		json_array_append(list, copy);
		similar_reports_add(s, "big", list, NULL);
	}
	ranked = similar_reports_rank(s, big, 5);
	assert_int_equal(json_array_size(json_get_array(ranked, "similar")), 5);
	assert_true(clock_monotonic_ns() - start < 20000000000ull);
	similar_reports_free(s);
}

static void add_run(struct similar_reports *s, const char *run, const char *title,
		    const char *functions)
{
	_cleanup_json_ json_t *list = json_array();

	json_array_append_new(list, report_of(title, functions));
	json_object_set_new(json_array_get(list, 0), "count", json_integer(3));
	similar_reports_add(s, run, list, NULL);
}

static void test_similar_reports_ranked_with_their_runs(void **state)
{
	struct similar_reports *s = similar_reports_new();
	_cleanup_json_ json_t *asked = report_of("WARNING in a", "a b c d"), *result = NULL;
	json_t *list, *first;

	add_run(s, "1", "WARNING in a", "a b c d");
	add_run(s, "2", "WARNING in a", "a b c d");
	add_run(s, "3", "WARNING in x", "x b c d");
	add_run(s, "4", "WARNING in z", "z y");
	result = similar_reports_rank(s, asked, 10);
	list = json_get_array(result, "similar");
	assert_int_equal(json_array_size(list), 2);
	first = json_array_get(list, 0);
	assert_string_equal(json_get_str(first, "title", ""), "WARNING in a");
	assert_float_equal(json_get_num(first, "similarity", 0), 1, 1e-9);
	assert_int_equal(json_get_int(first, "times", 0), 6);
	assert_int_equal(json_get_int(first, "runs", 0), 2);
	assert_string_equal(json_get_str(first, "first", ""), "1");
	assert_string_equal(json_get_str(first, "last", ""), "2");
	assert_string_equal(json_get_str(json_array_get(list, 1), "title", ""), "WARNING in x");
	assert_int_equal(json_get_int(result, "runs", 0), 4);
	assert_int_equal(json_get_int(result, "titles", 0), 3);
	similar_reports_free(s);
}

/* One bug in a thousand runs does not make its functions common ones. */
static void test_similar_reports_rarity_is_of_traces_and_not_of_runs(void **state)
{
	struct similar_reports *s = similar_reports_new();
	_cleanup_json_ json_t *asked = report_of("new", "x rare entry"), *result = NULL;
	json_t *list;

	for (int i = 0; i < 1000; i++)
		add_run(s, "old", "WARNING in rare", "rare entry");
	for (int i = 0; i < 20; i++) {
		_cleanup_free_ char *title = xasprintf("WARNING in other_%d", i);
		_cleanup_free_ char *functions = xasprintf("other_%d entry", i);

		add_run(s, "old", title, functions);
	}
	result = similar_reports_rank(s, asked, 10);
	list = json_get_array(result, "similar");
	assert_string_equal(json_get_str(json_array_get(list, 0), "title", ""), "WARNING in rare");
	assert_true(json_get_num(json_array_get(list, 0), "similarity", 0) > 0.3);
	similar_reports_free(s);
}

static void test_similar_reports_leave_out_what_is_asked_about(void **state)
{
	struct similar_reports *s = similar_reports_new();
	_cleanup_json_ json_t *list = json_array(), *result = NULL;

	json_array_append_new(list, report_of("one", "a b"));
	json_array_append_new(list, report_of("two", "a b"));
	similar_reports_add(s, "run", list, json_array_get(list, 0));
	result = similar_reports_rank(s, json_array_get(list, 0), 10);
	assert_int_equal(json_array_size(json_get_array(result, "similar")), 1);
	assert_string_equal(json_get_str(json_array_get(json_get_array(result, "similar"), 0),
					 "title", ""),
			    "two");
	similar_reports_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_similarity_of_identical_is_one),
		cmocka_unit_test(test_similarity_of_disjoint_is_zero),
		cmocka_unit_test(test_similarity_is_symmetric),
		cmocka_unit_test(test_similarity_by_rarity),
		cmocka_unit_test(test_similarity_by_position),
		cmocka_unit_test(test_similarity_of_moved_frames),
		cmocka_unit_test(test_similarity_guesses_count_less),
		cmocka_unit_test(test_similarity_of_other_traces),
		cmocka_unit_test(test_similarity_knows_the_place_of_the_fault),
		cmocka_unit_test(test_similarity_of_hostile_reports_ends_soon),
		cmocka_unit_test(test_similar_reports_ranked_with_their_runs),
		cmocka_unit_test(test_similar_reports_rarity_is_of_traces_and_not_of_runs),
		cmocka_unit_test(test_similar_reports_leave_out_what_is_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
