/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/scratch.h"

#include "cmd/options.h"
#include "cmd/ui.h"

#define ARGV_MAX 16

struct parsed {
	struct options opt;
	struct err err;
	int ret;
};

/* Parses "words" split at blanks, as `klab run` does. */
static void parse(struct parsed *p, const char *words)
{
	static struct strv argv;
	struct cmd_env env = { .progress = ui_progress() };

	*p = (struct parsed){ 0 };
	strv_clear(&argv);
	argv = (struct strv){ 0 };
	strv_split(&argv, words, ' ');
	p->ret =
		options_parse(&p->opt, &env, &cmd_run, (int)argv.count, argv.items, 1, -1, &p->err);
}

static void test_options_all_values(void **state)
{
	struct parsed p;

	parse(&p,
	      "run -s /src -k base+fault --with wbt-on --mode deterministic --seed 7 --repeat 3 "
	      "-j 2 --timeout 90s --machine qemu --append quiet --append panic=1 -o /tmp/out -n "
	      "--json -v -q --git-bisect one two");
	assert_int_equal(p.ret, 0);
	assert_string_equal(p.opt.source, "/src");
	assert_int_equal(p.opt.kconfig.count, 2);
	assert_string_equal(p.opt.kconfig.items[1], "fault");
	assert_string_equal(p.opt.with.items[0], "wbt-on");
	assert_int_equal(p.opt.mode, PLAN_MODE_DETERMINISTIC);
	assert_int_equal(p.opt.seed, 7);
	assert_int_equal(p.opt.seed_last, 7);
	assert_int_equal(p.opt.repeat, 3);
	assert_int_equal(p.opt.jobs, 2);
	assert_int_equal(p.opt.timeout_ms, 90000);
	assert_string_equal(p.opt.machine, "qemu");
	assert_int_equal(p.opt.append.count, 2);
	assert_string_equal(p.opt.out_dir, "/tmp/out");
	assert_true(p.opt.dry_run && p.opt.json && p.opt.verbose && p.opt.quiet &&
		    p.opt.git_bisect);
	assert_int_equal(p.opt.args.count, 2);
	assert_string_equal(p.opt.args.items[1], "two");
	options_clear(&p.opt);
}

static void test_options_defaults(void **state)
{
	struct parsed p;

	parse(&p, "run case");
	assert_int_equal(p.ret, 0);
	assert_null(p.opt.source);
	assert_null(p.opt.machine);
	assert_string_equal(p.opt.out_dir, "runs");
	assert_int_equal(p.opt.seed, 1);
	assert_int_equal(p.opt.repeat, 1);
	assert_int_equal(p.opt.mode, PLAN_MODE_FREE);
	assert_int_equal(p.opt.kconfig.count, 0);
	assert_false(p.opt.json || p.opt.dry_run || p.opt.git_bisect);
	options_clear(&p.opt);
}

