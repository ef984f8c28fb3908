// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "compare/align.h"

/* Aligns two lists of words and writes the rows as "a=a -b +c". Yours. */
static char *align_words(const char *left, const char *right)
{
	_cleanup_strv_ struct strv l = { 0 };
	_cleanup_strv_ struct strv r = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_free_ struct align_row *rows = NULL;
	size_t matched, count, both = 0;

	if (*left)
		strv_split(&l, left, ' ');
	if (*right)
		strv_split(&r, right, ' ');
	rows = xcalloc(l.count + r.count + 1, sizeof(*rows));
	count = align_names((const char *const *)l.items, l.count, (const char *const *)r.items,
			    r.count, rows, &matched);
	strbuf_adds(&out, "");
	for (size_t i = 0; i < count; i++) {
		const char *space = i ? " " : "";

		if (rows[i].left >= 0 && rows[i].right >= 0)
			strbuf_addf(&out, "%s%s", space, l.items[rows[i].left]);
		else if (rows[i].left >= 0)
			strbuf_addf(&out, "%s-%s", space, l.items[rows[i].left]);
		else
			strbuf_addf(&out, "%s+%s", space, r.items[rows[i].right]);
		both += rows[i].left >= 0 && rows[i].right >= 0;
	}
	assert_int_equal(matched, both);
	return strbuf_take(&out);
}

static void assert_align(const char *left, const char *right, const char *expected)
{
	_cleanup_free_ char *rows = align_words(left, right);

	assert_string_equal(rows, expected);
}

static void test_align_names_marks_what_is_on_one_side(void **state)
{
	assert_align("a b c", "a b c", "a b c");
	assert_align("a b c", "a x c", "a -b +x c");
	assert_align("a c", "a b c", "a +b c");
	assert_align("a b c", "a c", "a -b c");
	assert_align("a b", "c d", "-a -b +c +d");
	assert_align("", "a", "+a");
	assert_align("a", "", "-a");
	assert_align("", "", "");
	/* The longest, not the first: a b d, though c comes first. */
	assert_align("c a b d", "a b c d", "-c a b +c d");
}

static void test_align_names_ignores_compilers_suffixes(void **state)
{
	assert_align("f.isra.0 g", "f.part.7 g.cold", "f.isra.0 g");
}

/* Every frame of both sides is in the rows once and in its order, whatever the two are. */
static void test_align_names_keeps_every_frame_in_order(void **state)
{
	static const char *const words[] = { "a", "b", "c", "d" };
	const char *left[40], *right[40];
	struct align_row rows[80];

	srand(7);
	for (int round = 0; round < 500; round++) {
		size_t l = (size_t)rand() % 40, r = (size_t)rand() % 40, count, matched;
		int next_left = 0, next_right = 0;

		for (size_t i = 0; i < l; i++)
			left[i] = words[rand() % 4];
		for (size_t i = 0; i < r; i++)
			right[i] = words[rand() % 4];
		count = align_names(left, l, right, r, rows, &matched);
		for (size_t i = 0; i < count; i++) {
			assert_true(rows[i].left >= 0 || rows[i].right >= 0);
			if (rows[i].left >= 0)
				assert_int_equal(rows[i].left, next_left++);
			if (rows[i].right >= 0)
				assert_int_equal(rows[i].right, next_right++);
			if (rows[i].left >= 0 && rows[i].right >= 0)
				assert_string_equal(left[rows[i].left], right[rows[i].right]);
		}
		assert_int_equal(next_left, l);
		assert_int_equal(next_right, r);
		assert_int_equal(count + matched, l + r);
	}
}

static void test_align_names_bounded_by_maximum(void **state)
{
	_cleanup_free_ const char **names = xcalloc(ALIGN_MAX * 3, sizeof(*names));
	_cleanup_free_ struct align_row *rows = xcalloc(ALIGN_MAX * 6, sizeof(*rows));
	size_t matched;

	for (size_t i = 0; i < ALIGN_MAX * 3; i++)
		names[i] = "recursion";
	assert_int_equal(align_names(names, ALIGN_MAX * 3, names, ALIGN_MAX * 3, rows, &matched),
			 ALIGN_MAX);
	assert_int_equal(matched, ALIGN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_align_names_marks_what_is_on_one_side),
		cmocka_unit_test(test_align_names_ignores_compilers_suffixes),
		cmocka_unit_test(test_align_names_keeps_every_frame_in_order),
		cmocka_unit_test(test_align_names_bounded_by_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
