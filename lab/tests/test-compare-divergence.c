// SPDX-License-Identifier: GPL-2.0-or-later
/* Deterministic runs of two sides: which are laid beside each other, and what the page says. */
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "compare/compare-internal.h"
#include "page/page.h"
#include "page-world.h"
#include "scratch.h"

static const char first_console[] = "[    1.000001] up\n[    1.2] f+0x1f/0x40\n[    1.5] rss:4kB\n";

/* A run directory with a console, and what is known of it. */
static void make_run(struct run_facts *run, const char *base, const char *name, const char *mode,
		     int seed, const char *console, const char *frames)
{
	_cleanup_free_ char *dir = path_join(base, name);
	_cleanup_free_ char *path = path_join(dir, "console.log");

	assert_int_equal(file_mkdir_p(dir, NULL), 0);
	assert_int_equal(file_write_atomic(path, console, strlen(console), NULL), 0);
	*run = (struct run_facts){
		.dir = xstrdup(dir),
		.run = json_pack("{s:i}", "seed", seed),
		.plan = json_pack("{s:s}", "mode", mode),
		.frames = json_loads(frames, 0, NULL),
	};
	assert_non_null(run->frames);
}

static json_t *compared(struct run_facts *left, size_t left_count, struct run_facts *right,
			size_t right_count)
{
	const struct compare_side list[] = { { "old", left, left_count },
					     { "new", right, right_count } };
	struct compare_sides c = { .sides = list, .count = 2, .reasons = json_array() };
	json_t *out = json_pack("{s:s, s:s}", "case", "c", "verdict", "same");
	json_t *names = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		json_array_append_new(names, json_pack("{s:s, s:s, s:[s]}", "name", list[i].name,
						       "release", "6.1", "kconfig", "base"));
	json_object_set_new(out, "sides", names);
	compare_divergence(&c, out);
	json_object_set_new(out, "reasons", c.reasons);
	return out;
}

static void test_divergence_is_of_one_seed(void **state)
{
	const char *base = *state;
	struct run_facts left[2], right[3];
	_cleanup_json_ json_t *got = NULL;
	json_t *rows;

	make_run(&left[0], base, "a", "deterministic", 1, first_console, "[]");
	make_run(&left[1], base, "b", "free", 3, first_console, "[]");
	make_run(&right[0], base, "c", "deterministic", 2, first_console, "[]");
	make_run(&right[1], base, "d", "deterministic", 1, first_console, "[]");
	make_run(&right[2], base, "e", "free", 3, first_console, "[]");
	got = compared(left, 2, right, 3);
	rows = json_get_array(got, "exact");
	assert_int_equal(json_array_size(rows), 1);
	assert_int_equal(json_get_int(json_array_get(rows, 0), "seed", 0), 1);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(json_array_get(rows, 0), "runs"), 1)),
			    "d");
	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		run_facts_clear(&left[i]);
	for (size_t i = 0; i < ARRAY_SIZE(right); i++)
		run_facts_clear(&right[i]);
}

static void assert_reason(const json_t *comparison, const char *word, const char *what)
{
	const json_t *reason = json_array_get(json_get_array(comparison, "reasons"), 0);

	assert_string_equal(json_get_str(reason, "verdict", "none"), word);
	if (!strstr(json_get_str(reason, "what", ""), what))
		fail_msg("\"%s\" lacks \"%s\"", json_get_str(reason, "what", ""), what);
}

/* Seed 2 is on one side only: what its run shows is no answer to what the other side does. */
static void test_divergence_of_a_seed_without_its_pair_is_no_answer(void **state)
{
	const char *base = *state;
	struct run_facts left[2], right[2];
	_cleanup_json_ json_t *alike = NULL, *parts = NULL, *single = NULL;

	make_run(&left[0], base, "a", "deterministic", 1, first_console, "[]");
	make_run(&left[1], base, "b", "deterministic", 2, first_console, "[]");
	make_run(&right[0], base, "c", "deterministic", 1, first_console, "[]");
	make_run(&right[1], base, "d", "deterministic", 3, first_console, "[]");
	alike = compared(left, 2, right, 2);
	assert_reason(alike, "broken",
		      "not the same experiment: seeds 1, 2 on old, seeds 1, 3 on new");
	/* Neither is that of one run a side. */
	single = compared(&left[1], 1, &right[1], 1);
	assert_reason(single, "broken", "not the same experiment: seed 2 on old, seed 3 on new");
	/* A seed that parts is a difference, whatever the others are. */
	run_facts_clear(&right[0]);
	make_run(&right[0], base, "c", "deterministic", 1, "up\nOops\n", "[]");
	parts = compared(left, 2, right, 2);
	assert_int_equal(json_array_size(json_get_array(parts, "reasons")), 2);
	assert_reason(parts, "different", "seed 1: ");
	assert_string_equal(json_get_str(json_array_get(json_get_array(parts, "reasons"), 1),
					 "verdict", ""),
			    "note");
	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		run_facts_clear(&left[i]);
		run_facts_clear(&right[i]);
	}
}

