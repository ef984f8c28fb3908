// SPDX-License-Identifier: GPL-2.0-or-later
/* What may make a difference beside the toggle, and what must not be left out of a "same". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "compare/compare.h"
#include "tests/compare-world.h"

#define FIXTURE "lab/tests/fixtures/compare/wbt-on"

struct pair {
	struct run_facts runs[2];
};

static void pair_clear(struct pair *p)
{
	run_facts_clear(&p->runs[0]);
	run_facts_clear(&p->runs[1]);
}
#define _cleanup_pair_ _cleanup_(pair_clear)

/* One run twice: nothing was toggled. */
static void pair_load(struct pair *p)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 2; i++)
		if (run_facts_load(&p->runs[i], FIXTURE, &err) < 0)
			fail_msg("%s", err.msg);
	compare_world_make_exact(p->runs, 2);
}

static json_t *pair_compare(struct pair *p)
{
	const struct compare_side sides[] = { { "one", &p->runs[0], 1 },
					      { "two", &p->runs[1], 1 } };
	struct err err = ERR_INIT;
	json_t *c = compare_sides(sides, 2, &err);

	assert_non_null(c);
	return c;
}

static void assert_word(struct pair *p, const char *word, const char *reason)
{
	_cleanup_json_ json_t *c = pair_compare(p);
	const char *why = json_get_str(json_array_get(json_get_array(c, "reasons"), 0), "what", "");

	if (!str_eq(json_get_str(c, "verdict", ""), word) || !strstr(why, reason))
		fail_msg("%s because \"%s\", wanted %s because \"%s\"",
			 json_get_str(c, "verdict", ""), why, word, reason);
}

/* What probes saw is a report of the run that had them only. */
static void test_compare_axes_other_probes_are_another_test(void **state)
{
	_cleanup_pair_ struct pair p = { 0 };

	pair_load(&p);
	json_object_set_new(p.runs[0].plan, "probes",
			    json_pack("[{s:s,s:i}]", "at", "send_signal", "line", 3));
	assert_word(&p, "broken", "`probes` of this run of two");
	json_object_set_new(p.runs[1].plan, "probes",
			    json_pack("[{s:s,s:i}]", "at", "send_signal", "line", 4));
	assert_word(&p, "same", "nothing was toggled");
}

static void test_compare_axes_other_accelerator_is_another_machine(void **state)
{
	_cleanup_pair_ struct pair p = { 0 };

	pair_load(&p);
	json_set_str(p.runs[0].machine, "accel", "tcg");
	json_set_str(p.runs[1].machine, "accel", "kvm");
	assert_word(&p, "broken", "this run of two was under kvm, the first run of one under tcg");
	json_object_del(p.runs[1].machine, "accel");
	assert_word(&p, "same", "nothing was toggled");
}

/* Another timeout is nothing to those who did not need it. */
static void test_compare_axes_other_timeout_counts_where_one_ran_into_it(void **state)
{
	_cleanup_pair_ struct pair p = { 0 };

	pair_load(&p);
	json_set_int(p.runs[0].plan, "timeout_ms", 5000);
	json_set_int(p.runs[1].plan, "timeout_ms", 60000);
	assert_word(&p, "same", "nothing was toggled");
	json_set_str(p.runs[0].machine, "end", "timeout");
	assert_word(&p, "broken", "the timeout of this run of two is not that");
	json_set_int(p.runs[1].plan, "timeout_ms", 5000);
	assert_word(&p, "same", "nothing was toggled");
}

/* One source, one .config, and another image: that is no kernel "with nothing toggled". */
static void test_compare_axes_another_compiler_is_no_proof(void **state)
{
	_cleanup_pair_ struct pair p = { 0 };
	_cleanup_json_ json_t *c = NULL;
	json_t *image;

	pair_load(&p);
	image = json_object_get(json_object_get(p.runs[1].kernel, "artefacts"), "bzImage");
	assert_non_null(image);
	json_set_str(image, "sha256", "00");
	json_set_str(p.runs[1].kernel, "key", "ff");
	assert_word(&p, "broken", "another compiler or other flags built them");
	c = pair_compare(&p);
	assert_string_equal(json_get_str(c, "toggle_real", ""), "config only");
}

/* What a table has no room for may be just what differs. */
static void test_compare_axes_reports_beyond_the_table_are_not_the_same(void **state)
{
	for (int many = 0; many < 2; many++) {
		_cleanup_pair_ struct pair p = { 0 };

		pair_load(&p);
		for (size_t run = 0; run < 2; run++) {
			json_array_clear(p.runs[run].reports);
			for (int i = 0; i < (many ? 257 : 256); i++) {
				_cleanup_free_ char *title = xasprintf("report %d", i);

				json_array_append_new(p.runs[run].reports,
						      json_pack("{s:s,s:s}", "title", title, "kind",
								"warning"));
			}
		}
		if (many)
			assert_word(&p, "broken", "not all of them were compared");
		else
			assert_word(&p, "same", "nothing was toggled");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_axes_other_probes_are_another_test),
		cmocka_unit_test(test_compare_axes_other_accelerator_is_another_machine),
		cmocka_unit_test(test_compare_axes_other_timeout_counts_where_one_ran_into_it),
		cmocka_unit_test(test_compare_axes_another_compiler_is_no_proof),
		cmocka_unit_test(test_compare_axes_reports_beyond_the_table_are_not_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
