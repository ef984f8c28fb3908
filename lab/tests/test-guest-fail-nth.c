// SPDX-License-Identifier: GPL-2.0-or-later
/* The sweep's calls and its tracing, as far as a kernel without fail-nth goes. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "case/step-table.h"
#include "guest-init/fail-nth.h"

static const char *choices_of_fail_nth(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(step_table); i++)
		for (size_t k = 0; k < STEP_MAX_ARGS && step_table[i].args[k].name; k++)
			if (str_eq(step_table[i].verb, "fail_nth") &&
			    str_eq(step_table[i].args[k].name, "call"))
				return step_table[i].args[k].choices;
	return NULL;
}

static void test_every_choice_is_a_call(void **state)
{
	_cleanup_strv_ struct strv choices = { 0 };

	strv_split(&choices, choices_of_fail_nth(), '|');
	assert_true(choices.count > 10);
	for (size_t i = 0; i < choices.count; i++)
		assert_non_null(nth_call_find(choices.items[i]));
	assert_null(nth_call_find("ope"));
}

static int ask_parent(void *argument)
{
	(void)argument;
	raise(SIGSTOP);
	syscall(SYS_getppid);
	return 7;
}

/* A kernel with fail-nth goes on, with nothing to inject into; one without says what it needs. */
static void test_run_finds_the_call(void **state)
{
	const struct nth_program program = { .main = ask_parent, .number = SYS_getppid, .at = 1 };
	struct nth_outcome outcome;
	const char *why = "";

	if (nth_run(&program, 1, &outcome, &why)) {
		assert_non_null(strstr(why, "FAULT_INJECTION"));
	} else {
		assert_true(outcome.returned);
		assert_false(outcome.injected);
		assert_int_equal(outcome.result, getpid());
	}
	assert_true(WIFEXITED(outcome.status));
	assert_int_equal(WEXITSTATUS(outcome.status), 7);
}

static void test_run_of_a_program_without_the_call_says_so(void **state)
{
	const struct nth_program program = { .main = ask_parent, .number = SYS_getppid, .at = 2 };
	struct nth_outcome outcome;
	const char *why = "";

	assert_int_equal(nth_run(&program, 1, &outcome, &why), -1);
	assert_string_equal(why, "the program ended before it made the call");
	assert_int_equal(errno, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_choice_is_a_call),
		cmocka_unit_test(test_run_finds_the_call),
		cmocka_unit_test(test_run_of_a_program_without_the_call_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
