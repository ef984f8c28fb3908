// SPDX-License-Identifier: GPL-2.0-or-later
/* What the guest found and wrote, on the page of its run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "page/page.h"
#include "page/run-data.h"

#define _cleanup_run_ _cleanup_(run_facts_clear)

static const struct page_style plain = { .width = 80 };
static const struct page_style verbose = { .width = 80, .verbose = true };

/* A run of these frames, its steps on lines 10, 20 and 30. */
static void make_run(struct run_facts *run, json_t *frames)
{
	assert_non_null(frames);
	run->dir = xstrdup("runs/x");
	run->plan = json_pack("{s:[{s:i,s:i,s:s},{s:i,s:i,s:s},{s:i,s:i,s:s}]}", "steps", "i", 0,
			      "line", 10, "verb", "memhog", "i", 1, "line", 20, "verb", "sh", "i",
			      2, "line", 30, "verb", "run");
	run->frames = frames;
}

static json_t *output(int index, const char *stream, const char *data)
{
	return json_pack("{s:s,s:i,s:s,s:s}", "k", "output", "i", index, "stream", stream, "data",
			 data);
}

static char *shown(void (*section)(struct page *, const struct run_facts *),
		   const struct run_facts *run, const struct page_style *style)
{
	struct page p;

	page_init(&p, style);
	section(&p, run);
	return page_take(&p);
}

static void test_run_page_results_are_all_numbers_of_the_task(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *text = NULL;
	struct page p;

	make_run(&run,
		 json_pack("[{s:s,s:s,s:{s:i,s:i,s:s}},{s:s,s:s,s:{s:i}}]", "k", "result", "name",
			   "hog", "data", "pages_verified", 1, "pages_wrong", 0, "note", "odd", "k",
			   "result", "name", "other", "data", "pages", 7));
	page_init(&p, &plain);
	run_page_results(&p, &run, "hog");
	text = page_take(&p);
	assert_string_equal(text, "             pages_verified 1, pages_wrong 0, note odd\n");
}

static void test_run_page_output_joins_the_frames_of_a_step(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *text = NULL;

	make_run(&run,
		 json_pack("[o,o,o,o]", output(1, "stdout", "one\ntw"), output(2, "stdout", "c\n"),
			   output(1, "stdout", "o\n"), output(1, "stderr", "three")));
	text = shown(run_page_output, &run, &plain);
	assert_string_equal(text, "output     sh  case.yaml:20\n"
				  "             one\n"
				  "             two\n"
				  "             three\n"
				  "           run  case.yaml:30\n"
				  "             c\n");
}

static void test_run_page_output_keeps_the_end_unless_verbose(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *less = NULL;
	_cleanup_free_ char *all = NULL;

	make_run(&run, json_pack("[o]", output(1, "stdout", "1\n2\n3\n4\n5\n6\n7\n8\n")));
	less = shown(run_page_output, &run, &plain);
	all = shown(run_page_output, &run, &verbose);
	assert_string_equal(less, "output     sh  case.yaml:20\n"
				  "             … 2 lines before; klab show -v has them\n"
				  "             3\n             4\n             5\n"
				  "             6\n             7\n             8\n");
	assert_non_null(strstr(all, "             1\n             2\n"));
	assert_null(strstr(all, "…"));
}

/* Frames are the guest's: one of a step that the plan lacks is no reason to read elsewhere. */
static void test_run_page_output_of_unknown_steps_is_left_out(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *text = NULL;

	make_run(&run, json_pack("[o,o,o]", output(3, "stdout", "a"), output(-1, "stdout", "b"),
				 json_pack("{s:s}", "k", "output")));
	text = shown(run_page_output, &run, &plain);
	assert_string_equal(text, "");
}

static void test_run_page_output_wraps_what_is_too_wide(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *text = NULL;

	make_run(&run, json_pack("[o]", output(1, "stdout",
					       "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
					       "a\tb\n")));
	text = shown(run_page_output, &run, &plain);
	assert_string_equal(text, "output     sh  case.yaml:20\n"
				  "             Filename Type Size Used Priority\n"
				  "             a       b\n");
}

static json_t *snapshot(const char *file, const char *label, const char *key, const char *value)
{
	return json_pack("{s:s,s:i,s:s,s:s,s:s}", "k", "snapshot", "i", 2, "label", label, "file",
			 file, key, value);
}

static void test_run_page_snapshots_say_one_line_or_how_many(void **state)
{
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *less = NULL;
	_cleanup_free_ char *all = NULL;

	make_run(&run, json_pack("[o,o,o,o]", snapshot("/a", "2", "data", "4096\n"),
				 snapshot("/b", "after", "data", "x 1\ny 2\n"),
				 snapshot("/c", "2", "data", ""),
				 snapshot("/d", "2", "error", "ENOENT: No such file")));
	less = shown(run_page_snapshots, &run, &plain);
	all = shown(run_page_snapshots, &run, &verbose);
	assert_string_equal(less, "snapshots  /a  4096\n"
				  "           /b  after  2 lines\n"
				  "           /c  empty\n"
				  "           /d  ENOENT: No such file\n");
	assert_non_null(strstr(all, "           /b  after\n             x 1\n             y 2\n"));
}

/* A task may write a megabyte without a newline or a blank: a page is for people all the same. */
static void test_run_page_output_of_one_endless_line_is_bounded(void **state)
{
	const size_t length = 3 << 20;
	_cleanup_free_ char *data = xmalloc(length + 1);
	_cleanup_run_ struct run_facts run = { 0 };
	_cleanup_free_ char *in_short = NULL;
	_cleanup_free_ char *in_full = NULL;

	for (size_t i = 0; i < length; i++) /* U+FFFD, as NULs come */
		data[i] = "\xef\xbf\xbd"[i % 3];
	data[length] = '\0';
	make_run(&run, json_pack("[o]", output(1, "stdout", data)));
	in_short = shown(run_page_output, &run, &plain);
	assert_non_null(strstr(in_short, "bytes more)"));
	assert_true(strlen(in_short) < 1000);
	in_full = shown(run_page_output, &run, &verbose);
	assert_non_null(strstr(in_full, "bytes more)"));
	assert_true(strlen(in_full) < 100000);
}

/* Wrapping takes time by the length of the text, not by its square: this is 2 MB. */
static void test_page_wrap_endless_word(void **state)
{
	const size_t length = 2 << 20, columns = 80 - 10;
	_cleanup_free_ char *word = xmalloc(length + 1);
	_cleanup_free_ char *text = NULL;
	struct page p;

	memset(word, 'x', length);
	word[length] = '\0';
	page_init(&p, &plain);
	page_to(&p, 10);
	page_wrap(&p, TONE_PLAIN, word, 10);
	text = page_take(&p);
	/* Each line after the first has its newline and its indent. */
	assert_int_equal(strlen(text), length + 10 + (length - 1) / columns * 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_page_results_are_all_numbers_of_the_task),
		cmocka_unit_test(test_run_page_output_joins_the_frames_of_a_step),
		cmocka_unit_test(test_run_page_output_keeps_the_end_unless_verbose),
		cmocka_unit_test(test_run_page_output_of_unknown_steps_is_left_out),
		cmocka_unit_test(test_run_page_output_wraps_what_is_too_wide),
		cmocka_unit_test(test_run_page_snapshots_say_one_line_or_how_many),
		cmocka_unit_test(test_run_page_output_of_one_endless_line_is_bounded),
		cmocka_unit_test(test_page_wrap_endless_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
