/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading cases: the fixtures in lab/tests/fixtures/case, and what no file can hold. */
#include "tests/scratch.h"

#include "base/file.h"
#include "case/case.h"
#include "case/value.h"

/* In the order of the file: "LINE:COLUMN: beginning of the text". */
static void expected_mistakes(const char *bytes, struct strv *out)
{
	static const char mark[] = "# expect: ";
	_cleanup_strv_ struct strv lines = { 0 };
	size_t i;

	strv_split(&lines, bytes, '\n');
	for (i = 0; i < lines.count; i++)
		if (str_starts(lines.items[i], mark))
			strv_add(out, lines.items[i] + strlen(mark));
}

static char *fixture_dir(const char *name)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *data = path_data_dir(&err);

	if (!data)
		fail_msg("%s", err.msg);
	return xasprintf("%s/lab/tests/fixtures/case/%s", data, name);
}

static void check_bad(const char *path)
{
	_cleanup_strv_ struct strv expected = { 0 }, got = { 0 };
	struct err err = ERR_INIT;
	_cleanup_free_ char *bytes = file_read(path, YAML_MAX_BYTES, NULL, &err);
	struct case_file *c;
	size_t i;

	assert_non_null(bytes);
	expected_mistakes(bytes, &expected);
	if (!expected.count)
		fail_msg("%s: no `# expect:` line", path);
	c = case_read(path, &got, &err);
	case_free(c);
	if (c)
		fail_msg("%s: taken for a good case", path);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(str_starts(err.msg, path));
	for (i = 0; i < expected.count && i < got.count; i++) {
		assert_true(str_starts(got.items[i], path));
		if (!str_starts(got.items[i] + strlen(path) + 1, expected.items[i]))
			fail_msg("%s\n  expected: %s", got.items[i], expected.items[i]);
	}
	if (expected.count != got.count)
		fail_msg("%s: %zu mistakes told, %zu expected; the first that differs: %s", path,
			 got.count, expected.count,
			 got.count > expected.count ? got.items[i] : expected.items[i]);
}

static void each_yaml(const char *folder, void (*check)(const char *path))
{
	_cleanup_free_ char *dir = fixture_dir(folder);
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;
	size_t i, count = 0;

	assert_int_equal(file_list_dir(dir, &names, &err), 0);
	for (i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(dir, names.items[i]);

		if (!str_ends(path, ".yaml"))
			continue;
		check(path);
		count++;
	}
	assert_true(count > 0);
}

static void test_case_read_many_processors_require_smp(void **state)
{
	static const char *const texts[] = {
		"name: x\nquestion: q\nsteps: [mkdir: /a]\n",
		"name: x\nquestion: q\nmachine: {cpus: 2}\nsteps: [mkdir: /a]\n",
		("name: x\nquestion: q\nmachine: {cpus: 2}\nkernel: {require: [SMP]}\n"
		 "steps: [mkdir: /a]\n"),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err err = ERR_INIT;
		struct case_file *c =
			case_read_bytes("x.yaml", texts[i], strlen(texts[i]), NULL, &err);

		if (!c)
			fail_msg("%s", err.msg);
		assert_int_equal(c->require.count, i > 0);
		if (i)
			assert_string_equal(c->require.items[0], "SMP");
		case_free(c);
	}
}

