/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small kernels of a few functions, compiled and linked here: as a kernel is, at its addresses. */
#include "tests/scratch.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "symbols/kernel-diff.h"

static const char main_source[] =
	"#ifdef MOVED\n" /* functions, data and a string in front of all others */
	"int more(int x) { return x * 7 + 1; }\n"
	"int more_data[33] = { 1, 2, 3 };\n"
	"const char *more_text(void) { return \"in front of the others\"; }\n"
	"#endif\n"
	"int numbers[16] = { 1, 2, 3, 4 }, between = 1, sum;\n"
	"int plain(int x) { return x * 3 + CONSTANT; }\n"
	"const char *text(void) { return TEXT; }\n"
	"int calls(int x) { return plain(x) + plain(x + 1); }\n"
	"int loop(void) { for (int *p = numbers; p < numbers + 16; p++) sum += *p; return sum; }\n"
	"int biased(unsigned long i) { return numbers[i - 1]; }\n"
	"int choose(int x)\n"
	"{\n"
	"	switch (x) {\n"
	"	case 0: return plain(7); case 1: sum = 3; return 1; case 2: return calls(5);\n"
	"	case 3: sum = 9; return 8; case 4: return loop(); case 5: return CASE5;\n"
	"	case 6: sum++; return 2;\n"
	"	}\n"
	"	return 0;\n"
	"}\n"
	"int values(unsigned int x)\n"
	"{\n"
	"	switch (x) {\n"
	"	case 0: return 17; case 1: return 3; case 2: return VALUE; case 3: return 99;\n"
	"	case 4: return 54; case 5: return 32; case 6: return -4; case 7: return 60;\n"
	"	}\n"
	"	return 1;\n"
	"}\n"
	"int (*pointer(void))(int) { return &plain; }\n"
	/* Of one size at one place: what refers to them has the same bytes. */
	"#ifdef SLOT\n"
	"int slot_b(int x) { return x + 5; }\n"
	"int slot_data_b = 1;\n"
	"#define slot slot_b\n#define slot_data slot_data_b\n"
	"#else\n"
	"int slot_a(int x) { return x + 5; }\n"
	"int slot_data_a = 1;\n"
	"#define slot slot_a\n#define slot_data slot_data_a\n"
	"#endif\n"
	"int calls_slot(int x) { return slot(x) * 2; }\n"
	"int reads_slot(void) { return slot_data; }\n"
	"static int __attribute__((used)) twice(int x) { return x + 1; }\n"
	"int first_twice(int x) { return twice(x); }\n"
	/* Names of the compiler's for parts. */
	"int whole(int x) { return x - 2; }\n"
	"int part(int x) __asm__(\"whole.cold\");\n"
	"int part(int x) { return x * 11 + COLD; }\n"
	"int clone(int x) __asm__(CLONE);\n"
	"int clone(int x) { return x ^ 0x1234; }\n"
	/* A place with a replacement, and the table that tells of it. */
	"__asm__(\".pushsection .text\\n.globl patched\\n.type patched, @function\\npatched:\\n\"\n"
	"	\"1: .byte 0x0f, 0x1f, 0x44, 0, 0\\n2: ret\\n.size patched, . - "
	"patched\\n.popsection\\n\"\n"
	"	\".pushsection .altinstr_replacement, \\\"ax\\\"\\n3: \" REPLACEMENT "
	"\"\\n4:\\n.popsection\\n\"\n"
	"	\".pushsection .altinstructions, \\\"a\\\"\\n.globl __alt_instructions\\n\"\n"
	"	\"__alt_instructions: .long 1b - ., 3b - .\\n.word 77\\n.byte 2b - 1b, 4b - "
	"3b\\n\"\n"
	"	\".globl __alt_instructions_end\\n__alt_instructions_end:\\n.popsection\\n\");\n"
	"int _start(void) { return calls(1); }\n";

static const char second_source[] =
	"#ifdef MOVED\nint even_more(void) { return 3; }\n#endif\n"
	"static int __attribute__((used)) twice(int x) { return x + 1 + SECOND; }\n"
	"int second_twice(int x) { return twice(x); }\n";

