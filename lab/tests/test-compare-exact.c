// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/scratch.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "compare/exact.h"

static void remove_runs(void **state)
{
	_cleanup_free_ char *a = scratch_path(state, "a");
	_cleanup_free_ char *b = scratch_path(state, "b");

	assert_int_equal(file_remove_tree(a, NULL), 0);
	assert_int_equal(file_remove_tree(b, NULL), 0);
}

/* Two run directories, a and b, of a console and frames each; NULL: no such file. */
static void make_runs(void **state, const char *const files[4])
{
	static const char *const names[] = { "a/console.log", "a/frames.raw", "b/console.log",
					     "b/frames.raw" };

	for (size_t i = 0; i < 4; i++) {
		_cleanup_free_ char *dir = scratch_path(state, i < 2 ? "a" : "b");

		assert_int_equal(file_mkdir_p(dir, NULL), 0);
		if (files[i])
			scratch_write(state, names[i], files[i]);
	}
}

static json_t *compare_runs(void **state)
{
	_cleanup_free_ char *a = scratch_path(state, "a");
	_cleanup_free_ char *b = scratch_path(state, "b");
	struct err err = ERR_INIT;
	json_t *out = exact_compare(a, b, &err);

	if (!out)
		fail_msg("%s", err.msg);
	assert_string_equal(json_get_str(out, "run", NULL), "a");
	return out;
}

static void assert_differs(const json_t *out, const char *file, int64_t line, const char *first,
			   const char *second)
{
	const char *a = json_get_str(out, "first", NULL);
	const char *b = json_get_str(out, "second", NULL);

	assert_false(json_get_bool(out, "same", true));
	assert_string_equal(json_get_str(out, "file", NULL), file);
	assert_int_equal(json_get_int(out, "line", 0), line);
	assert_true(first ? str_eq(a, first) : !a);
	assert_true(second ? str_eq(b, second) : !b);
}

static void test_exact_same_runs(void **state)
{
	_cleanup_json_ json_t *out = NULL;

	make_runs(state, (const char *const[]){ "one\ntwo\n", "f\n", "one\ntwo\n", "f\n" });
	out = compare_runs(state);
	assert_true(json_get_bool(out, "same", false));
	assert_null(json_object_get(out, "file"));
}

static void test_exact_first_differing_line_of_the_console(void **state)
{
	_cleanup_json_ json_t *out = NULL;

	make_runs(state, (const char *const[]){ "one\ntwo\nx\n", "f\n", "one\ntwe\ny\n", "g\n" });
	out = compare_runs(state);
	assert_differs(out, "console.log", 2, "two", "twe");
}

static void test_exact_frames_count_too(void **state)
{
	_cleanup_json_ json_t *out = NULL;

	make_runs(state, (const char *const[]){ "one\n", "f\n", "one\n", "g\n" });
	out = compare_runs(state);
	assert_differs(out, "frames.raw", 1, "f", "g");
}

/* What is cut short at the end of a line is no repetition, and is told as what it is. */
static void test_exact_one_that_ends_early(void **state)
{
	_cleanup_json_ json_t *out = NULL;

	make_runs(state, (const char *const[]){ "one\ntwo\n", "f\n", "one\n", "" });
	out = compare_runs(state);
	assert_differs(out, "console.log", 2, "two", NULL);
	assert_string_equal(json_get_str(out, "ended", ""), "second");
	assert_int_equal(json_get_int(out, "bytes", 0), 4);
	json_decref(out);
	make_runs(state, (const char *const[]){ "one\nt", "f\n", "one\ntwo\n", "f\n" });
	out = compare_runs(state);
	assert_differs(out, "console.log", 2, "t", "two");
	assert_string_equal(json_get_str(out, "ended", ""), "first");
	json_decref(out);
	make_runs(state, (const char *const[]){ "one\n", "f\ng\n", "one\n", "f\n" });
	out = compare_runs(state);
	assert_differs(out, "frames.raw", 2, "g", NULL);
	assert_string_equal(json_get_str(out, "ended", ""), "second");
}

