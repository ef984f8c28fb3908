/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of the history; lab/tests/site-check has them in a browser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "page/site.h"

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, 0, &error);

	if (!value)
		fail_msg("%s", error.text);
	return value;
}

static void has(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("'%s' is not in %s", text, page);
}

static void has_not(const char *page, const char *text)
{
	if (strstr(page, text))
		fail_msg("'%s' is in %s", text, page);
}

#define SERIES "\"line\":\"6.1\",\"config\":\"base\",\"append\":\"\",\"mode\":\"free\""

static void test_site_paths_stay_in_their_folder(void **state)
{
	_cleanup_free_ char *plain = site_case_path("swap-write-eio");
	_cleanup_free_ char *up = site_case_path("../../etc/passwd"), *dots = site_run_path("..");
	_cleanup_free_ char *a = site_report_path("BUG: a"), *b = site_report_path("BUG: b");

	assert_string_equal(plain, "case/swap-write-eio.html");
	assert_int_equal(strlen(up), strlen("case/0123456789abcdef.html"));
	assert_int_equal(strlen(dots), strlen("run/0123456789abcdef.html"));
	assert_null(strstr(up, ".."));
	assert_string_not_equal(a, b);
}

static void test_site_index_says_how_often_what_failed(void **state)
{
	const struct site site = { .night = "2026-11-28", .since = "2026-10-30" };
	_cleanup_json_ json_t *all = parse(
		"{\"series\":[{\"case\":\"b\"," SERIES ",\"verdicts\":{\"pass\":97,\"fail\":2,"
		"\"crash\":1,\"broken\":4}},{\"case\":\"a\"," SERIES ",\"verdicts\":{\"skip\":2}},"
		"{\"case\":\"b\",\"line\":\"6.12\",\"config\":\"base\",\"append\":\"quiet\","
		"\"mode\":\"deterministic\",\"verdicts\":{\"pass\":5}}]}");
	_cleanup_json_ json_t *reports = parse("{\"reports\":[]}"), *none = json_array();
	_cleanup_free_ char *page = site_index_html(&site, all, all, none, reports);

	has(page, "<td class=\"r1\"><a href=\"case/b.html\">3/100 +4?</a></td>");
	has(page, "<td class=\"ru\"><a href=\"case/a.html\">2?</a></td>");
	has(page, "<td class=\"r0\"><a href=\"case/b.html\">0/5</a></td>");
	has(page, "<th>6.12 base quiet deterministic</th>");
	has(page, "102 passed");
	has(page, "3 failed");
	has(page, "6 could not be judged");
	/* A case has one row. */
	assert_ptr_equal(strstr(strstr(page, "<th scope=\"row\"><a href=\"case/b.html\">") + 1,
				"<th scope=\"row\"><a href=\"case/b.html\">"),
			 NULL);
}

static void test_site_rates_have_classes(void **state)
{
	static const struct {
		const char *verdicts, *class;
	} rows[] = {
		{ "{\"pass\":1}", "r0" },
		{ "{\"pass\":99,\"hang\":1}", "r1" },
		{ "{\"pass\":19,\"hang\":1}", "r2" },
		{ "{\"pass\":4,\"crash\":1}", "r3" },
		{ "{\"pass\":1,\"fail\":1}", "r4" },
		{ "{\"incomplete\":3}", "ru" },
	};
	const struct site site = { .night = "2026-11-28", .since = "2026-10-30" };
	_cleanup_json_ json_t *reports = parse("{\"reports\":[]}"), *none = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text =
			xasprintf("{\"series\":[{\"case\":\"c\"," SERIES ",\"verdicts\":%s}]}",
				  rows[i].verdicts);
		_cleanup_free_ char *cell =
			xasprintf("<td class=\"%s\"><a href=\"case/c.html\">", rows[i].class);
		_cleanup_json_ json_t *all = parse(text);
		_cleanup_free_ char *page = site_index_html(&site, all, all, none, reports);

		has(page, cell);
	}
}

static void test_site_index_has_alarms_and_what_is_silenced(void **state)
{
	const struct site site = { .night = "2026-11-28", .since = "2026-10-30" };
	_cleanup_json_ json_t *all = parse("{\"series\":[]}"),
			      *reports = parse("{\"reports\":[{\"title\":\"BUG: new\",\"runs\":2,"
					       "\"first_night\":\"2026-11-28\"},"
					       "{\"title\":\"BUG: old\",\"first_night\":"
					       "\"2026-11-27\"}]}");
	_cleanup_json_ json_t *alarms = parse(
		"[{\"kind\":\"failures\",\"series\":{\"case\":\"c\"," SERIES "},\"before\":0.02,"
		"\"after\":0.2,\"first\":\"2026-11-20\",\"good\":{\"run\":\"r1\",\"release\":\"6.1."
		"1\","
		"\"revision\":\"0123456789abcdef\",\"night\":\"2026-11-19\"},\"bisect\":[\"klab\","
		"\"bisect\",\"it's\"]},{\"kind\":\"title\",\"title\":\"WARNING in quiet\","
		"\"series\":{\"case\":\"c\"," SERIES "},\"known\":{\"title\":\"quiet\"}}]");
	_cleanup_free_ char *page = site_index_html(&site, all, all, alarms, reports);

	has(page, "<b>2 % to 20 %</b> since 2026-11-20");
	has(page, "6.1.1 0123456789ab, night of 2026-11-19");
	has(page, "<pre>klab bisect &#39;it&#39;\\&#39;&#39;s&#39;</pre>");
	has_not(page, "WARNING in quiet");
	has(page, "1 of known bugs are silenced");
	has(page, "BUG: new");
	has_not(page, "BUG: old");
}

