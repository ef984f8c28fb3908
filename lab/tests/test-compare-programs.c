// SPDX-License-Identifier: GPL-2.0-or-later
/* Two runs of one case are of the same test only when their programs were the same. */
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

static json_t *initramfs(const char *plan, const char *path, const char *hash)
{
	return json_pack("{s:[{s:s,s:s},{s:s,s:s},{s:s,s:s}]}", "files", "path", "/init", "sha256",
			 plan, "path", "/klab/plan", "sha256", plan, "path", path, "sha256", hash);
}

/* A run of the fixture twice, whose last step is a program. */
static void pair_load(struct pair *p)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 2; i++) {
		json_t *steps;

		if (run_facts_load(&p->runs[i], FIXTURE, &err) < 0)
			fail_msg("%s", err.msg);
		steps = json_object_get(p->runs[i].plan, "steps");
		json_array_append_new(steps, json_pack("{s:s,s:{s:s}}", "verb", "run", "args",
						       "source", "x.c"));
	}
	compare_world_make_exact(p->runs, 2);
}

/* The word of the comparison; its first reason in *why, yours. */
static char *word_of(struct pair *p, char **why)
{
	const struct compare_side sides[] = { { "one", &p->runs[0], 1 },
					      { "two", &p->runs[1], 1 } };
	struct err err = ERR_INIT;
	_cleanup_json_ json_t *c = compare_sides(sides, 2, &err);

	assert_non_null(c);
	*why = xstrdup(json_get_str(json_array_get(json_get_array(c, "reasons"), 0), "what", ""));
	return xstrdup(json_get_str(c, "verdict", ""));
}

static void assert_word(struct pair *p, const char *word, const char *reason)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_free_ char *its = word_of(p, &why);

	if (!str_eq(its, word) || !strstr(why, reason))
		fail_msg("%s because \"%s\", wanted %s because \"%s\"", its, why, word, reason);
}

/* The plan in the guest and init are ours: they hang on the kernel and on klab. */
static void test_compare_programs_alike_are_the_same_test(void **state)
{
	_cleanup_pair_ struct pair p = { 0 };

	pair_load(&p);
	p.runs[0].initramfs = initramfs("aa", "/klab/bin/7-x", "11");
	p.runs[1].initramfs = initramfs("bb", "/klab/bin/7-x", "11");
	assert_word(&p, "same", "nothing was toggled");
}

static void test_compare_programs_of_another_source_are_another_test(void **state)
{
	static const char *const others[][2] = { { "/klab/bin/7-x", "22" },
						 { "/klab/bin/8-x", "11" } };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_pair_ struct pair p = { 0 };

		pair_load(&p);
		p.runs[0].initramfs = initramfs("aa", "/klab/bin/7-x", "11");
		p.runs[1].initramfs = initramfs("aa", others[i][0], others[i][1]);
		assert_word(&p, "broken", "not the same test: /klab/bin/");
	}
}

static void test_compare_programs_nobody_noted_are_not_the_same(void **state)
{
	for (int which = 0; which < 3; which++) {
		_cleanup_pair_ struct pair p = { 0 };

		pair_load(&p);
		if (which < 2)
			p.runs[which].initramfs = initramfs("aa", "/klab/bin/7-x", "11");
		assert_word(&p, "broken", "no initramfs.json");
	}
}

/* A case without a program has none to be told apart by. */
static void test_compare_programs_none_need_no_note(void **state)
{
	_cleanup_pair_ struct pair p = { 0 };

	pair_load(&p);
	for (size_t i = 0; i < 2; i++) {
		json_t *steps = json_object_get(p.runs[i].plan, "steps");
		json_t *last = json_array_get(steps, json_array_size(steps) - 1);

		json_set_str(json_object_get(last, "args"), "source", "none");
	}
	assert_word(&p, "same", "nothing was toggled");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_programs_alike_are_the_same_test),
		cmocka_unit_test(test_compare_programs_of_another_source_are_another_test),
		cmocka_unit_test(test_compare_programs_nobody_noted_are_not_the_same),
		cmocka_unit_test(test_compare_programs_none_need_no_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
