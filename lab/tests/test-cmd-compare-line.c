// SPDX-License-Identifier: GPL-2.0-or-later
/* The line that boots two runs again as a comparison: what it has, and when there is none. */
#include "tests/scratch.h"

#include "base/file.h"
#include "base/json.h"
#include "cmd/compare-line.h"

struct pair {
	struct run_facts a, b;
};

static void make_run(struct run_facts *run, const char *dir, const char *name)
{
	_cleanup_free_ char *path = path_join(dir, name);
	_cleanup_free_ char *test = path_join(path, "case.yaml");
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p(path, &err), 0);
	assert_int_equal(file_write_atomic(test, "x\n", 2, &err), 0);
	*run = (struct run_facts){ .dir = take_ptr(&path) };
	run->run = json_pack("{s:s,s:i}", "case", "c", "seed", 7);
	run->plan = json_pack("{s:s,s:[s,s],s:[]}", "mode", "free", "kconfig", "base", "fault",
			      "asked_append");
	run->kernel = json_pack("{s:{s:s}}", "source", "path", "linux.tar");
}

static void make_pair(struct pair *p, void **state)
{
	make_run(&p->a, *state, "a");
	make_run(&p->b, *state, "b");
}

static void pair_clear(struct pair *p)
{
	run_facts_clear(&p->a);
	run_facts_clear(&p->b);
}

static void add_to(json_t *plan, const char *key, const char *value)
{
	json_array_append_new(json_object_get(plan, key), json_string(value));
}

/* What follows the case's path; NULL: there is to be no line. */
static void assert_line(const struct pair *p, const char *expected)
{
	_cleanup_free_ char *line = compare_line(&p->a, &p->b, 20);
	_cleanup_free_ char *whole =
		expected ? xasprintf("klab compare %s/case.yaml %s", p->a.dir, expected) : NULL;

	if (!expected)
		assert_null(line);
	else
		assert_string_equal(line, whole);
}

static void test_line_of_two_fragments(void **state)
{
	_cleanup_(pair_clear)
	struct pair p;

	make_pair(&p, state);
	add_to(p.a.plan, "kconfig", "wbt-on");
	add_to(p.b.plan, "kconfig", "wbt-off");
	assert_line(&p, "--source linux.tar --kconfig base+fault --with wbt-on --with wbt-off "
			"--repeat 20");
}

/* No --with is empty: the last one in common is on both. */
static void test_line_of_a_fragment_more(void **state)
{
	_cleanup_(pair_clear)
	struct pair p;

	make_pair(&p, state);
	add_to(p.b.plan, "kconfig", "wbt-off");
	assert_line(&p, "--source linux.tar --kconfig base --with fault --with fault+wbt-off "
			"--repeat 20");
}

static void test_line_of_command_lines(void **state)
{
	_cleanup_(pair_clear)
	struct pair p;

	make_pair(&p, state);
	add_to(p.b.plan, "asked_append", "nosmt");
	add_to(p.b.plan, "asked_append", "quiet");
	assert_line(&p, "--source linux.tar --kconfig base+fault --append '' "
			"--append 'nosmt quiet' --repeat 20");
}

static void test_line_of_deterministic_runs_has_a_seed(void **state)
{
	_cleanup_(pair_clear)
	struct pair p;

	make_pair(&p, state);
	json_set_str(p.a.plan, "mode", "deterministic");
	json_object_set_new(p.b.kernel, "source",
			    json_pack("{s:s,s:s}", "path", "linux", "commit", "c0ffee"));
	assert_line(&p, "--source linux.tar --source linux@c0ffee --kconfig base+fault "
			"--mode deterministic --seed 7");
}

/* What would compare something else than these runs is no advice. */
static void test_no_line_where_none_makes_such_sides(void **state)
{
	_cleanup_(pair_clear)
	struct pair p;

	make_pair(&p, state);
	assert_line(&p, NULL); /* nothing differs */
	add_to(p.a.plan, "kconfig", "wbt-on");
	add_to(p.b.plan, "kconfig", "wbt-off");
	add_to(p.b.plan, "asked_append", "nosmt");
	assert_line(&p, NULL); /* two things do */
	json_array_clear(json_object_get(p.b.plan, "asked_append"));
	json_set_str(p.b.run, "case", "other");
	assert_line(&p, NULL);
	json_set_str(p.b.run, "case", "c");
	json_object_set_new(json_object_get(p.b.kernel, "source"), "patches", json_array());
	assert_line(&p, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_line_of_two_fragments),
		scratch_test(test_line_of_a_fragment_more),
		scratch_test(test_line_of_command_lines),
		scratch_test(test_line_of_deterministic_runs_has_a_seed),
		scratch_test(test_no_line_where_none_makes_such_sides),
	};

	return cmocka_run_group_tests_name("compare-line", tests, NULL, NULL);
}