static void test_site_links_only_to_runs_that_have_a_page(void **state)
{
	_cleanup_json_ json_t *runs = parse("{\"r1\":true}");
	const struct site site = { .night = "2026-11-28", .since = "2026-10-30", .runs = runs };
	_cleanup_json_ json_t *report = parse(
		"{\"title\":\"BUG: x\",\"kind\":\"oops\",\"first_run\":\"r1\",\"last_run\":"
		"\"r2\",\"runs\":2,\"times\":3,\"newest_runs\":[\"r2\"],\"series\":[{\"case\":"
		"\"c\"," SERIES ",\"runs\":2,"
		"\"times\":3,\"first_night\":\"2026-11-20\",\"last_night\":\"2026-11-28\"}]}");
	_cleanup_json_ json_t *example = parse("{\"traces\":[{\"frames\":[{\"symbol\":\"foo\","
					       "\"reliable\":true},{\"symbol\":\"bar\","
					       "\"reliable\":false}]}]}");
	_cleanup_free_ char *page = site_report_html(&site, report, example);

	has(page, "<a href=\"../run/r1.html\">r1</a>");
	has_not(page, "r2.html");
	has(page, "  foo\n? bar\n");
	has(page, "<a href=\"../case/c.html\">c</a> on 6.1 base</td><td class=\"figure\">2</td>"
		  "<td class=\"night\">2026-11-20</td><td class=\"night\">2026-11-28</td>");
}

static void test_site_case_has_its_nights_and_trends(void **state)
{
	_cleanup_json_ json_t *runs = parse("{}");
	const struct site site = { .night = "2026-11-28", .since = "2026-10-30", .runs = runs };
	_cleanup_json_ json_t *test = parse(
		"{\"case\":\"c\",\"series\":[{" SERIES ",\"verdicts\":{\"pass\":3,\"fail\":1},"
		"\"nights\":[{\"night\":\"2026-11-27\",\"verdicts\":{\"pass\":2}},{\"night\":"
		"\"2026-11-28\",\"verdicts\":{\"pass\":1,\"fail\":1}}],\"changes\":[]}]}");
	_cleanup_json_ json_t *numbers = parse(
		"{\"numbers\":[{" SERIES ",\"label\":\"hog\",\"file\":\"task\",\"key\":\"moves\","
		"\"nights\":[{\"night\":\"2026-11-27\",\"median\":1,\"least\":1,\"most\":2},"
		"{\"night\":\"2026-11-28\",\"median\":5,\"least\":4,\"most\":6}]},{" SERIES
		",\"label\":\"hog\",\"file\":\"task\",\"key\":\"still\",\"nights\":[{\"night\":"
		"\"2026-11-28\",\"median\":5,\"least\":5,\"most\":5}]}]}");
	_cleanup_json_ json_t *failed =
		parse("[{" SERIES ",\"run\":\"r9\",\"night\":\"2026-11-28\","
		      "\"verdict\":\"fail\",\"why\":\"task: hog\"}]");
	_cleanup_free_ char *page = site_case_html(&site, test, numbers, failed);

	has(page, "class=\"bar-fail\"");
	has(page, "1/4 failed");
	has(page, "task moves");
	has_not(page, "task still");
	has(page, "1 numbers were the same in all runs");
	has(page, "class=\"curve s0\"");
	has(page, "task: hog");
}

/* Nothing that a guest or a stranger's run says is markup, or leads out of the site. */
static void test_site_is_not_taken_in(void **state)
{
#define EVIL "<script>alert(1)</script>\\\" onload=x \\u202e"
	_cleanup_json_ json_t *runs = parse("{\"" EVIL "\":true}");
	const struct site site = { .night = "2026-11-28", .since = "2026-10-30", .runs = runs };
	_cleanup_json_ json_t *run =
		parse("{\"run\":\"" EVIL "\",\"verdict\":\"pass\",\"why\":\"" EVIL
		      "\",\"host\":\"" EVIL "\",\"series\":{\"case\":\"" EVIL "\",\"line\":\"" EVIL
		      "\"},\"reports\":[{\"title\":"
		      "\"" EVIL "\"}],\"numbers\":[{\"file\":\"" EVIL "\",\"value\":1}]}");
	_cleanup_strv_ struct strv files = { 0 };
	_cleanup_free_ char *page = NULL;

	strv_add(&files, "console.log");
	page = site_run_html(&site, run, "\033[31m<b>red</b>\n", "javascript:alert(1)", &files);
	has_not(page, "<script");
	has_not(page, "<b>red");
	has_not(page, "\033");
	has_not(page, "\342\200\256");
	has_not(page, "href=\"javascript:");
	has(page, "&lt;script&gt;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_site_paths_stay_in_their_folder),
		cmocka_unit_test(test_site_index_says_how_often_what_failed),
		cmocka_unit_test(test_site_rates_have_classes),
		cmocka_unit_test(test_site_index_has_alarms_and_what_is_silenced),
		cmocka_unit_test(test_site_links_only_to_runs_that_have_a_page),
		cmocka_unit_test(test_site_case_has_its_nights_and_trends),
		cmocka_unit_test(test_site_is_not_taken_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
