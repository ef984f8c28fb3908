// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "guest-init/plan.h"

#define HEAD "klab-plan 1\nnonce 6f0c00112233aabb\nseed 7\n"

static int parse(struct guest_plan *plan, const char *text, struct plan_error *error)
{
	/* A copy of just that length: reading beyond it is caught. */
	size_t length = strlen(text);
	char *exact = xmalloc(length + !length);
	int result;

	memcpy(exact, text, length);
	result = guest_plan_parse(plan, exact, length, error);
	free(exact);
	return result;
}

static void test_guest_plan_reads_what_docs_show(void **state)
{
	struct guest_plan plan;
	struct plan_error error;

	assert_int_equal(parse(&plan,
			       HEAD "fact readable /sys/block/{disk}/queue/wbt_lat_usec\n"
				    "step 0 12 scsi_debug\n"
				    "arg size 67108864\n"
				    "arg as disk\n"
				    "step 1 13 snapshot\n"
				    "arg files /proc/swaps\n"
				    "arg files cgroup:t/memory.stat\n"
				    "end\n",
			       &error),
			 0);
	assert_string_equal(plan.nonce, "6f0c00112233aabb");
	assert_int_equal(plan.seed, 7);
	assert_int_equal(plan.fact_count, 1);
	assert_int_equal(plan.facts[0].kind, FACT_READABLE);
	assert_string_equal(plan.facts[0].path, "/sys/block/{disk}/queue/wbt_lat_usec");
	assert_string_equal(plan.facts[0].text, "readable /sys/block/{disk}/queue/wbt_lat_usec");
	assert_null(plan.facts[0].value);
	assert_int_equal(plan.step_count, 2);
	assert_string_equal(plan.steps[0].verb, "scsi_debug");
	assert_int_equal(plan.steps[0].line, 12);
	assert_int_equal(plan_arg_int(&plan.steps[0], "size", 0), 67108864);
	assert_int_equal(plan_arg_int(&plan.steps[0], "as", -5), -5);
	assert_null(plan_arg(&plan.steps[0], "delay"));
	assert_int_equal(plan.steps[1].index, 1);
	assert_int_equal(plan.steps[1].arg_count, 2);
	assert_string_equal(plan.steps[1].args[0].value, "/proc/swaps");
	assert_string_equal(plan.steps[1].args[1].value, "cgroup:t/memory.stat");
	guest_plan_clear(&plan);
}

static void test_guest_plan_to_a_checkpoint(void **state)
{
	struct guest_plan plan;
	struct plan_error error;

	assert_int_equal(parse(&plan, HEAD "mailbox\nstep 0 3 checkpoint\nend\n", &error), 0);
	assert_true(plan.mailbox);
	guest_plan_clear(&plan);
	assert_int_equal(parse(&plan, HEAD "step 0 3 checkpoint\nend\n", &error), 0);
	assert_false(plan.mailbox);
	guest_plan_clear(&plan);
	assert_int_equal(parse(&plan, HEAD "mailbox 1\nstep 0 3 checkpoint\nend\n", &error), -1);
}

static void test_guest_plan_decodes_values(void **state)
{
	struct guest_plan plan;
	struct plan_error error;

	assert_int_equal(parse(&plan,
			       HEAD "step 0 3 write\narg path /a%20b%0a\narg value \n"
				    "arg memory%2Emax 100%25%C3%A9\nend\n",
			       &error),
			 0);
	assert_string_equal(plan_arg(&plan.steps[0], "path"), "/a b\n");
	assert_string_equal(plan_arg(&plan.steps[0], "value"), "");
	assert_string_equal(plan_arg(&plan.steps[0], "memory.max"), "100%\xc3\xa9");
	guest_plan_clear(&plan);
}

static void test_guest_plan_reads_facts_of_every_kind(void **state)
{
	struct guest_plan plan;
	struct plan_error error;

	assert_int_equal(parse(&plan,
			       HEAD "fact exists /a\nfact absent /b*\nfact unreadable /c\n"
				    "fact equals /d two%20words\nfact equals /e \nend\n",
			       &error),
			 0);
	assert_int_equal(plan.fact_count, 5);
	assert_int_equal(plan.facts[0].kind, FACT_EXISTS);
	assert_int_equal(plan.facts[1].kind, FACT_ABSENT);
	assert_string_equal(plan.facts[1].path, "/b*");
	assert_int_equal(plan.facts[2].kind, FACT_UNREADABLE);
	assert_int_equal(plan.facts[3].kind, FACT_EQUALS);
	assert_string_equal(plan.facts[3].path, "/d");
	assert_string_equal(plan.facts[3].value, "two words");
	assert_string_equal(plan.facts[3].text, "equals /d two words");
	assert_string_equal(plan.facts[4].value, "");
	guest_plan_clear(&plan);
}

static void test_guest_plan_skew_means_exact(void **state)
{
	struct guest_plan plan;
	struct plan_error error;

	assert_int_equal(parse(&plan, HEAD "end\n", &error), 0);
	assert_false(plan.exact);
	guest_plan_clear(&plan);
	assert_int_equal(parse(&plan, HEAD "skew 0\nend\n", &error), 0);
	assert_true(plan.exact);
	assert_int_equal(plan.skew, 0);
	guest_plan_clear(&plan);
	assert_int_equal(parse(&plan, HEAD "skew 7999999\nend\n", &error), 0);
	assert_int_equal(plan.skew, 7999999);
	guest_plan_clear(&plan);
}

