// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of .config that differ: which a fragment asks for, and which those drag along. */
#include "tests/scratch.h"

#include "base/json.h"
#include "compare/compare-internal.h"
#include "page/page.h"
#include "tests/page-world.h"

static const char *const names[] = { "wbt-on", "wbt-off" };

/* {name, asked} of one fragment; asked NULL: a kernel.json of before. */
static json_t *fragment(const char *name, const char *asked)
{
	json_t *f = json_object();

	json_set_str(f, "name", name);
	if (asked)
		json_object_set_new(f, "asked", json_loads(asked, 0, NULL));
	return f;
}

static void set_fragments(struct run_facts *run, json_t *first, json_t *second)
{
	json_object_set_new(run->kernel, "fragments", json_pack("[o,o]", first, second));
}

static const json_t *row_of(const json_t *comparison, const char *symbol)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(comparison, "config"), i, row)
		if (str_eq(json_get_str(row, "symbol", ""), symbol))
			return row;
	fail_msg("no row of %s", symbol);
	return NULL;
}

static json_t *compare_with(const char *asked_on, const char *asked_off)
{
	_cleanup_run_ struct run_facts a = { 0 };
	_cleanup_run_ struct run_facts b = { 0 };

	page_world_load(&a, names[0]);
	page_world_load(&b, names[1]);
	/* The base asks both for the same: no choice of a side. */
	set_fragments(&a, fragment("base", "{\"BLK_WBT_MQ\": \"y\"}"), fragment("on", asked_on));
	set_fragments(&b, fragment("base", "{\"BLK_WBT_MQ\": \"y\"}"), fragment("off", asked_off));
	return page_world_compare((struct run_facts[]){ a, b }, names, 2);
}

static void test_compare_config_tells_asked_from_dragged(void **state)
{
	static const struct page_style plain = { .width = 80 };
	_cleanup_json_ json_t *c = compare_with("{\"BLK_WBT\": \"y\"}", "{\"BLK_WBT\": \"n\"}");
	const json_t *asked = row_of(c, "BLK_WBT"), *dragged = row_of(c, "BLK_WBT_MQ");
	_cleanup_free_ char *text = page_compare_text(c, &plain);
	const char *line;

	assert_false(json_get_bool(asked, "dragged", true));
	assert_string_equal(json_string_value(json_array_get(json_object_get(asked, "asked"), 1)),
			    "n");
	assert_true(json_get_bool(dragged, "dragged", false));
	line = strstr(text, "CONFIG_BLK_WBT ");
	assert_non_null(line);
	line = strstr(line, "and what that drags along:\n");
	assert_non_null(line);
	assert_non_null(strstr(line, "CONFIG_BLK_WBT_MQ "));
}

/* Asked for on one side only: that side's wish. */
static void test_compare_config_asked_by_one_side_is_asked(void **state)
{
	_cleanup_json_ json_t *c = compare_with("{\"BLK_WBT\": \"y\"}", "{}");

	assert_false(json_get_bool(row_of(c, "BLK_WBT"), "dragged", true));
	assert_true(
		json_is_null(json_array_get(json_object_get(row_of(c, "BLK_WBT"), "asked"), 1)));
}

/* As of two sources, whose options differ by themselves. */
static void test_compare_config_nobody_asked(void **state)
{
	static const struct page_style plain = { .width = 80 };
	_cleanup_json_ json_t *c = compare_with("{}", "{}");
	_cleanup_free_ char *text = page_compare_text(c, &plain);

	assert_true(json_get_bool(row_of(c, "BLK_WBT"), "dragged", false));
	assert_non_null(strstr(text, ".config    no fragment asks for these:\n"));
	assert_null(strstr(text, "drags along"));
}

/* Nobody can say of runs that do not tell what was asked for. */
static void test_compare_config_of_older_runs(void **state)
{
	_cleanup_json_ json_t *c = compare_with("{\"BLK_WBT\": \"y\"}", NULL);

	assert_null(json_object_get(row_of(c, "BLK_WBT"), "dragged"));
	assert_null(json_object_get(row_of(c, "BLK_WBT"), "asked"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_config_tells_asked_from_dragged),
		cmocka_unit_test(test_compare_config_asked_by_one_side_is_asked),
		cmocka_unit_test(test_compare_config_nobody_asked),
		cmocka_unit_test(test_compare_config_of_older_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
