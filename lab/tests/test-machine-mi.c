// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/scratch.h"

#include "base/json.h"
#include "machine/mi.h"

static bool parse(struct mi_record *r, const char *line)
{
	return mi_parse(r, line, strlen(line));
}

static void test_mi_results(void **state)
{
	struct mi_record r;
	const json_t *bkpt;

	assert_true(parse(&r, "^done,bkpt={number=\"1\",type=\"hw breakpoint\",enabled=\"y\","
			      "locations=[{number=\"1.1\"},{number=\"1.2\"}]},x=[]"));
	assert_int_equal(r.kind, MI_RESULT);
	assert_string_equal(r.word, "done");
	bkpt = json_get_object(r.results, "bkpt");
	assert_string_equal(json_get_str(bkpt, "number", ""), "1");
	assert_int_equal(json_array_size(json_get_array(bkpt, "locations")), 2);
	assert_int_equal(json_array_size(json_get_array(r.results, "x")), 0);
	mi_record_clear(&r);
	assert_true(parse(&r, "12^error,msg=\"No symbol \\\"x\\\" in current context.\""));
	assert_string_equal(json_get_str(r.results, "msg", ""),
			    "No symbol \"x\" in current context.");
	mi_record_clear(&r);
	assert_true(parse(&r, "^running"));
	mi_record_clear(&r);
}

/* A list of named values: stack=[frame={...},frame={...}] */
static void test_mi_list_of_results(void **state)
{
	struct mi_record r;

	assert_true(parse(&r, "^done,stack=[frame={level=\"0\",func=\"f\"},frame={level=\"1\"}]"));
	assert_string_equal(json_get_str(json_array_get(json_get_array(r.results, "stack"), 0),
					 "func", ""),
			    "f");
	mi_record_clear(&r);
}

static void test_mi_async_stream_prompt(void **state)
{
	struct mi_record r;

	assert_true(parse(&r, "*stopped,reason=\"breakpoint-hit\",bkptno=\"2\",frame={}\r"));
	assert_int_equal(r.kind, MI_ASYNC);
	assert_string_equal(r.word, "stopped");
	assert_string_equal(json_get_str(r.results, "bkptno", ""), "2");
	mi_record_clear(&r);
	assert_true(parse(&r, "~\"Reading symbols\\n\""));
	assert_int_equal(r.kind, MI_STREAM);
	mi_record_clear(&r);
	assert_true(parse(&r, "(gdb) "));
	assert_int_equal(r.kind, MI_PROMPT);
	mi_record_clear(&r);
}

/* What the guest's memory holds comes as escapes, and ends as valid UTF-8. */
static void test_mi_escapes(void **state)
{
	struct mi_record r;

	assert_true(parse(&r, "^done,value=\"\\\"a\\\\000b\\\" \\033[1m\\t\\303\\274\\377\""));
	assert_string_equal(json_get_str(r.results, "value", ""),
			    "\"a\\000b\" \033[1m\t\u00fc\ufffd");
	mi_record_clear(&r);
}

static void test_mi_refuses_what_is_none(void **state)
{
	static const char *const lines[] = {
		"",
		"Remote connection closed",
		"^",
		"^done,",
		"^done,x",
		"^done,x=",
		"^done,x=\"a",
		"^d,x={",
		"^d,x={}}",
		"^d,x=[\"a\",]",
		"^d,x={\"a\"}",
		"~\"a",
		"~a",
		"(gdb",
		"^done x=\"a\"",
		"^d,x=\"a\\",
		"^abcdefghijklmnopqrstuvwxyzabcdefg",
	};
	_cleanup_strbuf_ struct strbuf deep = { 0 };
	struct mi_record r;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (parse(&r, lines[i]))
			fail_msg("taken: %s", lines[i]);
		assert_null(r.results);
	}
	strbuf_adds(&deep, "^done,x=");
	for (int i = 0; i < 100000; i++)
		strbuf_addc(&deep, '[');
	assert_false(parse(&r, deep.data));
}

static void test_mi_quote(void **state)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	mi_quote(&out, "sig == 9 && s[0] == '\\0' || \"x\"");
	assert_string_equal(out.data, "\"sig == 9 && s[0] == '\\\\0' || \\\"x\\\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mi_results),
		cmocka_unit_test(test_mi_list_of_results),
		cmocka_unit_test(test_mi_async_stream_prompt),
		cmocka_unit_test(test_mi_escapes),
		cmocka_unit_test(test_mi_refuses_what_is_none),
		cmocka_unit_test(test_mi_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