static void test_guest_plan_mistake_names_the_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *what;
	} rows[] = {
		{ "", 0, "the plan has no end" },
		{ "\n", 1, "klab-plan" },
		{ "klab-plan 2\nend\n", 1, "plan version 2" },
		{ "klab-plan 1\nend\n", 0, "no nonce" },
		{ "klab-plan 1\nnonce 6f0c00112233aabb\nend\n", 0, "no seed" },
		{ "klab-plan 1\nnonce 6F0C00112233AABB\n", 2, "16 lower-case" },
		{ "klab-plan 1\nnonce 6f0c\n", 2, "16 lower-case" },
		{ "klab-plan 1\nseed -1\n", 2, "seed" },
		{ "klab-plan 1\nseed 99999999999999999999\n", 2, "seed" },
		{ HEAD "seed 7\n", 4, "second time" },
		{ HEAD "nonce 6f0c00112233aabb\n", 4, "second time" },
		{ HEAD "skew 0\nskew 0\n", 5, "second time" },
		{ HEAD "skew x\n", 4, "no number" },
		{ HEAD "klab-plan 1\n", 4, "second time" },
		{ HEAD "fact sometimes /a\n", 4, "'sometimes'" },
		{ HEAD "fact exists relative\n", 4, "absolute" },
		{ HEAD "fact exists\n", 4, "absolute" },
		{ HEAD "step 1 3 write\n", 4, "step 0" },
		{ HEAD "step 0 3 write\nstep 0 3 write\n", 5, "step 1" },
		{ HEAD "step 0 x write\n", 4, "line is no number" },
		{ HEAD "step 0 3\n", 4, "no verb" },
		{ HEAD "step 0 3 two words\n", 4, "0x20 is not encoded" },
		{ HEAD "arg a b\n", 4, "before the first step" },
		{ HEAD "step 0 3 write\narg a\n", 5, "without a value" },
		{ HEAD "step 0 3 write\narg  b\n", 5, "without a name" },
		{ HEAD "step 0 3 write\narg a b%0\n", 5, "two hex digits" },
		{ HEAD "step 0 3 write\narg a b%zz\n", 5, "two hex digits" },
		{ HEAD "step 0 3 write\narg a b%00\n", 5, "NUL" },
		{ HEAD "step 0 3 write\narg a b\tc\n", 5, "0x09 is not encoded" },
		{ HEAD "step 0 3 write\narg a \xc3\xa9\n", 5, "0xc3 is not encoded" },
		{ HEAD "stop\n", 4, "'stop'" },
		{ HEAD "end 1\n", 4, "'end'" },
		{ HEAD "end\nend\n", 5, "after the end" },
		{ HEAD "end", 4, "cut" },
		{ HEAD, 0, "no end" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest_plan plan;
		struct plan_error error;

		assert_int_equal(parse(&plan, rows[i].text, &error), -1);
		if (error.line != rows[i].line || !strstr(error.what, rows[i].what))
			fail_msg("row %zu: line %d '%s', expected line %d '%s'", i, error.line,
				 error.what, rows[i].line, rows[i].what);
		assert_null(plan.strings);
		assert_int_equal(plan.step_count, 0);
	}
}

static void test_guest_plan_refuses_nul_and_too_much(void **state)
{
	static const char nul[] = HEAD "end\n\0";
	char *large = xcalloc(1, PLAN_MAX_BYTES + 1);
	struct guest_plan plan;
	struct plan_error error;

	assert_int_equal(guest_plan_parse(&plan, nul, sizeof(nul), &error), -1);
	assert_non_null(strstr(error.what, "NUL"));
	memset(large, '\n', PLAN_MAX_BYTES + 1);
	assert_int_equal(guest_plan_parse(&plan, large, PLAN_MAX_BYTES + 1, &error), -1);
	assert_non_null(strstr(error.what, "larger"));
	free(large);
}

/* A plan that lost its end anywhere must never be carried out in part. */
static void test_guest_plan_cut_anywhere_is_refused(void **state)
{
	static const char text[] =
		HEAD "fact equals /d x\nstep 0 3 write\narg path /a\narg value b%20c\nend\n";
	struct guest_plan plan;
	struct plan_error error;

	for (size_t length = 0; length < strlen(text); length++)
		assert_int_equal(guest_plan_parse(&plan, text, length, &error), -1);
	assert_int_equal(guest_plan_parse(&plan, text, strlen(text), &error), 0);
	guest_plan_clear(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guest_plan_reads_what_docs_show),
		cmocka_unit_test(test_guest_plan_to_a_checkpoint),
		cmocka_unit_test(test_guest_plan_decodes_values),
		cmocka_unit_test(test_guest_plan_reads_facts_of_every_kind),
		cmocka_unit_test(test_guest_plan_skew_means_exact),
		cmocka_unit_test(test_guest_plan_mistake_names_the_line),
		cmocka_unit_test(test_guest_plan_refuses_nul_and_too_much),
		cmocka_unit_test(test_guest_plan_cut_anywhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