/* A step, an argument that is written, and what is chosen: each with its place. */
static void test_case_read_steps_require(void **state)
{
	static const char text[] = "name: x\nquestion: q\nsteps:\n"
				   "  - null_blk: {size: 1M, as: d, requeue_nth: 3}\n"
				   "  - null_blk: {size: 1M, as: e, requeue_nth: 3}\n"
				   "  - notifier_error: {chain: pm, action: PM_SUSPEND_PREPARE}\n";
	static const char *const rows[][2] = {
		{ "BLK_DEV_NULL_BLK", "x.yaml:4:5: `null_blk`" },
		{ "CONFIGFS_FS", "x.yaml:4:5: `null_blk`" },
		{ "BLK_DEV_NULL_BLK_FAULT_INJECTION", "x.yaml:4:46: `requeue_nth`" },
		{ "NOTIFIER_ERROR_INJECTION", "x.yaml:6:5: `notifier_error`" },
		{ "PM_NOTIFIER_ERROR_INJECT", "x.yaml:6:29: `chain`" },
	};
	struct err err = ERR_INIT;
	struct case_file *c = case_read_bytes("x.yaml", text, strlen(text), NULL, &err);

	if (!c)
		fail_msg("%s", err.msg);
	assert_int_equal(c->require.count, ARRAY_SIZE(rows));
	assert_int_equal(c->require_by.count, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(c->require.items[i], rows[i][0]);
		assert_string_equal(c->require_by.items[i], rows[i][1]);
	}
	case_free(c);
}

static void test_case_read_bad_fixtures(void **state)
{
	each_yaml("bad", check_bad);
}

static void check_good(const char *path)
{
	_cleanup_strv_ struct strv got = { 0 };
	struct err err = ERR_INIT;
	struct case_file *c = case_read(path, &got, &err);

	if (!c)
		fail_msg("%s", got.count ? got.items[0] : err.msg);
	assert_int_equal(got.count, 0);
	case_free(c);
}

static void test_case_read_good_fixtures(void **state)
{
	each_yaml("good", check_good);
}

