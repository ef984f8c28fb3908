// SPDX-License-Identifier: GPL-2.0-or-later
/* What an expectation says of a run whose host did not let the guest run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/verdict-world.h"

/* A check of the recovery at that time, s of the guest's clock; late_s: of how long; 0: it is not
 * for lack of time that it failed. */
struct tried {
	double at_s, late_s;
	bool ok;
};

static void add_tried(struct world *w, const struct tried *tried)
{
	json_t *frame =
		json_pack("{s:s,s:I,s:s,s:b}", "k", "recovery", "t",
			  (json_int_t)(tried->at_s * 1e9), "what", "write", "ok", tried->ok);
	size_t at;

	if (!tried->ok)
		json_set_str(frame, "why", "it does not work");
	if (tried->late_s > 0)
		json_set_int(frame, "late_us", (int64_t)(tried->late_s * 1e6));
	world_frame(w, "end", 0, &at);
	json_array_insert_new(w->frames, at, frame);
}

static void assert_row(size_t row, struct world *w, enum verdict wanted)
{
	enum verdict word = world_judge(w, NULL);

	if (word != wanted)
		fail_msg("row %zu: %s, wanted %s", row, verdict_name(word), verdict_name(wanted));
}

/* Init waits a few seconds for each check; an errno comes of the guest, however busy the host is.
 */
static void test_expect_starved_recovery_is_judged_by_what_ran_out_of_time(void **state)
{
	static const struct {
		struct tried tried[2];
		bool wanted;
		enum verdict word;
	} rows[] = {
		/* 5 s, of which the host had a processor for all or none. */
		{ { { 125, 5, false } }, true, VERDICT_INCOMPLETE },
		{ { { 225, 5, false } }, true, VERDICT_FAIL },
		/* EIO while the host was busy. */
		{ { { 125, 0, false } }, true, VERDICT_FAIL },
		{ { { 225, 0, false } }, true, VERDICT_FAIL },
		/* One that the guest is to blame for is enough. */
		{ { { 115, 5, false }, { 125, 0, false } }, true, VERDICT_FAIL },
		{ { { 115, 0, false }, { 125, 5, false } }, true, VERDICT_FAIL },
		{ { { 115, 5, false }, { 225, 5, false } }, true, VERDICT_FAIL },
		{ { { 115, 5, false }, { 125, 5, false } }, true, VERDICT_INCOMPLETE },
		{ { { 115, 5, true }, { 125, 5, false } }, true, VERDICT_INCOMPLETE },
		/* Not tried: the 20 s of all of them, of which 1 or 15 were starved. */
		{ { { 101, 20, false } }, true, VERDICT_FAIL },
		{ { { 115, 20, false } }, true, VERDICT_INCOMPLETE },
		/* It works, as slow as it is. */
		{ { { 125, 0, true } }, true, VERDICT_PASS },
		{ { { 125, 0, true } }, false, VERDICT_FAIL },
		/* That it does not recover is shown by an errno, and by no host. */
		{ { { 125, 5, false } }, false, VERDICT_INCOMPLETE },
		{ { { 125, 0, false } }, false, VERDICT_PASS },
		{ { { 225, 5, false } }, false, VERDICT_PASS },
		{ { { 115, 5, false }, { 125, 0, false } }, false, VERDICT_PASS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_world_ struct world w;

		world_init(&w);
		world_starve(&w);
		for (size_t k = 0; k < 2; k++)
			if (rows[i].tried[k].at_s > 0)
				add_tried(&w, &rows[i].tried[k]);
		w.expects[3].kind = EXPECT_RECOVERED;
		w.expects[3].recovered = rows[i].wanted;
		assert_row(i, &w, rows[i].word);
	}
}

static void test_expect_starved_is_not_met_and_says_why(void **state)
{
	static const struct tried late = { 125, 5, false };
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	json_t *expectation;

	world_init(&w);
	world_starve(&w);
	add_tried(&w, &late);
	w.expects[3].kind = EXPECT_RECOVERED;
	w.expects[3].text = "recovered: false";
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "expected recovered: false: did not recover: write",
			    "case.yaml:18");
	world_assert_reason(verdict, "the host had no processor for the guest most of that time",
			    "case.yaml:18");
	expectation = json_array_get(json_get_array(verdict, "expectations"), 3);
	assert_false(json_get_bool(expectation, "met", true));
}

