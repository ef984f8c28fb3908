/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A night's plan: what is wrong with one, and its documentation. */
#include "base/file.h"
#include "plan/night.h"
#include "tests/scratch.h"

static struct night_plan *read_plan(const char *text, struct err *err)
{
	return night_plan_read_bytes("plan.yaml", text, strlen(text), NULL, err);
}

static void test_night_plan_tells_mistakes_with_their_place(void **state)
{
	static const struct {
		const char *text, *expected;
	} table[] = {
		{ "", "plan.yaml:1:1: the file is empty; expected a plan, see `klab help plan`" },
		{ "- a\n", "plan.yaml:1:1: the file is a list; expected a map with `name`" },
		{ "name: a\n", "plan.yaml:1:1: the plan lacks `cases`" },
		{ "cases: a\n", "plan.yaml:1:1: the plan lacks `name`" },
		{ "name: a b\ncases: a\n", "plan.yaml:1:7: `name`" },
		{ "name: a\ncases: []\n", "plan.yaml:2:8: `cases` is an empty list" },
		{ "name: a\ncase: a\n", "plan.yaml:2:1: no key `case` (did you mean `cases`?)" },
		{ "name: a\ncases: a\nseeds: 5..2\n", "plan.yaml:3:8: `seeds` is `5..2`" },
		{ "name: a\ncases: a\nseeds: [1]\n", "plan.yaml:3:8: `seeds` is a list" },
		{ "name: a\ncases: a\nmode: fast\n", "plan.yaml:3:7: `mode`: no mode `fast`" },
		{ "name: a\ncases: a\nrepeat: 0\n", "plan.yaml:3:9: `repeat`" },
		{ "name: a\ncases: a\nbudget: soon\n", "plan.yaml:3:9: `budget`" },
		{ "name: a\ncases: a\nmemory: 1K\n", "plan.yaml:3:9: `memory`" },
		{ "name: a\ncases: a\njobs: many\n", "plan.yaml:3:7: `jobs`" },
		{ "name: a\ncases: a\nmode: deterministic\nrepeat: 2\n", "expected `seeds: 1..2`" },
		{ "name: a\ncases: a\nseeds: 1..200000\n", "more than 100000 boots" },
		{ "name: a\ncases: a\ninclude: x\n", "plan.yaml:3:10: `include` is text" },
		{ "name: a\ncases: a\ninclude: [x]\n", "plan.yaml:3:11: an include is text" },
		{ "name: a\ncases: a\ninclude: [{budget: 1h}]\n",
		  "plan.yaml:3:12: no key `budget`" },
		{ "name: a\ncases: a\nexclude: [{seeds: 3}]\n", "plan.yaml:3:12: no key `seeds`" },
		{ "name: a\ncases: a\nexclude: [{}]\n",
		  "plan.yaml:3:11: an exclude of everything" },
		{ "name: a\ninclude: [{seeds: 1}]\n", "plan.yaml:2:11: the include lacks `cases`" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct err err = ERR_INIT;
		struct night_plan *plan = read_plan(table[i].text, &err);

		if (plan || err.kind != ERR_INPUT || !strstr(err.msg, table[i].expected))
			fail_msg("of %s: %s", table[i].text, plan ? "no mistake" : err.msg);
	}
}

static void test_night_help_names_every_field(void **state)
{
	_cleanup_free_ char *text = night_plan_help();
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.count; i++)
		if (strlen(lines.items[i]) > 80)
			fail_msg("longer than 80 columns: %s", lines.items[i]);
	for (size_t i = 0; i < night_field_count; i++) {
		_cleanup_free_ char *row = xasprintf("\n  %s ", night_field_table[i].name);

		if (!strstr(text, row))
			fail_msg("the help does not explain `%s`", night_field_table[i].name);
	}
}

/* Lines of the text that begin with so many blanks, without them. Yours. */
static char *indented(const char *text, int blanks)
{
	_cleanup_strv_ struct strv lines = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.count; i++)
		if ((int)strspn(lines.items[i], " ") >= blanks)
			strbuf_addf(&out, "%s\n", lines.items[i] + blanks);
	return strbuf_take(&out);
}

static void test_night_examples_are_plans(void **state)
{
	_cleanup_free_ char *data = path_data_dir(NULL);
	_cleanup_free_ char *help = night_plan_help();
	_cleanup_free_ char *start = xstrdup(strstr(help, "  # What"));
	_cleanup_free_ char *doc_path = path_join(data, "docs/nightly.md");
	_cleanup_free_ char *doc = file_read(doc_path, 1 << 20, NULL, NULL), *plan_text = NULL;
	struct err err = ERR_INIT;
	struct night_plan *plan;

	*strstr(start, "\n\n") = '\0';
	plan_text = indented(start, 2);
	plan = read_plan(plan_text, &err);
	if (!plan)
		fail_msg("%s", err.msg);
	assert_int_equal(plan->budget_ms, 6 * 3600 * 1000);
	night_plan_free(plan);
	free(plan_text);
	assert_non_null(doc);
	*strstr(doc, "\nOnly `name`") = '\0';
	plan_text = indented(doc, 4);
	plan = read_plan(plan_text, &err);
	if (!plan)
		fail_msg("%s", err.msg);
	assert_int_equal(plan->exclude_count, 2);
	night_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_night_plan_tells_mistakes_with_their_place),
		cmocka_unit_test(test_night_help_names_every_field),
		cmocka_unit_test(test_night_examples_are_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
