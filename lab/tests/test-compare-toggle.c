// SPDX-License-Identifier: GPL-2.0-or-later
/* Was the toggle real, and what is said where it was not or nobody knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/compare-world.h"

static void set_fact(struct run_facts *run, const char *fact)
{
	json_set_str(compare_world_frame(run, "fact", NULL), "fact", fact);
}

static void test_compare_toggle_without_effect_is_broken(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	/* What was promised does not hold: the file is still there on the other kernel. */
	json_set_bool(compare_world_frame(&p.runs[1], "fact", NULL), "holds", false);
	c = compare_pair_compare(&p);
	compare_world_assert(c, "broken", "the toggle had no effect on the running kernel");
	assert_string_equal(json_get_str(c, "toggle_real", ""), "no");
	assert_int_equal(compare_exit_code(c), 3);
}

/* There, and there but not readable, can both be true of one kernel: no proof. */
static void test_compare_toggle_facts_that_do_not_exclude_are_broken(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	compare_world_make_exact(p.runs, 2);
	set_fact(&p.runs[0], "exists /sys/block/{disk}/queue/wbt_lat_usec");
	c = compare_pair_compare(&p);
	compare_world_assert(c, "broken", "the facts that they declare may hold of both");
	assert_string_equal(json_get_str(c, "toggle_real", ""), "config only");
}

static void test_compare_toggle_values_exclude_each_other(void **state)
{
	static const struct {
		const char *a, *b;
		bool real;
	} facts[] = {
		{ "equals /f 1", "equals /f 2", true },	  { "equals /f 1", "absent /f", true },
		{ "exists /f", "absent /f", true },	  { "readable /f", "absent /f", true },
		{ "unreadable /f", "equals /f 1", true }, { "readable /f", "exists /f", false },
		{ "unreadable /f", "absent /f", false },  { "unheard-of /f", "absent /f", false },
		{ "equals /f 1", "readable /f", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		_cleanup_compare_pair_ struct compare_pair p;
		_cleanup_json_ json_t *c = NULL;

		compare_pair_load(&p, "wbt-on", "wbt-off");
		compare_world_make_exact(p.runs, 2);
		set_fact(&p.runs[0], facts[i].a);
		set_fact(&p.runs[1], facts[i].b);
		c = compare_pair_compare(&p);
		if (facts[i].real != json_get_bool(c, "same", false))
			fail_msg("\"%s\" against \"%s\": %s", facts[i].a, facts[i].b,
				 json_get_str(c, "verdict", "?"));
	}
}

/* Nobody looked at the running kernel: "same" is not for us to say, "different" is. */
static void test_compare_toggle_without_facts_is_never_same(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL, *d = NULL;
	size_t at;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	compare_world_make_exact(p.runs, 2);
	for (int i = 0; i < 2; i++) {
		compare_world_frame(&p.runs[i], "fact", &at);
		json_array_remove(p.runs[i].frames, at);
	}
	c = compare_pair_compare(&p);
	compare_world_assert(
		c, "broken",
		"not all runs came as far as the runtime facts, so only the .config does");
	json_decref(c);
	json_object_del(p.runs[0].plan, "facts");
	json_object_del(p.runs[1].plan, "facts");
	c = compare_pair_compare(&p);
	assert_string_equal(json_get_str(c, "toggle_real", ""), "config only");
	compare_world_assert(c, "broken", "no runtime fact is declared, so only the .config does");
	json_object_del(compare_world_frame(&p.runs[1], "task-end", NULL), "signal");
	json_set_int(compare_world_frame(&p.runs[1], "task-end", NULL), "code", 0);
	d = compare_pair_compare(&p);
	compare_world_assert(d, "different",
			     "task hog killed by SIGKILL on wbt-on; exited with code 0 on wbt-off");
	assert_string_equal(json_get_str(d, "toggle_real", ""), "config only");
}

static void test_compare_toggle_that_changed_no_config_is_broken(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	free(p.runs[1].config);
	p.runs[1].config = xstrdup(p.runs[0].config);
	c = compare_pair_compare(&p);
	compare_world_assert(c, "broken", "have other fragments and the same .config");
}

static void test_compare_toggle_same_image_is_broken(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-off");
	json_object_set(p.runs[1].kernel, "artefacts",
			json_object_get(p.runs[0].kernel, "artefacts"));
	c = compare_pair_compare(&p);
	compare_world_assert(c, "broken", "booted the same kernel image, to the byte");
}

static void test_compare_toggle_append_not_seen_is_broken(void **state)
{
	_cleanup_compare_pair_ struct compare_pair p;
	_cleanup_json_ json_t *c = NULL, *d = NULL, *e = NULL, *f = NULL;

	compare_pair_load(&p, "wbt-on", "wbt-on");
	compare_world_make_exact(p.runs, 2);
	json_object_set_new(p.runs[1].plan, "append", json_pack("[s]", "nokaslr"));
	c = compare_pair_compare(&p);
	compare_world_assert(c, "broken", "were to boot with other command lines and did not");
	json_set_str(compare_world_frame(&p.runs[1], "hello", NULL), "cmdline", "nokaslr");
	d = compare_pair_compare(&p);
	assert_string_equal(json_get_str(d, "toggle_real", ""), "config only");
	json_set_str(compare_world_frame(&p.runs[1], "hello", NULL), "unknown", "");
	e = compare_pair_compare(&p);
	assert_string_equal(json_get_str(e, "toggle_real", ""), "yes");
	json_set_str(compare_world_frame(&p.runs[1], "hello", NULL), "unknown", "nokaslr");
	f = compare_pair_compare(&p);
	compare_world_assert(f, "broken", "differ in words that the kernel does not know");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_toggle_without_effect_is_broken),
		cmocka_unit_test(test_compare_toggle_facts_that_do_not_exclude_are_broken),
		cmocka_unit_test(test_compare_toggle_values_exclude_each_other),
		cmocka_unit_test(test_compare_toggle_without_facts_is_never_same),
		cmocka_unit_test(test_compare_toggle_that_changed_no_config_is_broken),
		cmocka_unit_test(test_compare_toggle_same_image_is_broken),
		cmocka_unit_test(test_compare_toggle_append_not_seen_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
