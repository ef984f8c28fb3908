/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which values a function may return when it is made to fail, from small programs made here. */
#include "tests/scratch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "symbols/error-list.h"

static char *build(void **state, const char *define)
{
	char *path = scratch_path(state, "vmlinux");
	const char *const argv[] = { "gcc",
				     "-O1",
				     "-fno-toplevel-reorder",
				     "-static",
				     "-nostdlib",
				     "-no-pie",
				     "-Wl,-e,schedule",
				     define,
				     "-o",
				     path,
				     "lab/tests/fixtures/symbols/error-list.c",
				     "lab/tests/fixtures/symbols/error-list-twice.c",
				     NULL };
	struct child_spec spec = { .argv = argv };
	struct err err = ERR_INIT;

	if (child_run_ok(&spec, 60000, 1 << 20, NULL, &err))
		fail_msg("%s", err.msg);
	return path;
}

static struct error_list *read_built(void **state, const char *define)
{
	_cleanup_free_ char *path = build(state, define);
	struct err err = ERR_INIT;
	struct error_list *list = error_list_read(path, &err);

	if (!list)
		fail_msg("%s", err.msg);
	return list;
}

static void all_are_right(void **state, const char *define)
{
	struct error_list *list = read_built(state, define);

	assert_int_equal(error_list_type(list, "give_page"), ERROR_TYPE_NULL);
	assert_int_equal(error_list_type(list, "should_fail_bio"), ERROR_TYPE_ERRNO);
	assert_int_equal(error_list_type(list, "give_page_or_error"), ERROR_TYPE_ERRNO_NULL);
	assert_int_equal(error_list_type(list, "should_fail_page"), ERROR_TYPE_TRUE);
	assert_int_equal(error_list_type(list, "__x64_sys_mkdir"), ERROR_TYPE_ERRNO);
	/* The kernel's list is one of addresses. */
	assert_int_equal(error_list_type(list, "mkdir_too"), ERROR_TYPE_ERRNO);
	assert_int_equal(error_list_type(list, "schedule"), ERROR_TYPE_UNKNOWN);
	assert_int_equal(error_list_type(list, "none_such"), ERROR_TYPE_UNKNOWN);
	assert_int_equal(error_list_type(list, ""), ERROR_TYPE_UNKNOWN);
	assert_int_equal(error_list_type(list, "odd_one"), ERROR_TYPE_UNKNOWN);
	/* One of the two is listed, and nobody knows which the kernel takes. */
	assert_int_equal(error_list_type(list, "twice"), ERROR_TYPE_UNKNOWN);
	error_list_free(list);
}

static void test_error_list_of_a_new_kernel(void **state)
{
	all_are_right(state, "-DBEFORE=0");
}

static void test_error_list_of_an_old_kernel(void **state)
{
	all_are_right(state, "-DBEFORE=1");
}

static void test_error_list_that_tells_nothing(void **state)
{
	static const char *const defines[] = { "-DCALLS=0", "-DCALLS=2", "-DLIST=0" };

	for (size_t i = 0; i < ARRAY_SIZE(defines); i++) {
		struct error_list *list = read_built(state, defines[i]);

		if (error_list_type(list, "should_fail_bio") != ERROR_TYPE_UNKNOWN ||
		    error_list_type(list, "should_fail_page") != ERROR_TYPE_UNKNOWN)
			fail_msg("types out of a list with %s", defines[i]);
		error_list_free(list);
	}
}

static void refuses(const char *path, const char *why)
{
	struct err err = ERR_INIT;

	assert_null(error_list_read(path, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, path));
	if (!strstr(err.msg, why))
		fail_msg("%s\nexpected: %s", err.msg, why);
}

static void test_error_list_refuses_what_is_no_vmlinux(void **state)
{
	_cleanup_free_ char *path = build(state, "-DCALLS=1");
	const char *const argv[] = { "strip", path, NULL };
	struct child_spec spec = { .argv = argv };
	struct err err = ERR_INIT;

	assert_int_equal(child_run_ok(&spec, 60000, 1 << 20, NULL, &err), 0);
	refuses(path, "no symbol table");
	scratch_write(state, "vmlinux", "no ELF file at all");
	refuses(path, "expected a vmlinux");
	scratch_write(state, "vmlinux", "");
	refuses(path, "expected a vmlinux");
	assert_int_equal(remove(path), 0);
	refuses(path, "No such file");
}

static void test_error_list_cut_anywhere_is_no_harm(void **state)
{
	_cleanup_free_ char *path = build(state, "-DCALLS=1");
	off_t size = 0;
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	for (size = st.st_size - 1; size > 0; size -= 97) {
		struct err err = ERR_INIT;
		struct error_list *list;
		enum error_type type;

		assert_int_equal(truncate(path, size), 0);
		list = error_list_read(path, &err);
		type = list ? error_list_type(list, "should_fail_bio") : ERROR_TYPE_UNKNOWN;
		assert_true(type == ERROR_TYPE_UNKNOWN || type == ERROR_TYPE_ERRNO);
		error_list_free(list);
	}
}

static void test_error_types_take_what_the_kernel_takes(void **state)
{
	static const struct {
		int64_t value;
		bool null, error, error_null, truth;
	} values[] = {
		{ 0, true, false, true, false },
		{ 1, false, false, false, true },
		{ 5, false, false, false, false },
		{ -1, false, true, true, false },
		{ -4095, false, true, true, false },
		{ -4096, false, false, false, false },
		{ INT64_MIN, false, false, false, false },
		{ INT64_MAX, false, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		int64_t value = values[i].value;

		assert_int_equal(error_type_takes(ERROR_TYPE_NULL, value), values[i].null);
		assert_int_equal(error_type_takes(ERROR_TYPE_ERRNO, value), values[i].error);
		assert_int_equal(error_type_takes(ERROR_TYPE_ERRNO_NULL, value),
				 values[i].error_null);
		assert_int_equal(error_type_takes(ERROR_TYPE_TRUE, value), values[i].truth);
		assert_true(error_type_takes(ERROR_TYPE_UNKNOWN, value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_error_list_of_a_new_kernel),
		scratch_test(test_error_list_of_an_old_kernel),
		scratch_test(test_error_list_that_tells_nothing),
		scratch_test(test_error_list_refuses_what_is_no_vmlinux),
		scratch_test(test_error_list_cut_anywhere_is_no_harm),
		scratch_test(test_error_types_take_what_the_kernel_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
