/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "tests/scratch.h"

#define UNTOUCHED 0x5eed

static void test_str_parse_size_table(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t bytes;
	} table[] = {
		{ "0", true, 0 },
		{ "100", true, 100 },
		{ "4k", true, 4096 },
		{ "4K", true, 4096 },
		{ "40M", true, 40ull << 20 },
		{ "1g", true, 1ull << 30 },
		{ "2T", true, 2ull << 40 },
		{ "007", true, 7 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "16777215T", true, 16777215ull << 40 },
		{ "18446744073709551616", false, 0 },
		{ "16777216T", false, 0 },
		{ "18014398509481984k", false, 0 },
		{ "99999999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "M", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1 M", false, 0 },
		{ "1.5M", false, 0 },
		{ "1MM", false, 0 },
		{ "1MiB", false, 0 },
		{ "0x10", false, 0 },
		{ "1s", false, 0 },
		{ NULL, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t bytes = UNTOUCHED;

		if (str_parse_size(table[i].text, &bytes) != table[i].good ||
		    bytes != (table[i].good ? table[i].bytes : UNTOUCHED))
			fail_msg("\"%s\" gave %llu", table[i].text ? table[i].text : "NULL",
				 (unsigned long long)bytes);
	}
}

static void test_str_parse_duration_table(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t ms;
	} table[] = {
		{ "0s", true, 0 },
		{ "200ms", true, 200 },
		{ "5s", true, 5000 },
		{ "2m", true, 120000 },
		{ "1h", true, 3600000 },
		{ "18446744073709551615ms", true, UINT64_MAX },
		{ "18446744073709551615s", false, 0 },
		{ "5124095576031h", false, 0 },
		{ "5", false, 0 },
		{ "s", false, 0 },
		{ "5 s", false, 0 },
		{ "5S", false, 0 },
		{ "1h30m", false, 0 },
		{ "-5s", false, 0 },
		{ "1.5s", false, 0 },
		{ "", false, 0 },
		{ NULL, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t ms = UNTOUCHED;

		if (str_parse_duration(table[i].text, &ms) != table[i].good ||
		    ms != (table[i].good ? table[i].ms : UNTOUCHED))
			fail_msg("\"%s\" gave %llu", table[i].text ? table[i].text : "NULL",
				 (unsigned long long)ms);
	}
}

static void test_str_parse_i64_table(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t value;
	} table[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "42", true, 42 },
		{ "-42", true, -42 },
		{ "010", true, 10 },
		{ "0x10", true, 16 },
		{ "0XfF", true, 255 },
		{ "-0x10", true, -16 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "0x7fffffffffffffff", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "0xffffffffffffffff", false, 0 },
		{ "0x10000000000000000", false, 0 },
		{ "0x", false, 0 },
		{ "-", false, 0 },
		{ "--1", false, 0 },
		{ "+1", false, 0 },
		{ "1k", false, 0 },
		{ " 1", false, 0 },
		{ "1\n", false, 0 },
		{ "ff", false, 0 },
		{ "", false, 0 },
		{ NULL, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int64_t value = UNTOUCHED;

		if (str_parse_i64(table[i].text, &value) != table[i].good ||
		    value != (table[i].good ? table[i].value : UNTOUCHED))
			fail_msg("\"%s\" gave %lld", table[i].text ? table[i].text : "NULL",
				 (long long)value);
	}
}

static void test_str_parse_range_table(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t first, last;
	} table[] = {
		{ "7", true, 7, 7 },	  { "1..50", true, 1, 50 },   { "-3..-1", true, -3, -1 },
		{ "4..4", true, 4, 4 },	  { "5..4", false, 0, 0 },    { "5..", false, 0, 0 },
		{ "..5", false, 0, 0 },	  { "..", false, 0, 0 },      { "", false, 0, 0 },
		{ "1...5", false, 0, 0 }, { "1..2..3", false, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int64_t first = 0, last = 0;
		bool good = str_parse_range(table[i].text, &first, &last);

		if (good != table[i].good ||
		    (good && (first != table[i].first || last != table[i].last)))
			fail_msg("\"%s\" gave %lld..%lld", table[i].text, (long long)first,
				 (long long)last);
	}
}

static void test_str_nearest_table(void **state)
{
	static const char *const words[] = { "swapon", "swapoff",	    "snapshot",
					     "memhog", "fail_make_request", "sh",
					     "run" };
	static const struct {
		const char *word;
		const char *nearest;
	} table[] = {
		{ "swapon", "swapon" },	 /* itself */
		{ "swapno", "swapon" },	 /* neighbours swapped */
		{ "swapof", "swapoff" }, /* one missing beats two wrong */
		{ "memhogg", "memhog" }, /* one too many */
		{ "snapshto", "snapshot" },
		{ "fail", "fail_make_request" }, /* prefix */
		{ "snap", "snapshot" },
		{ "rnu", "run" },
		{ "xyzzy", NULL },
		{ "q", NULL }, /* nothing of it would be left */
		{ "zz", NULL },
		{ "", NULL },
		{ "memory.max", NULL },
		/* longer than anything that is compared */
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const char *found = str_nearest(table[i].word, words, ARRAY_SIZE(words));

		if (found != table[i].nearest && !str_eq(found, table[i].nearest))
			fail_msg("\"%s\" gave %s", table[i].word, found ? found : "none");
	}
	assert_null(str_nearest("swapon", NULL, 0));
}

