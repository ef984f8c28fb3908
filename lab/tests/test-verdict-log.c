// SPDX-License-Identifier: GPL-2.0-or-later
/* A console that does not show what the kernel said proves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/verdict-world.h"

static void test_verdict_log_that_does_not_end_on_the_console_is_incomplete(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	w.console_log_ends = false;
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "the last line of the kernel's log is not on the console",
			    "console.log");
}

/* What a report says stays true on whatever console it stands. */
static void test_verdict_log_missing_end_excuses_no_report(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	w.console_log_ends = false;
	world_add_report(&w, "warning", false);
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
}

static void test_verdict_log_that_init_could_not_end_is_incomplete(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	json_t *end;

	world_init(&w);
	end = world_frame(&w, "end", 0, NULL);
	json_set_bool(end, "log", false);
	json_set_str(end, "log_error", "ENOENT");
	w.console_log_ends = false;
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "could not write the last line of the kernel's log (ENOENT)",
			    "frames.jsonl");
}

/* Of an init that ends the log, silence about it is no leave; only the one before never did. */
static void test_verdict_log_of_an_older_init_is_noted(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	json_object_del(world_frame(&w, "end", 0, NULL), "log");
	w.console_log_ends = false;
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
	json_set_str(world_frame(&w, "hello", 0, NULL), "init", "1");
	assert_int_equal(world_judge(&w, &verdict), VERDICT_PASS);
	assert_non_null(
		strstr(json_string_value(json_array_get(json_get_array(verdict, "notes"), 0)),
		       "wrote no last line"));
}

/* A console that was turned off for a while lacks what no taint tells of. */
static void test_verdict_log_whose_warnings_the_console_lacks_is_incomplete(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	w.console_lacks = 3;
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "3 of the kernel's last warnings and errors are in its log",
			    "console.log");
	world_add_report(&w, "warning", false);
	assert_int_equal(world_judge(&w, NULL), VERDICT_FAIL);
}

static void test_verdict_log_taint_without_its_report_is_incomplete(void **state)
{
	static const struct {
		int tainted;
		const char *report; /* NULL: none but information */
		bool info;
		enum verdict word;
		const char *says;
	} rows[] = {
		{ 0, NULL, true, VERDICT_PASS, NULL },
		{ 1 << 9, NULL, true, VERDICT_INCOMPLETE, "it warned (W)" },
		{ 1 << 9, "io-error", true, VERDICT_INCOMPLETE, "it warned (W)" },
		{ 1 << 9, "warning", false, VERDICT_FAIL, "planted" },
		{ 1 << 7, NULL, true, VERDICT_INCOMPLETE, "it oopsed (D)" },
		{ 1 << 7, "oops", false, VERDICT_CRASH, "planted" },
		{ 1 << 5, NULL, true, VERDICT_INCOMPLETE, "bad page (B)" },
		{ 1 << 14, NULL, true, VERDICT_INCOMPLETE, "soft lockup (L)" },
		{ 1 << 14, "soft_lockup", false, VERDICT_HANG, "planted" },
		/* Proprietary, forced, out of tree, a test's own: of no report. */
		{ 1 | 2 | 1 << 12 | 1 << 18, NULL, true, VERDICT_PASS, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_world_ struct world w;
		_cleanup_json_ json_t *verdict = NULL;

		world_init(&w);
		json_set_int(world_frame(&w, "end", 0, NULL), "tainted", rows[i].tainted);
		if (rows[i].report)
			world_add_report(&w, rows[i].report, rows[i].info);
		assert_int_equal(world_judge(&w, &verdict), rows[i].word);
		if (rows[i].says)
			world_assert_reason(verdict, rows[i].says,
					    rows[i].word == VERDICT_INCOMPLETE ? "console.log"
									       : "console.log:77");
	}
}

/* A warning that the case expects explains the taint of warnings, and not that of an oops. */
static void test_verdict_log_expected_warning_explains_its_taint_only(void **state)
{
	for (int oops = 0; oops < 2; oops++) {
		_cleanup_world_ struct world w;

		world_init(&w);
		world_add_report(&w, "warning", false);
		w.expects[3].kind = EXPECT_REPORT;
		w.expects[3].subject = "warning";
		json_set_int(world_frame(&w, "end", 0, NULL), "tainted",
			     1 << 9 | (oops ? 1 << 7 : 0));
		assert_int_equal(world_judge(&w, NULL), oops ? VERDICT_INCOMPLETE : VERDICT_PASS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict_log_that_does_not_end_on_the_console_is_incomplete),
		cmocka_unit_test(test_verdict_log_missing_end_excuses_no_report),
		cmocka_unit_test(test_verdict_log_that_init_could_not_end_is_incomplete),
		cmocka_unit_test(test_verdict_log_of_an_older_init_is_noted),
		cmocka_unit_test(test_verdict_log_whose_warnings_the_console_lacks_is_incomplete),
		cmocka_unit_test(test_verdict_log_taint_without_its_report_is_incomplete),
		cmocka_unit_test(test_verdict_log_expected_warning_explains_its_taint_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
