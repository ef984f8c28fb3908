// SPDX-License-Identifier: GPL-2.0-or-later
/* What is shown: the pages of the runs in fixtures/compare, against fixtures/page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "page/layout.h"
#include "page/page.h"
#include "tests/page-world.h"

#define PAGES "lab/tests/fixtures/page/"

static const struct page_style plain = { .width = 80 };

static void assert_page(const char *text, const char *name)
{
	_cleanup_free_ char *path = path_join(PAGES, name);
	_cleanup_free_ char *expected = NULL;
	struct err err = ERR_INIT;
	size_t length;

	/* KLAB_UPDATE=1 writes what is shown, for a person to read before it is committed. */
	if (getenv("KLAB_UPDATE"))
		assert_int_equal(file_write_atomic(path, text, strlen(text), &err), 0);
	expected = file_read(path, 1 << 20, &length, &err);
	if (!expected)
		fail_msg("%s", err.msg);
	assert_string_equal(text, expected);
	page_world_assert_fits(text, 80);
}

static void test_page_run_text_of_pass(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *text = NULL;

	page_world_load(&run, "wbt-on");
	text = page_run_text(&run, &plain);
	assert_page(text, "run-pass.txt");
}

/* A crash: the reason and the trace of the bug come before everything that went well. */
static void test_page_run_text_of_crash(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *text = NULL;
	json_t *report;

	page_world_load(&run, "wbt-off");
	report = json_deep_copy(json_array_get(run.reports, 0));
	json_set_str(report, "title", "BUG: unable to handle kernel NULL pointer dereference in f");
	json_set_bool(report, "info", false);
	json_array_append_new(run.reports, report);
	json_set_str(run.verdict, "verdict", "crash");
	json_array_insert_new(
		json_get_array(run.verdict, "reasons"), 0,
		json_pack("{s:s,s:s,s:s}", "verdict", "crash", "what",
			  "BUG: unable to handle kernel NULL pointer dereference in f", "where",
			  "console.log:512"));
	text = page_run_text(&run, &plain);
	assert_page(text, "run-crash.txt");
}

static void test_page_run_text_says_whether_it_repeats(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *text = NULL;

	page_world_load(&run, "wbt-on");
	json_object_set_new(run.run, "repeats", json_pack("{s:s,s:b}", "run", "one", "same", 1));
	text = page_run_text(&run, &plain);
	assert_non_null(strstr(text, "\nrepeats    to the byte: one\n"));
	free(text);
	json_object_set_new(run.run, "repeats",
			    json_pack("{s:s,s:b,s:s,s:i,s:s}", "run", "one", "same", 0, "file",
				      "console.log", "line", 7, "first", "a\033[1mb"));
	text = page_run_text(&run, &plain);
	assert_non_null(strstr(text, "\nrepeats    not: console.log:7 differs from one\n"
				     "             - a"));
	assert_non_null(strstr(text, "\n             + nothing: it ends before\n"));
	assert_null(strchr(text, '\033'));
	json_set_str(json_object_get(run.run, "repeats"), "ended", "second");
	free(text);
	text = page_run_text(&run, &plain);
	assert_non_null(strstr(text, "\nrepeats    not: ended early, at console.log:7; the same "
				     "until there: one\n"));
	json_set_str(json_object_get(run.run, "repeats"), "ended", "first");
	free(text);
	text = page_run_text(&run, &plain);
	assert_non_null(strstr(text, "\nrepeats    not: goes on at console.log:7 after the end of "
				     "what it repeats: one\n"));
	json_object_set_new(run.run, "repeats",
			    json_pack("{s:s,s:b,s:{s:s,s:s}}", "run", "one", "same", 0, "end",
				      "first", "poweroff", "second", "killed"));
	free(text);
	text = page_run_text(&run, &plain);
	assert_non_null(strstr(text,
			       "\nrepeats    not: the same words, but it ended by killed, and "
			       "not poweroff as one\n"));
}

static void test_page_run_text_of_unfinished_run(void **state)
{
	struct run_facts run = { .dir = xstrdup("runs/x") };
	_cleanup_free_ char *text = NULL;

	run.run = json_pack("{s:s,s:s,s:s}", "id", "x", "case", "c", "state", "incomplete");
	run.verdict = json_pack("{s:s}", "verdict", "pass"); /* written early, or by someone else */
	run.frames = json_array();
	text = page_run_text(&run, &plain);
	assert_true(str_starts(text, "INCOMPLETE c\n"));
	assert_null(strstr(text, "PASS"));
	json_decref(run.verdict);
	run.verdict = NULL;
	free(text);
	text = page_run_text(&run, &plain);
	assert_non_null(strstr(text, "the run never came to its end"));
	run.machine = json_pack("{s:s,s:s}", "end", "error", "error", "QEMU did not start");
	free(text);
	text = page_run_text(&run, &plain);
	assert_true(str_starts(text, "INCOMPLETE c\nwhy        QEMU did not start\n"));
	run_facts_clear(&run);
}

