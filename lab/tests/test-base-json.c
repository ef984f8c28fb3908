/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"
#include "base/json.h"
#include "tests/scratch.h"

#define FFFD "\xef\xbf\xbd"

static void test_json_set_str_replaces_what_is_no_utf8(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} table[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7" },
		{ "a\xff"
		  "b",
		  "a" FFFD "b" },
		{ "\x80", FFFD },
		{ "cut\xe2\x82", "cut" FFFD FFFD },
		{ "\xc0\xaf", FFFD FFFD },		     /* overlong */
		{ "\xe0\x9f\xbf", FFFD FFFD FFFD },	     /* overlong */
		{ "\xf0\x8f\xbf\xbf", FFFD FFFD FFFD FFFD }, /* overlong */
		{ "\xed\xa0\x80", FFFD FFFD FFFD },	     /* surrogate */
		{ "\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xc3\xa9\xc3", "\xc3\xa9" FFFD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		_cleanup_json_ json_t *o = json_object();

		json_set_str(o, "k", table[i].in);
		assert_string_equal(json_get_str(o, "k", "not set"), table[i].out);
	}
}

/* Whatever bytes there are, what is written can be read again. */
static void test_json_every_byte_pair_is_written_and_read(void **state)
{
	_cleanup_json_ json_t *array = json_array();
	_cleanup_json_ json_t *back = NULL;
	_cleanup_free_ char *path = scratch_path(state, "all.json");
	struct err err = ERR_INIT;

	for (int a = 0; a < 256; a++) {
		json_t *o = json_object();
		char text[256 * 3];

		for (int b = 0; b < 256; b++) {
			text[3 * b] = (char)a;
			text[3 * b + 1] = (char)b;
			text[3 * b + 2] = '-';
		}
		json_set_strn(o, "k", text, sizeof(text));
		json_array_append_new(array, o);
	}
	assert_int_equal(json_write_file(path, array, &err), 0);
	back = json_read_file(path, 64 << 20, &err);
	if (!back)
		fail_msg("%s", err.msg);
	assert_true(json_equal(array, back));
}

static void test_json_set_str_null_is_not_set(void **state)
{
	_cleanup_json_ json_t *o = json_object();

	json_set_str(o, "k", NULL);
	json_set_strn(o, "k", NULL, 7);
	assert_int_equal(json_object_size(o), 0);
}

static void test_json_write_keeps_order_and_ends_with_newline(void **state)
{
	_cleanup_json_ json_t *o = json_object();
	_cleanup_free_ char *path = scratch_path(state, "o.json");
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;

	json_set_int(o, "z", INT64_MIN);
	json_set_str(o, "a", "x");
	json_set_bool(o, "m", true);
	assert_int_equal(json_write_file(path, o, &err), 0);
	text = scratch_read(state, "o.json");
	assert_string_equal(text,
			    "{\n \"z\": -9223372036854775808,\n \"a\": \"x\",\n \"m\": true\n}\n");
}

static void test_json_read_error_says_where(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "bad.json");
	_cleanup_free_ char *expected = xasprintf("%s:2:", path);
	struct err err = ERR_INIT;

	scratch_write(state, "bad.json", "{\"a\": 1,\n \"b\" 2}\n");
	assert_null(json_read_file(path, 1000, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(str_starts(err.msg, expected));
}

static void test_json_read_refuses(void **state)
{
	static const char *const bad[] = { "",	   "{",	  "{}{}",    "{\"a\":1,\"a\":2}",
					   "[1,]", "nul", "\"\xff\"" };
	_cleanup_free_ char *path = scratch_path(state, "f");
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scratch_write(state, "f", bad[i]);
		if (json_read_file(path, 1000, &err))
			fail_msg("took %s", bad[i]);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	scratch_write(state, "f", "[1,2,3,4,5]");
	assert_null(json_read_file(path, 10, &err));
	assert_int_equal(err.kind, ERR_HOST);
}

static void test_json_getters_give_default_for_other_types(void **state)
{
	_cleanup_json_ json_t *o = json_pack("{s:s, s:i, s:f, s:b, s:[], s:{}, s:n}", "s", "text",
					     "i", 7, "f", 1.5, "b", 1, "a", "o", "n");
	static const char *const keys[] = { "s", "i", "f", "b", "a", "o", "n", "missing" };

	assert_non_null(o);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *k = keys[i];

		assert_string_equal(json_get_str(o, k, "none"), *k == 's' ? "text" : "none");
		assert_int_equal(json_get_int(o, k, -1), *k == 'i' ? 7 : -1);
		assert_true(json_get_num(o, k, -1) == (*k == 'i' ? 7 : *k == 'f' ? 1.5 : -1));
		assert_int_equal(json_get_bool(o, k, false), *k == 'b');
		assert_int_equal(json_get_array(o, k) != NULL, *k == 'a');
		assert_int_equal(json_get_object(o, k) != NULL, *k == 'o');
	}
	assert_string_equal(json_get_str(NULL, "k", "none"), "none");
}

static void test_json_strv_there_and_back(void **state)
{
	_cleanup_strv_ struct strv v = { 0 };
	_cleanup_strv_ struct strv back = { 0 };
	_cleanup_json_ json_t *array = NULL;
	_cleanup_free_ char *joined = NULL;

	strv_split(&v, "a,b\xff,,c", ',');
	array = json_strv(&v);
	json_array_append_new(array, json_integer(3));
	json_to_strv(array, &back);
	joined = strv_join(&back, ",");
	assert_string_equal(joined, "a,b" FFFD ",,c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_set_str_replaces_what_is_no_utf8),
		scratch_test(test_json_every_byte_pair_is_written_and_read),
		cmocka_unit_test(test_json_set_str_null_is_not_set),
		scratch_test(test_json_write_keeps_order_and_ends_with_newline),
		scratch_test(test_json_read_error_says_where),
		scratch_test(test_json_read_refuses),
		cmocka_unit_test(test_json_getters_give_default_for_other_types),
		cmocka_unit_test(test_json_strv_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
