/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results in other people's formats: every outcome, and a guest that writes what it likes. */
#include <stdio.h>
#include <time.h>

#include "base/json.h"
#include "page/results.h"
#include "page/safe.h"
#include "tests/scratch.h"

static const char hostile[] =
	"[{\"id\": \"boots x base free seed 1\", \"series\": \"boots x base free\", "
	"\"case\": \"boots\", \"source\": \"x\", \"kconfig\": \"base\", \"seed\": 1, "
	"\"verdict\": \"pass\", \"why\": [\"all well\"], \"wall_ms\": 1234, \"kernel\": \"k1\", "
	"\"tree_hash\": \"git:aa\", \"commit\": \"0123456789abcdef0123456789abcdef01234567\", "
	"\"started\": \"2026-11-28T03:04:58Z\", \"host\": \"h\", \"dir\": \"runs/a\"},"
	"{\"id\": \"boots x base free seed 2\", \"series\": \"boots x base free\", "
	"\"case\": \"boots\", \"source\": \"x\", \"kconfig\": \"base\", \"verdict\": \"crash\", "
	"\"why\": [\"BUG: # <evil> & \\\"quoted\\\" \\u001b[31m\\u0000\\nok 1 boots\", \"]]>\"], "
	"\"kernel\": \"k1\", \"tree_hash\": \"git:aa\", \"dir\": \"runs/b\"},"
	"{\"id\": \"swap x base free seed 1\", \"case\": \"swap\", \"source\": \"x\", "
	"\"kconfig\": \"base+a\", \"verdict\": \"hang\", \"why\": [\"no end\"], \"dir\": "
	"\"runs/c\"},"
	"{\"id\": \"swap x base free seed 2\", \"case\": \"swap\", \"source\": \"x\", "
	"\"kconfig\": \"base+a\", \"verdict\": \"broken\", \"why\": [\"no disk\"], \"dir\": \"d\"},"
	"{\"id\": \"swap x base free seed 3\", \"case\": \"swap\", \"source\": \"x\", "
	"\"kconfig\": \"base+a\", \"error\": \"mm/a.c:1: error: no\"},"
	"{\"id\": \"late x base free seed 1\", \"case\": \"late\", \"source\": \"x\", "
	"\"kconfig\": \"base\", \"not_run\": \"the budget was spent\"},"
	"{\"id\": \"none x base free seed 1\", \"case\": \"none\", \"source\": \"x\", "
	"\"kconfig\": \"base\", \"verdict\": \"passed\", \"dir\": \"e\"},"
	"{\"id\": \"bare x base free seed 1\", \"case\": \"bare\", \"source\": \"x\"}]";

static json_t *make_results(void)
{
	json_t *all = json_object();

	json_set_str(all, "name", "night");
	json_set_str(all, "id", "20261128-night");
	json_set_str(all, "state", "done");
	json_set_str(all, "began", "2026-11-28T03:04:58Z");
	json_set_int(all, "spent_ms", 5000);
	json_object_set_new(all, "results", json_loads(hostile, JSON_ALLOW_NUL, NULL));
	assert_true(json_array_size(json_get_array(all, "results")) == 8);
	return all;
}

static void check_has(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("no %s in:\n%s", wanted, text);
}

/* No byte that a terminal or a parser would not show. */
static void check_harmless(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 && *c != '\n')
			fail_msg("byte 0x%02x", (unsigned char)*c);
}

