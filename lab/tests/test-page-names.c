// SPDX-License-Identifier: GPL-2.0-or-later
/* The heads of a comparison's columns: what tells the sides apart is there, however narrow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page/compare-names.h"
#include "page/safe.h"

static void assert_names(int columns, const char *const *names, const char *const *expected)
{
	_cleanup_strv_ struct strv in = { 0 }, out = { 0 };

	for (size_t i = 0; names[i]; i++)
		strv_add(&in, names[i]);
	compare_names_fit(&in, columns, &out);
	assert_int_equal(out.count, in.count);
	for (size_t i = 0; expected[i]; i++)
		assert_string_equal(out.items[i], expected[i]);
}

static void test_names_that_fit_are_as_they_are(void **state)
{
	const char *const names[] = { "wbt-on", "wbt-off", NULL };

	(void)state;
	assert_names(7, names, names);
}

static void test_names_lose_the_words_that_all_have(void **state)
{
	(void)state;
	assert_names(20,
		     (const char *const[]){ "20261128-061955-swap-eio-bpf-override-c3ff",
					    "20261128-062004-swap-eio-bpf-override-99c5", NULL },
		     (const char *const[]){ "…061955…c3ff", "…062004…99c5", NULL });
	assert_names(20,
		     (const char *const[]){ "linux-source-6.1.tar.xz", "linux-source-6.12.tar.xz",
					    NULL },
		     (const char *const[]){ "…6.1.tar.xz", "…6.12.tar.xz", NULL });
}

/* Of crossed axes each has a part of its own, which is kept. */
static void test_names_of_crossed_sides_keep_both_parts(void **state)
{
	(void)state;
	assert_names(12,
		     (const char *const[]){ "wbt-on, trace=a", "wbt-on, trace=b",
					    "wbt-off, trace=a", "wbt-off, trace=b", NULL },
		     (const char *const[]){ "…on, …a", "…on, …b", "…off, …a", "…off, …b", NULL });
}

/* A command line and the same with more: what is common is not all of one. */
static void test_names_of_other_lengths(void **state)
{
	(void)state;
	assert_names(16,
		     (const char *const[]){ "a b c d e f g h i one", "a b c d e f g h i one two",
					    NULL },
		     (const char *const[]){ "…one", "…one two", NULL });
}

/* Of kernels some are one, which stay alike; of one kernel all is told that there is room for. */
static void test_names_that_are_alike_stay_so(void **state)
{
	(void)state;
	assert_names(12,
		     (const char *const[]){ "6.1.192 base+wbt-on", "6.1.192 base+wbt-on",
					    "6.1.192 base+wbt-off", NULL },
		     (const char *const[]){ "…on", "…on", "…off", NULL });
	assert_names(12, (const char *const[]){ "6.1.192 base+fault", "6.1.192 base+fault", NULL },
		     (const char *const[]){ "6.1.192 bas…", "6.1.192 bas…", NULL });
}

/* Whatever they are: cut, and no two alike. */
static void test_names_never_come_out_alike(void **state)
{
	static const char *const names[] = { "abcdefghijklmnopqrstuvwxyz-1-abcdefghijklmnop",
					     "abcdefghijklmnopqrstuvwxyz-2-abcdefghijklmnop",
					     "abcdefghijklmnopqrstuvwxyz",
					     "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop",
					     "Xbcdefghijklmnopqrstuvwxyzabcdefghijklmnop" };
	_cleanup_strv_ struct strv in = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		strv_add(&in, names[i]);
	for (int columns = 4; columns < 50; columns++) {
		_cleanup_strv_ struct strv out = { 0 };

		compare_names_fit(&in, columns, &out);
		for (size_t i = 0; i < out.count; i++) {
			assert_true(page_columns(out.items[i]) <= columns);
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(out.items[i], out.items[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_that_fit_are_as_they_are),
		cmocka_unit_test(test_names_lose_the_words_that_all_have),
		cmocka_unit_test(test_names_of_crossed_sides_keep_both_parts),
		cmocka_unit_test(test_names_of_other_lengths),
		cmocka_unit_test(test_names_that_are_alike_stay_so),
		cmocka_unit_test(test_names_never_come_out_alike),
	};

	return cmocka_run_group_tests_name("page-names", tests, NULL, NULL);
}
