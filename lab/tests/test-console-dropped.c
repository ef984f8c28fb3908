// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's own word on messages that it dropped, wherever the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "console/dropped.h"

static uint64_t dropped_in(const char *text, size_t length, size_t cut)
{
	struct console_dropped d = { 0 };

	console_dropped_feed(&d, text, cut);
	console_dropped_feed(&d, text + cut, length - cut);
	console_dropped_end(&d);
	return d.messages;
}

static void test_console_dropped_by_line(void **state)
{
	static const struct {
		const char *text;
		uint64_t messages;
	} lines[] = {
		{ "** 12 printk messages dropped **\n", 12 },
		{ "** 12 printk messages dropped ** [    1.5] hello\n", 12 }, /* before 5.18 */
		{ "# ** 7 printk messages dropped **\r\n", 7 },
		{ "** 1 printk messages dropped **\n[ 1.0] a\n** 2 printk messages dropped **", 3 },
		{ "** 99999999999999999999 printk messages dropped **\n** 5 printk messages "
		  "dropped **",
		  UINT64_MAX },
		{ "** printk messages dropped **\n", 0 },
		{ "12 printk messages dropped **\n", 0 },
		{ "** 12 printk messages dropped\n", 0 },
		{ "** 12 printk\nmessages dropped **\n", 0 },
		{ " printk messages dropped **\n", 0 },
		{ "", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		size_t length = strlen(lines[i].text);

		for (size_t cut = 0; cut <= length; cut++)
			if (dropped_in(lines[i].text, length, cut) != lines[i].messages)
				fail_msg("\"%s\" cut at %zu", lines[i].text, cut);
	}
}

/* Lines of any length, and bytes of any kind, cost a line's beginning. */
static void test_console_dropped_bounded(void **state)
{
	_cleanup_free_ char *text = xmalloc(100000);
	struct console_dropped d = { 0 };

	memset(text, 0, 100000);
	for (int i = 0; i < 20; i++)
		console_dropped_feed(&d, text, 100000);
	console_dropped_feed(&d, "\n** 3 printk messages dropped **\n", 33);
	assert_int_equal(d.messages, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console_dropped_by_line),
		cmocka_unit_test(test_console_dropped_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
