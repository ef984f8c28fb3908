/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When two runs have the same fragments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "compare/compare.h"
#include "tests/compare-world.h"

/* The run of wbt-on, made from that fragment; hash NULL: nobody noted it. */
static void load(struct run_facts *run, const char *name, const char *hash)
{
	struct err err = ERR_INIT;

	if (run_facts_load(run, "lab/tests/fixtures/compare/wbt-on", &err) < 0)
		fail_msg("%s", err.msg);
	json_object_set_new(run->plan, "kconfig", json_pack("[s]", name));
	json_object_set_new(run->kernel, "fragments",
			    json_pack("[{s:s, s:s*}]", "name", name, "sha256", hash));
}

/* A run and its rerun have them by other paths; another one may have the same name. */
static void test_compare_fragments_are_known_by_their_content(void **state)
{
	static const struct {
		const char *name, *hash, *word;
	} rows[] = {
		{ "mine.config", "11", "same" },    { "/mnt/a/mine.config", "11", "same" },
		{ "mine.config", "22", "broken" },  { "mine.config", NULL, "same" },
		{ "other.config", NULL, "broken" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run_facts runs[2];
		struct compare_side sides[] = { { "a", &runs[0], 1 }, { "b", &runs[1], 1 } };
		_cleanup_json_ json_t *c = NULL;
		struct err err = ERR_INIT;

		load(&runs[0], "mine.config", rows[i].hash ? "11" : NULL);
		load(&runs[1], rows[i].name, rows[i].hash);
		compare_world_make_exact(runs, 2);
		c = compare_sides(sides, 2, &err);
		assert_non_null(c);
		if (!str_eq(json_get_str(c, "verdict", ""), rows[i].word))
			fail_msg("%zu: %s", i, json_dumps(json_get_array(c, "reasons"), 0));
		run_facts_clear(&runs[0]);
		run_facts_clear(&runs[1]);
	}
}

static void uncheck_facts(struct run_facts *run)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		if (!str_eq(json_get_str(frame, "k", ""), "fact"))
			continue;
		json_set_bool(frame, "holds", false);
		json_set_bool(frame, "unchecked", true);
	}
}

/* On a case without a device nobody could see the toggle: neither real nor without effect. */
static void test_compare_fragments_whose_facts_nobody_could_look_at(void **state)
{
	struct run_facts runs[2];
	struct compare_side sides[] = { { "a", &runs[0], 1 }, { "b", &runs[1], 1 } };
	_cleanup_json_ json_t *c = NULL, *d = NULL;
	_cleanup_json_ json_t *rows =
		json_pack("[{s:[i,i],s:[{s:s}]}]", "sides", 0, 1, "functions", "name", "f");
	const struct compare_code code = { .rows = rows };
	struct err err = ERR_INIT;
	const char *why;

	assert_int_equal(run_facts_load(&runs[0], "lab/tests/fixtures/compare/wbt-on", &err), 0);
	assert_int_equal(run_facts_load(&runs[1], "lab/tests/fixtures/compare/wbt-off", &err), 0);
	uncheck_facts(&runs[0]);
	uncheck_facts(&runs[1]);
	compare_world_make_exact(runs, 2);
	c = compare_sides(sides, 2, &err);
	assert_non_null(c);
	why = json_get_str(json_array_get(json_get_array(c, "reasons"), 0), "what", "");
	assert_string_equal(json_get_str(c, "verdict", ""), "broken");
	assert_string_equal(json_get_str(c, "toggle_real", ""), "config only");
	assert_non_null(strstr(why, "no device that their runtime facts could be looked at on"));
	/* But of kernels whose code is known to differ. */
	d = compare_sides_at(sides, 2, NULL, &code, &err);
	assert_string_equal(json_get_str(d, "toggle_real", ""), "code");
	assert_string_equal(json_get_str(d, "verdict", ""), "same");
	assert_true(compare_world_says(d, "same",
				       "the toggle was real, for the kernels' code differs"));
	run_facts_clear(&runs[0]);
	run_facts_clear(&runs[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_fragments_are_known_by_their_content),
		cmocka_unit_test(test_compare_fragments_whose_facts_nobody_could_look_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
