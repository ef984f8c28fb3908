// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the page of a comparison finds its runs, and how it links to them. */
#include "tests/scratch.h"

#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/comparison-html.h"

static char before[PATH_MAX]; /* where the tests were started */

/* Paths are from the test's folder, as a user has them from his own. */
static int setup(void **state)
{
	return scratch_setup(state) == 0 && getcwd(before, sizeof(before)) && chdir(*state) == 0
		       ? 0
		       : -1;
}

static int teardown(void **state)
{
	return chdir(before) == 0 ? scratch_teardown(state) : -1;
}

static void make_run(const char *dir, const char *id)
{
	_cleanup_free_ char *text = xasprintf("{\"id\":\"%s\",\"case\":\"c\"}", id);
	_cleanup_free_ char *path = path_join(dir, "run.json");
	_cleanup_free_ char *console = path_join(dir, "console.log");
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p(dir, &err), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), &err), 0);
	assert_int_equal(file_write_atomic(console, "x\n", 2, &err), 0);
}

/* Of two sides, whose runs are named so. New reference. */
static json_t *comparison_of(const char *a, const char *b)
{
	return json_pack("{s:s,s:[{s:s,s:[{s:s,s:s}]},{s:s,s:[{s:s,s:s}]}]}", "case", "c", "sides",
			 "name", "a", "runs", "id", "a", "dir", a, "name", "b", "runs", "id", "b",
			 "dir", b);
}

static void assert_linked(const json_t *comparison, const char *dir, const char *a, const char *b)
{
	_cleanup_free_ char *html = comparison_html(comparison, dir);
	const char *const links[] = { a, b };

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		_cleanup_free_ char *link = xasprintf("<a href=\"%s/console.log\">", links[i]);

		if (!strstr(html, link))
			fail_msg("not linked: %s", link);
	}
}

static void test_comparison_html_links_are_relative(void **state)
{
	_cleanup_json_ json_t *beside = comparison_of("runs/a", "runs/b");
	_cleanup_json_ json_t *deep = comparison_of("runs/cmp/a", "other/x/b");
	_cleanup_json_ json_t *alike = comparison_of("runs/cmp-a", "run/b");
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p("runs/cmp", &err), 0);
	make_run("runs/a", "a");
	make_run("runs/b", "b");
	assert_linked(beside, "runs/cmp", "../a", "../b");
	assert_linked(beside, NULL, "runs/a", "runs/b");
	make_run("runs/cmp/a", "a");
	make_run("other/x/b", "b");
	assert_linked(deep, "runs/cmp/", "../a", "../b"); /* beside it, those of these ids */
	assert_linked(deep, "other", "../runs/cmp/a", "x/b");
	make_run("runs/cmp-a", "a");
	make_run("run/b", "b");
	assert_linked(alike, "runs/cmp", "../cmp-a", "../b");
	assert_linked(alike, NULL, "runs/cmp-a", "run/b");
	assert_linked(alike, "run", "../runs/cmp-a", "b");
}

/* Another run of that name is not taken for it. */
static void test_comparison_html_knows_runs_by_their_ids(void **state)
{
	_cleanup_json_ json_t *c = comparison_of("old/a", "old/b");
	_cleanup_free_ char *html = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p("runs/cmp", &err), 0);
	make_run("runs/a", "another");
	make_run("runs/b", "b");
	html = comparison_html(c, "runs/cmp");
	assert_null(strstr(html, "../a/"));
	assert_non_null(strstr(html, "../b/console.log"));
	assert_non_null(strstr(html, "is not there"));
}

/* A folder and a pipe among the files are no files to link to. */
static void test_comparison_html_links_plain_files(void **state)
{
	_cleanup_json_ json_t *c = comparison_of("runs/a", "runs/b");
	_cleanup_free_ char *html = NULL;
	struct err err = ERR_INIT;

	make_run("runs/a", "a");
	make_run("runs/b", "b");
	assert_int_equal(file_mkdir_p("runs/a/disks", &err), 0);
	assert_int_equal(file_write_atomic("runs/a/disks/d 1.raw", "", 0, &err), 0);
	assert_int_equal(symlink("/etc/passwd", "runs/a/link"), 0);
	html = comparison_html(c, NULL);
	assert_non_null(strstr(html, "<a href=\"runs/a/disks/d%201.raw\">disks/d 1.raw</a>"));
	assert_null(strstr(html, "runs/a/disks\""));
	assert_null(strstr(html, "runs/a/link"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_comparison_html_links_are_relative),
		TEST(test_comparison_html_knows_runs_by_their_ids),
		TEST(test_comparison_html_links_plain_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
