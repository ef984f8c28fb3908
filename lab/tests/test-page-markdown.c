// SPDX-License-Identifier: GPL-2.0-or-later
/* Markdown: what it is made of, and a comparison in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "page/markdown.h"
#include "page/page.h"
#include "tests/page-world.h"

static void assert_shown(void (*add)(struct strbuf *out, const char *text), const char *text,
			 const char *expected)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	add(&out, text);
	assert_string_equal(out.data ? out.data : "", expected);
}

static void test_markdown_text_leaves_words_alone(void **state)
{
	assert_shown(markdown_add_text, "the toggle was real; 12 of 20 (60 %), at 0.5", /**/
		     "the toggle was real; 12 of 20 (60 %), at 0.5");
	assert_shown(markdown_add_text, "größer als früher", "größer als früher");
	assert_shown(markdown_add_text, "", "");
}

/* Emphasis, links, HTML, mentions and the like stand as code, with the comma outside. */
static void test_markdown_text_marks_nothing_up(void **state)
{
	assert_shown(markdown_add_text, "in __swap_writepage, then", "in `__swap_writepage`, then");
	assert_shown(markdown_add_text, "a *b* [c](d) <e> &f; ~~g~~ $h$",
		     "a `*b*` `[c](d`) `<e>` `&f`; `~~g~~` `$h$`");
	assert_shown(markdown_add_text, "by @torvalds in #1 at https://example.org",
		     "by `@torvalds` in `#1` at `https://example.org`");
	assert_shown(markdown_add_text, "see www.kernel.org", "see `www.kernel.org`");
	assert_shown(markdown_add_text, "a\\*b", "`a\\*b`");
	/* What begins a list, a heading or a quotation. */
	assert_shown(markdown_add_text, "- x", "`-` x");
	assert_shown(markdown_add_text, "1. x", "`1`. x");
	assert_shown(markdown_add_text, "x - 1.", "x - 1.");
	assert_shown(markdown_add_text, "a\n# b", "a `#` b");
}

static void test_markdown_code_holds_backticks(void **state)
{
	assert_shown(markdown_add_code, "a_b", "`a_b`");
	assert_shown(markdown_add_code, "a`b", "``a`b``");
	assert_shown(markdown_add_code, "`a``", "``` `a`` ```");
	assert_shown(markdown_add_code, "", "");
	assert_shown(markdown_add_code, "a\033[1m\nb", "`a\\x1b[1m b`");
}

static void test_markdown_table_holds_bars(void **state)
{
	_cleanup_markdown_table_ struct markdown_table t = { .columns = 2, .figures = true };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	markdown_table_text(&t, "name");
	markdown_table_code(&t, "a|b");
	markdown_add_table(&out, &t);
	assert_null(out.data); /* a head alone is no table */
	markdown_table_text(&t, "c|d");
	markdown_table_figure(&t, "7");
	markdown_table_code(&t, "e\\|f");
	markdown_table_figure(&t, "123456");
	markdown_add_table(&out, &t);
	assert_string_equal(out.data, "| name     | `a\\|b` |\n"
				      "| -------- | -----: |\n"
				      "| `c\\|d`   |      7 |\n"
				      "| `e\\\\\\|f` | 123456 |\n\n");
}

static void test_markdown_table_cuts_a_cell(void **state)
{
	_cleanup_markdown_table_ struct markdown_table t = { .columns = 1 };
	char *text = xcalloc(1000, 1);

	memset(text, 'x', 999);
	markdown_table_text(&t, text);
	assert_int_equal(strlen(t.cells.items[0]), MARKDOWN_CELL_COLUMNS - 1 + strlen("…"));
	free(text);
}

static void test_markdown_block_is_not_closed_by_what_is_in_it(void **state)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };

	strv_add(&lines, "- a");
	strv_add(&lines, "```");
	strv_add(&lines, "two\nlines");
	markdown_add_block(&out, "diff", &lines);
	assert_string_equal(out.data, "````diff\n- a\n```\ntwo lines\n````\n\n");
}

static void test_page_compare_markdown_of_fixtures(void **state)
{
	_cleanup_free_ char *expected = NULL;
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;
	struct run_facts runs[2];
	size_t length;

	page_world_load(&runs[0], "wbt-on");
	page_world_load(&runs[1], "wbt-off");
	c = page_world_compare(runs, (const char *[]){ "wbt-on", "wbt-off" }, 2);
	text = page_compare_markdown(c);
	if (getenv("KLAB_UPDATE"))
		file_write_atomic("lab/tests/fixtures/page/compare.md", text, strlen(text), &err);
	expected = file_read("lab/tests/fixtures/page/compare.md", 1 << 20, &length, &err);
	if (!expected)
		fail_msg("%s", err.msg);
	assert_string_equal(text, expected);
	run_facts_clear(&runs[0]);
	run_facts_clear(&runs[1]);
}

static void test_page_compare_markdown_of_nothing(void **state)
{
	_cleanup_json_ json_t *c = json_object();
	_cleanup_free_ char *text = page_compare_markdown(c);

	assert_string_equal(text, "### broken: `?`\n\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markdown_text_leaves_words_alone),
		cmocka_unit_test(test_markdown_text_marks_nothing_up),
		cmocka_unit_test(test_markdown_code_holds_backticks),
		cmocka_unit_test(test_markdown_table_holds_bars),
		cmocka_unit_test(test_markdown_table_cuts_a_cell),
		cmocka_unit_test(test_markdown_block_is_not_closed_by_what_is_in_it),
		cmocka_unit_test(test_page_compare_markdown_of_fixtures),
		cmocka_unit_test(test_page_compare_markdown_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
