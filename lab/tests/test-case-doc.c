/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documentation of cases: the help texts against the tables, and the cases that klab brings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "case/case-table.h"
#include "case/report-details.h"
#include "case/report-kinds.h"
#include "report/report.h"

#define HELP_WIDTH 80

/* Is there a line of the text that begins, after blanks, with the word? */
static bool has_row(const char *text, const char *word)
{
	_cleanup_strv_ struct strv lines = { 0 };
	size_t i, length = strlen(word);

	strv_split(&lines, text, '\n');
	for (i = 0; i < lines.count; i++) {
		const char *line = lines.items[i] + strspn(lines.items[i], " ");

		if (strncmp(line, word, length) == 0 &&
		    (line[length] == ' ' || line[length] == ':'))
			return true;
	}
	return false;
}

static void check_row(const char *text, const char *word)
{
	if (!has_row(text, word))
		fail_msg("the help does not explain `%s`", word);
}

static void check_width(const char *text)
{
	_cleanup_strv_ struct strv lines = { 0 };
	size_t i;

	strv_split(&lines, text, '\n');
	for (i = 0; i < lines.count; i++) {
		if (strlen(lines.items[i]) > HELP_WIDTH)
			fail_msg("longer than 80 columns: %s", lines.items[i]);
		if (str_ends(lines.items[i], " "))
			fail_msg("blanks at the end: \"%s\"", lines.items[i]);
	}
}

static void test_help_format_names_every_field_and_expectation(void **state)
{
	_cleanup_free_ char *text = case_help_format();
	size_t i, k;

	check_width(text);
	assert_true(case_field_count > 0 && expect_count > 0);
	for (i = 0; i < case_field_count; i++) {
		check_row(text, case_field_table[i].name);
		assert_true(*case_field_table[i].help);
	}
	for (i = 0; i < expect_common_count; i++)
		check_row(text, expect_common_keys[i].name);
	for (i = 0; i < expect_count; i++) {
		for (k = 0; k < EXPECT_MAX_KEYS && expect_table[i].keys[k].name; k++) {
			check_row(text, expect_table[i].keys[k].name);
			assert_true(*expect_table[i].keys[k].help);
		}
	}
	for (i = 0; i < ARRAY_SIZE(report_kind_table); i++)
		assert_non_null(strstr(text, report_kind_table[i]));
}

static void test_help_steps_names_every_step_and_argument(void **state)
{
	_cleanup_free_ char *all = case_help_steps();
	struct err err = ERR_INIT;
	size_t i, k;

	check_width(all);
	for (i = 0; i < ARRAY_SIZE(step_table); i++) {
		_cleanup_free_ char *one = case_help_step(step_table[i].verb, &err);

		assert_non_null(one);
		check_width(one);
		assert_non_null(strstr(all, one));
		check_row(all, step_table[i].verb);
		for (k = 0; k < STEP_MAX_ARGS && step_table[i].args[k].name; k++)
			check_row(one, step_table[i].args[k].name);
		if (step_table[i].fault)
			assert_non_null(strstr(one, step_table[i].fault));
	}
	assert_null(case_help_step("snapshto", &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "did you mean `snapshot`"));
}

/* The parser itself knows each row: a case that holds the key with a wrong type is told of it. */
static void test_parser_knows_every_field(void **state)
{
	size_t i;

	for (i = 0; i < case_field_count; i++) {
		const struct field *field = &case_field_table[i];
		_cleanup_free_ char *text =
			field->group ? xasprintf("%s:\n  %s: {a: b}\n", field->group, field->name)
			: field->type == FIELD_GROUP ? xasprintf("%s: [a]\n", field->name)
						     : xasprintf("%s: {a: b}\n", field->name);
		_cleanup_free_ char *wanted =
			xasprintf(": `%s` is a %s; expected ", field->name,
				  field->type == FIELD_GROUP ? "list" : "map");
		_cleanup_strv_ struct strv got = { 0 };
		_cleanup_free_ char *all = NULL;
		struct err err = ERR_INIT;

		assert_null(case_read_bytes("t.yaml", text, strlen(text), &got, &err));
		all = strv_join(&got, "\n");
		if (!strstr(all, wanted))
			fail_msg("`%s`: not told that%s", field->name, wanted);
	}
}

