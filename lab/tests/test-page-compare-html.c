// SPDX-License-Identifier: GPL-2.0-or-later
/* The HTML page of a comparison: what is on it, of which runs, and that it is always the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "page/compare-html.h"
#include "page/page.h"
#include "tests/page-world.h"

static const char *const names[] = { "wbt-on", "wbt-off", "third" };

struct world {
	struct run_facts runs[2];
	json_t *comparison;
};

static int setup(void **state)
{
	static struct world w;

	page_world_load(&w.runs[0], "wbt-on");
	page_world_load(&w.runs[1], "wbt-off");
	w.comparison = page_world_compare(w.runs, names, 2);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	json_decref(w->comparison);
	run_facts_clear(&w->runs[0]);
	run_facts_clear(&w->runs[1]);
	return 0;
}

static char *html_of(const struct world *w)
{
	char *html = page_world_html(w->comparison, w->runs, 2);

	page_world_assert_html(html);
	return html;
}

static void assert_has(const char *html, const char *text)
{
	if (!strstr(html, text))
		fail_msg("not on the page: %s", text);
}

static void test_page_html_has_what_was_compared(void **state)
{
	_cleanup_free_ char *html = html_of(*state);
	_cleanup_free_ char *again = html_of(*state);

	assert_string_equal(html, again);
	assert_has(html, "<title>undecided: swap-write-eio</title>");
	assert_has(html, "killed by SIGKILL");
	assert_has(html, "CONFIG_BLK_WBT");
	assert_has(html, "real: the running kernels showed it");
	assert_has(html, "href=\"../x/run.json\"");
	assert_has(html, "content=\"default-src 'none';");
	assert_null(strstr(html, "http:"));
	assert_null(strstr(html, "https:"));
	/* One run a side is no rate. */
	assert_null(strstr(html, "id=\"rates\""));
}

/* A frame that one side lacks. */
static void test_page_html_marks_frames(void **state)
{
	_cleanup_free_ char *html = html_of(*state);
	const char *row = strstr(html, "<tr class=\"removed\"");

	assert_non_null(row);
	assert_true(str_starts(strstr(row, "class=\"frame\">"), "class=\"frame\">wbt_wait</td>"));
}

static json_t *first_frames(struct run_facts *run, const char *title)
{
	json_t *report;
	size_t i;

	json_array_foreach (run->reports, i, report)
		if (strstr(json_get_str(report, "title", ""), title))
			return json_get_array(json_array_get(json_get_array(report, "traces"), 0),
					      "frames");
	fail_msg("no report %s", title);
	return NULL;
}

/* What the unwinder only guessed is dim, and what moved is told from what is missing. */
static void test_page_html_marks_guesses_and_moves(void **state)
{
	struct world *w = *state;
	json_t *frames = first_frames(&w->runs[1], "fault injection");
	_cleanup_free_ char *html = NULL;
	json_t *moved;

	json_array_insert_new(frames, 1,
			      json_pack("{s:s,s:i,s:i,s:b}", "symbol", "a_guess", "offset", 1,
					"size", 16, "reliable", 0));
	moved = json_deep_copy(json_array_get(frames, json_array_size(frames) - 1));
	json_array_remove(frames, json_array_size(frames) - 1);
	json_set_str(json_array_get(frames, 0), "file", "mm/<page>.c");
	json_set_int(json_array_get(frames, 0), "line", 7);
	json_array_insert_new(frames, 0, moved);
	json_decref(w->comparison);
	w->comparison = page_world_compare(w->runs, names, 2);
	html = html_of(w);
	assert_has(html, "<tr class=\"guess\"><td class=\"sign\">?</td>");
	assert_has(html, "<td class=\"frame\">a_guess</td>");
	assert_has(html, "<tr class=\"moved\"");
	assert_has(html, "<small> mm/&lt;page&gt;.c:7</small>");
}

/* Several runs a side: rates from the tables, where nothing was tested. */
static void test_page_html_rates_of_tables(void **state)
{
	struct world *w = *state;
	json_t *sides = json_get_array(w->comparison, "sides");
	_cleanup_free_ char *html = NULL;

	for (size_t s = 0; s < 2; s++) {
		json_t *side = json_array_get(sides, s), *runs = json_get_array(side, "runs");

		json_array_append(runs, json_array_get(runs, 0));
		json_object_set_new(side, "verdicts",
				    json_pack("{s:i,s:i}", "pass", s ? 1 : 2, "fail", s ? 1 : 0));
	}
	html = html_of(w);
	assert_has(html, "id=\"rates\"");
	assert_has(html, ">2/2 <small class=\"dim\">");
	assert_has(html, ">1/2 <small class=\"dim\">");
	assert_has(html, "rates with intervals of 95 %");
}

