// SPDX-License-Identifier: GPL-2.0-or-later
/* What a comparison that was stopped says of its runs. */
#include "tests/scratch.h"

#include "cmd/compare-stopped.h"

/* Three sides; runs[s] of each are done. */
static void assert_says(const size_t runs[3], const char *out_dir, const char *expected)
{
	struct side list[] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };
	struct sides sides = { list, 3 };
	_cleanup_free_ char *text = NULL;

	for (size_t s = 0; s < 3; s++)
		for (size_t r = 0; r < runs[s]; r++)
			strv_addf(&list[s].run_dirs, "%s/%s-%zu", out_dir, list[s].name, r + 1);
	text = compare_stopped_text(&sides, 4, out_dir);
	assert_string_equal(text, expected);
	for (size_t s = 0; s < 3; s++)
		strv_clear(&list[s].run_dirs);
}

static void test_stopped_before_the_first_run(void **state)
{
	(void)state;
	assert_says((size_t[]){ 0, 0, 0 }, "runs", "0 of 12 runs are done");
}

static void test_stopped_with_runs_of_one_side(void **state)
{
	(void)state;
	assert_says((size_t[]){ 1, 0, 0 }, "runs",
		    "1 of 12 runs are done (a 1, b 0, c 0), of one side, and nothing to "
		    "compare:\n  runs/a-1");
}

static void test_stopped_names_what_judges_the_runs(void **state)
{
	(void)state;
	assert_says((size_t[]){ 2, 1, 1 }, "runs",
		    "4 of 12 runs are done (a 2, b 1, c 1);\nwhat there is is judged by\n"
		    "  klab diff a-1,a-2 b-1\n  klab diff a-1,a-2 c-1");
}

static void test_stopped_leaves_out_a_side_without_runs(void **state)
{
	(void)state;
	assert_says((size_t[]){ 1, 1, 0 }, "runs",
		    "2 of 12 runs are done (a 1, b 1, c 0);\nwhat there is is judged by\n"
		    "  klab diff a-1 b-1");
}

static void test_stopped_says_where_the_runs_are(void **state)
{
	(void)state;
	assert_says((size_t[]){ 1, 1, 0 }, "my runs",
		    "2 of 12 runs are done (a 1, b 1, c 0);\nwhat there is is judged by\n"
		    "  klab diff -o 'my runs' a-1 b-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stopped_before_the_first_run),
		cmocka_unit_test(test_stopped_with_runs_of_one_side),
		cmocka_unit_test(test_stopped_names_what_judges_the_runs),
		cmocka_unit_test(test_stopped_leaves_out_a_side_without_runs),
		cmocka_unit_test(test_stopped_says_where_the_runs_are),
	};

	return cmocka_run_group_tests_name("compare-stopped", tests, NULL, NULL);
}