/* Of two seeds one parts: that is the finding, with what repeats it. */
static void test_divergence_of_a_seed_is_a_difference(void **state)
{
	const char *base = *state;
	struct run_facts left[2], right[2];
	_cleanup_json_ json_t *got = NULL;
	json_t *rows;

	make_run(&left[0], base, "a", "deterministic", 1, first_console, "[]");
	make_run(&left[1], base, "b", "deterministic", 2, first_console, "[]");
	make_run(&right[0], base, "c", "deterministic", 1, first_console, "[]");
	make_run(&right[1], base, "d", "deterministic", 2, "[    1.000001] up\nOops\n", "[]");
	got = compared(left, 2, right, 2);
	rows = json_get_array(got, "exact");
	assert_false(json_get_bool(json_array_get(rows, 0), "differs", true));
	assert_true(json_get_bool(json_array_get(rows, 1), "differs", false));
	assert_int_equal(json_array_size(json_get_array(got, "reasons")), 1);
	assert_reason(got, "different",
		      "seed 2: old and new part at line 2 of the console; 1 of 2 seeds part");
	for (size_t i = 0; i < 2; i++) {
		run_facts_clear(&left[i]);
		run_facts_clear(&right[i]);
	}
}

/* The same lines and another verdict: a difference. A console that is gone: nobody knows. */
static void test_divergence_of_verdicts_and_what_was_not_seen(void **state)
{
	const char *base = *state;
	struct run_facts left, right;
	_cleanup_json_ json_t *fails = NULL;
	_cleanup_json_ json_t *gone = NULL;
	_cleanup_free_ char *console = xasprintf("%s/b/console.log", base);

	make_run(&left, base, "a", "deterministic", 1, first_console, "[]");
	make_run(&right, base, "b", "deterministic", 1, first_console, "[]");
	json_set_str(left.run, "state", "done");
	json_set_str(right.run, "state", "done");
	left.verdict = json_pack("{s:s}", "verdict", "pass");
	right.verdict = json_pack("{s:s}", "verdict", "fail");
	fails = compared(&left, 1, &right, 1);
	assert_reason(fails, "different", "seed 1: pass on old, fail on new");
	json_set_str(right.verdict, "verdict", "pass");
	assert_int_equal(unlink(console), 0);
	gone = compared(&left, 1, &right, 1);
	assert_reason(gone, "undecided",
		      "not all that the guests said on new could be laid beside");
	run_facts_clear(&left);
	run_facts_clear(&right);
}

static void test_divergence_on_the_page(void **state)
{
	const char *base = *state;
	struct run_facts left, right;
	_cleanup_json_ json_t *got = NULL;
	const struct page_style wide = { .width = 80 }, narrow = { .width = 40 };
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *slim = NULL;

	make_run(&left, base, "a", "deterministic", 7, first_console,
		 "[{\"k\":\"beat\"},{\"k\":\"result\",\"t\":1,\"data\":{\"n\":4,\"write_us\":1}}]");
	make_run(&right, base, "b", "deterministic", 7,
		 "[    1.000002] up\n[    1.2] f+0x2f/0x40\n[    1.5] rss:8kB\n",
		 "[{\"k\":\"result\",\"t\":2,\"data\":{\"n\":4,\"write_us\":2}},{\"k\":\"fact\"}]");
	got = compared(&left, 1, &right, 1);
	text = page_compare_text(got, &wide);
	assert_non_null(strstr(text, "seed 7, old and new\n"));
	assert_non_null(
		strstr(text, "console, 3 lines: 1 only on old, 1 only on new; 1 differ in"));
	assert_non_null(strstr(text, "- [    1.5] rss:4kB\n"));
	assert_non_null(strstr(text, "+ [    1.5] rss:8kB\n"));
	/* Beats, facts and times are no difference of what the case did; durations are told. */
	assert_non_null(strstr(text, "frames, 1 lines: say the same; 1 differ in times alone\n"));
	page_world_assert_fits(text, 80);
	slim = page_compare_text(got, &narrow);
	page_world_assert_fits(slim, 40);
	run_facts_clear(&left);
	run_facts_clear(&right);
}

