/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of a bisect: what it says of runs that are no evidence. */
#include "tests/scratch.h"

#include "base/json.h"
#include "page/page.h"
#include "tests/page-world.h"

static char *page_of(const char *text)
{
	const struct page_style style = { .width = 80 };
	_cleanup_json_ json_t *result = json_loads(text, 0, NULL);
	char *page;

	assert_non_null(result);
	page = page_bisect_text(result, &style);
	page_world_assert_fits(page, 80);
	return page;
}

static void assert_has(const char *page, const char *expected)
{
	if (!strstr(page, expected))
		fail_msg("\"%s\" is not in:\n%s", expected, page);
}

static const char found[] =
	"{\"word\": \"found\", \"target\": \"WARNING in f\", \"candidates\": 372, \"builds\": 8, "
	"\"runs\": 20, \"commits\": [{\"commit\": \"0123456789abcdef\", \"probability\": 0.99, "
	"\"line\": \"0123456789ab mm: a bug\", \"runs\": 3, \"hits\": 2}], \"runners_up\": "
	"[{\"commit\": \"fedcba9876543210\", \"probability\": 0.001, \"line\": \"fedcba987654 fs: "
	"none\", \"runs\": 0, \"hits\": 0}], \"verified\": {\"culprit\": {\"runs\": 0, \"hits\": "
	"0}, "
	"\"parents\": [{\"runs\": 2, \"hits\": 0}], \"reverted\": {\"runs\": 5, \"hits\": 0, "
	"\"cannot_tell\": 2}}}";

static void test_page_bisect_counts_runs_that_tell(void **state)
{
	_cleanup_free_ char *page = page_of(found);

	assert_has(page, "the bug in 2 of 3 runs\n");
	assert_has(page, "the culprit: no fresh run told anything\n");
	assert_has(page, "its parent: the bug in 0 of 2 fresh runs\n");
	assert_has(page, "reverted on the bad revision: the bug in 0 of 3 fresh runs; 2 cannot");
}

/* Who was not run was not seen without the bug either. */
static void test_page_bisect_says_who_was_not_run(void **state)
{
	_cleanup_free_ char *page = page_of(found);
	const char *other = strstr(page, "fs: none");

	assert_non_null(other);
	assert_has(other, "no run of it told anything\n");
}

static void test_page_bisect_doubts(void **state)
{
	_cleanup_free_ char *page =
		page_of("{\"word\": \"found\", \"target\": \"WARNING in f\", \"commits\": "
			"[{\"commit\": \"0123456789abcdef\", \"probability\": 0.99}], "
			"\"begins_range\": true, \"options_differ\": [\"new:2: NEW=y: never on\"], "
			"\"verified\": {\"culprit\": {\"runs\": 1, \"hits\": 1}, \"parents\": "
			"[{\"runs\": 2, \"hits\": 0, \"older_parent\": true}]}}");

	assert_has(page, "but        it begins or ends a range of --fixup");
	assert_has(page, "new:2: NEW=y: never on");
	assert_has(page, "the good revision, than which its parent is older: the bug in 0 of");
}

static void test_page_bisect_names_the_end(void **state)
{
	_cleanup_free_ char *page =
		page_of("{\"word\": \"no-end\", \"target\": \"\", \"end\": {\"line\": "
			"\"0123456789ab mm: broken\"}, \"beside\": [{\"what\": \"crash: a\", "
			"\"count\": 3}, {\"what\": \"broken: b\", \"count\": 5}]}");

	assert_has(page, "this end cannot be tested: 0123456789ab mm: broken\n");
	assert_null(strstr(page, "the bug"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_bisect_counts_runs_that_tell),
		cmocka_unit_test(test_page_bisect_says_who_was_not_run),
		cmocka_unit_test(test_page_bisect_doubts),
		cmocka_unit_test(test_page_bisect_names_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
