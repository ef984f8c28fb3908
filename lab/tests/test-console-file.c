/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A console is the same, packed or not. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "build/zstd-file.h"
#include "console/console-file.h"
#include "scratch.h"

static char *read_console(void **state)
{
	struct err err = ERR_INIT;
	size_t length = 0;
	char *bytes = console_read(*state, 1 << 20, &length, &err);

	if (!bytes && err.kind != ERR_NONE)
		fail_msg("%s", err.msg);
	return bytes;
}

static void test_console_packed_reads_as_it_was(void **state)
{
	static const char text[] = "[    0.000000] Linux version 6.1\r\n\x1b[0m and so on\n";
	_cleanup_strbuf_ struct strbuf long_text = { 0 };
	_cleanup_free_ char *before = NULL;
	_cleanup_free_ char *after = NULL;
	_cleanup_free_ char *names = NULL;
	struct err err = ERR_INIT;
	uint64_t saved;

	for (int i = 0; i < 5000; i++)
		strbuf_adds(&long_text, text);
	scratch_write(state, "console.log", long_text.data);
	before = read_console(state);
	assert_int_equal(console_pack(*state, &saved, &err), 0);
	assert_true(saved > long_text.length / 2);
	names = scratch_list(state);
	assert_string_equal(names, "console.log.zst");
	assert_string_equal(console_file_name(*state), "console.log.zst");
	after = read_console(state);
	assert_string_equal(before, after);
	assert_string_equal(after, long_text.data);
	/* Once is enough. */
	assert_int_equal(console_pack(*state, &saved, &err), 0);
	assert_int_equal(saved, 0);
}

static void test_console_that_is_none_is_no_error(void **state)
{
	struct err err = ERR_INIT;
	uint64_t saved;
	bool missing;

	assert_null(read_console(state));
	assert_int_equal(console_open(*state, &missing, &err), -1);
	assert_true(missing);
	assert_int_equal(err.kind, ERR_NONE);
	assert_int_equal(console_pack(*state, &saved, &err), 0);
	assert_int_equal(saved, 0);
}

static void test_console_empty_is_packed_too(void **state)
{
	_cleanup_free_ char *after = NULL;
	struct err err = ERR_INIT;
	uint64_t saved;

	scratch_write(state, "console.log", "");
	assert_int_equal(console_pack(*state, &saved, &err), 0);
	after = read_console(state);
	assert_string_equal(after, "");
}

/* Of a stranger: cut, overwritten, larger than anything, a pipe. */
static void test_console_damaged_or_hostile_is_refused(void **state)
{
	_cleanup_free_ char *packed = scratch_path(state, "console.log.zst");
	_cleanup_free_ char *zeros = scratch_path(state, "zeros");
	char hex[HASH_HEX_SIZE];
	struct err err = ERR_INIT;
	uint64_t bytes;
	bool missing;

	scratch_write(state, "console.log.zst", "\x28\xb5\x2f\xfd and no more");
	assert_int_equal(console_open(*state, &missing, &err), -1);
	assert_false(missing);
	assert_non_null(strstr(err.msg, "damaged"));
	scratch_write(state, "zeros", "");
	assert_int_equal(truncate(zeros, (off_t)CONSOLE_MAX_BYTES + 1), 0);
	assert_int_equal(zstd_compress_file(zeros, packed, hex, &bytes, &err), 0);
	err = (struct err)ERR_INIT;
	assert_int_equal(console_open(*state, &missing, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "more than"));
	assert_int_equal(unlink(packed), 0);
	assert_int_equal(mkfifo(packed, 0600), 0);
	assert_int_equal(console_open(*state, &missing, &err), -1);
	assert_non_null(strstr(err.msg, "not a plain file"));
}

/* A klab that was killed between the two left both: what was there first is whole. */
static void test_console_of_both_is_the_plain_one(void **state)
{
	_cleanup_free_ char *text = NULL;

	scratch_write(state, "console.log", "whole\n");
	scratch_write(state, "console.log.zst", "half");
	text = read_console(state);
	assert_string_equal(text, "whole\n");
}

static void test_console_file_of_any_name(void **state)
{
	_cleanup_free_ char *plain = scratch_path(state, "a");
	_cleanup_free_ char *packed = scratch_path(state, "b");
	_cleanup_free_ char *one = NULL;
	_cleanup_free_ char *other = NULL;
	char hex[HASH_HEX_SIZE];
	size_t length;
	uint64_t bytes;

	scratch_write(state, "a", "x\ny\n");
	assert_int_equal(zstd_compress_file(plain, packed, hex, &bytes, NULL), 0);
	one = console_read_file(plain, 100, &length, NULL);
	other = console_read_file(packed, 100, &length, NULL);
	assert_string_equal(one, other);
	assert_null(console_read_file(plain, 3, &length, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_console_packed_reads_as_it_was),
		scratch_test(test_console_that_is_none_is_no_error),
		scratch_test(test_console_empty_is_packed_too),
		scratch_test(test_console_damaged_or_hostile_is_refused),
		scratch_test(test_console_of_both_is_the_plain_one),
		scratch_test(test_console_file_of_any_name),
	};

	return cmocka_run_group_tests_name("console-file", tests, NULL, NULL);
}
