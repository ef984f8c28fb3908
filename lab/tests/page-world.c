// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/page-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "page/layout.h"
#include "page/page.h"

#define RUNS "lab/tests/fixtures/compare/"

void page_world_load(struct run_facts *run, const char *name)
{
	_cleanup_free_ char *dir = path_join(RUNS, name);
	struct err err = ERR_INIT;

	if (run_facts_load(run, dir, &err) < 0)
		fail_msg("%s", err.msg);
}

json_t *page_world_compare(struct run_facts *runs, const char *const *names, size_t count)
{
	struct compare_side sides[16];
	struct err err = ERR_INIT;
	json_t *c;

	for (size_t i = 0; i < count; i++)
		sides[i] = (struct compare_side){ names[i], &runs[i], 1 };
	c = compare_sides(sides, count, &err);
	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

/* The name of the tag at `at`, behind "<" or "</". */
static size_t tag_name(const char *at, char name[32])
{
	size_t n = strcspn(at, " />");

	if (n >= 32)
		fail_msg("a tag's name is no name: %.40s", at);
	memcpy(name, at, n);
	name[n] = '\0';
	return n;
}

/* Where the tag that begins at `at` ends: not within quotes. */
static const char *tag_end(const char *at)
{
	bool quoted = false;

	for (; *at && (quoted || *at != '>'); at++)
		quoted ^= *at == '"';
	if (!*at)
		fail_msg("a tag is not ended");
	return at;
}

void page_world_assert_html(const char *html)
{
	_cleanup_strv_ struct strv open = { 0 };
	size_t scripts = 0;

	for (const char *p = html; (p = strchr(p, '<')) != NULL;) {
		const char *end = tag_end(p);
		char name[32];

		if (p[1] == '!') {
			p = end;
		} else if (p[1] == '/') {
			tag_name(p + 2, name);
			assert_true(open.count > 0);
			assert_string_equal(name, open.items[open.count - 1]);
			free(open.items[--open.count]);
			open.items[open.count] = NULL;
			p = end;
		} else {
			tag_name(p + 1, name);
			if (end[-1] != '/')
				strv_add(&open, name);
			scripts += str_eq(name, "script");
			/* What is in these is no markup. */
			p = str_eq(name, "script") || str_eq(name, "style") ? strstr(end, "]]>")
									    : end;
			assert_non_null(p);
		}
	}
	assert_int_equal(open.count, 0);
	assert_int_equal(scripts, 1);
}

char *page_world_html(const json_t *comparison, const struct run_facts *runs, size_t count)
{
	struct page_run list[16] = { 0 };
	struct strv files = { 0 };
	char *html;

	strv_add(&files, "run.json");
	for (size_t i = 0; i < count; i++)
		list[i] = (struct page_run){ .link = "../x", .files = &files, .facts = &runs[i] };
	html = page_compare_html(comparison, list, count, true);
	strv_clear(&files);
	return html;
}

void page_world_assert_fits(const char *text, int columns)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text, '\n');
	assert_true(lines.count > 5);
	for (size_t i = 0; i < lines.count; i++) {
		size_t n = strlen(lines.items[i]);

		if (page_columns(lines.items[i]) > columns)
			fail_msg("%d columns: %s", page_columns(lines.items[i]), lines.items[i]);
		if (n && lines.items[i][n - 1] == ' ')
			fail_msg("ends in a blank: \"%s\"", lines.items[i]);
	}
}
