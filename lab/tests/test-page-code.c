/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions of the kernels differ: the rows of a comparison, and its page. */
#include "tests/scratch.h"

#include "base/json.h"
#include "page/page.h"
#include "tests/page-world.h"

static const struct page_style plain = { .width = 80 };

/* The page of two sides whose comparison has this row; *row is taken. */
static char *page_of(json_t *row, const struct page_style *style)
{
	static const char *const names[] = { "wbt-on", "wbt-off" };
	_cleanup_run_ struct run_facts a = { 0 };
	_cleanup_run_ struct run_facts b = { 0 };
	_cleanup_json_ json_t *c = NULL;
	json_t *rows = json_array();
	char *text;

	page_world_load(&a, names[0]);
	page_world_load(&b, names[1]);
	c = page_world_compare((struct run_facts[]){ a, b }, names, 2);
	json_array_append_new(rows, row);
	json_object_set_new(c, "code", rows);
	text = page_compare_text(c, style);
	page_world_assert_fits(text, style->width);
	return text;
}

static void add(struct kernel_diff *d, const char *name, enum kernel_diff_status status)
{
	struct kernel_diff_function *f = vec_push(&d->functions, &d->count, &d->capacity);

	f->name = xstrdup(name);
	f->status = status;
	f->size_bytes[0] = status == KERNEL_DIFF_ADDED ? 0 : 100;
	f->size_bytes[1] = status == KERNEL_DIFF_REMOVED ? 0 : 90;
	d->added += status == KERNEL_DIFF_ADDED;
	d->removed += status == KERNEL_DIFF_REMOVED;
	d->changed += status == KERNEL_DIFF_CHANGED;
}

static void test_page_code_counts_and_names_functions(void **state)
{
	_cleanup_kernel_diff_ struct kernel_diff d = { .same = 15743 };
	struct page_style verbose = plain;
	_cleanup_free_ char *text = NULL, *all = NULL;
	json_t *row;

	verbose.verbose = true;
	add(&d, "wbt_wait", KERNEL_DIFF_REMOVED);
	add(&d, "wbt_done", KERNEL_DIFF_REMOVED);
	add(&d, "fresh", KERNEL_DIFF_ADDED);
	for (int i = 0; i < 9; i++)
		add(&d, i == 8 ? "the_ninth" : "blk_rq_init", KERNEL_DIFF_CHANGED);
	row = compare_code_row(0, 1, &d);
	text = page_of(json_incref(row), &plain);
	all = page_of(row, &verbose);
	assert_non_null(strstr(text, "the kernels differ in 12 functions: 1 added, 2"));
	assert_non_null(strstr(text, "15743 the same"));
	assert_non_null(strstr(text, "added fresh\n"));
	assert_non_null(strstr(text, "removed wbt_wait, wbt_done\n"));
	assert_non_null(strstr(text, "and 1 more\n"));
	assert_null(strstr(text, "the_ninth"));
	assert_non_null(strstr(all, "the_ninth"));
}

static void test_page_code_says_that_nothing_changed(void **state)
{
	_cleanup_kernel_diff_ struct kernel_diff d = { .same = 15870 };
	_cleanup_free_ char *text = page_of(compare_code_row(0, 1, &d), &plain);

	assert_non_null(strstr(text, "the same code in all 15870 functions"));
	assert_null(strstr(text, "differ in"));
	assert_null(strstr(text, "tables"));
}

/* Without a table, or without a kernel, "the same" is more than is known. */
static void test_page_code_says_what_was_not_compared(void **state)
{
	_cleanup_kernel_diff_ struct kernel_diff d = { .same = 2 };
	_cleanup_free_ char *text = NULL, *unknown = NULL;

	strv_add(&d.not_compared, "__start___jump_table");
	text = page_of(compare_code_row(0, 1, &d), &plain);
	unknown = page_of(compare_code_unknown(0, 1, "the kernel of wbt-on is gone"), &plain);
	assert_non_null(strstr(text, "without the tables __start___jump_table\n"));
	assert_non_null(strstr(unknown, "not compared: the kernel of wbt-on is gone\n"));
	assert_null(strstr(unknown, "the same code"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_code_counts_and_names_functions),
		cmocka_unit_test(test_page_code_says_that_nothing_changed),
		cmocka_unit_test(test_page_code_says_what_was_not_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
