// SPDX-License-Identifier: GPL-2.0-or-later
/* Many runs a side (copies of fixtures/compare, changed): what is tested, and what comes of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/json.h"
#include "compare/compare.h"
#include "page/page.h"
#include "tests/page-world.h"

enum { RUNS = 20 };

#define TITLE "BUG: unable to handle kernel NULL pointer dereference in f"

struct world {
	struct run_facts runs[2][RUNS];
	struct compare_side sides[2];
};

static void world_load(struct world *w, size_t count)
{
	static const char *const names[] = { "wbt-on", "wbt-off" };

	memset(w, 0, sizeof(*w));
	for (size_t s = 0; s < 2; s++) {
		for (size_t r = 0; r < count; r++)
			page_world_load(&w->runs[s][r], names[s]);
		w->sides[s] = (struct compare_side){ names[s], w->runs[s], count };
	}
}

static void world_clear(struct world *w)
{
	for (size_t s = 0; s < 2; s++)
		for (size_t r = 0; r < w->sides[s].run_count; r++)
			run_facts_clear(&w->runs[s][r]);
}
#define _cleanup_world_ _cleanup_(world_clear)

static json_t *world_compare(struct world *w, const struct compare_look *look)
{
	struct err err = ERR_INIT;
	json_t *out = compare_sides_at(w->sides, 2, look, NULL, &err);

	if (!out)
		fail_msg("%s", err.msg);
	return out;
}

/* The run crashes, with a report of its own. */
static void crash(struct run_facts *run)
{
	json_t *report = json_pack("{s:s,s:s,s:i,s:b}", "title", TITLE, "kind", "page_fault",
				   "count", 1, "info", 0);

	json_array_append_new(run->reports, report);
	json_set_str(run->verdict, "verdict", "crash");
}

static void make_broken(struct run_facts *run)
{
	json_set_str(run->verdict, "verdict", "broken");
	json_object_set_new(run->verdict, "reasons",
			    json_pack("[{s:s,s:s}]", "verdict", "broken", "what", "step 3 failed"));
}

/* Some number of a task, another in each run. */
static void set_stime(struct run_facts *run, int value)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), "task-end"))
			json_set_int(frame, "stime_us", value);
}

/* All that the guests said is alike, but for this number. */
static void equal_but_for_stime(struct world *w, int shift)
{
	_cleanup_json_ json_t *frames = json_deep_copy(w->runs[0][0].frames);
	_cleanup_json_ json_t *reports = json_deep_copy(w->runs[0][0].reports);

	for (size_t s = 0; s < 2; s++)
		for (size_t r = 0; r < w->sides[s].run_count; r++) {
			struct run_facts *run = &w->runs[s][r];
			json_t *facts = json_deep_copy(run->frames), *frame;
			size_t i;

			json_decref(run->frames);
			json_decref(run->reports);
			run->frames = json_deep_copy(frames);
			run->reports = json_deep_copy(reports);
			/* What the running kernels showed of the toggle stays. */
			json_array_foreach (facts, i, frame)
				if (str_eq(json_get_str(frame, "k", ""), "fact") ||
				    str_eq(json_get_str(frame, "k", ""), "hello"))
					json_array_set(run->frames, i, frame);
			json_decref(facts);
			set_stime(run, 1000000 + (int)(r * 7919 % 1000) + (s ? shift : 0));
		}
}

static void assert_verdict(const json_t *comparison, const char *word, const char *reason)
{
	json_t *row;
	size_t i;

	if (!str_eq(json_get_str(comparison, "verdict", ""), word))
		fail_msg("%s, wanted %s", json_get_str(comparison, "verdict", ""), word);
	json_array_foreach (json_get_array(comparison, "reasons"), i, row)
		if (strstr(json_get_str(row, "what", ""), reason))
			return;
	fail_msg("no reason \"%s\"", reason);
}