/* Each of them is the user's mistake, and the message names what was expected. */
static void test_options_wrong_values_say_what_was_expected(void **state)
{
	static const struct {
		const char *words, *says;
	} rows[] = {
		{ "run c --repeat 0", "--repeat: '0': expected a number from 1" },
		{ "run c --repeat x", "--repeat: 'x': expected a number" },
		{ "run c --seed -1", "--seed: '-1': expected a number, or FIRST..LAST" },
		{ "run c --seed 99999999999999999999", "expected a number" },
		{ "run c --seed 5..4", "--seed: '5..4': expected a number, or FIRST..LAST" },
		{ "run c --seed 5..", "--seed: '5..': expected a number, or FIRST..LAST" },
		{ "run c --seed ..5", "--seed: '..5': expected a number, or FIRST..LAST" },
		{ "run c --seed 1..10001", "expected at most 10000 seeds" },
		{ "run c --seed 1..5000 --repeat 3", "expected at most 10000 boots" },
		{ "run c -j 0", "--jobs: '0': expected a number from 1" },
		{ "run c --timeout 5", "--timeout: '5': expected a duration" },
		{ "run c --timeout 0s", "expected a duration" },
		{ "run c --mode fast", "--mode: " },
		{ "run c --kconfig base++fault", "expected fragments joined by '+'" },
		{ "run c --with +", "expected fragments joined by '+'" },
		{ "run c --out", "--out: expected a value after it" },
		{ "run c -o", "-o: expected a value after it" },
		{ "run c --reapeat 3", "did you mean --repeat?" },
		{ "run c --no-such-thing", "`klab help run` lists them" },
		{ "run c -vx", "-x: no such option here" },
		{ "run c --json=yes", "--json" },
		{ "run", "expected: klab run CASE..." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parsed p;

		parse(&p, rows[i].words);
		assert_int_equal(p.ret, -1);
		assert_int_equal(p.err.kind, ERR_INPUT);
		if (!strstr(p.err.msg, rows[i].says))
			fail_msg("'%s' says '%s', not '%s'", rows[i].words, p.err.msg,
				 rows[i].says);
		options_clear(&p.opt);
	}
}

static void test_options_boots_of_a_case(void **state)
{
	static const struct {
		const char *words;
		int count;
		uint64_t seeds[6];
	} rows[] = {
		{ "run c", 1, { 1 } },
		{ "run c --seed 7", 1, { 7 } },
		{ "run c --seed 7 --repeat 3", 3, { 7, 8, 9 } },
		{ "run c --mode record --repeat 2", 2, { 1, 2 } },
		{ "run c --mode deterministic --seed 7 --repeat 3", 3, { 7, 7, 7 } },
		{ "run c --mode deterministic --seed 7..9", 3, { 7, 8, 9 } },
		{ "run c --mode deterministic --seed 7..9 --repeat 2", 6, { 7, 7, 8, 8, 9, 9 } },
		{ "run c --seed 0..1 --repeat 2", 4, { 0, 0, 1, 1 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parsed p;

		parse(&p, rows[i].words);
		assert_int_equal(p.ret, 0);
		assert_int_equal(options_boot_count(&p.opt), rows[i].count);
		for (int k = 0; k < rows[i].count; k++)
			assert_int_equal(options_boot_seed(&p.opt, k), rows[i].seeds[k]);
		options_clear(&p.opt);
	}
}

/* An option of another command is none here. */
static void test_options_of_other_commands_are_unknown(void **state)
{
	char *argv[] = { (char *)"gc", (char *)"--seed", (char *)"1", NULL };
	struct cmd_env env = { .progress = ui_progress() };
	_cleanup_options_ struct options opt = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(options_parse(&opt, &env, &cmd_gc, 3, argv, 0, 0, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "--seed: no such option here"));
}

static void test_case_split_fragments_keeps_a_file_with_plus(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "a+b.config");
	_cleanup_strv_ struct strv parts = { 0 };
	struct err err = ERR_INIT;

	scratch_write(state, "a+b.config", "CONFIG_SWAP=y\n");
	assert_int_equal(case_split_fragments(path, &parts, &err), 0);
	assert_int_equal(case_split_fragments("base+wbt-on", &parts, &err), 0);
	assert_int_equal(parts.count, 3);
	assert_string_equal(parts.items[0], path);
	assert_string_equal(parts.items[2], "wbt-on");
}

/* Every row of every command has what `klab help` prints, and names options that exist. */
static void test_options_help_covers_every_command(void **state)
{
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		_cleanup_strbuf_ struct strbuf out = { 0 };
		size_t lines = 0;

		assert_true((*c)->name[0] && (*c)->summary[0] && (*c)->args);
		options_format_help((*c)->options, &out);
		for (size_t i = 0; i + 3 < out.length; i++)
			if ((i == 0 || out.data[i - 1] == '\n') && memchr(out.data + i, '-', 8))
				lines++;
		assert_true(lines >= (size_t)__builtin_popcount((*c)->options));
		for (const char *line = out.data; line && *line;) {
			size_t length = strcspn(line, "\n");

			assert_true(length <= 80);
			line += length + (line[length] == '\n');
		}
	}
}

static void test_cmd_find_names_the_nearest(void **state)
{
	struct err err = ERR_INIT;

	assert_ptr_equal(cmd_find("compare", &err), &cmd_compare);
	assert_null(cmd_find("comapre", &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "did you mean `klab compare`?"));
	assert_null(cmd_find("frobnicate", &err));
	assert_non_null(strstr(err.msg, "`klab help` lists them"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_all_values),
		cmocka_unit_test(test_options_defaults),
		cmocka_unit_test(test_options_wrong_values_say_what_was_expected),
		cmocka_unit_test(test_options_boots_of_a_case),
		cmocka_unit_test(test_options_of_other_commands_are_unknown),
		scratch_test(test_case_split_fragments_keeps_a_file_with_plus),
		cmocka_unit_test(test_options_help_covers_every_command),
		cmocka_unit_test(test_cmd_find_names_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
