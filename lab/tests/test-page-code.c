/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions of the kernels differ: the rows of a comparison, and its page. */
#include "tests/scratch.h"

#include "base/json.h"
#include "compare/compare-internal.h"
#include "page/page.h"
#include "tests/page-world.h"

static const struct page_style plain = { .width = 80 };

/* Adds the row, and what it says, to a comparison of two sides with a run each that says what it
 * ran, where the row has that. *row is taken. */
static void conclude(json_t *comparison, json_t *row)
{
	_cleanup_json_ json_t *rows = json_pack("[o]", row);
	_cleanup_json_ json_t *coverage = NULL;
	struct compare_code code = { .rows = rows };
	const struct compare_sides c = { .count = 2, .code = &code };

	if (json_object_get(row, "ran"))
		coverage = json_pack("[{s:[{s:s,s:b}]},{s:[{s:s,s:b}]}]", "runs", "verdict", "pass",
				     "says", 1, "runs", "verdict", "pass", "says", 1);
	code.coverage = coverage;
	compare_code_conclude(&c, comparison);
}

/* The page of two sides whose comparison has this row; *row is taken. */
static char *page_of(json_t *row, const struct page_style *style)
{
	static const char *const names[] = { "wbt-on", "wbt-off" };
	_cleanup_run_ struct run_facts a = { 0 };
	_cleanup_run_ struct run_facts b = { 0 };
	_cleanup_json_ json_t *c = NULL;
	char *text;

	page_world_load(&a, names[0]);
	page_world_load(&b, names[1]);
	c = page_world_compare((struct run_facts[]){ a, b }, names, 2);
	conclude(c, row);
	text = page_compare_text(c, style);
	page_world_assert_fits(text, style->width);
	return text;
}

static void add(struct kernel_diff *d, const char *name, enum kernel_diff_status status)
{
	struct kernel_diff_function *f = vec_push(&d->functions, &d->count, &d->capacity);

	f->name = xstrdup(name);
	f->status = status;
	f->address[0] = f->address[1] = 0x1000 * d->count;
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
	row = compare_code_row(0, 1, &d, NULL);
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
	_cleanup_free_ char *text = page_of(compare_code_row(0, 1, &d, NULL), &plain);

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
	text = page_of(compare_code_row(0, 1, &d, NULL), &plain);
	unknown = page_of(compare_code_unknown(0, 1, "the kernel of wbt-on is gone"), &plain);
	assert_non_null(strstr(text, "without the tables __start___jump_table\n"));
	assert_non_null(strstr(unknown, "not compared: the kernel of wbt-on is gone\n"));
	assert_null(strstr(unknown, "the same code"));
}

/* What ran: each function of the diff by its number. */
static void add_ran(struct coverage *c, uint64_t number, enum coverage_when when)
{
	*vec_push(&c->ran, &c->count, &c->capacity) =
		(struct coverage_function){ 0x1000 * number, when };
}

static void test_page_code_says_which_of_them_the_case_ran(void **state)
{
	_cleanup_kernel_diff_ struct kernel_diff d = { .same = 15743,
						       .code_bytes = { 4000, 3900 } };
	_cleanup_coverage_ struct coverage a = { 0 };
	_cleanup_coverage_ struct coverage b = { 0 };
	const struct coverage *const ran[2] = { &a, &b };
	_cleanup_free_ char *text = NULL;

	add(&d, "wbt_wait", KERNEL_DIFF_REMOVED);
	add(&d, "wbt_exit", KERNEL_DIFF_REMOVED);
	add(&d, "blk_mq_submit", KERNEL_DIFF_CHANGED);
	add(&d, "blk_init", KERNEL_DIFF_CHANGED);
	add_ran(&a, 1, COVERAGE_CASE);
	add_ran(&a, 3, COVERAGE_BOOT);
	add_ran(&a, 4, COVERAGE_BOOT);
	/* A function that is not on that side did not run there, whatever is at 0 now. */
	add_ran(&b, 2, COVERAGE_CASE);
	add_ran(&b, 3, COVERAGE_CASE);
	text = page_of(compare_code_row(0, 1, &d, ran), &plain);
	assert_non_null(strstr(text, "4000 bytes of code became 3900"));
	assert_non_null(strstr(text, "           the case ran 2 of them, in 1 run a side:\n"
				     "             removed wbt_wait\n"
				     "             changed blk_mq_submit\n"
				     "           it did not run 2, though the boot ran 1:\n"
				     "             removed wbt_exit\n"
				     "             changed blk_init\n"));
}

static void test_page_code_says_that_the_case_ran_none(void **state)
{
	_cleanup_kernel_diff_ struct kernel_diff d = { .same = 2 };
	const struct coverage none = { 0 };
	const struct coverage *const ran[2] = { &none, &none };
	const struct coverage *const half[2] = { &none, NULL };
	_cleanup_free_ char *text = NULL, *unknown = NULL;

	add(&d, "wbt_wait", KERNEL_DIFF_CHANGED);
	text = page_of(compare_code_row(0, 1, &d, ran), &plain);
	assert_non_null(strstr(text, "           the case ran none of them, in 1 run a side:\n"
				     "             changed wbt_wait\n"));
	assert_null(strstr(text, "did not run"));
	unknown = page_of(compare_code_row(0, 1, &d, half), &plain);
	assert_null(strstr(unknown, "the case ran"));
	assert_non_null(strstr(unknown, "--coverage says which of them the case runs\n"));
}