static void test_str_starts_ends(void **state)
{
	assert_true(str_starts("CONFIG_X", "CONFIG_"));
	assert_true(str_starts("a", ""));
	assert_false(str_starts("CON", "CONFIG_"));
	assert_true(str_ends("a.yaml", ".yaml"));
	assert_true(str_ends("a", ""));
	assert_false(str_ends("yaml", ".yaml"));
	assert_true(str_eq("a", "a"));
	assert_false(str_eq("a", "b"));
	assert_false(str_eq(NULL, NULL));
}

static void test_strbuf_grows_and_stays_terminated(void **state)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	for (int i = 0; i < 1000; i++) {
		strbuf_addf(&sb, "%d,", i);
		assert_int_equal(sb.data[sb.length], '\0');
	}
	assert_int_equal(sb.length, 10 * 2 + 90 * 3 + 900 * 4);
	assert_true(str_starts(sb.data, "0,1,2,"));
	assert_true(str_ends(sb.data, ",998,999,"));
	strbuf_reset(&sb);
	assert_string_equal(sb.data, "");
	strbuf_add(&sb, "a\0b", 3);
	strbuf_addc(&sb, 'c');
	assert_int_equal(sb.length, 4);
	assert_memory_equal(sb.data, "a\0bc", 5);
}

static void test_strbuf_take_of_nothing_is_empty_text(void **state)
{
	struct strbuf sb = { 0 };
	_cleanup_free_ char *s = strbuf_take(&sb);

	assert_string_equal(s, "");
	assert_null(sb.data);
	strbuf_clear(NULL);
}

static void test_strv_is_an_argv(void **state)
{
	_cleanup_strv_ struct strv v = { 0 };

	for (size_t i = 0; i < 100; i++) {
		strv_addf(&v, "%zu", i);
		assert_int_equal(v.count, i + 1);
		assert_null(v.items[v.count]);
	}
	assert_true(strv_has(&v, "99"));
	assert_false(strv_has(&v, "100"));
	strv_add_strv(&v, &v);
	assert_int_equal(v.count, 200);
	assert_string_equal(v.items[199], "99");
	assert_ptr_not_equal(v.items[199], v.items[99]);
}

static void test_strv_split_and_join_undo_each_other(void **state)
{
	static const struct {
		const char *text;
		size_t parts;
	} table[] = { { "", 1 }, { "a", 1 }, { "a+b", 2 }, { "+", 2 }, { "a++b+", 4 } };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		_cleanup_strv_ struct strv v = { 0 };
		_cleanup_free_ char *joined = NULL;

		strv_split(&v, table[i].text, '+');
		assert_int_equal(v.count, table[i].parts);
		joined = strv_join(&v, "+");
		assert_string_equal(joined, table[i].text);
	}
}

static void test_strv_sort_by_bytes(void **state)
{
	_cleanup_strv_ struct strv v = { 0 };
	_cleanup_free_ char *joined = NULL;

	strv_sort(&v);
	strv_split(&v, "b a B 10 9", ' ');
	strv_sort(&v);
	joined = strv_join(&v, " ");
	assert_string_equal(joined, "10 9 B a b");
}

static void test_vec_push_zeroes_each_element(void **state)
{
	struct thing {
		int number;
		const char *name;
	} *things = NULL;
	size_t count = 0, capacity = 0;

	for (int i = 0; i < 100; i++) {
		struct thing *t = vec_push(&things, &count, &capacity);

		assert_int_equal(t->number, 0);
		assert_null(t->name);
		t->number = i;
		t->name = "x";
	}
	assert_int_equal(count, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(things[i].number, i);
	free(things);
}

static void test_xstrndup_stops_at_the_nul(void **state)
{
	_cleanup_free_ char *cut = xstrndup("abcdef", 3);
	_cleanup_free_ char *whole = xstrndup("ab", 100);

	assert_string_equal(cut, "abc");
	assert_string_equal(whole, "ab");
	assert_null(xstrdup(NULL));
}

static void test_strv_split_words_knows_no_empty_ones(void **state)
{
	_cleanup_strv_ struct strv v = { 0 };

	strv_split_words(&v, "  ccache \t gcc ");
	strv_split_words(&v, "");
	strv_split_words(&v, " ");
	strv_split_words(&v, "x");
	assert_int_equal(v.count, 3);
	assert_string_equal(v.items[0], "ccache");
	assert_string_equal(v.items[1], "gcc");
	assert_string_equal(v.items[2], "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strv_split_words_knows_no_empty_ones),
		cmocka_unit_test(test_str_parse_size_table),
		cmocka_unit_test(test_str_parse_duration_table),
		cmocka_unit_test(test_str_parse_i64_table),
		cmocka_unit_test(test_str_parse_range_table),
		cmocka_unit_test(test_str_nearest_table),
		cmocka_unit_test(test_str_starts_ends),
		cmocka_unit_test(test_strbuf_grows_and_stays_terminated),
		cmocka_unit_test(test_strbuf_take_of_nothing_is_empty_text),
		cmocka_unit_test(test_strv_is_an_argv),
		cmocka_unit_test(test_strv_split_and_join_undo_each_other),
		cmocka_unit_test(test_strv_sort_by_bytes),
		cmocka_unit_test(test_vec_push_zeroes_each_element),
		cmocka_unit_test(test_xstrndup_stops_at_the_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