static void test_outcome_of_what_is_no_word_is_no_pass(void **state)
{
	_cleanup_json_ json_t *all = make_results();
	static const enum page_outcome expected[] = {
		PAGE_PASSED, PAGE_FAILED,  PAGE_FAILED, PAGE_UNABLE,
		PAGE_UNABLE, PAGE_NOT_RUN, PAGE_UNABLE, PAGE_UNABLE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(page_outcome_of(json_array_get(json_get_array(all, "results"), i)),
				 expected[i]);
}

static void test_line_counts_every_word(void **state)
{
	_cleanup_json_ json_t *all = make_results();
	_cleanup_free_ char *line = page_results_line(all);

	assert_string_equal(line, "night: 1 crash, 1 hang, 1 broken, 1 incomplete, 2 error, "
				  "1 not run, 1 pass");
}

/* ---- KTAP, read as its document says ---- */

struct ktap_level {
	int plan, count, failed;
};

static void ktap_result(struct ktap_level *level, const char *line)
{
	bool not_ok = str_starts(line, "not ");
	int number = 0;

	assert_int_equal(sscanf(line + (not_ok ? 4 : 0), "ok %d ", &number), 1);
	assert_int_equal(number, level->count + 1);
	level->count++;
	level->failed += not_ok;
}

static void ktap_line(struct ktap_level levels[2], const char *line)
{
	int depth = str_starts(line, "  ") ? 1 : 0;
	struct ktap_level *level = &levels[depth];
	const char *text = line + 2 * depth;

	if (str_eq(text, "KTAP version 1")) {
		*level = (struct ktap_level){ 0 };
	} else if (sscanf(text, "1..%d", &level->plan) == 1) {
		assert_int_equal(level->count, 0);
	} else if (text[0] != '#') {
		ktap_result(level, text);
		/* A test fails where one in it does, and all that it planned are there. */
		if (!depth)
			assert_int_equal(levels[1].count, levels[1].plan);
		if (!depth)
			assert_true(str_starts(text, "not ") == (levels[1].failed > 0));
	}
}

static void test_ktap_is_a_plan_and_its_results(void **state)
{
	_cleanup_json_ json_t *all = make_results();
	_cleanup_free_ char *text = page_results_ktap(all);
	_cleanup_strv_ struct strv lines = { 0 };
	struct ktap_level levels[2] = { { 0 } };

	check_harmless(text);
	strv_split(&lines, text, '\n');
	assert_string_equal(lines.items[0], "KTAP version 1");
	for (size_t i = 0; i + 1 < lines.count; i++)
		ktap_line(levels, lines.items[i]);
	assert_int_equal(levels[0].plan, 5);
	assert_int_equal(levels[0].count, 5);
	assert_int_equal(levels[0].failed, 4);
	check_has(text, "\n  ok 1 x base free seed 1\n");
	check_has(text, "\n  not ok 2 x base free seed 2 # crash BUG: _ <evil>");
	check_has(text, "\n  not ok 1 x base free seed 1 # TIMEOUT no end\n");
	check_has(text, "\n  not ok 2 x base free seed 2 # ERROR no disk\n");
	check_has(text, "\n  not ok 3 x base free seed 3 # ERROR mm/a.c:1: error: no\n");
	check_has(text, "\n  ok 1 x base free seed 1 # SKIP the budget was spent\n");
	check_has(text, "\nok 3 late # SKIP\n");
}

/* ---- JUnit ---- */

static void test_junit_escapes_what_a_guest_wrote(void **state)
{
	_cleanup_json_ json_t *all = make_results();
	_cleanup_free_ char *text = page_results_junit(all);

	check_harmless(text);
	assert_null(strstr(text, "<evil>"));
	assert_null(strstr(text, "]]>"));
	check_has(text,
		  "<failure message=\"BUG: # &lt;evil&gt; &amp; &quot;quoted&quot; \\x1b[31m");
	check_has(text, "<testsuite id=\"1\" name=\"swap\" package=\"klab\" "
			"timestamp=\"2026-11-28T03:04:58\" hostname=\"localhost\" tests=\"3\" "
			"failures=\"1\" errors=\"2\" skipped=\"0\" time=\"0.000\">");
	check_has(text, "<testcase name=\"x base free seed 1\" classname=\"klab.boots\" "
			"time=\"1.234\"/>");
	check_has(text, "<skipped message=\"the budget was spent\">");
	check_has(text, "<error message=\"mm/a.c:1: error: no\" type=\"error\">");
}

/* ---- JSON ---- */

static void test_jsonl_is_an_object_a_line(void **state)
{
	_cleanup_json_ json_t *all = make_results();
	_cleanup_free_ char *text = page_results_jsonl(all);
	_cleanup_strv_ struct strv lines = { 0 };

	check_harmless(text);
	strv_split(&lines, text, '\n');
	assert_int_equal(lines.count, 8 + 1);
	for (size_t i = 0; i < 8; i++) {
		_cleanup_json_ json_t *line = json_loads(lines.items[i], JSON_ALLOW_NUL, NULL);

		assert_non_null(line);
		assert_string_equal(json_get_str(line, "outcome", ""), i == 0	? "passed"
								       : i < 3	? "failed"
								       : i == 5 ? "not run"
										: "unable");
	}
}

/* An id of the schema: the origin, a colon, and no NUL; each once. */
static void check_ids(const json_t *list, json_t *ids)
{
	size_t i;
	json_t *object;

	json_array_foreach (list, i, object) {
		const char *id = json_get_str(object, "id", "");

		assert_true(str_starts(id, "klab:") && strlen(id) > 5);
		assert_string_equal(json_get_str(object, "origin", ""), "klab");
		assert_null(json_object_get(ids, id));
		json_set_bool(ids, id, true);
	}
}

static void check_refers(const json_t *list, const char *key, const json_t *ids)
{
	size_t i;
	json_t *object;

	json_array_foreach (list, i, object)
		assert_non_null(json_object_get(ids, json_get_str(object, key, "")));
}

static void test_kcidb_objects_refer_to_each_other(void **state)
{
	static const char *const statuses[] = { "PASS", "FAIL", "FAIL",	 "ERROR",
						"MISS", "MISS", "ERROR", "ERROR" };
	_cleanup_json_ json_t *all = make_results(), *checkouts = json_object();
	_cleanup_json_ json_t *builds = json_object(), *tests = json_object(), *report = NULL;
	_cleanup_free_ char *text = page_results_kcidb(all);
	const json_t *list;
	size_t i;
	json_t *test;

	check_harmless(text);
	report = json_loads(text, 0, NULL);
	assert_non_null(report);
	check_ids(json_get_array(report, "checkouts"), checkouts);
	check_ids(json_get_array(report, "builds"), builds);
	list = json_get_array(report, "tests");
	check_ids(list, tests);
	check_refers(json_get_array(report, "builds"), "checkout_id", checkouts);
	check_refers(list, "build_id", builds);
	assert_int_equal(json_array_size(list), 8);
	json_array_foreach (list, i, test)
		assert_string_equal(json_get_str(test, "status", ""), statuses[i]);
	assert_string_equal(json_get_str(json_array_get(json_get_array(report, "checkouts"), 0),
					 "git_commit_hash", ""),
			    "0123456789abcdef0123456789abcdef01234567");
}

static const json_t *find_id(const json_t *list, const char *id)
{
	size_t i;
	json_t *object;

	json_array_foreach (list, i, object)
		if (str_eq(json_get_str(object, "id", ""), id))
			return object;
	fail_msg("no %s", id);
	return NULL;
}

/* One that does not compile is the source's fault; what nobody tried, or the machine did not
 * manage, is nothing that anybody knows. */
static void test_kcidb_says_what_became_of_each_build(void **state)
{
	static const char results[] =
		"[{\"case\": \"a\", \"id\": \"1\", \"source\": \"x\", \"tree_hash\": \"t\", "
		"\"kconfig\": "
		"\"base\", \"not_run\": \"late\"},"
		"{\"case\": \"a\", \"id\": \"2\", \"source\": \"x\", \"tree_hash\": \"t\", "
		"\"kconfig\": "
		"\"base\", \"verdict\": \"pass\", \"kernel\": \"k\", \"compiler\": \"gcc\"},"
		"{\"case\": \"a\", \"id\": \"3\", \"source\": \"x\", \"tree_hash\": \"t\", "
		"\"kconfig\": "
		"\"bad\", \"error\": \"m.c:1: error: no\", \"build_failed\": true},"
		"{\"case\": \"a\", \"id\": \"4\", \"source\": \"x\", \"tree_hash\": \"t\", "
		"\"kconfig\": "
		"\"full\", \"error\": \"disk full\"}]";
	_cleanup_json_ json_t *all = json_pack("{s:o}", "results", json_loads(results, 0, NULL));
	_cleanup_free_ char *text = page_results_kcidb(all);
	_cleanup_json_ json_t *report = json_loads(text, 0, NULL);
	const json_t *builds = json_get_array(report, "builds"), *build;
	const json_t *tests = json_get_array(report, "tests");

	assert_int_equal(json_array_size(builds), 3);
	build = find_id(builds, "klab:k");
	assert_string_equal(json_get_str(build, "status", ""), "PASS");
	assert_string_equal(json_get_str(build, "compiler", ""), "gcc");
	build = find_id(builds, "klab:t bad");
	assert_string_equal(json_get_str(build, "status", ""), "FAIL");
	assert_string_equal(json_get_str(build, "log_excerpt", ""), "m.c:1: error: no");
	assert_null(json_object_get(find_id(builds, "klab:t full"), "status"));
	assert_string_equal(json_get_str(json_array_get(tests, 0), "build_id", ""), "klab:k");
	assert_string_equal(json_get_str(json_array_get(tests, 0), "status", ""), "MISS");
	assert_string_equal(json_get_str(json_array_get(tests, 2), "status", ""), "MISS");
}

/* The schema takes an excerpt of 16384 characters; of a log it is an excerpt, after all. */
static void test_kcidb_cuts_a_long_excerpt(void **state)
{
	_cleanup_json_ json_t *all = make_results(), *report = NULL;
	_cleanup_strbuf_ struct strbuf why = { 0 };
	_cleanup_free_ char *text = NULL;
	const char *excerpt;

	for (int i = 0; i < 9000; i++)
		strbuf_adds(&why, "é");
	json_object_set_new(json_array_get(json_get_array(all, "results"), 1), "why",
			    json_pack("[s]", why.data));
	text = page_results_kcidb(all);
	report = json_loads(text, 0, NULL);
	assert_non_null(report);
	excerpt =
		json_get_str(json_array_get(json_get_array(report, "tests"), 1), "log_excerpt", "");
	assert_true(strlen(excerpt) > 16000 && strlen(excerpt) <= 16384);
}

/* ---- for people ---- */

static void test_mail_has_a_subject_and_72_columns(void **state)
{
	_cleanup_json_ json_t *all = make_results();
	_cleanup_free_ char *text = page_results_mail(all);
	_cleanup_strv_ struct strv lines = { 0 };

	check_harmless(text);
	strv_split(&lines, text, '\n');
	assert_string_equal(lines.items[0], "Subject: [klab] night: 1 crash, 1 hang, 1 broken, "
					    "1 incomplete, 2 error, 1 not run, 1 pass");
	assert_string_equal(lines.items[1], "");
	for (size_t i = 1; i < lines.count; i++)
		if (page_columns(lines.items[i]) > 72)
			fail_msg("longer than 72 columns: %s", lines.items[i]);
	check_has(text, "\nfailed\n");
	check_has(text, "\ncould not be run\n");
	check_has(text, "\nnot run\n");
	check_has(text, "boots x base free 1 of 2");
	check_has(text, "the budget was spent");
}

static void test_changes_of_a_night_end_its_summary(void **state)
{
	static const char changes[] =
		"{\"older\": 2, \"silenced\": 1, \"error\": \"x.db: is no history\", \"alarms\": ["
		"{\"kind\": \"new title\", \"title\": \"WARNING \\u001b[31min x\", \"first\": "
		"\"2026-11-28\", \"bisect\": [\"klab\", \"bisect\"], \"bisected\": {\"result\": "
		"{\"word\": \"unsure\", \"dir\": \"runs/b\", \"commits\": [{\"probability\": 0.5, "
		"\"line\": \"0123 a change\"}]}}}, {\"kind\": \"new title\", \"bisected\": "
		"{\"why\": \"the budget ended it\", \"goes_on\": true, \"command\": "
		"[\"klab\", \"bisect\", \"two words\"]}}]}";
	_cleanup_json_ json_t *all = make_results();
	_cleanup_free_ char *text = NULL;

	json_object_set_new(all, "changes", json_loads(changes, 0, NULL));
	text = page_results_mail(all);
	check_harmless(text);
	check_has(text, "1 not run, 1 pass; 2 new regressions\n");
	check_has(text, "\nculprit     50.0 %  0123 a change\n");
	check_has(text, "no commit that can be tested would tell more");
	check_has(text, "klab show runs/b\n");
	check_has(text, "klab bisect 'two words'\n");
	check_has(text, "\n2 older regressions are open, 1 of known bugs is silenced:");
	check_has(text, "regressions`\n");
	check_has(text, "could not be looked at: x.db: is no history\n");
	json_object_set_new(all, "changes", json_pack("{s[]si}", "alarms", "older", 0));
	free(text);
	text = page_results_mail(all);
	assert_null(strstr(text, "\nchanged\n"));
}

/* Each fails for a reason of its own, in a series of its own. */
static json_t *make_failures(int count)
{
	json_t *all = json_object(), *list = json_array();

	for (int i = 0; i < count; i++) {
		json_t *result = json_object();
		_cleanup_free_ char *id = xasprintf("case x base free %d", i);
		_cleanup_free_ char *why = xasprintf("BUG in function_%d", i);

		json_set_str(result, "id", id);
		json_set_str(result, "series", id);
		json_set_str(result, "verdict", "crash");
		json_object_set_new(result, "why", json_pack("[s]", why));
		json_array_append_new(list, result);
	}
	json_object_set_new(all, "results", list);
	return all;
}

/* Seconds of this process. */
static double time_of_summary(int failures)
{
	_cleanup_json_ json_t *all = make_failures(failures);
	const struct page_style style = { .width = 80 };
	clock_t began = clock();
	_cleanup_free_ char *text = page_results_text(all, &style);
	_cleanup_free_ char *more = xasprintf("… %d more", failures - 100);

	check_has(text, more);
	return (double)(clock() - began) / CLOCKS_PER_SEC;
}

/* 16 times as many take 16 times as long, not 256 times. */
static void test_summary_of_many_different_failures_is_linear(void **state)
{
	double few = time_of_summary(1000);

	assert_true(time_of_summary(16000) < 64 * (few > 0.001 ? few : 0.001));
}

static void test_summary_counts_by_series_and_reason(void **state)
{
	_cleanup_json_ json_t *all = make_failures(3);
	json_t *list = json_get_array(all, "results");
	const struct page_style style = { .width = 80 };
	_cleanup_free_ char *text = NULL;

	json_array_extend(list, json_get_array(all, "results"));
	json_set_str(json_array_get(list, 2), "verdict", "hang");
	json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "id", "more", "series",
					      "case x base free 0", "verdict", "pass"));
	text = page_results_text(all, &style);
	check_has(text, "case x base free 0 2 of 3\n");
	check_has(text, "case x base free 1 2 of 2\n");
	check_has(text, "hang       case x base free 2 2 of 2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome_of_what_is_no_word_is_no_pass),
		cmocka_unit_test(test_line_counts_every_word),
		cmocka_unit_test(test_ktap_is_a_plan_and_its_results),
		cmocka_unit_test(test_junit_escapes_what_a_guest_wrote),
		cmocka_unit_test(test_jsonl_is_an_object_a_line),
		cmocka_unit_test(test_kcidb_objects_refer_to_each_other),
		cmocka_unit_test(test_kcidb_says_what_became_of_each_build),
		cmocka_unit_test(test_kcidb_cuts_a_long_excerpt),
		cmocka_unit_test(test_mail_has_a_subject_and_72_columns),
		cmocka_unit_test(test_changes_of_a_night_end_its_summary),
		cmocka_unit_test(test_summary_counts_by_series_and_reason),
		cmocka_unit_test(test_summary_of_many_different_failures_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