static json_t *rate_row(const json_t *comparison, const char *what)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_get_array(json_get_object(comparison, "statistics"), "rates"), i,
			    row)
		if (str_eq(json_get_str(row, "what", ""), what))
			return row;
	fail_msg("no rate %s", what);
	return NULL;
}

static json_t *cell(const json_t *row, size_t side)
{
	return json_array_get(json_get_array(row, "sides"), side);
}

static const char *word_of(const json_t *comparison)
{
	return json_get_str(json_get_object(comparison, "statistics"), "word", "");
}

static void test_statistics_equal_sides_rule_out_what_20_runs_show(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	double missed;

	world_load(&w, 20);
	equal_but_for_stime(&w, 0);
	c = world_compare(&w, NULL);
	assert_verdict(c, "no-difference", "no difference seen in 20 runs a side; one larger than");
	assert_string_equal(word_of(c), "no-difference");
	assert_int_equal(compare_exit_code(c), 0);
	assert_false(json_get_bool(c, "same", true));
	missed = json_get_num(json_get_object(c, "statistics"), "rate_missed", 9);
	assert_true(missed > 0.3 && missed < 0.5);
}

static void test_statistics_few_runs_are_undecided(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;

	world_load(&w, 4);
	equal_but_for_stime(&w, 0);
	c = world_compare(&w, NULL);
	assert_verdict(c, "undecided", "no difference seen in 4 runs a side");
	assert_string_equal(word_of(c), "budget-ended");
	assert_int_equal(compare_exit_code(c), 3);
}

/* One run of twenty that crashes is no difference: what was one before. */
static void test_statistics_one_flaky_run_is_no_difference(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;

	world_load(&w, 20);
	equal_but_for_stime(&w, 0);
	crash(&w.runs[1][7]);
	c = world_compare(&w, NULL);
	assert_verdict(c, "no-difference", "no difference seen");
	assert_int_equal(json_get_int(cell(rate_row(c, "crash"), 1), "hits", 0), 1);
	assert_false(
		json_get_bool(json_array_get(json_get_array(c, "reports"), 0), "differs", true));
}

static void test_statistics_crashes_are_one_event_with_their_title(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	const json_t *rates;
	json_t *row;
	size_t i, reasons;

	world_load(&w, 12);
	equal_but_for_stime(&w, 0);
	for (size_t r = 0; r < 12; r += 2)
		crash(&w.runs[1][r]);
	crash(&w.runs[1][1]);
	c = world_compare(&w, NULL);
	assert_verdict(c, "different", "crash: 0 of 12 runs on wbt-on, 7 of 12 on wbt-off (p 0.0");
	assert_int_equal(compare_exit_code(c), 1);
	reasons = json_array_size(json_get_array(c, "reasons"));
	assert_int_equal(reasons, 1);
	row = rate_row(c, "crash");
	assert_true(json_get_bool(row, "different", false));
	assert_true(fabs(json_get_num(cell(row, 1), "difference", 0) - 7.0 / 12) < 1e-9);
	assert_int_equal(json_array_size(json_get_array(cell(row, 1), "values")), 12);
	assert_int_equal(
		json_integer_value(json_array_get(json_get_array(cell(row, 0), "interval"), 0)), 0);
	rates = json_get_array(json_get_object(c, "statistics"), "rates");
	assert_int_equal(json_get_int(rate_row(c, TITLE), "same_as", -1), 0);
	assert_int_equal(json_get_int(rate_row(c, "pass"), "same_as", -1), 0);
	json_array_foreach (rates, i, row)
		assert_int_equal(json_get_bool(row, "different", false), i < 3);
}