static struct case_file *read_text(const char *text)
{
	_cleanup_strv_ struct strv got = { 0 };
	struct err err = ERR_INIT;
	struct case_file *c = case_read_bytes("t.yaml", text, strlen(text), &got, &err);

	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

static void assert_arg(const struct case_file *c, size_t step, const char *name, const char *value)
{
	assert_true(step < c->step_count);
	if (!value)
		assert_null(case_step_arg(&c->steps[step], name));
	else
		assert_string_equal(case_step_arg(&c->steps[step], name), value);
}

static void test_case_read_defaults(void **state)
{
	struct case_file *c = read_text("name: x\nquestion: q\nsteps:\n  - mkdir: /a\n");

	assert_int_equal(c->fragments.count, 1);
	assert_string_equal(c->fragments.items[0], "base");
	assert_int_equal(c->memory_bytes, 256 << 20);
	assert_int_equal(c->cpus, 1);
	assert_int_equal(c->timeout_ms, 120000);
	assert_int_equal(c->expect_count, 0);
	assert_int_equal(c->steps[0].line, 4);
	assert_string_equal(c->dir, ".");
	case_free(c);
}

static void test_case_read_units(void **state)
{
	struct case_file *c = read_text("name: x\nquestion: q\ntimeout: 2m\nsteps:\n"
					"  - scsi_debug: {size: 64M, as: d, every_nth: 1}\n"
					"  - swapon: {device: d, mkswap: Off}\n"
					"  - memhog: {size: 8192, as: h}\n"
					"  - wait: {task: h}\n"
					"  - kill: {task: h, signal: SIGBUS}\n"
					"  - snapshot: [/proc/swaps, /proc/stat]\n"
					"  - sleep: 0\n"
					"  - write: {path: /f, value: x, errno: ENOSPC}\n"
					"  - fail_function: {function: f, retval: -ENOMEM}\n"
					"  - fail_function: {function: f, retval: 1}\n");

	assert_int_equal(c->timeout_ms, 120000);
	assert_arg(c, 0, "size", "67108864");
	assert_arg(c, 0, "delay", "0");
	assert_arg(c, 0, "every_nth", "1");
	assert_string_equal(c->steps[0].args[c->steps[0].arg_count - 1].name, "every_nth");
	assert_arg(c, 1, "mkswap", "0");
	assert_arg(c, 1, "priority", NULL);
	assert_arg(c, 2, "size", "8192");
	assert_arg(c, 2, "hold", "0");
	assert_arg(c, 2, "cgroup", NULL);
	assert_arg(c, 3, "timeout", "60000");
	assert_arg(c, 4, "signal", "7");
	assert_arg(c, 5, "label", "5");
	assert_int_equal(c->steps[5].args[0].values.count, 2);
	assert_string_equal(c->steps[5].args[0].values.items[1], "/proc/stat");
	assert_arg(c, 6, "for", "0");
	assert_arg(c, 7, "errno", "28");
	assert_arg(c, 8, "retval", "-12");
	assert_arg(c, 9, "retval", "1");
	case_free(c);
}

static const char *const swap_case =
	"name: x\nquestion: q\nsteps:\n"
	"  - scsi_debug: {size: 64M, as: d}\n"
	"  - cgroup: {name: t, memory.max: 40M}\n"
	"  - fail_make_request: {device: d}\n"
	"  - memhog: {size: 8M, as: hog}\n"
	"  - snapshot: [cgroup:t/memory.stat]\n"
	"expect:\n"
	"  - {task: hog, killed_by: SIGKILL}\n"
	"  - {task: hog, exits: 0, or_exits: 5}\n"
	"  - {report: oom-kill, task: memhog, cgroup: /t}\n"
	"  - {report: any, title: 'in .*swap', at_most: 2}\n"
	"  - {injected: fail_make_request, at_least: 3}\n"
	"  - trace: [submit_bio_noacct,\n      __swap_writepage]\n"
	"  - {snapshot: 'cgroup:t/memory.stat', field: anon, at_most: 40M}\n"
	"  - {result: hog, field: pages_wrong, equals: 0}\n";

static void test_case_read_expectations(void **state)
{
	struct case_file *c = read_text(swap_case);
	const struct case_expect *e = c->expects;

	assert_int_equal(c->expect_count, 8);
	assert_int_equal(e[0].kind, EXPECT_TASK);
	assert_int_equal(e[0].killed_by, 9);
	assert_false(e[0].has_exit);
	assert_string_equal(e[0].text, "task: hog, killed_by: SIGKILL");
	assert_int_equal(e[0].line, 10);
	assert_true(e[1].has_exit);
	assert_int_equal(e[1].exit_code, 0);
	assert_false(e[0].has_or_exit);
	assert_true(e[1].has_or_exit);
	assert_int_equal(e[1].or_exit, 5);
	assert_int_equal(e[2].kind, EXPECT_REPORT);
	assert_string_equal(e[2].subject, "oom-kill");
	assert_string_equal(e[2].task, "memhog");
	assert_string_equal(e[2].cgroup, "/t");
	assert_true(e[2].at_least == 1 && e[2].at_most == INT64_MAX);
	assert_null(e[3].subject);
	assert_string_equal(e[3].title, "in .*swap");
	assert_int_equal(e[3].at_most, 2);
	assert_int_equal(e[4].at_least, 3);
	assert_int_equal(e[5].functions.count, 2);
	assert_string_equal(e[5].text, "trace: [submit_bio_noacct, __swap_writepage]");
	assert_true(e[6].at_least == INT64_MIN && e[6].at_most == 40 << 20);
	assert_true(e[7].at_least == 0 && e[7].at_most == 0);
	case_free(c);
}

/* Kinds are spelt either way, and kept as the parser of reports spells them. */
static void test_case_read_report_kind_spellings(void **state)
{
	struct case_file *c = read_text("name: x\nquestion: q\nsteps: [mkdir: /a]\nexpect:\n"
					"  - report: oom_kill\n  - no_report: rcu-stall\n");

	assert_string_equal(c->expects[0].subject, "oom-kill");
	assert_string_equal(c->expects[1].subject, "rcu_stall");
	case_free(c);
}

static void test_case_read_missing_file(void **state)
{
	_cleanup_strv_ struct strv got = { 0 };
	struct err err = ERR_INIT;

	assert_null(case_read("/nonexistent/x.yaml", &got, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "/nonexistent/x.yaml"));
	assert_int_equal(got.count, 1);
}

static void test_case_read_huge_file(void **state)
{
	size_t length = YAML_MAX_BYTES + 1;
	_cleanup_free_ char *text = xmalloc(length);
	struct err err = ERR_INIT;

	memset(text, '#', length);
	assert_null(case_read_bytes("t.yaml", text, length, NULL, &err));
	assert_non_null(strstr(err.msg, "t.yaml:1:1: the file has 1048577 bytes"));
	/* One byte less is read, and found to say nothing. */
	assert_null(case_read_bytes("t.yaml", text, length - 1, NULL, &err));
	assert_non_null(strstr(err.msg, "the file is empty"));
}

/* As much as fits in 1 MiB, of everything that nests or repeats: told in time, never a crash. */
static void test_case_read_hostile_shapes(void **state)
{
	static const char *const units[] = { "[",      "{a: ", "- ",	"? ",	    "- [",
					     "a: |\n", "'",    "- a\n", "{}\n",	    "&a ",
					     "*a ",    "!!a ", "%a\n",	"---\n",    "...\n",
					     "a,",     "\"\\", ">\n\n", "steps: [", "-\n" };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		_cleanup_strbuf_ struct strbuf sb = { 0 };
		_cleanup_strv_ struct strv got = { 0 };
		struct err err = ERR_INIT;

		for (k = 0; sb.length + strlen(units[i]) <= 64 * 1024; k++)
			strbuf_adds(&sb, units[i]);
		assert_null(case_read_bytes("t.yaml", sb.data, sb.length, &got, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_true(got.count >= 1 && got.count <= MISTAKES_MAX + 1);
	}
}

static void test_case_read_counts_many_mistakes(void **state)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	_cleanup_strv_ struct strv got = { 0 };
	struct err err = ERR_INIT;
	size_t i;

	strbuf_adds(&sb, "name: x\nquestion: q\nsteps:\n");
	for (i = 0; i < 150; i++)
		strbuf_adds(&sb, "  - nope: 1\n");
	assert_null(case_read_bytes("t.yaml", sb.data, sb.length, &got, &err));
	assert_int_equal(got.count, MISTAKES_MAX + 1);
	assert_string_equal(got.items[MISTAKES_MAX], "t.yaml: and 50 more mistakes");
	assert_non_null(strstr(err.msg, "(and 149 more)"));
}

/* A case cut anywhere is a mistake or a case, and never reads beyond its bytes (ASan looks). */
static void test_case_read_cut_anywhere(void **state)
{
	size_t length = strlen(swap_case), i;

	for (i = 0; i <= length; i++) {
		char *cut = xmalloc(i ? i : 1);
		struct err err = ERR_INIT;
		struct case_file *c;

		memcpy(cut, swap_case, i);
		c = case_read_bytes("t.yaml", cut, i, NULL, &err);
		assert_true(c || err.kind == ERR_INPUT);
		case_free(c);
		free(cut);
	}
}

static void test_case_read_byte_order_mark_and_crlf(void **state)
{
	struct case_file *c =
		read_text("\xef\xbb\xbfname: x\r\nquestion: q\r\nsteps:\r\n  - mkdir: /a\r\n");

	assert_string_equal(c->name, "x");
	assert_string_equal(c->question, "q");
	assert_arg(c, 0, "path", "/a");
	case_free(c);
}

static void test_yaml_single_quotes(void **state)
{
	static const struct {
		const char *yaml, *text;
	} rows[] = {
		{ "''", "" },
		{ "'it''s'", "it's" },
		{ "'''''a'''''", "''a''" },
		{ "'a \n   b'", "a b" },
		{ "'a\r\n\r\n\r\n \tb'", "a\n\nb" },
		/* YAML 1.2.2, example 7.9, with more indentation. */
		{ "' 1st non-empty\n\n   2nd non-empty \n   3rd non-empty '",
		  " 1st non-empty\n2nd non-empty 3rd non-empty " },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = xasprintf("k: %s\n", rows[i].yaml);
		_cleanup_mistakes_ struct mistakes m = { 0 };
		_cleanup_yaml_ struct yaml_node *root = yaml_parse(text, strlen(text), &m);

		assert_int_equal(m.count, 0);
		assert_string_equal(root->items[0]->text, rows[i].text);
		assert_int_equal(root->items[0]->column, 4);
	}
}

static void test_case_find_by_name_and_path(void **state)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *data = path_data_dir(&err);
	_cleanup_free_ char *named = case_find("swap-write-eio", data, &err);
	_cleanup_free_ char *pathed = named ? case_find(named, data, &err) : NULL;