static void test_page_html_statistics(void **state)
{
	struct world *w = *state;
	static const struct page_style plain = { .width = 80 };
	_cleanup_free_ char *html = NULL, *markdown = NULL, *text = NULL;
	json_t *cells =
		json_pack("[{s:i,s:i,s:[f,f]},{s:i,s:i,s:[f,f],s:f,s:[f,f],s:f,s:f,s:b,s:n}]",
			  "hits", 0, "runs", 20, "interval", 0.0, 0.16, "hits", 9, "runs", 20,
			  "interval", 0.26, 0.66, "difference", 0.45, "difference_interval", 0.2,
			  0.65, "p", 0.001, "adjusted", 0.00001, "different", 1, "detectable");

	json_object_set_new(
		w->comparison, "statistics",
		json_pack("{s:f,s:f,s:n,s:{s:i,s:i},s:{s:i,s:i},s:[{s:s,s:s,s:b,s:o}],s:[]}",
			  "error", 0.05, "power", 0.95, "rate_missed", "tests", "rates", 4,
			  "numbers", 9, "different", "rates", 1, "numbers", 0, "rates", "kind",
			  "report", "what", "a <b> c", "different", 1, "sides", cells, "numbers"));
	html = html_of(w);
	assert_has(html, "1 of 4 rates and 0 of 9 numbers differ");
	assert_has(html, "a &lt;b&gt; c");
	assert_has(html, ">+45 points (+20..+65), p &lt; 0.0001: they differ<");
	markdown = page_compare_markdown(w->comparison);
	assert_has(markdown, "1 of 4 rates and 0 of 9 numbers differ");
	/* The figures of one page are those of the others, to the letter. */
	assert_has(markdown, "| a `<b>` c ");
	assert_has(markdown,
		   "| 0/20  0..16 % | 9/20  26..66 % | +45 points (+20..+65), p `<` 0.0001: "
		   "they differ |");
	text = page_compare_text(w->comparison, &plain);
	assert_has(text, "0/20  0..16 %    9/20  26..66 %\n"
			 "    +45 points (+20..+65), p < 0.0001: they differ\n");
}

/* Functions that the case ran stand apart from those that it did not. */
static void test_page_html_code_that_ran(void **state)
{
	struct world *w = *state;
	json_t *row = json_pack(
		"{s:[i,i],s:i,s:i,s:i,s:i,s:{s:i},s:[{s:s,s:s,s:[s,n]},{s:s,s:s,s:[s,s]}]}",
		"sides", 0, 1, "added", 0, "removed", 1, "changed", 1, "same", 9, "ran", "case", 1,
		"functions", "name", "f_ran", "status", "removed", "ran", "case", "name",
		"f_booted", "status", "changed", "ran", "boot", "never");
	_cleanup_free_ char *html = NULL, *markdown = NULL;

	json_object_set_new(w->comparison, "code", json_pack("[o]", row));
	for (size_t s = 0; s < 2; s++)
		json_object_set_new(json_array_get(json_get_array(w->comparison, "sides"), s),
				    "coverage",
				    json_pack("{s:[{s:s,s:s,s:b}]}", "runs", "dir", "odd",
					      "verdict", s ? "hang" : "pass", "says", 1));
	html = html_of(w);
	assert_has(html, "; the case ran 1 of them, in 1 run a side<");
	assert_has(html, "a run of wbt-off that says so was a hang, as no other: odd");
	assert_true(strstr(html, "removed, and the case ran it") < strstr(html, "f_ran"));
	assert_true(strstr(html, "changed, and the case did not run it") <
		    strstr(html, "f_booted"));
	markdown = page_compare_markdown(w->comparison);
	assert_has(markdown, "; the case ran 1 of them, in 1 run a side.\n\n"
			     "- removed, and run by the case: `f_ran`\n- changed: `f_booted`\n"
			     "- a run of wbt-off that says so was a hang, as no other: odd\n\n");
	json_object_del(row, "ran");
	json_object_del(json_array_get(json_get_array(row, "functions"), 0), "ran");
	free(html);
	html = html_of(w);
	assert_has(html, "<dt>removed</dt>");
	assert_null(strstr(html, "the case ran"));
}