/* What ended when it had shown something shows too much to whoever tests it again. */
static void test_statistics_of_runs_that_were_stopped_are_no_test(void **state)
{
	static const char *const keys[] = { "compare", "bisect" };
	struct sequential_plan plan;
	const struct compare_look look = { .plan = &plan, .index = 3 };

	sequential_plan_init(&plan, 20);
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		_cleanup_world_ struct world w;
		_cleanup_json_ json_t *c = NULL, *as_planned = NULL;

		world_load(&w, 12);
		equal_but_for_stime(&w, 0);
		for (size_t r = 0; r < 12; r++)
			crash(&w.runs[1][r]);
		json_object_set_new(w.runs[0][3].run, keys[k], json_object());
		c = world_compare(&w, NULL);
		assert_verdict(c, "undecided",
			       "what a test found in them now would have no stated");
		assert_string_equal(word_of(c), "not-tested");
		assert_int_equal(json_get_int(cell(rate_row(c, "crash"), 1), "hits", 0), 12);
		assert_null(json_object_get(cell(rate_row(c, "crash"), 1), "p"));
		/* At a look of the plan that they were booted by. */
		as_planned = world_compare(&w, &look);
		assert_verdict(as_planned, "different", "crash: 0 of 12 runs on wbt-on");
	}
}

/* At an early look of a plan less of the error may be spent. */
static void test_statistics_at_a_look_of_a_plan(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *early = NULL;
	_cleanup_json_ json_t *only = NULL;
	_cleanup_free_ char *text = NULL;
	struct sequential_plan plan;
	const struct compare_look look = { .plan = &plan, .index = 1 };

	sequential_plan_init(&plan, 20);
	world_load(&w, 5);
	equal_but_for_stime(&w, 0);
	for (size_t r = 0; r < 5; r++)
		crash(&w.runs[1][r]);
	early = compare_statistics(w.sides, 2, &look);
	assert_string_equal(json_get_str(early, "word", ""), "go-on");
	text = compare_look_text(early);
	assert_string_equal(text, "not sure yet; crash 0 of 5, 5 of 5 (p 0.0079)");
	only = compare_statistics(w.sides, 2, NULL);
	assert_string_equal(json_get_str(only, "word", ""), "different");
}

static void test_statistics_numbers(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	const json_t *row;

	world_load(&w, 20);
	equal_but_for_stime(&w, 700);
	c = world_compare(&w, NULL);
	assert_verdict(c, "different",
		       "1 number differs; most surely task hog stime_us: median 100");
	row = json_array_get(json_get_array(json_get_object(c, "statistics"), "numbers"), 0);
	assert_string_equal(json_get_str(row, "key", ""), "stime_us");
	assert_string_equal(json_get_str(row, "unit", ""), "us");
	assert_true(fabs(json_get_num(cell(row, 1), "shift", 0) - 700) < 1e-6);
	assert_int_equal(json_get_int(cell(row, 1), "count", 0), 20);
	assert_int_equal(json_array_size(json_get_array(cell(row, 0), "values")), 20);
}

/* What could not be judged is told, and never helps to find a difference. */
static void test_statistics_runs_that_could_not_be_judged(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *one = NULL;
	_cleanup_json_ json_t *many = NULL;
	_cleanup_json_ json_t *all = NULL;
	double missed;

	world_load(&w, 20);
	equal_but_for_stime(&w, 0);
	make_broken(&w.runs[1][3]);
	one = world_compare(&w, NULL);
	assert_verdict(one, "no-difference",
		       "1 of 20 runs of wbt-off could not be judged; the first: step 3 failed");
	missed = json_get_num(json_get_object(one, "statistics"), "rate_missed", 0);
	assert_true(missed > 0.4);
	assert_true(json_is_null(
		json_array_get(json_get_array(cell(rate_row(one, "pass"), 1), "values"), 3)));
	/* As many as a toggle would break: that is no difference of the kernels, and no "none". */
	for (size_t r = 0; r < 12; r++)
		make_broken(&w.runs[1][r]);
	many = world_compare(&w, NULL);
	assert_verdict(many, "broken", "could not be judged: 0 of 20 runs on wbt-on, 12 of 20 on");
	for (size_t r = 0; r < 20; r++)
		make_broken(&w.runs[1][r]);
	all = world_compare(&w, NULL);
	assert_verdict(all, "broken", "20 of 20 runs of wbt-off could not be judged");
	assert_int_equal(compare_exit_code(all), 3);
}