/* A page is narrower than many lines: cut anywhere else, both would look the same. */
static void test_divergence_at_the_end_of_long_lines(void **state)
{
	static const char same[] = "\xc3\xa4\xc3\xa4 0123456789 0123456789 0123456789 0123456789 "
				   "0123456789 0123456789 0123456789 0123456789 \xc3\xa4\xc3\xa4";
	_cleanup_free_ char *old = xasprintf("[    1.5] %s end one\n", same);
	_cleanup_free_ char *new = xasprintf("[    1.25] %s end two\n", same);
	const struct page_style wide = { .width = 80 }, narrow = { .width = 44 };
	struct run_facts left, right;
	_cleanup_json_ json_t *got = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *slim = NULL;

	make_run(&left, *state, "a", "deterministic", 7, old, "[]");
	make_run(&right, *state, "b", "deterministic", 7, new, "[]");
	got = compared(&left, 1, &right, 1);
	text = page_compare_text(got, &wide);
	slim = page_compare_text(got, &narrow);
	assert_non_null(strstr(text, " end one\n"));
	assert_non_null(strstr(text, " end two\n"));
	assert_non_null(strstr(slim, " end one\n"));
	assert_non_null(strstr(slim, " end two\n"));
	page_world_assert_fits(text, 80);
	page_world_assert_fits(slim, 44);
	assert_null(strstr(text, "\xef\xbf\xbd"));
	assert_null(strstr(slim, "\xef\xbf\xbd"));
	run_facts_clear(&left);
	run_facts_clear(&right);
}

static void append(struct run_facts *run, const char *words)
{
	json_object_set_new(run->plan, "append", json_loads(words, 0, NULL));
}

/* A word that the kernel does not know is no toggle: its own console says so. */
static void test_command_lines_that_differ_in_unknown_words(void **state)
{
	static const char hello[] = "[{\"k\":\"hello\",\"unknown\":\"nokaslr nosuch=1 a\"}]";
	struct run_facts bare, odd, old;

	make_run(&bare, *state, "a", "free", 1, "", "[{\"k\":\"hello\",\"unknown\":\"\"}]");
	make_run(&odd, *state, "b", "free", 1, "", hello);
	make_run(&old, *state, "c", "free", 1, "", "[{\"k\":\"hello\"}]");
	append(&bare, "[]");
	append(&odd, "[\"nosuch=1\", \" a \"]");
	assert_int_equal(compare_command_lines(&bare, &odd), COMPARE_WORDS_UNKNOWN);
	assert_int_equal(compare_command_lines(&odd, &bare), COMPARE_WORDS_UNKNOWN);
	/* One that it knows beside it is not what was asked for. */
	append(&odd, "[\"nosuch=1 mitigations=off\"]");
	assert_int_equal(compare_command_lines(&bare, &odd), COMPARE_WORDS_UNKNOWN);
	/* What both have is not what they differ in. */
	append(&bare, "[\"mitigations=off\"]");
	assert_int_equal(compare_command_lines(&bare, &odd), COMPARE_WORDS_UNKNOWN);
	append(&odd, "[\"mitigations=off\"]");
	assert_int_equal(compare_command_lines(&bare, &odd), COMPARE_WORDS_KNOWN);
	/* Another value of a known word, in another order. */
	append(&bare, "[\"a\", \"nosuch=1\"]");
	append(&odd, "[\"nosuch=1\", \"a\"]");
	assert_int_equal(compare_command_lines(&bare, &odd), COMPARE_WORDS_KNOWN);
	/* A kernel without the module says nothing, and neither did an older init. */
	append(&bare, "[]");
	append(&odd, "[\"nosuch.debug=1\"]");
	assert_int_equal(compare_command_lines(&bare, &odd), COMPARE_WORDS_UNTOLD);
	append(&old, "[\"quiet\"]");
	assert_int_equal(compare_command_lines(&bare, &old), COMPARE_WORDS_UNTOLD);
	run_facts_clear(&bare);
	run_facts_clear(&odd);
	run_facts_clear(&old);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		scratch_test(test_divergence_is_of_one_seed),
		scratch_test(test_divergence_of_a_seed_without_its_pair_is_no_answer),
		scratch_test(test_divergence_of_a_seed_is_a_difference),
		scratch_test(test_divergence_of_verdicts_and_what_was_not_seen),
		scratch_test(test_divergence_on_the_page),
		scratch_test(test_divergence_at_the_end_of_long_lines),
		scratch_test(test_command_lines_that_differ_in_unknown_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