/* Every default of every step is a value that the step takes. */
static void test_step_table_defaults_parse(void **state)
{
	size_t i, k, count = 0;

	for (i = 0; i < ARRAY_SIZE(step_table); i++) {
		for (k = 0; k < STEP_MAX_ARGS && step_table[i].args[k].name; k++) {
			const struct arg_def *arg = &step_table[i].args[k];
			_cleanup_free_ char *text = NULL, *told = NULL, *all = NULL;
			_cleanup_strv_ struct strv got = { 0 };
			struct err err = ERR_INIT;

			if (!arg->otherwise)
				continue;
			text = xasprintf("name: x\nquestion: q\nsteps:\n  - %s: {}\n",
					 step_table[i].verb);
			case_free(case_read_bytes("t.yaml", text, strlen(text), &got, &err));
			all = strv_join(&got, "\n");
			told = xasprintf("`%s` is ", arg->name);
			if (strstr(all, told))
				fail_msg("default of %s: %s", step_table[i].verb, all);
			count++;
		}
	}
	assert_true(count > 0);
}

/* Adds what stands between quotes behind each `kind = ` of a C file. */
static void add_kinds_of_file(const char *path, struct strv *kinds)
{
	static const char mark[] = "kind = ";
	struct err err = ERR_INIT;
	_cleanup_free_ char *text = file_read(path, 1 << 20, NULL, &err);
	const char *p = text;

	assert_non_null(text);
	while ((p = strstr(p, mark))) {
		p += strlen(mark);
		if (str_starts(p, "(char *)"))
			p += strlen("(char *)");
		if (*p == '"')
			strv_add_take(kinds, xstrndup(p + 1, strcspn(p + 1, "\"")));
	}
}

/* An expectation can name each kind that lab/report gives, and no other. */
static void test_report_kinds_are_those_of_the_parser(void **state)
{
	_cleanup_strv_ struct strv names = { 0 }, kinds = { 0 };
	struct err err = ERR_INIT;
	_cleanup_free_ char *data = path_data_dir(&err), *dir = path_join(data, "lab/report");
	size_t i;

	assert_int_equal(file_list_dir(dir, &names, &err), 0);
	for (i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(dir, names.items[i]);

		if (str_ends(path, ".c"))
			add_kinds_of_file(path, &kinds);
	}
	assert_true(kinds.count > 0);
	for (i = 0; i < kinds.count; i++)
		if (!str_eq(report_kind_find(kinds.items[i]), kinds.items[i]))
			fail_msg("lab/case/report-kinds.h lacks `%s`", kinds.items[i]);
	for (i = 0; i < ARRAY_SIZE(report_kind_table); i++)
		if (!strv_has(&kinds, report_kind_table[i]))
			fail_msg("lab/report never says `%s`", report_kind_table[i]);
}

