/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small pure parts of the build: the first error of a log, .config against .config, zstd. */
#include "base/file.h"
#include "base/json.h"
#include "build/build.h"
#include "build/config-diff.h"
#include "build/make.h"
#include "build/zstd-file.h"
#include "tests/scratch.h"

static void assert_first(const char *log, const char *expected)
{
	_cleanup_free_ char *first = make_first_error(log, strlen(log), "/src/linux");

	if (!expected)
		assert_null(first);
	else
		assert_string_equal(first ? first : "(none)", expected);
}

static void test_first_error_is_the_compilers(void **state)
{
	assert_first("  CC      block/bio.o\n"
		     "/src/linux/block/bio.c: In function 'x':\n"
		     "/src/linux/block/bio.c:10:2: warning: unused\n"
		     "/src/linux/block/bio.c:12:9: error: expected ';' before 'y'\n"
		     "make[3]: *** [scripts/Makefile.build:250: block/bio.o] Error 1\n"
		     "/src/linux/mm/x.c:1:1: error: later\n"
		     "make: *** [Makefile:219: __sub-make] Error 2\n",
		     "block/bio.c:12:9: error: expected ';' before 'y'");
	assert_first("x.S: Assembler messages:\nx.S:4: Error: no such instruction: `foo'\n",
		     "x.S:4: Error: no such instruction: `foo'");
	assert_first("In file included from a.c:1:\nb.h:3:10: fatal error: gelf.h: No such file\n",
		     "b.h:3:10: fatal error: gelf.h: No such file");
}

static void test_first_error_of_the_linker_and_of_tools(void **state)
{
	assert_first(
		"ld: block/bio.o: in function `x':\nbio.c:(.text+0x1): undefined reference to `y'\n"
		"make: *** [Makefile:1] Error 1\n",
		"ld: block/bio.o: in function `x':");
	assert_first(
		"/bin/sh: 1: bc: not found\nmake[1]: *** [/src/linux/Kbuild:24: x] Error 127\n",
		"/bin/sh: 1: bc: not found");
	/* A tool's complaint comes first, but the compiler's is the cause. */
	assert_first("sh: pahole: not found\nfs/a.c:3:1: error: no\n", "fs/a.c:3:1: error: no");
}

static void test_first_error_none_in_a_clean_log(void **state)
{
	assert_first("  CC      a.o\n  CC      drivers/error.o\nmake: Leaving directory\n", NULL);
	assert_first("", NULL);
	/* No newline at the end, control characters. */
	assert_first("a.c:1:1: error: \033[1mbold", "a.c:1:1: error:  [1mbold");
}

static void test_config_changed_off_and_absent_are_the_same(void **state)
{
	_cleanup_strv_ struct strv changed = { 0 };

	config_changed("CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_N=1\nCONFIG_GONE=y\n",
		       "CONFIG_A=m\nCONFIG_N=1\n# CONFIG_C is not set\nCONFIG_NEW=\"x\"\n",
		       &changed);
	assert_int_equal(changed.count, 3);
	assert_string_equal(changed.items[0], "A");
	assert_string_equal(changed.items[1], "GONE");
	assert_string_equal(changed.items[2], "NEW");
}

static void test_config_diff_shows_every_side(void **state)
{
	_cleanup_free_ char *a = scratch_path(state, "a");
	_cleanup_free_ char *b = scratch_path(state, "b");
	const char *paths[] = { a, b };
	_cleanup_json_ json_t *diff = NULL;
	struct err err = ERR_INIT;
	json_t *j;

	scratch_write(state, "a",
		      "#\n# Linux/x86 6.1\n#\nCONFIG_BLK_WBT=y\nCONFIG_BLK_WBT_MQ=y\nCONFIG_X=y\n");
	scratch_write(state, "b", "# CONFIG_BLK_WBT is not set\nCONFIG_X=y\n");
	diff = build_config_diff(paths, 2, &err);
	assert_non_null(diff);
	assert_int_equal(json_array_size(diff), 2);
	j = json_array_get(diff, 0);
	assert_string_equal(json_get_str(j, "symbol", ""), "BLK_WBT");
	assert_string_equal(json_string_value(json_array_get(json_get_array(j, "sides"), 1)), "n");
	j = json_array_get(diff, 1);
	assert_string_equal(json_get_str(j, "symbol", ""), "BLK_WBT_MQ");
	assert_true(json_is_null(json_array_get(json_get_array(j, "sides"), 1)));
}

static void test_config_diff_missing_file_is_named(void **state)
{
	const char *paths[] = { "/nowhere/.config" };
	struct err err = ERR_INIT;

	assert_null(build_config_diff(paths, 1, &err));
	assert_non_null(strstr(err.msg, "/nowhere/.config"));
}

