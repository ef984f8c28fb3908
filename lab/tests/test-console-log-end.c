// SPDX-License-Identifier: GPL-2.0-or-later
/* The last line of the kernel's log, as init writes it and wherever the bytes are cut. */
#include "base/str.h"
#include "console/log-end.h"
#include "guest-init/kernel-log.h"
#include "tests/scratch.h"

#define NONCE "6f0c1d2e3f405162"

static bool ends(const char *text, size_t length, size_t cut, size_t piece)
{
	struct console_log_end e;

	console_log_end_init(&e, NONCE);
	console_log_end_feed(&e, text, cut);
	for (size_t at = cut; at < length; at += piece)
		console_log_end_feed(&e, text + at, length - at < piece ? length - at : piece);
	return e.found;
}

/* The line that init writes, without the level before it. Yours. */
static char *line_of_init(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "kmsg");
	_cleanup_free_ char *text = NULL;
	size_t length;

	scratch_write(state, "kmsg", "");
	assert_int_equal(kernel_log_end(path, NONCE), 0);
	text = scratch_read(state, "kmsg");
	length = strlen(text);
	assert_memory_equal(text, "<6>", 3);
	assert_int_equal(text[length - 1], '\n');
	return xstrndup(text + 3, length - 4);
}

static void test_log_end_of_init_is_found_wherever_it_is_cut(void **state)
{
	_cleanup_free_ char *line = line_of_init(state);
	_cleanup_free_ char *text =
		xasprintf("[    1.5] klab-init: end of\r\nno newline[    2.5] %s\r\n[ 3.0] reboot: "
			  "Power down\r\n",
			  line);
	size_t length = strlen(text);

	for (size_t cut = 0; cut <= length; cut++) {
		assert_true(ends(text, length, cut, length));
		assert_true(ends(text, length, cut, 1));
		assert_true(ends(text, length, cut, 7));
	}
}

/* Less than the line, at its beginning or its end, is not the line. */
static void test_log_end_cut_off_is_none(void **state)
{
	_cleanup_free_ char *line = line_of_init(state);
	size_t length = strlen(line);

	assert_true(ends(line, length, 0, length));
	for (size_t n = 0; n < length; n++) {
		assert_false(ends(line, n, 0, 5));
		assert_false(ends(line + 1, n, 0, length));
	}
}

static void test_log_end_of_another_boot_is_none(void **state)
{
	struct console_log_end e;
	_cleanup_free_ char *line = line_of_init(state);

	console_log_end_init(&e, "0000000000000000");
	console_log_end_feed(&e, line, strlen(line));
	assert_false(e.found);
}

static void test_log_end_that_cannot_be_written_says_so(void **state)
{
	assert_int_equal(kernel_log_end("/nowhere/kmsg", NONCE), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_log_end_of_init_is_found_wherever_it_is_cut),
		scratch_test(test_log_end_cut_off_is_none),
		scratch_test(test_log_end_of_another_boot_is_none),
		scratch_test(test_log_end_that_cannot_be_written_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