/* Each step that a task's result has been promised of: some file of the guest writes that field. */
static void test_results_are_those_of_the_guest(void **state)
{
	_cleanup_strv_ struct strv files = { 0 };
	_cleanup_strbuf_ struct strbuf all = { 0 };
	struct err err = ERR_INIT;
	_cleanup_free_ char *data = path_data_dir(&err), *dir = path_join(data, "guest-init");
	size_t count = 0;

	assert_int_equal(file_list_dir(dir, &files, &err), 0);
	for (size_t i = 0; i < files.count; i++) {
		_cleanup_free_ char *path = path_join(dir, files.items[i]);
		_cleanup_free_ char *text =
			str_ends(path, ".c") ? file_read(path, 1 << 20, NULL, &err) : NULL;

		strbuf_adds(&all, text ? text : "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(step_table); i++) {
		_cleanup_strv_ struct strv fields = { 0 };

		if (step_table[i].results)
			strv_split(&fields, step_table[i].results, '|');
		for (size_t k = 0; k < fields.count; k++) {
			_cleanup_free_ char *quoted = xasprintf("\"%s\"", fields.items[k]);

			if (!str_eq(fields.items[k], "ERRNO") && !strstr(all.data, quoted))
				fail_msg("no %s in guest-init, of %s", quoted, step_table[i].verb);
			count++;
		}
	}
	assert_true(count > 50);
}

static size_t check_details(const char *kind, const json_t *details, const char *prefix)
{
	const char *key;
	size_t count = 0;
	json_t *value;

	json_object_foreach ((json_t *)details, key, value) {
		_cleanup_free_ char *name = xasprintf("%s%s", prefix, key);
		_cleanup_free_ char *below = xasprintf("%s.", name);
		_cleanup_strv_ struct strv known = { 0 };

		if (json_is_object(value))
			count += check_details(kind, value, below);
		else if (!json_is_array(value) && ++count &&
			 !report_detail_known(kind, name, &known))
			fail_msg("lab/case/report-details.c has no `%s` of %s", name, kind);
	}
	return count;
}

/* An answer can name each detail that the parser finds in the consoles we have. */
static void test_report_details_are_those_of_the_parser(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;
	_cleanup_free_ char *data = path_data_dir(&err);
	_cleanup_free_ char *dir = path_join(data, "lab/tests/fixtures/report");
	size_t count = 0, i;

	assert_int_equal(file_list_dir(dir, &names, &err), 0);
	for (size_t n = 0; n < names.count; n++) {
		_cleanup_free_ char *path = xasprintf("%s/%s/console.log", dir, names.items[n]);
		size_t length = 0;
		_cleanup_free_ char *log =
			path_exists(path) ? file_read(path, 1 << 24, &length, &err) : NULL;
		_cleanup_json_ json_t *reports = log ? report_parse_all(log, length) : NULL;
		json_t *report;

		json_array_foreach (reports, i, report)
			count += check_details(json_get_str(report, "kind", ""),
					       json_object_get(report, "details"), "");
	}
	assert_true(count > 100);
}

static void test_cases_all_parse_and_open_with_a_comment(void **state)
{
	_cleanup_strv_ struct strv paths = { 0 };
	struct err err = ERR_INIT;
	_cleanup_free_ char *data = path_data_dir(&err);
	size_t i;

	assert_int_equal(case_list(data, &paths, &err), 0);
	assert_true(paths.count > 0);
	for (i = 0; i < paths.count; i++) {
		struct case_file *c = case_read(paths.items[i], NULL, &err);
		_cleanup_free_ char *file = NULL;

		if (!c)
			fail_msg("%s", err.msg);
		file = xasprintf("%s.yaml", c->name);
		if (!str_eq(path_base(paths.items[i]), file))
			fail_msg("%s: its name is `%s`", paths.items[i], c->name);
		if (!str_starts(c->bytes, "# ") || !memchr(c->bytes, '?', strcspn(c->bytes, "\n")))
			fail_msg("%s: does not open with the question it answers", paths.items[i]);
		case_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help_format_names_every_field_and_expectation),
		cmocka_unit_test(test_help_steps_names_every_step_and_argument),
		cmocka_unit_test(test_parser_knows_every_field),
		cmocka_unit_test(test_step_table_defaults_parse),
		cmocka_unit_test(test_report_kinds_are_those_of_the_parser),
		cmocka_unit_test(test_results_are_those_of_the_guest),
		cmocka_unit_test(test_report_details_are_those_of_the_parser),
		cmocka_unit_test(test_cases_all_parse_and_open_with_a_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
