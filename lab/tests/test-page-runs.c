// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands under the pages of many runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "page/page.h"

static const struct page_style plain = { .width = 80 };

static void add_run(json_t *runs, const char *verdict, int64_t seed)
{
	json_t *run = json_object();
	_cleanup_free_ char *dir = xasprintf("runs/r-%d", (int)seed);

	json_set_str(run, "verdict", verdict);
	json_set_int(run, "seed", seed);
	json_set_str(run, "dir", dir);
	json_array_append_new(runs, run);
}

static void test_page_runs_text_names_the_seeds(void **state)
{
	_cleanup_json_ json_t *runs = json_array();
	_cleanup_free_ char *exact = NULL, *free_mode = NULL;

	add_run(runs, "pass", 1);
	add_run(runs, "fail", 2);
	add_run(runs, "pass", 3);
	add_run(runs, "crash", 4);
	exact = page_runs_text(runs, true, &plain);
	assert_string_equal(exact, "runs       4: 1 crash, 1 fail, 2 pass\n"
				   "           fail with seed 2  runs/r-2\n"
				   "           crash with seed 4  runs/r-4\n"
				   "           rerun.sh in each repeats it to the byte\n");
	free_mode = page_runs_text(runs, false, &plain);
	assert_non_null(strstr(free_mode, "a seed does not decide"));
}

static void test_page_runs_text_of_passes_is_one_line(void **state)
{
	_cleanup_json_ json_t *runs = json_array();
	_cleanup_free_ char *text = NULL;

	for (int seed = 1; seed <= 50; seed++)
		add_run(runs, "pass", seed);
	text = page_runs_text(runs, true, &plain);
	assert_string_equal(text, "runs       50: 50 pass\n");
}

static void test_page_runs_text_is_bounded(void **state)
{
	const struct page_style verbose = { .width = 80, .verbose = true };
	_cleanup_json_ json_t *runs = json_array();
	_cleanup_free_ char *few = NULL, *all = NULL;

	for (int seed = 1; seed <= 50; seed++)
		add_run(runs, "hang", seed);
	few = page_runs_text(runs, true, &plain);
	all = page_runs_text(runs, true, &verbose);
	assert_non_null(strstr(few, "… 30 more\n"));
	assert_null(strstr(few, "seed 21 "));
	assert_non_null(strstr(all, "seed 50 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_runs_text_names_the_seeds),
		cmocka_unit_test(test_page_runs_text_of_passes_is_one_line),
		cmocka_unit_test(test_page_runs_text_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