static void test_zstd_round_trip_of_many_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 131071, 131072, 131073, 3000000 };
	_cleanup_free_ char *from = scratch_path(state, "from");
	_cleanup_free_ char *small = scratch_path(state, "small");
	_cleanup_free_ char *back = scratch_path(state, "back");
	struct err err = ERR_INIT;

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		_cleanup_free_ char *bytes = xcalloc(1, sizes[s] + 1);
		_cleanup_free_ char *got = NULL;
		char hex[HASH_HEX_SIZE];
		uint64_t n = 0;
		size_t length = 0;

		for (size_t i = 0; i < sizes[s]; i++)
			bytes[i] = (char)(i * i >> 3);
		assert_int_equal(file_write_atomic(from, bytes, sizes[s], &err), 0);
		assert_int_equal(zstd_compress_file(from, small, hex, &n, &err), 0);
		assert_int_equal(n, sizes[s]);
		assert_int_equal(zstd_decompress_file(small, back, hex, &err), 0);
		got = file_read(back, 4000000, &length, &err);
		assert_int_equal(length, sizes[s]);
		assert_memory_equal(got, bytes, sizes[s]);
	}
}

static void test_zstd_damage_is_noticed(void **state)
{
	_cleanup_free_ char *from = scratch_path(state, "from");
	_cleanup_free_ char *small = scratch_path(state, "small");
	_cleanup_free_ char *back = scratch_path(state, "back");
	_cleanup_free_ char *bytes = NULL;
	char hex[HASH_HEX_SIZE];
	size_t length = 0;
	uint64_t n;
	struct err err = ERR_INIT;

	scratch_write(state, "from",
		      "some text that is long enough to be compressed, text, text, text");
	assert_int_equal(zstd_compress_file(from, small, hex, &n, &err), 0);
	bytes = file_read(small, 4096, &length, &err);
	assert_int_equal(file_write_atomic(small, bytes, length - 3, &err), 0);
	assert_int_equal(zstd_decompress_file(small, back, hex, &err), -1);
	assert_non_null(strstr(err.msg, "damaged"));
	assert_false(path_exists(back));
	bytes[length / 2] ^= 1;
	assert_int_equal(file_write_atomic(small, bytes, length, &err), 0);
	assert_int_equal(zstd_decompress_file(small, back, hex, &err), -1);
	assert_false(path_exists(back));
}

/* Each sign as such a compiler or linker says it. */
static void test_compiler_that_is_too_new(void **state)
{
	static const struct {
		const char *log, *says;
	} logs[] = {
		{ "include/linux/compiler-gcc.h:106:1: fatal error: linux/compiler-gcc12.h: No "
		  "such file or directory\n",
		  "needs gcc 5 or older" },
		{ "kernel/bounds.c:1:0: error: code model kernel does not support PIC mode\n",
		  "is for PIE by default" },
		{ "ld: scripts/dtc/dtc-parser.tab.o:(.bss+0x10): multiple definition of `yylloc'; "
		  "scripts/dtc/dtc-lexer.lex.o:(.bss+0x0): first defined here\n",
		  "fixup of scripts/dtc" },
		{ "subcmd-util.h:56:23: error: pointer 'ptr' may be used after 'realloc' "
		  "[-Werror=use-after-free]\n",
		  "a warning that is an error" },
		{ "include/linux/stddef.h:11:9: error: cannot use keyword 'false' as enumeration "
		  "constant\n",
		  "C23" },
		{ "Cannot find symbol for section 7: .text.unlikely.\nkernel/kexec_file.o: failed\n"
		  "make[1]: *** [x] Error 1\n",
		  "recordmcount" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		_cleanup_free_ char *first =
			make_first_error(logs[i].log, strlen(logs[i].log), "/src");
		const char *says = make_too_new(logs[i].log, first ? first : "");

		assert_non_null(says);
		assert_non_null(strstr(says, logs[i].says));
	}
	assert_null(make_too_new("a.c:1:5: error: expected ';'\n", "a.c:1:5: error: expected ';'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_error_is_the_compilers),
		cmocka_unit_test(test_first_error_of_the_linker_and_of_tools),
		cmocka_unit_test(test_first_error_none_in_a_clean_log),
		cmocka_unit_test(test_compiler_that_is_too_new),
		cmocka_unit_test(test_config_changed_off_and_absent_are_the_same),
		scratch_test(test_config_diff_shows_every_side),
		scratch_test(test_config_diff_missing_file_is_named),
		scratch_test(test_zstd_round_trip_of_many_sizes),
		scratch_test(test_zstd_damage_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