/* Of a hang that is no evidence an expectation is neither met nor missed. */
static void test_expect_starved_reports_that_are_expected_or_ruled_out(void **state)
{
	static const struct {
		enum expect_kind kind;
		const char *report;
		int64_t least, most;
		double time_s[2];
		enum verdict word;
	} rows[] = {
		{ EXPECT_REPORT, "rcu_stall", 1, INT64_MAX, { 125 }, VERDICT_INCOMPLETE },
		{ EXPECT_REPORT, "rcu_stall", 1, INT64_MAX, { 225 }, VERDICT_PASS },
		{ EXPECT_REPORT, "rcu_stall", 1, INT64_MAX, { 125, 225 }, VERDICT_PASS },
		{ EXPECT_REPORT, "rcu_stall", 2, INT64_MAX, { 125, 225 }, VERDICT_INCOMPLETE },
		{ EXPECT_REPORT, "rcu_stall", 3, INT64_MAX, { 125, 225 }, VERDICT_FAIL },
		{ EXPECT_REPORT, "rcu_stall", 1, 1, { 125, 225 }, VERDICT_INCOMPLETE },
		{ EXPECT_REPORT, "rcu_stall", 1, 1, { 225, 325 }, VERDICT_FAIL },
		/* Ruled out: none that counts is there. A hang by itself is one all the same. */
		{ EXPECT_NO_REPORT, "rcu_stall", 1, INT64_MAX, { 125 }, VERDICT_INCOMPLETE },
		{ EXPECT_NO_REPORT, "rcu_stall", 1, INT64_MAX, { 225 }, VERDICT_HANG },
		/* No matter of time. */
		{ EXPECT_REPORT, "warning", 1, INT64_MAX, { 125 }, VERDICT_PASS },
		{ EXPECT_NO_REPORT, "warning", 1, INT64_MAX, { 125 }, VERDICT_FAIL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_world_ struct world w;

		world_init(&w);
		world_starve(&w);
		for (size_t k = 0; k < 2; k++)
			if (rows[i].time_s[k] > 0)
				world_add_stall(&w, rows[i].report, rows[i].time_s[k]);
		w.expects[3].kind = rows[i].kind;
		w.expects[3].subject = (char *)rows[i].report;
		w.expects[3].at_least = rows[i].least;
		w.expects[3].at_most = rows[i].most;
		assert_row(i, &w, rows[i].word);
	}
}

/* What the guest measured by its clock meanwhile; a count is none of that, and no host makes a
 * guest faster than it is. */
static void test_expect_starved_figures_of_time_only_where_they_are_slow(void **state)
{
	static const struct {
		const char *field;
		int64_t least, most; /* of 500 */
		const char *equals;
		double from_s, to_s;
		enum verdict word;
	} rows[] = {
		{ "rtt_min_us", INT64_MIN, 299, NULL, 95, 130, VERDICT_INCOMPLETE },
		{ "us", INT64_MIN, 299, NULL, 95, 130, VERDICT_INCOMPLETE },
		{ "us", INT64_MIN, INT64_MAX, "300", 95, 130, VERDICT_INCOMPLETE },
		{ "kib_per_s", 700, INT64_MAX, NULL, 95, 130, VERDICT_INCOMPLETE },
		{ "rtt_min_us", INT64_MIN, 299, NULL, 1, 300, VERDICT_FAIL },
		{ "pages", INT64_MIN, 299, NULL, 95, 130, VERDICT_FAIL },
		{ "bus", INT64_MIN, 299, NULL, 95, 130, VERDICT_FAIL },
		{ "pages", 700, INT64_MAX, NULL, 95, 130, VERDICT_FAIL },
		/* Too fast, or not there at all. */
		{ "rtt_min_us", 700, INT64_MAX, NULL, 95, 130, VERDICT_FAIL },
		{ "kib_per_s", INT64_MIN, 299, NULL, 95, 130, VERDICT_FAIL },
		{ "none_us", INT64_MIN, 299, NULL, 95, 130, VERDICT_FAIL },
		/* Slow enough is no proof, fast enough is. */
		{ "rtt_min_us", 100, INT64_MAX, NULL, 95, 130, VERDICT_INCOMPLETE },
		{ "rtt_min_us", 100, INT64_MAX, NULL, 1, 300, VERDICT_PASS },
		{ "kib_per_s", INT64_MIN, 700, NULL, 95, 130, VERDICT_INCOMPLETE },
		{ "us", INT64_MIN, INT64_MAX, "500", 95, 130, VERDICT_INCOMPLETE },
		{ "rtt_min_us", INT64_MIN, 700, NULL, 95, 130, VERDICT_PASS },
		{ "kib_per_s", 100, INT64_MAX, NULL, 95, 130, VERDICT_PASS },
		{ "pages", 100, INT64_MAX, NULL, 95, 130, VERDICT_PASS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool there = !str_starts(rows[i].field, "none");
		_cleanup_world_ struct world w;
		size_t at;

		world_init(&w);
		world_starve(&w);
		json_set_int(world_frame(&w, "hello", 0, NULL), "t",
			     (int64_t)(rows[i].from_s * 1e9));
		json_set_int(world_frame(&w, "end", 0, &at), "t", (int64_t)(rows[i].to_s * 1e9));
		json_array_insert_new(w.frames, at,
				      json_pack("{s:s,s:i,s:s,s:{s:i}}", "k", "result", "i", 4,
						"name", "hog", "data",
						there ? rows[i].field : "other", 500));
		w.expects[3].kind = EXPECT_RESULT;
		w.expects[3].subject = "hog";
		w.expects[3].field = (char *)rows[i].field;
		w.expects[3].at_least = rows[i].least;
		w.expects[3].at_most = rows[i].most;
		w.expects[3].equals = (char *)rows[i].equals;
		assert_row(i, &w, rows[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expect_starved_recovery_is_judged_by_what_ran_out_of_time),
		cmocka_unit_test(test_expect_starved_is_not_met_and_says_why),
		cmocka_unit_test(test_expect_starved_reports_that_are_expected_or_ruled_out),
		cmocka_unit_test(test_expect_starved_figures_of_time_only_where_they_are_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