	assert_non_null(named);
	assert_true(str_ends(named, "cases/swap/swap-write-eio.yaml"));
	assert_string_equal(named, pathed);
	assert_null(case_find("swap-write-eoi", data, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "did you mean `swap-write-eio`"));
	assert_null(case_find("./nothing.yaml", data, &err));
	assert_int_equal(err.kind, ERR_INPUT);
}

static void test_case_check_fragments_names_the_place(void **state)
{
	const char *dir = *state;
	_cleanup_free_ char *folder = NULL, *file = NULL;
	_cleanup_strv_ struct strv got = { 0 };
	struct err err = ERR_INIT;
	struct case_file *c = read_text("name: x\nquestion: q\nkernel:\n"
					"  fragments: [base, fualt, ./no.config]\n"
					"steps: [mkdir: /a]\n");

	folder = path_join(dir, "kconfigs");
	file = path_join(folder, "base.config");
	assert_int_equal(file_mkdir_p(folder, &err), 0);
	assert_int_equal(file_write_atomic(file, "", 0, &err), 0);
	assert_int_equal(case_check_fragments(c, dir, &got, &err), -1);
	assert_int_equal(got.count, 2);
	assert_true(str_starts(got.items[0], "t.yaml:4:21: no fragment `fualt`; expected a name"));
	assert_true(str_starts(got.items[1], "t.yaml:4:28: no fragment `./no.config`"));
	case_free(c);
}

