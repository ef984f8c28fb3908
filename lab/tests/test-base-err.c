/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/err.h"
#include "tests/scratch.h"

static void test_err_set_says_kind_and_text(void **state)
{
	struct err err = ERR_INIT;

	assert_int_equal(err_set(&err, ERR_INPUT, "%s:%d", "f.yaml", 3), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_string_equal(err.msg, "f.yaml:3");
	err_set(&err, ERR_HOST, "another");
	assert_int_equal(err.kind, ERR_HOST);
	assert_string_equal(err.msg, "another");
}

static void test_err_set_from_its_own_message(void **state)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_INPUT, "inner");
	err_set(&err, ERR_HOST, "outer (%s)", err.msg);
	assert_string_equal(err.msg, "outer (inner)");
}

static void test_err_null_is_allowed(void **state)
{
	assert_int_equal(err_set(NULL, ERR_HOST, "x"), -1);
	assert_int_equal(err_set_errno(NULL, ERR_HOST, ENOENT, "x"), -1);
	assert_int_equal(err_add(NULL, "x"), -1);
}

static void test_err_set_errno_appends_reason(void **state)
{
	struct err err = ERR_INIT;

	err_set_errno(&err, ERR_HOST, ENOENT, "/a/b");
	assert_string_equal(err.msg, "/a/b: No such file or directory");
}

static void test_err_set_errno_keeps_reason_of_long_text(void **state)
{
	_cleanup_free_ char *text = xcalloc(1, 5000);
	struct err err = ERR_INIT;

	for (size_t length = 1900; length < 4999; length++) {
		memset(text, 'a', length);
		text[length] = '\0';
		err_set_errno(&err, ERR_HOST, ENOSPC, "%s", text);
		assert_true(str_ends(err.msg, ": No space left on device"));
	}
}

static void test_err_add_puts_name_before(void **state)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_BUILD, "exit status 2");
	assert_int_equal(err_add(&err, "%s", "make"), -1);
	assert_int_equal(err_add(&err, "kernel %d", 6), -1);
	assert_string_equal(err.msg, "kernel 6: make: exit status 2");
	assert_int_equal(err.kind, ERR_BUILD);
}

/* A failure that nobody described must not read as success. */
static void test_err_add_to_none_is_an_error(void **state)
{
	struct err err = ERR_INIT;

	err_add(&err, "stage");
	assert_int_not_equal(err_exit_code(&err), 0);
}

static void test_err_too_long_is_cut_with_dots(void **state)
{
	_cleanup_free_ char *text = xcalloc(1, 5000);
	struct err err = ERR_INIT;

	memset(text, 'x', 2047);
	err_set(&err, ERR_HOST, "%s", text);
	assert_int_equal(strlen(err.msg), 2047);
	assert_int_equal(err.msg[2046], 'x');
	memset(text, 'x', 2048);
	err_set(&err, ERR_HOST, "%s", text);
	assert_int_equal(strlen(err.msg), 2047);
	assert_true(str_ends(err.msg, "x..."));
	for (int i = 0; i < 5; i++)
		err_add(&err, "%.*s", 700, text);
	assert_int_equal(strlen(err.msg), 2047);
	assert_true(str_ends(err.msg, "..."));
}

static void test_err_message_is_one_harmless_line(void **state)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_HOST, "a\nb\tc\033[31mred\x7f\xc3\xa9");
	assert_string_equal(err.msg, "a b c?[31mred?\xc3\xa9");
}

static void test_err_exit_code_of_each_kind(void **state)
{
	static const struct {
		enum err_kind kind;
		int code;
	} table[] = {
		{ ERR_NONE, 0 },  { ERR_INPUT, 2 },	{ ERR_HOST, 3 },
		{ ERR_BUILD, 3 }, { ERR_CANCELLED, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct err err = { .kind = table[i].kind };

		assert_int_equal(err_exit_code(&err), table[i].code);
	}
}

static void test_err_bug_says_what_and_aborts(void **state)
{
	char said[64] = "";
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		err_bug("row %d", 7);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_true(read(fds[0], said, sizeof(said) - 1) > 0);
	assert_string_equal(said, "klab: row 7\n");
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err_set_says_kind_and_text),
		cmocka_unit_test(test_err_set_from_its_own_message),
		cmocka_unit_test(test_err_null_is_allowed),
		cmocka_unit_test(test_err_set_errno_appends_reason),
		cmocka_unit_test(test_err_set_errno_keeps_reason_of_long_text),
		cmocka_unit_test(test_err_add_puts_name_before),
		cmocka_unit_test(test_err_add_to_none_is_an_error),
		cmocka_unit_test(test_err_too_long_is_cut_with_dots),
		cmocka_unit_test(test_err_message_is_one_harmless_line),
		cmocka_unit_test(test_err_exit_code_of_each_kind),
		cmocka_unit_test(test_err_bug_says_what_and_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
