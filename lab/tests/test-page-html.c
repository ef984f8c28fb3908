// SPDX-License-Identifier: GPL-2.0-or-later
/* HTML's building blocks: what comes from a guest is text, whatever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "page/html.h"

static void assert_textn(const char *bytes, size_t length, const char *expected)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	/* Of its own, so that reading beyond it is seen. */
	char *own = xmalloc(length + (length == 0));

	memcpy(own, bytes, length);
	html_textn(&out, own, length);
	assert_string_equal(out.data ? out.data : "", expected);
	free(own);
}

#define assert_text(text, expected) assert_textn((text), sizeof(text) - 1, (expected))

static void test_html_text_escapes_markup(void **state)
{
	assert_text("", "");
	assert_text("plain text, 100 %", "plain text, 100 %");
	assert_text("<script>a && b</script>", "&lt;script&gt;a &amp;&amp; b&lt;/script&gt;");
	assert_text("\" onload='x'", "&quot; onload=&#39;x&#39;");
	assert_text("&lt;", "&amp;lt;");
	assert_text("größer 語", "größer 語");
}

static void test_html_text_shows_what_would_hide_or_reorder(void **state)
{
	assert_text("a\033[31mb\007", "a\\x1b[31mb\\x07");
	assert_text("a\0b", "a\\x00b");
	assert_text("a\rb\nc\td", "a\\x0db c d");
	assert_text("\u202egnp.exe\u2066\u200b", "\\u202egnp.exe\\u2066\\u200b");
	assert_text("\xc2\x9b\x33\x31m", "\\x9b31m");
	assert_text("\ufffe\uffff\ufeff", "\\ufffe\\uffff\\ufeff");
}

/* Bytes that are no UTF-8, also where a character is cut off by the end. */
static void test_html_text_of_invalid_utf8(void **state)
{
	assert_text("a\xff\xfe\x62", "a\ufffd\ufffdb");
	assert_text("a\xc3", "a\ufffd");
	assert_text("a\xe8\xaa", "a\ufffd\ufffd");
	assert_text("\xc0\xbc script", "\ufffd\ufffd script"); /* an overlong '<' */
	assert_text("\xed\xa0\x80", "\ufffd\ufffd\ufffd");     /* half of a surrogate pair */
}

static void test_html_text_is_bounded(void **state)
{
	_cleanup_free_ char *text = xcalloc(1, 5001);
	_cleanup_strbuf_ struct strbuf out = { 0 };

	memset(text, 'x', 5000);
	html_text(&out, text);
	assert_int_equal(strspn(out.data, "x"), HTML_TEXT_BYTES);
	assert_string_equal(out.data + HTML_TEXT_BYTES, " … 4000 bytes more");
}

static void test_html_element(void **state)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	html_element(&out, "td", NULL, "a<b");
	html_element(&out, "b", "bad", "");
	html_elementf(&out, "i", "", "%d %s", 7, "&");
	assert_string_equal(out.data, "<td>a&lt;b</td><b class=\"bad\"></b><i>7 &amp;</i>");
}

/* No path leads elsewhere than to a file below or beside the page. */
static void test_html_link_is_relative(void **state)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	html_link(&out, "../run 1/console.log", "a<b");
	html_link(&out, "javascript:alert(1)", "x");
	html_link(&out, "a\"b?c#d%e\xff", "y");
	assert_string_equal(out.data, "<a href=\"../run%201/console.log\">a&lt;b</a>"
				      "<a href=\"javascript%3Aalert%281%29\">x</a>"
				      "<a href=\"a%22b%3Fc%23d%25e%FF\">y</a>");
}

static void assert_line(const char *line, const char *expected)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	html_line(&out, line, strlen(line));
	assert_string_equal(out.data ? out.data : "", expected);
}

static void test_html_line(void **state)
{
	assert_line("", "");
	assert_line("[    1.234567] a<b", "<i>[    1.234567] </i>a&lt;b");
	assert_line("[    1.2][    T7] x", "<i>[    1.2][    T7] </i>x");
	assert_line("a\tb\t\tc", "a       b               c");
	assert_line("12345678\tx", "12345678        x");
}

static void test_html_line_is_bounded(void **state)
{
	_cleanup_free_ char *line = xcalloc(1, 10010);
	_cleanup_strbuf_ struct strbuf out = { 0 };

	/* Two bytes a character, at an odd place: none is cut in two. */
	line[0] = 'a';
	for (size_t i = 1; i + 1 < 10002; i += 2)
		memcpy(line + i, "ö", 2);
	html_line(&out, line, strlen(line));
	assert_null(strstr(out.data, "\ufffd"));
	assert_non_null(strstr(out.data, "ö … 8002 bytes more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html_text_escapes_markup),
		cmocka_unit_test(test_html_text_shows_what_would_hide_or_reorder),
		cmocka_unit_test(test_html_text_of_invalid_utf8),
		cmocka_unit_test(test_html_text_is_bounded),
		cmocka_unit_test(test_html_element),
		cmocka_unit_test(test_html_link_is_relative),
		cmocka_unit_test(test_html_line),
		cmocka_unit_test(test_html_line_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