static void test_utf8_char_length_limits(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} rows[] = {
		{ "a", 1 },
		{ "\xc3\xa9", 2 },
		{ "\xe2\x82\xac", 3 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\xc0\xaf", 0 },
		{ "\xe0\x80\x80", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xc3", 0 },
		{ "\xff", 0 },
		{ "\x80", 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(utf8_char_length(rows[i].bytes, strlen(rows[i].bytes)),
				 rows[i].length);
	assert_int_equal(utf8_char_length("", 0), 0);
}

static void test_signal_number_names(void **state)
{
	assert_int_equal(signal_number("SIGKILL"), 9);
	assert_int_equal(signal_number("BUS"), 7);
	assert_int_equal(signal_number("SIGNOTHING"), 0);
	assert_int_equal(signal_number(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case_read_bad_fixtures),
		cmocka_unit_test(test_case_read_many_processors_require_smp),
		cmocka_unit_test(test_case_read_steps_require),
		cmocka_unit_test(test_case_read_good_fixtures),
		cmocka_unit_test(test_case_read_defaults),
		cmocka_unit_test(test_case_read_units),
		cmocka_unit_test(test_case_read_expectations),
		cmocka_unit_test(test_case_read_report_kind_spellings),
		cmocka_unit_test(test_case_read_missing_file),
		cmocka_unit_test(test_case_read_huge_file),
		cmocka_unit_test(test_case_read_hostile_shapes),
		cmocka_unit_test(test_case_read_counts_many_mistakes),
		cmocka_unit_test(test_case_read_cut_anywhere),
		cmocka_unit_test(test_case_read_byte_order_mark_and_crlf),
		cmocka_unit_test(test_yaml_single_quotes),
		cmocka_unit_test(test_case_find_by_name_and_path),
		scratch_test(test_case_check_fragments_names_the_place),
		cmocka_unit_test(test_utf8_char_length_limits),
		cmocka_unit_test(test_signal_number_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