/* A kernel of the two sources with these -D, blanks between them. Its path, yours. */
static char *link_kernel(void **state, const char *name, const char *defines)
{
	static const char *const usual[] = {
		"gcc",
		"-O2",
		"-nostdlib",
		"-static",
		"-no-pie",
		"-fno-pic",
		"-mcmodel=kernel",
		"-fno-inline",
		"-fno-reorder-functions",
		"-fcf-protection=none",
		"-fno-asynchronous-unwind-tables",
		"-fno-toplevel-reorder",
		"-fno-ipa-icf",
		"-fno-ipa-cp",
		"-Wl,-Ttext=0xffffffff81000000",
		"-Wl,--build-id=none",
		"-Wl,-z,norelro",
		"-DCONSTANT=1",
		"-DTEXT=\"some text\"",
		"-DCASE5=7",
		"-DVALUE=5",
		"-DCOLD=3",
		"-DCLONE=\"clone.isra.0\"",
		"-DREPLACEMENT=\"call plain\"",
		"-DSECOND=0",
	};
	_cleanup_strv_ struct strv argv = { 0 };
	struct child_spec spec = { 0 };
	char *path = scratch_path(state, name);
	struct err err = ERR_INIT;

	scratch_write(state, "main.c", main_source);
	scratch_write(state, "second.c", second_source);
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		strv_add(&argv, usual[i]);
	/* A later -D would warn: take the earlier one back. */
	for (const char *d = defines; *d;) {
		size_t length = strcspn(d, "|");
		_cleanup_free_ char *define = xstrndup(d, length);

		strv_addf(&argv, "-U%.*s", (int)strcspn(define, "="), define);
		strv_addf(&argv, "-D%s", define);
		d += length + (d[length] == '|');
	}
	strv_add(&argv, "-o");
	strv_add(&argv, path);
	strv_add_take(&argv, scratch_path(state, "main.c"));
	strv_add_take(&argv, scratch_path(state, "second.c"));
	spec.argv = (const char *const *)argv.items;
	if (child_run_ok(&spec, 120000, 1 << 20, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	return path;
}

/* "~plain +more -gone": what differs between the kernels of two sets of -D, by name. Yours. */
static char *differences(void **state, const char *first, const char *second)
{
	_cleanup_free_ char *a = link_kernel(state, "a", first),
			    *b = link_kernel(state, "b", second);
	_cleanup_strbuf_ struct strbuf text = { 0 };
	_cleanup_kernel_diff_ struct kernel_diff d = { 0 };
	struct err err = ERR_INIT;

	if (kernel_diff_files(&d, a, b, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(d.count, d.added + d.removed + d.changed);
	assert_true(d.same > 10);
	assert_int_equal(d.not_compared.count, 0);
	for (size_t i = 0; i < d.count; i++)
		strbuf_addf(&text, "%s%c%s", i ? " " : "", "=~+-"[d.functions[i].status],
			    d.functions[i].name);
	strbuf_adds(&text, "");
	return strbuf_take(&text);
}

static void assert_differ(void **state, const char *first, const char *second, const char *expected)
{
	_cleanup_free_ char *found = differences(state, first, second);

	assert_string_equal(found, expected);
}

static void test_kernel_diff_of_a_kernel_that_only_moved(void **state)
{
	assert_differ(state, "", "", "");
	assert_differ(state, "", "MOVED", "+even_more +more +more_text");
	assert_differ(state, "MOVED", "", "-even_more -more -more_text");
}

static void test_kernel_diff_tells_changed_instructions(void **state)
{
	assert_differ(state, "", "CONSTANT=2", "~plain");
	assert_differ(state, "", "MOVED|CONSTANT=2", "+even_more +more +more_text ~plain");
}

static void test_kernel_diff_looks_into_constants_of_the_compiler(void **state)
{
	assert_differ(state, "", "TEXT=\"same text\"", "~text");
	assert_differ(state, "", "MOVED|VALUE=6", "+even_more +more +more_text ~values");
	assert_differ(state, "", "CASE5=2", "~choose");
}

static void test_kernel_diff_same_bytes_that_refer_to_another(void **state)
{
	assert_differ(state, "", "SLOT", "~calls_slot ~reads_slot -slot_a +slot_b");
}

static void test_kernel_diff_functions_of_one_name(void **state)
{
	assert_differ(state, "", "SECOND=1", "~twice");
	assert_differ(state, "", "MOVED|SECOND=1", "+even_more +more +more_text ~twice");
}

static void test_kernel_diff_parts_and_clones(void **state)
{
	assert_differ(state, "", "COLD=4", "~whole");
	assert_differ(state, "", "CLONE=\"clone.constprop.0\"", "");
	assert_differ(state, "", "CLONE=\"clone\"", "");
	assert_differ(state, "", "CLONE=\"clonk\"", "-clone.isra.0 +clonk");
}

static void test_kernel_diff_replacements_belong_to_the_function(void **state)
{
	assert_differ(state, "", "REPLACEMENT=\"call calls\"", "~patched");
	assert_differ(state, "", "REPLACEMENT=\"nop\"", "~patched");
}

/* Whatever byte of a function differs, it is told of that function. */
static void test_kernel_diff_misses_no_byte(void **state)
{
	_cleanup_free_ char *a = link_kernel(state, "a", ""), *b = link_kernel(state, "b", "");
	_cleanup_close_ int fd = open(b, O_RDWR | O_CLOEXEC);
	size_t length;
	_cleanup_free_ char *bytes = file_read(b, 1 << 20, &length, NULL);
	size_t tried = 0;

	assert_non_null(bytes);
	/* The code is the first 300 bytes of the page that is linked first. */
	for (size_t at = 0x1000; at < 0x1000 + 300; at += 3) {
		_cleanup_kernel_diff_ struct kernel_diff d = { 0 };
		struct err err = ERR_INIT;
		char flipped = (char)(bytes[at] ^ 0x10);

		assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
		assert_int_equal(kernel_diff_files(&d, a, b, &err), 0);
		if (d.count > 1)
			fail_msg("0x%zx: %s and %s", at, d.functions[0].name, d.functions[1].name);
		tried += d.count;
		assert_int_equal(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
	}
	/* The others are between functions. */
	assert_in_range(tried, 60, 100);
}

static void test_kernel_diff_refuses_what_is_no_kernel(void **state)
{
	_cleanup_free_ char *kernel = link_kernel(state, "a", ""),
			    *none = scratch_path(state, "none");
	_cleanup_free_ char *text = scratch_path(state, "main.c");
	const char *const files[] = { none, text };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_kernel_diff_ struct kernel_diff d = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(kernel_diff_files(&d, kernel, files[i], &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.msg, files[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_kernel_diff_of_a_kernel_that_only_moved),
		scratch_test(test_kernel_diff_tells_changed_instructions),
		scratch_test(test_kernel_diff_looks_into_constants_of_the_compiler),
		scratch_test(test_kernel_diff_same_bytes_that_refer_to_another),
		scratch_test(test_kernel_diff_functions_of_one_name),
		scratch_test(test_kernel_diff_parts_and_clones),
		scratch_test(test_kernel_diff_replacements_belong_to_the_function),
		scratch_test(test_kernel_diff_misses_no_byte),
		scratch_test(test_kernel_diff_refuses_what_is_no_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
