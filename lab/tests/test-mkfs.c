/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filesystem of a mkfs step, packed on the host and unpacked as the guest does. */
#include "tests/scratch.h"

#include <errno.h>

#include "base/child.h"
#include "base/file.h"
#include "build/filesystem.h"
#include "guest-init/filesystem.h"

#define HEAD "name: t\nquestion: Q?\nsteps:\n  - scsi_debug: {size: 64M, as: disk}\n"
#define SIZE (4u << 20)

/* Packs the filesystem of a case's second step; false with err. */
static bool pack(const char *dir, const char *step, struct strbuf *packed, struct err *err)
{
	_cleanup_free_ char *text = xasprintf(HEAD "  - mkfs: %s\n", step);
	struct case_file *test = case_read_bytes("t.yaml", text, strlen(text), NULL, err);
	bool good;

	if (!test)
		fail_msg("%s", err->msg);
	good = filesystem_pack(&test->steps[1], dir, packed, err) == 0;
	case_free(test);
	return good;
}

static char *put(const char *dir, const char *name, const void *bytes, size_t length)
{
	char *path = path_join(dir, name);

	assert_int_equal(file_write_atomic(path, bytes, length, NULL), 0);
	return path;
}

/* A file of `size` bytes, all ones, stands for a device that was in use. */
static char *put_device(const char *dir, size_t size)
{
	_cleanup_free_ char *ones = xcalloc(1, size);

	memset(ones, 0xff, size);
	return put(dir, "device", ones, size);
}

static void check_filesystem(const char *path)
{
	const char *argv[] = { "/sbin/e2fsck", "-fn", path, NULL };
	const struct child_spec spec = { .argv = argv };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct err err = ERR_INIT;

	if (child_run_ok(&spec, 60000, 65536, &out, &err))
		fail_msg("%s\n%s", err.msg, out.data);
}

static void test_mkfs_gives_a_sound_filesystem_on_a_used_device(void **state)
{
	const char *dir = *state;
	_cleanup_strbuf_ struct strbuf packed = { 0 };
	_cleanup_free_ char *file = NULL, *device = put_device(dir, SIZE), *bytes = NULL;
	struct err err = ERR_INIT;
	size_t length;
	uint32_t written;

	if (!pack(dir, "{device: disk, size: 4M}", &packed, &err))
		fail_msg("%s", err.msg);
	/* Empty blocks are not in it. */
	assert_true(packed.length < SIZE / 4);
	file = put(dir, "packed", packed.data, packed.length);
	assert_int_equal(filesystem_unpack(file, device), 0);
	check_filesystem(device);
	bytes = file_read(device, SIZE, &length, &err);
	assert_int_equal(length, SIZE);
	/* s_wtime of the superblock: no clock was read. */
	memcpy(&written, bytes + 1024 + 0x30, sizeof(written));
	assert_int_equal(written, 1700000000);
}

static void test_mkfs_twice_is_the_same_to_the_byte(void **state)
{
	_cleanup_strbuf_ struct strbuf first = { 0 }, second = { 0 }, other = { 0 };
	struct err err = ERR_INIT;

	assert_true(pack(*state, "disk", &first, &err));
	assert_true(pack(*state, "disk", &second, &err));
	assert_int_equal(first.length, second.length);
	assert_memory_equal(first.data, second.data, first.length);
	assert_true(pack(*state, "{device: disk, features: ^has_journal}", &other, &err));
	assert_true(other.length != first.length ||
		    memcmp(other.data, first.data, first.length) != 0);
}

static void test_mkfs_says_what_mke2fs_says(void **state)
{
	_cleanup_strbuf_ struct strbuf packed = { 0 };
	struct err err = ERR_INIT;

	assert_false(pack(*state, "{device: disk, features: ^nope}", &packed, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "mke2fs: Invalid filesystem option set: ^nope"));
}

static void test_mkfs_refuses_a_device_that_is_too_small(void **state)
{
	const char *dir = *state;
	_cleanup_strbuf_ struct strbuf packed = { 0 };
	_cleanup_free_ char *file = NULL, *device = put_device(dir, SIZE - 1);
	struct err err = ERR_INIT;

	assert_true(pack(dir, "{device: disk, size: 4M}", &packed, &err));
	file = put(dir, "packed", packed.data, packed.length);
	assert_int_equal(filesystem_unpack(file, device), ENOSPC);
	assert_int_equal(filesystem_unpack(file, "/nonexistent/device"), ENOENT);
}

/* Cut inside a record's head or content it is none; between two of them it cannot be told. */
static void test_mkfs_refuses_a_packed_file_that_is_broken(void **state)
{
	const char *dir = *state;
	static char bytes[16 + 16 + 8] = "klabfs1\n";
	_cleanup_free_ char *device = put_device(dir, 4096), *whole = NULL;

	bytes[9] = 16; /* size 4096 */
	bytes[24] = 8; /* one record of 8 bytes at 0 */
	whole = put(dir, "packed", bytes, sizeof(bytes));
	assert_int_equal(filesystem_unpack(whole, device), 0);
	for (size_t length = 0; length < sizeof(bytes); length++) {
		_cleanup_free_ char *cut = put(dir, "packed", bytes, length);

		assert_int_equal(filesystem_unpack(cut, device), length == 16 ? 0 : EBADMSG);
	}
	bytes[17] = 16; /* at 4096: beyond its end */
	free(put(dir, "packed", bytes, sizeof(bytes)));
	assert_int_equal(filesystem_unpack(whole, device), EBADMSG);
	bytes[17] = 0;
	memset(bytes + 24, 0xff, 8);
	free(put(dir, "packed", bytes, sizeof(bytes)));
	assert_int_equal(filesystem_unpack(whole, device), EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_mkfs_gives_a_sound_filesystem_on_a_used_device),
		scratch_test(test_mkfs_twice_is_the_same_to_the_byte),
		scratch_test(test_mkfs_says_what_mke2fs_says),
		scratch_test(test_mkfs_refuses_a_device_that_is_too_small),
		scratch_test(test_mkfs_refuses_a_packed_file_that_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
