/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of a search for options. */
#include "tests/scratch.h"

#include "base/json.h"
#include "page/page.h"
#include "tests/page-world.h"

static char *page_of(const char *text, int width)
{
	const struct page_style style = { .width = width };
	_cleanup_json_ json_t *result = json_loads(text, 0, NULL);
	char *page;

	assert_non_null(result);
	page = page_config_text(result, &style);
	/* It is about long ones. */
	if (json_array_size(json_get_array(result, "options")))
		page_world_assert_fits(page, width);
	return page;
}

static void assert_has(const char *page, const char *expected)
{
	if (!strstr(page, expected))
		fail_msg("\"%s\" is not in:\n%s", expected, page);
}

static const char found[] =
	"{\"kind\": \"bisect-config\", \"word\": \"found\", \"target\": \"WARNING in f\", "
	"\"probability\": 0.973, \"candidates\": 12, \"follow\": 3, \"builds\": 5, \"runs\": 14, "
	"\"config\": \"c\", \"options\": [{\"symbol\": \"BLK_WBT\", \"prompt\": \"Enable support "
	"for block device writeback throttling\", \"file\": \"block/Kconfig\", \"line\": 131, "
	"\"good\": null, \"bad\": \"y\", \"left_out\": \"absent\", \"runs\": 4, \"hits\": 0}], "
	"\"followers\": [{\"symbol\": \"RQ_QOS\", \"sides\": [null, \"y\"]}], "
	"\"bad_run\": \"runs/x\", \"comparison\": \"runs/c\"}";

static void test_page_config_found(void **state)
{
	_cleanup_free_ char *page = page_of(found, 80), *narrow = page_of(found, 40);

	assert_has(page, "CONFIG_BLK_WBT brings the bug in\n");
	assert_has(page, "CONFIG_BLK_WBT  n -> y\n");
	assert_has(page, "Enable support for block device writeback throttling");
	assert_has(page, "block/Kconfig:131");
	assert_has(page, "without it the bug is in 0 of 4 runs\n");
	assert_has(page, "CONFIG_RQ_QOS  n -> y\n");
	assert_has(page, "97.3 %");
	assert_has(page, "5 builds and 14 runs for 12 options");
	assert_has(page, "sh runs/x/rerun.sh\n");
	assert_has(page, "klab show runs/c\n");
	assert_has(narrow, "CONFIG_BLK_WBT");
}

/* An option that the culprit needs is no culprit. */
static void test_page_config_names_what_does_it(void **state)
{
	_cleanup_free_ char *page =
		page_of("{\"kind\": \"bisect-config\", \"word\": \"found\", \"config\": \"c\", "
			"\"options\": ["
			"{\"symbol\": \"NEEDED\", \"left_out\": \"comes-back\"}, "
			"{\"symbol\": \"CULPRIT\", \"left_out\": \"absent\", \"runs\": 3}]}",
			80);

	assert_has(page, "CONFIG_CULPRIT brings the bug in\n");
}

static void test_page_config_of_a_minimization(void **state)
{
	_cleanup_free_ char *page = page_of(
		"{\"kind\": \"minimize-config\", \"word\": \"found\", \"candidates\": 40, "
		"\"kept\": [\"base\", \"fault\"], \"minimal\": \"runs/m/minimal.config\", "
		"\"config\": \"c\", \"options\": ["
		"{\"symbol\": \"A\", \"left_out\": \"comes-back\"}, "
		"{\"symbol\": \"B\", \"left_out\": \"cannot-tell\", \"why\": \"does not build\"}]}",
		80);

	assert_has(page, "needed: 2 of the 40 options beyond base+fault\n");
	assert_has(page, "base+fault, whole: none of what it sets was left out");
	assert_has(page, "goes with the others");
	assert_has(page, "without it nobody can tell: does not build\n");
	assert_has(page, "runs/m/minimal.config\n");
}

/* What was not found says why, and no option. */
static void test_page_config_not_found(void **state)
{
	static const char *const words[][2] = {
		{ "not-shown", "the bad config does not show a bug" },
		{ "good-shows", "the good config shows the bug too" },
		{ "no-end", "one of the configs cannot be tested: it does not boot" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_free_ char *text = xasprintf(
			"{\"kind\": \"bisect-config\", \"word\": \"%s\"%s, \"options\": []}",
			words[i][0], i == 2 ? ", \"why\": \"it does not boot\"" : "");
		_cleanup_free_ char *page = page_of(text, 80);

		assert_has(page, "NOT FOUND\n");
		assert_has(page, words[i][1]);
		assert_null(strstr(page, "CONFIG_"));
	}
}

static void test_page_config_that_is_going_on(void **state)
{
	const struct page_style style = { .width = 80 };
	_cleanup_json_ json_t *record = json_loads(
		"{\"request\": {\"kind\": \"bisect-config\", \"case\": \"boots\"}, \"tests\": "
		"[{\"options\": [], \"answer\": \"resolved\"}, {\"answer\": \"built\", \"image\": "
		"\"00\"}, {\"answer\": \"shown\", \"run\": \"r\"}]}",
		0, NULL);
	_cleanup_free_ char *page = page_config_going_on_text(record, &style);

	assert_has(page, "GOING ON   bisect-config of boots, or stopped");
	assert_has(page, "not seen yet\n");
	assert_has(page, "1 sets resolved, 1 kernels built, 1 runs\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_config_found),
		cmocka_unit_test(test_page_config_names_what_does_it),
		cmocka_unit_test(test_page_config_of_a_minimization),
		cmocka_unit_test(test_page_config_not_found),
		cmocka_unit_test(test_page_config_that_is_going_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