/* One that ends early and had said something else is another run. */
static void test_exact_one_that_ends_early_and_differs(void **state)
{
	static const char *const runs[][4] = {
		{ "one\ntwo\n", "f\n", "one\n", "g\n" }, { "one\ntwo\n", "f\n", "one\n", "f\ng\n" },
		{ "one\n", "f\ng\n", "two\n", "f\n" },	 { "one\ntwo\n", "f\n", "one\n", NULL },
		{ "one\ntwo\n", "f\n", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		_cleanup_json_ json_t *out = NULL;

		make_runs(state, runs[i]);
		out = compare_runs(state);
		assert_false(json_get_bool(out, "same", true));
		assert_string_equal(json_get_str(out, "file", ""), "console.log");
		assert_null(json_object_get(out, "ended"));
		remove_runs(state);
	}
}

static void test_exact_a_file_that_is_missing_differs(void **state)
{
	_cleanup_json_ json_t *out = NULL;

	make_runs(state, (const char *const[]){ "one\n", "", "one\n", NULL });
	out = compare_runs(state);
	assert_differs(out, "frames.raw", 1, NULL, NULL);
	assert_null(json_object_get(out, "ended"));
}

/* A recording is replayed without its probes; two runs with them have seen the same. */
static void test_exact_probes_where_both_have_them(void **state)
{
	_cleanup_json_ json_t *out = NULL;

	make_runs(state, (const char *const[]){ "one\n", "", "one\n", "" });
	scratch_write(state, "a/probes.jsonl", "{1}\n");
	out = compare_runs(state);
	assert_true(json_get_bool(out, "same", false));
	scratch_write(state, "b/probes.jsonl", "{2}\n");
	json_decref(out);
	out = compare_runs(state);
	assert_differs(out, "probes.jsonl", 1, "{1}", "{2}");
}

static void test_exact_no_output_at_all_is_the_same(void **state)
{
	_cleanup_json_ json_t *out = NULL;

	make_runs(state, (const char *const[]){ NULL, NULL, NULL, NULL });
	out = compare_runs(state);
	assert_true(json_get_bool(out, "same", false));
}

/* Beyond the first chunk, with a line that begins in the one before, longer than is shown. */
static void test_exact_far_into_a_file(void **state)
{
	_cleanup_strbuf_ struct strbuf a = { 0 }, b = { 0 };
	_cleanup_json_ json_t *out = NULL;

	for (int i = 0; i < 10000; i++)
		strbuf_addf(&a, "line %6d\n", i);
	for (int i = 0; i < 100000; i++)
		strbuf_addc(&a, 'x');
	strbuf_adds(&b, a.data);
	strbuf_adds(&a, "y\n");
	strbuf_adds(&b, "z\n");
	make_runs(state, (const char *const[]){ a.data, NULL, b.data, NULL });
	out = compare_runs(state);
	assert_int_equal(json_get_int(out, "line", 0), 10001);
	assert_int_equal(strlen(json_get_str(out, "first", "")), EXACT_LINE_BYTES);
}

static void test_exact_refuses_what_is_no_plain_file(void **state)
{
	_cleanup_free_ char *a = scratch_path(state, "a");
	_cleanup_free_ char *b = scratch_path(state, "b");
	_cleanup_free_ char *fifo = scratch_path(state, "b/console.log");
	struct err err = ERR_INIT;

	make_runs(state, (const char *const[]){ "one\n", NULL, NULL, NULL });
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_null(exact_compare(a, b, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "not a plain file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_exact_same_runs),
		scratch_test(test_exact_first_differing_line_of_the_console),
		scratch_test(test_exact_frames_count_too),
		scratch_test(test_exact_one_that_ends_early),
		scratch_test(test_exact_one_that_ends_early_and_differs),
		scratch_test(test_exact_a_file_that_is_missing_differs),
		scratch_test(test_exact_probes_where_both_have_them),
		scratch_test(test_exact_no_output_at_all_is_the_same),
		scratch_test(test_exact_far_into_a_file),
		scratch_test(test_exact_refuses_what_is_no_plain_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