/* What is wanted in full: the runs of the verdicts, or those of the seed that parts. */
static void test_page_html_wanted_runs(void **state)
{
	struct world *w = *state;
	json_t *sides = json_get_array(w->comparison, "sides");
	size_t wanted[8];

	assert_int_equal(page_compare_wanted_runs(w->comparison, wanted, 8), 2);
	assert_int_equal(wanted[0], 0);
	assert_int_equal(wanted[1], 1);
	json_array_insert_new(json_get_array(json_array_get(sides, 0), "runs"), 0,
			      json_pack("{s:s,s:s,s:s}", "id", "early", "dir", "early", "verdict",
					"fail"));
	json_object_del(w->comparison, "traces");
	assert_int_equal(page_compare_wanted_runs(w->comparison, wanted, 8), 2);
	assert_int_equal(wanted[0], 1);
	assert_int_equal(wanted[1], 2);
	json_object_set_new(
		w->comparison, "exact",
		json_pack(
			"[{s:i,s:[s,O],s:{s:[i,i]}}]", "side", 1, "runs", "early",
			json_object_get(
				json_array_get(json_get_array(json_array_get(sides, 1), "runs"), 0),
				"id"),
			"console", "only", 1, 0));
	assert_int_equal(page_compare_wanted_runs(w->comparison, wanted, 8), 2);
	assert_int_equal(wanted[0], 0);
	assert_int_equal(wanted[1], 2);
	assert_int_equal(page_compare_wanted_runs(w->comparison, wanted, 1), 1);
}

/* A side of one run. */
static json_t *side_of(const char *id, const char *verdict)
{
	return json_pack("{s:s,s:[{s:s,s:s}]}", "verdict", verdict, "runs", "id", id, "verdict",
			 verdict);
}

/* The consoles that one came for stand first: those that part, then those of other verdicts. */
static void test_page_html_begins_with_the_consoles_that_part(void **state)
{
	_cleanup_json_ json_t *c =
		json_pack("{s:[o,o,o,o],s:[{s:i,s:[s,s],s:b},{s:i,s:[s,s],s:b,s:{s:[i,i]}}]}",
			  "sides", side_of("a", "pass"), side_of("b", "pass"), side_of("c", "pass"),
			  side_of("d", "fail"), "exact", "side", 1, "runs", "a", "b", "differs", 0,
			  "side", 2, "runs", "a", "c", "differs", 1, "console", "only", 0, 3);
	struct html_pair pairs[4];

	(void)state;
	assert_non_null(c);
	assert_int_equal(compare_html_pairs(c, pairs, 4), 3);
	assert_int_equal(pairs[0].side, 2);
	assert_int_equal(pairs[1].side, 3);
	assert_int_equal(pairs[2].side, 1);
	assert_int_equal(compare_html_pairs(c, pairs, 1), 1);
	assert_int_equal(pairs[0].side, 2);
	/* Where none parts they are in their order. */
	json_object_del(c, "exact");
	json_array_remove(json_get_array(c, "sides"), 3);
	assert_int_equal(compare_html_pairs(c, pairs, 4), 2);
	assert_int_equal(pairs[0].side, 1);
}

/* A comparison from somewhere else, whose runs are not there. */
static void test_page_html_without_runs(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *html = page_compare_html(w->comparison, NULL, 0, false);

	page_world_assert_html(html);
	assert_has(html, "is not there");
	assert_has(html, "consoles are not there");
	assert_null(strstr(html, "compare.json\""));
}

static void test_page_html_of_nothing(void **state)
{
	_cleanup_json_ json_t *c = json_object();
	_cleanup_free_ char *html = page_compare_html(c, NULL, 0, true);

	page_world_assert_html(html);
	assert_has(html, "<title>broken: ?</title>");
}

#define HTML_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HTML_TEST(test_page_html_has_what_was_compared),
		HTML_TEST(test_page_html_marks_frames),
		HTML_TEST(test_page_html_marks_guesses_and_moves),
		HTML_TEST(test_page_html_rates_of_tables),
		HTML_TEST(test_page_html_statistics),
		HTML_TEST(test_page_html_code_that_ran),
		HTML_TEST(test_page_html_wanted_runs),
		cmocka_unit_test(test_page_html_begins_with_the_consoles_that_part),
		HTML_TEST(test_page_html_without_runs),
		cmocka_unit_test(test_page_html_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
