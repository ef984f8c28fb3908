// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/scratch.h"

#include "case/case.h"

static struct case_file *read_probes_text(const char *probes, struct strv *mistakes)
{
	_cleanup_free_ char *text = xasprintf("name: p\nquestion: q\nsteps: [{sleep: 1s}]\n"
					      "probes: %s\n",
					      probes);

	return case_read_bytes("p.yaml", text, strlen(text), mistakes, NULL);
}

static void test_case_probes_are_read(void **state)
{
	struct case_file *c =
		read_probes_text("[{at: oom_kill_process}, {at: 'mm/swap.c:12', when: "
				 "'$rdi && sig == 9', args: false, limit: 3}]",
				 NULL);

	assert_non_null(c);
	assert_int_equal(c->probe_count, 2);
	assert_string_equal(c->probes[0].at, "oom_kill_process");
	assert_null(c->probes[0].when);
	assert_true(c->probes[0].args);
	assert_int_equal(c->probes[0].limit, 10);
	assert_int_equal(c->probes[0].line, 4);
	assert_string_equal(c->probes[1].at, "mm/swap.c:12");
	assert_string_equal(c->probes[1].when, "$rdi && sig == 9");
	assert_false(c->probes[1].args);
	assert_int_equal(c->probes[1].limit, 3);
	/* Without it there are no lines and no arguments, so it is known before the build. */
	assert_true(strv_has(&c->require, "DEBUG_INFO"));
	case_free(c);
}

static void test_case_probes_mistakes(void **state)
{
	static const struct {
		const char *probes, *says;
	} rows[] = {
		{ "[]", "`probes` is an empty list; expected a list of 1 to" },
		{ "f", "`probes` is text; expected a list" },
		{ "[f]", "a probe that is text; expected a map such as {at: oom_kill_process}" },
		{ "[{when: x}]", "the probe lacks `at`; expected a function" },
		{ "[{att: f}]",
		  "a probe has no `att` (did you mean `at`?); expected `at`, `when`" },
		{ "[{at: f, limit: 0}]", "`limit` is" },
		{ "[{at: f, args: 3}]", "`args` is" },
		{ "[{at: f g}]", "`at` is 'f g': expected a function of the kernel, or FILE:LINE" },
		{ "[{at: '*0xffff'}]", "`at` is '*0xffff': expected" },
		{ "[{at: '-f'}]", "`at` is '-f': expected" },
		{ "[{at: '/etc/x.c:1'}]", "`at` is '/etc/x.c:1': expected" },
		{ "[{at: 'x.c:'}]", "`at` is 'x.c:': expected" },
		/* What would run a program of the host. */
		{ "[{at: f, when: '$_shell(\"id\")'}]",
		  "`when` is '$_shell(\"id\")': expected a C" },
		{ "[{at: f, when: 'a $'}]", "`when` is '$': expected a C" },
		{ "[{at: f, when: \"a\\nb\"}]", "`when` is '" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strv_ struct strv mistakes = { 0 };
		_cleanup_free_ char *all = NULL;

		assert_null(read_probes_text(rows[i].probes, &mistakes));
		all = strv_join(&mistakes, "\n");
		if (!strstr(all, rows[i].says))
			fail_msg("%s: %s", rows[i].probes, all);
	}
}

static void test_case_probe_parse_as_on_the_command_line(void **state)
{
	struct case_probe p;
	struct err err = ERR_INIT;

	assert_int_equal(case_probe_parse(&p, "send_signal_locked if sig == 9", &err), 0);
	assert_string_equal(p.at, "send_signal_locked");
	assert_string_equal(p.when, "sig == 9");
	assert_int_equal(p.line, 0);
	case_probe_clear(&p);
	assert_int_equal(case_probe_parse(&p, "f.isra.0", &err), 0);
	assert_null(p.when);
	case_probe_clear(&p);
	assert_int_equal(case_probe_parse(&p, "f if ", &err), -1);
	assert_int_equal(case_probe_parse(&p, "", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case_probes_are_read),
		cmocka_unit_test(test_case_probes_mistakes),
		cmocka_unit_test(test_case_probe_parse_as_on_the_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
