/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When two runs have the same fragments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "compare/compare.h"

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
		c = compare_sides(sides, 2, &err);
		assert_non_null(c);
		if (!str_eq(json_get_str(c, "verdict", ""), rows[i].word))
			fail_msg("%zu: %s", i, json_dumps(json_get_array(c, "reasons"), 0));
		run_facts_clear(&runs[0]);
		run_facts_clear(&runs[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_fragments_are_known_by_their_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