/* All runs of a side are one boot, with whatever it happened to be. */
static void test_statistics_of_snapshots_need_one_boot(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *one = NULL;
	_cleanup_json_ json_t *two = NULL;

	world_load(&w, 20);
	equal_but_for_stime(&w, 0);
	for (size_t s = 0; s < 2; s++)
		for (size_t r = 0; r < 20; r++)
			json_set_str(w.runs[s][r].run, "snapshot", "a");
	one = world_compare(&w, NULL);
	assert_verdict(one, "no-difference", "no difference seen");
	for (size_t r = 0; r < 20; r++)
		json_set_str(w.runs[1][r].run, "snapshot", "b");
	two = world_compare(&w, NULL);
	assert_verdict(two, "broken", "go on from snapshots, and not from the same");
}

/* Seeds decide these: their lines are compared, and there is no chance to speak of. */
static void test_statistics_are_not_of_deterministic_runs(void **state)
{
	_cleanup_world_ struct world w;

	world_load(&w, 2);
	for (size_t s = 0; s < 2; s++)
		for (size_t r = 0; r < 2; r++)
			json_set_str(w.runs[s][r].plan, "mode", "deterministic");
	assert_null(compare_statistics(w.sides, 2, NULL));
	w.sides[0].run_count = w.sides[1].run_count = 1;
	json_set_str(w.runs[0][0].plan, "mode", "free");
	json_set_str(w.runs[1][0].plan, "mode", "free");
	assert_null(compare_statistics(w.sides, 2, NULL));
	w.sides[0].run_count = w.sides[1].run_count = 2;
}

static void test_statistics_on_the_page(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *named = NULL;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *slim = NULL;

	world_load(&w, 20);
	equal_but_for_stime(&w, 700);
	for (size_t r = 0; r < 9; r++)
		crash(&w.runs[1][r]);
	make_broken(&w.runs[0][19]);
	w.sides[0].name = "fail_make_request=1,0,0,-1";
	w.sides[1].name = "fail_make_request=1,100,0,-1";
	named = world_compare(&w, NULL);
	for (int width = 40; width < 100; width++) {
		_cleanup_free_ char *page =
			page_compare_text(named, &(struct page_style){ .width = width });

		page_world_assert_fits(page, width);
	}
	w.sides[0].name = "wbt-on";
	w.sides[1].name = "wbt-off";
	c = world_compare(&w, NULL);
	text = page_compare_text(c, &(struct page_style){ .width = 80 });
	if (getenv("KLAB_SHOW"))
		fputs(text, stderr);
	page_world_assert_fits(text, 80);
	assert_non_null(strstr(text, "  crash "));
	assert_non_null(strstr(text, "0/19"));
	assert_non_null(strstr(text, "9/20  26..66 %"));
	assert_non_null(strstr(text, "+45 points"));
	assert_non_null(strstr(text, "    with it " TITLE "\n"));
	assert_non_null(strstr(text, "    else pass\n"));
	assert_non_null(strstr(text, "  task hog stime_us "));
	assert_non_null(strstr(text, " note 1 of 20 runs of wbt-on could not be judged"));
	slim = page_compare_text(c, &(struct page_style){ .width = 40, .verbose = true });
	page_world_assert_fits(slim, 40);
}

/* A sum with no list below it says where the list is. */
static void test_statistics_say_what_is_not_listed(void **state)
{
	const char *const rest = "1 varies and is not listed here: ";
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL, *all = NULL, *markdown = NULL;

	(void)state;
	world_load(&w, 20);
	equal_but_for_stime(&w, 0);
	c = world_compare(&w, NULL);
	text = page_compare_text(c, &(struct page_style){ .width = 80 });
	all = page_compare_text(c, &(struct page_style){ .width = 80, .verbose = true });
	markdown = page_compare_markdown(c);
	assert_non_null(strstr(text, "0 surely differ; 1 varies"));
	assert_non_null(strstr(text, rest));
	assert_null(strstr(text, "stime_us"));
	assert_null(strstr(all, rest));
	assert_non_null(strstr(all, "task hog stime_us"));
	assert_non_null(strstr(markdown, rest));
	/* Those that no page lists are said so, also where all others are. */
	json_set_int(json_get_object(c, "statistics"), "numbers_left_out", 7);
	free(all);
	all = page_compare_text(c, &(struct page_style){ .width = 80, .verbose = true });
	assert_non_null(strstr(all, "7 more vary"));
}