static void test_page_compare_text_of_undecided(void **state)
{
	static const char *const names[] = { "wbt-on", "wbt-off" };
	_cleanup_run_ struct run_facts a = { 0 };
	_cleanup_run_ struct run_facts b = { 0 };
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;

	page_world_load(&a, names[0]);
	page_world_load(&b, names[1]);
	c = page_world_compare((struct run_facts[]){ a, b }, names, 2);
	text = page_compare_text(c, &plain);
	assert_page(text, "compare-undecided.txt");
}

static void test_page_compare_text_of_broken_toggle(void **state)
{
	static const char *const names[] = { "wbt-on", "wbt-off" };
	_cleanup_run_ struct run_facts a = { 0 };
	_cleanup_run_ struct run_facts b = { 0 };
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;
	json_t *frame;
	size_t i;

	page_world_load(&a, names[0]);
	page_world_load(&b, names[1]);
	json_array_foreach (b.frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), "fact")) {
			json_set_bool(frame, "holds", false);
			json_set_str(frame, "found", "75000");
		}
	json_array_remove(b.reports, 1);
	c = page_world_compare((struct run_facts[]){ a, b }, names, 2);
	text = page_compare_text(c, &plain);
	assert_page(text, "compare-broken.txt");
}

/* However many: what does not fit beside each other comes below, each side with all its cells. */
static void test_page_compare_text_many_sides_fit(void **state)
{
	char *names[16];
	struct run_facts runs[16] = { 0 };

	for (int i = 0; i < 16; i++) {
		names[i] =
			i == 2 ? xstrdup("a-rather-long-name-of-a-side") : xasprintf("side-%d", i);
		page_world_load(&runs[i], i % 2 ? "wbt-off" : "wbt-on");
	}
	for (size_t count = 3; count <= 16; count++) {
		_cleanup_json_ json_t *c =
			page_world_compare(runs, (const char *const *)names, count);
		_cleanup_free_ char *text = page_compare_text(c, &plain);
		size_t verdicts = 0, heads = 0, configs = 0;
		_cleanup_strv_ struct strv lines = { 0 };

		page_world_assert_fits(text, 80);
		strv_split(&lines, text, '\n');
		for (size_t i = 0; i < lines.count; i++) {
			const char *line = lines.items[i];

			if (str_starts(line, "verdict "))
				for (const char *p = line; (p = strstr(p, "pass")); p++)
					verdicts++;
			if (str_starts(line, "injected "))
				for (const char *p = line; (p = strstr(p, " 10")); p++)
					heads++;
			if (strstr(line, "CONFIG_BLK_WBT  "))
				for (const char *p = line + 27; *p; p++)
					configs += *p == 'y' || *p == 'n';
		}
		assert_int_equal(verdicts, count);
		assert_int_equal(heads, count);
		assert_int_equal(configs, count);
	}
	for (int i = 0; i < 16; i++) {
		free(names[i]);
		run_facts_clear(&runs[i]);
	}
}

/* Traces are compared two by two; what is the same everywhere is told once. */
static void test_page_compare_text_tells_equal_traces_once(void **state)
{
	static const char *const names[] = { "one", "two", "three" };
	static const char title[] = "OOM kill of memhog in memory cgroup /t";
	struct run_facts runs[3] = { 0 };
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;
	const char *found;

	for (int i = 0; i < 3; i++)
		page_world_load(&runs[i], "wbt-on");
	c = page_world_compare(runs, names, 3);
	assert_int_equal(json_array_size(json_object_get(c, "traces")), 4);
	text = page_compare_text(c, &plain);
	page_world_assert_fits(text, 80);
	found = strstr(text, "\ntraces ");
	assert_non_null(found);
	found = strstr(found, title);
	assert_non_null(found);
	assert_non_null(strstr(found, "frames on all 3\n"));
	assert_null(strstr(found + 1, title));
	for (int i = 0; i < 3; i++)
		run_facts_clear(&runs[i]);
}

static void test_page_color_only_where_asked(void **state)
{
	static const struct page_style color = { .color = true, .width = 80 };
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *with = NULL, *without = NULL;
	_cleanup_strbuf_ struct strbuf stripped = { 0 };

	page_world_load(&run, "wbt-on");
	with = page_run_text(&run, &color);
	without = page_run_text(&run, &plain);
	assert_null(strchr(without, '\033'));
	assert_non_null(strstr(with, "\033[32mPASS\033[0m"));
	/* Colour changes nothing else. */
	for (const char *p = with; *p; p++) {
		if (*p == '\033')
			p = strchr(p, 'm');
		else
			strbuf_addc(&stripped, *p);
	}
	assert_string_equal(stripped.data, without);
}