/* It was asked for, and the run for it came to nothing. */
static void test_page_code_says_why_nobody_knows_what_ran(void **state)
{
	static const char *const names[] = { "wbt-on", "wbt-off" };
	_cleanup_kernel_diff_ struct kernel_diff d = { .same = 2 };
	_cleanup_run_ struct run_facts a = { 0 };
	_cleanup_run_ struct run_facts b = { 0 };
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;
	json_t *rows = json_array();

	add(&d, "wbt_wait", KERNEL_DIFF_CHANGED);
	page_world_load(&a, names[0]);
	page_world_load(&b, names[1]);
	c = page_world_compare((struct run_facts[]){ a, b }, names, 2);
	json_array_append_new(rows, compare_code_row(0, 1, &d, NULL));
	json_object_set_new(c, "code", rows);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_object_set_new(json_array_get(json_object_get(c, "sides"), i), "coverage",
				    json_pack("{s:[{s:s,s:s,s:b}]}", "runs", "dir", "d", "verdict",
					      i ? "broken" : "pass", "says", !i));
	text = page_compare_text(c, &plain);
	assert_non_null(strstr(text, "what the case runs on wbt-off is not known: the run"));
	assert_null(strstr(text, "runs on wbt-on is not known"));
	assert_null(strstr(text, "--coverage says"));
}

static void test_page_code_in_markdown(void **state)
{
	static const char *const names[] = { "wbt-on", "wbt-off" };
	_cleanup_kernel_diff_ struct kernel_diff d = { .same = 2 };
	_cleanup_coverage_ struct coverage a = { 0 };
	const struct coverage *const ran[2] = { &a, &a };
	struct run_facts runs[2] = { 0 };
	_cleanup_json_ json_t *c = NULL;
	_cleanup_free_ char *text = NULL;

	add(&d, "ran_here", KERNEL_DIFF_CHANGED);
	add(&d, "never_here", KERNEL_DIFF_CHANGED);
	add_ran(&a, 1, COVERAGE_CASE);
	page_world_load(&runs[0], names[0]);
	page_world_load(&runs[1], names[1]);
	c = page_world_compare(runs, names, 2);
	conclude(c, compare_code_row(0, 1, &d, ran));
	text = page_compare_markdown(c);
	assert_non_null(strstr(text, "the case ran 1 of the 2 functions"));
	assert_non_null(strstr(text, "- changed, and run by the case: `ran_here`\n"
				     "- changed: `never_here`\n"));
	run_facts_clear(&runs[0]);
	run_facts_clear(&runs[1]);
}

/* ---- what the reasons say of it ---- */

/* The last reason of a comparison with that word and that row; *row is taken. Yours. */
static char *conclusion_of(const char *word, json_t *row)
{
	_cleanup_json_ json_t *c = json_pack("{s:s,s:[{s:s},{s:s}],s:[]}", "verdict", word, "sides",
					     "name", "a", "name", "b", "reasons");
	json_t *reasons = json_object_get(c, "reasons"), *last;

	conclude(c, row);
	last = json_array_get(reasons, 0);
	if (last)
		assert_string_equal(json_get_str(last, "verdict", ""), word);
	return xstrdup(json_get_str(last, "what", ""));
}

static void test_code_conclusion(void **state)
{
	_cleanup_kernel_diff_ struct kernel_diff none = { .same = 7 };
	_cleanup_kernel_diff_ struct kernel_diff part = { .same = 7 };
	_cleanup_kernel_diff_ struct kernel_diff one = { .same = 7 };
	_cleanup_coverage_ struct coverage a = { 0 };
	const struct coverage never = { 0 };
	const struct coverage *const ran[2] = { &a, &never }, *const neither[2] = { &never,
										    &never };
	const struct {
		const char *word, *what;
	} cases[] = {
		{ "same", "the case ran 1 of the 1 function in which the kernels differ, in one "
			  "run a side" },
		{ "same",
		  "the case ran none of the 1 function in which the kernels differ, in one run a "
		  "side" },
		{ "different",
		  "the case ran none of the 1 function in which the kernels differ, in one run a "
		  "side; and yet the runs differ: data, layout or chance" },
		{ "broken", "the toggle changed no function: the kernels have the same code" },
		{ "same", "" },
		{ "same", "" },
		{ "same", "" },
	};
	json_t *rows[ARRAY_SIZE(cases)];

	add(&one, "wbt_wait", KERNEL_DIFF_CHANGED);
	add_ran(&a, 1, COVERAGE_CASE);
	strv_add(&part.not_compared, "__bug_table");
	rows[0] = compare_code_row(0, 1, &one, ran);
	rows[1] = compare_code_row(0, 1, &one, neither);
	rows[2] = compare_code_row(0, 1, &one, neither);
	rows[3] = compare_code_row(0, 1, &none, neither);
	/* Nobody looked; nobody can say; and not all was compared. */
	rows[4] = compare_code_row(0, 1, &one, NULL);
	rows[5] = compare_code_unknown(0, 1, "gone");
	rows[6] = compare_code_row(0, 1, &part, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *what = conclusion_of(cases[i].word, rows[i]);

		assert_string_equal(what, cases[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_code_counts_and_names_functions),
		cmocka_unit_test(test_page_code_says_that_nothing_changed),
		cmocka_unit_test(test_page_code_says_what_was_not_compared),
		cmocka_unit_test(test_page_code_says_which_of_them_the_case_ran),
		cmocka_unit_test(test_page_code_says_that_the_case_ran_none),
		cmocka_unit_test(test_page_code_says_why_nobody_knows_what_ran),
		cmocka_unit_test(test_page_code_in_markdown),
		cmocka_unit_test(test_code_conclusion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