/* "crash 3×" alone says not what happened. */
static void test_statistics_say_why_runs_failed(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL, *markdown = NULL;

	(void)state;
	world_load(&w, 8);
	for (size_t r = 0; r < 4; r++) {
		json_set_str(w.runs[1][r].verdict, "verdict", "fail");
		json_object_set_new(w.runs[1][r].verdict, "reasons",
				    json_pack("[{s:s,s:s},{s:s,s:s}]", "verdict", "note", "what",
					      "slow", "verdict", "fail", "what",
					      r ? "task hog: expected killed by SIGKILL"
						: "unexpected report: " TITLE));
	}
	c = world_compare(&w, NULL);
	text = page_compare_text(c, &(struct page_style){ .width = 80 });
	markdown = page_compare_markdown(c);
	page_world_assert_fits(text, 80);
	assert_non_null(strstr(text, "because    wbt-off: fail 3×: task hog: expected killed by "
				     "SIGKILL\n           wbt-off: fail 1×: unexpected report: "));
	assert_null(strstr(text, "because    wbt-on"));
	assert_non_null(strstr(markdown, "- `wbt-off`: fail 3×: task hog: expected killed"));
}

/* Each further side is tested against the first, and all of them share the error. */
static void test_statistics_of_three_sides(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;
	struct compare_side sides[3];
	const json_t *row;

	world_load(&w, 20);
	equal_but_for_stime(&w, 0);
	for (size_t r = 0; r < 9; r++)
		crash(&w.runs[1][r]);
	sides[0] = w.sides[0];
	sides[1] = (struct compare_side){ "again", w.runs[0], 20 };
	sides[2] = w.sides[1];
	c = compare_sides(sides, 3, &err);
	assert_non_null(c);
	row = rate_row(c, "crash");
	assert_false(json_get_bool(cell(row, 1), "different", true));
	assert_true(json_get_bool(cell(row, 2), "different", false));
	assert_int_equal(
		json_get_int(json_get_object(json_get_object(c, "statistics"), "tests"), "rates",
			     0),
		2 * json_array_size(json_get_array(json_get_object(c, "statistics"), "rates")));
	text = page_compare_text(c, &(struct page_style){ .width = 80, .verbose = true });
	page_world_assert_fits(text, 80);
	assert_non_null(strstr(text, "    again: +0 points"));
	assert_non_null(strstr(text, "    wbt-off: +45 points"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statistics_equal_sides_rule_out_what_20_runs_show),
		cmocka_unit_test(test_statistics_few_runs_are_undecided),
		cmocka_unit_test(test_statistics_one_flaky_run_is_no_difference),
		cmocka_unit_test(test_statistics_crashes_are_one_event_with_their_title),
		cmocka_unit_test(test_statistics_of_runs_that_were_stopped_are_no_test),
		cmocka_unit_test(test_statistics_at_a_look_of_a_plan),
		cmocka_unit_test(test_statistics_numbers),
		cmocka_unit_test(test_statistics_runs_that_could_not_be_judged),
		cmocka_unit_test(test_statistics_of_snapshots_need_one_boot),
		cmocka_unit_test(test_statistics_are_not_of_deterministic_runs),
		cmocka_unit_test(test_statistics_on_the_page),
		cmocka_unit_test(test_statistics_say_what_is_not_listed),
		cmocka_unit_test(test_statistics_say_why_runs_failed),
		cmocka_unit_test(test_statistics_of_three_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