static void test_page_style_of_no_terminal_is_plain(void **state)
{
	FILE *f = tmpfile();
	struct page_style style;

	unsetenv("COLUMNS");
	style = page_style_of(fileno(f));
	assert_false(style.color);
	assert_int_equal(style.width, 80);
	fclose(f);
}

static void assert_safe(const char *text, const char *expected)
{
	_cleanup_free_ char *safe = page_safe(text);

	assert_string_equal(safe, expected);
}

static void test_page_safe_leaves_nothing_a_terminal_obeys(void **state)
{
	assert_safe("plain é 語", "plain é 語");
	assert_safe("\033[2J\033]0;title\a", "\\x1b[2J\\x1b]0;title\\x07");
	assert_safe("a\nb\tc\rd", "a b c\\x0dd");
	assert_safe("\xc2\x9b"
		    "31m",
		    "\\x9b31m"); /* the 8-bit CSI */
	assert_safe("\u202etxt.exe\u202c", "\\u202etxt.exe\\u202c");
	assert_safe("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff");
	assert_safe("\xff\xc3(\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd");
	assert_safe("\xc0\xaf\xed\xa0\x80",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_safe("", "");
}

static void test_page_columns_as_a_terminal_counts(void **state)
{
	assert_int_equal(page_columns("abc"), 3);
	assert_int_equal(page_columns("é"), 1);
	assert_int_equal(page_columns("e\u0301"), 1);
	assert_int_equal(page_columns("語"), 2);
	assert_int_equal(page_columns("…←✓"), 3);
	assert_int_equal(page_columns("🐧"), 2);
}

static char *wrapped(const char *text)
{
	struct page p;

	page_init(&p, &plain);
	page_to(&p, 70);
	page_wrap(&p, TONE_PLAIN, text, 72);
	return page_take(&p);
}

static void test_page_wrap_breaks_words_only_when_it_must(void **state)
{
	_cleanup_free_ char *words = wrapped("one two three");
	_cleanup_free_ char *word = wrapped("abcdefghijklmnopqrstuvwxyz");
	_cleanup_free_ char *wide = wrapped("語語語語語語語");

	assert_string_equal(words,
			    "                                                                 "
			    "     one two\n"
			    "                                                                   "
			    "     three");
	assert_string_equal(word,
			    "                                                                  "
			    "    abcdefghij\n"
			    "                                                                    "
			    "    klmnopqr\n"
			    "                                                                    "
			    "    stuvwxyz");
	page_world_assert_fits("\n\n\n\n\n\n", 80);
	assert_non_null(strstr(wide, "語語語語語\n"));
}

static void test_page_fit_cuts_at_either_end(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct page p;

	page_init(&p, &plain);
	page_fit(&p, TONE_PLAIN, "/sys/block/sda/stat", 8);
	page_to(&p, 10);
	page_fit_tail(&p, TONE_PLAIN, "/sys/block/sda/stat", 8);
	page_to(&p, 20);
	page_fit(&p, TONE_PLAIN, "語語語", 4);
	page_to(&p, 30);
	page_fit(&p, TONE_PLAIN, "fits", 4);
	page_right(&p, TONE_PLAIN, "7", 80);
	text = page_take(&p);
	assert_string_equal(text, "/sys/bl…  …da/stat  語…       fits                              "
				  "               7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_run_text_of_pass),
		cmocka_unit_test(test_page_run_text_of_crash),
		cmocka_unit_test(test_page_run_text_says_whether_it_repeats),
		cmocka_unit_test(test_page_run_text_of_unfinished_run),
		cmocka_unit_test(test_page_compare_text_of_undecided),
		cmocka_unit_test(test_page_compare_text_of_broken_toggle),
		cmocka_unit_test(test_page_compare_text_many_sides_fit),
		cmocka_unit_test(test_page_compare_text_tells_equal_traces_once),
		cmocka_unit_test(test_page_color_only_where_asked),
		cmocka_unit_test(test_page_style_of_no_terminal_is_plain),
		cmocka_unit_test(test_page_safe_leaves_nothing_a_terminal_obeys),
		cmocka_unit_test(test_page_columns_as_a_terminal_counts),
		cmocka_unit_test(test_page_wrap_breaks_words_only_when_it_must),
		cmocka_unit_test(test_page_fit_cuts_at_either_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
