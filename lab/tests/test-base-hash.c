/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/str.h"

/* FIPS 180-4 example and the vectors of NIST's CAVP (empty, one million 'a'). */
static void test_hash_bytes_known_vectors(void **state)
{
	char hex[HASH_HEX_SIZE];
	_cleanup_free_ char *million = xmalloc(1000000);

	hash_bytes("", 0, hex);
	assert_string_equal(hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hash_bytes("abc", 3, hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	memset(million, 'a', 1000000);
	hash_bytes(million, 1000000, hex);
	assert_string_equal(hex,
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static char *temp_dir(void)
{
	char *dir = xasprintf("%s/hash.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static void test_hash_file_same_as_bytes(void **state)
{
	_cleanup_free_ char *dir = temp_dir();
	_cleanup_free_ char *path = path_join(dir, "f");
	char from_file[HASH_HEX_SIZE], from_bytes[HASH_HEX_SIZE];
	_cleanup_free_ char *bytes = xcalloc(1, 700001);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 700001; i++)
		bytes[i] = (char)(i * 31);
	assert_int_equal(file_write_atomic(path, bytes, 700001, &err), 0);
	assert_int_equal(hash_file(path, from_file, &err), 0);
	hash_bytes(bytes, 700001, from_bytes);
	assert_string_equal(from_file, from_bytes);
	assert_int_equal(file_remove_tree(dir, &err), 0);
}

static void test_hash_file_missing_names_it(void **state)
{
	char hex[HASH_HEX_SIZE];
	struct err err = ERR_INIT;

	assert_int_equal(hash_file("/nowhere/at-all", hex, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "/nowhere/at-all"));
}

static void hash_two(const char *a, const char *b, char hex[HASH_HEX_SIZE])
{
	struct hasher *h = hasher_new();

	hasher_adds(h, a);
	hasher_adds(h, b);
	hasher_end(h, hex);
}

static void test_hasher_parts_do_not_run_together(void **state)
{
	static const char *const pairs[][2] = {
		{ "ab", "c" }, { "a", "bc" },	{ "abc", "" },
		{ "", "abc" }, { "abc", NULL }, { NULL, "abc" },
	};
	char hex[ARRAY_SIZE(pairs)][HASH_HEX_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char again[HASH_HEX_SIZE];

		hash_two(pairs[i][0], pairs[i][1], hex[i]);
		hash_two(pairs[i][0], pairs[i][1], again);
		assert_string_equal(hex[i], again);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(hex[i], hex[j]);
	}
}

/* "123456789" is the check value that every catalogue of CRCs gives. */
static void test_crc32_known_vectors(void **state)
{
	assert_int_equal(crc32_ieee(0, "", 0), 0);
	assert_int_equal(crc32_ieee(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_ieee(crc32_ieee(0, "1234", 4), "56789", 5), 0xcbf43926);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_bytes_known_vectors),
		cmocka_unit_test(test_hash_file_same_as_bytes),
		cmocka_unit_test(test_hash_file_missing_names_it),
		cmocka_unit_test(test_hasher_parts_do_not_run_together),
		cmocka_unit_test(test_crc32_known_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
