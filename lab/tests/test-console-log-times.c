// SPDX-License-Identifier: GPL-2.0-or-later
/* The times of the kernel's log on a console, as init tells them and wherever the bytes are cut. */
#include "base/str.h"
#include "console/log-times.h"
#include "guest-init/kernel-log.h"
#include "tests/scratch.h"

static const char console[] =
	"[    0.000000] Linux version\r\n[    1.234567] one\r\n[    1.234567] goes on\r\n"
	"[12345.000001][    T1] two\r\nuser's[    2.500000] three [4.5] [ 77.000000 ] [x1.000000] "
	"[    9.1234567] [    9.12345]\r\n";

static size_t missing(const char *wanted, const char *text, size_t cut, size_t piece, bool *any)
{
	struct console_log_times t;
	size_t length = strlen(text);

	console_log_times_init(&t, wanted);
	console_log_times_feed(&t, text, cut);
	for (size_t at = cut; at < length; at += piece)
		console_log_times_feed(&t, text + at, length - at < piece ? length - at : piece);
	if (any)
		*any = t.any;
	return console_log_times_missing(&t);
}

static void test_log_times_are_found_wherever_they_are_cut(void **state)
{
	for (size_t cut = 0; cut < sizeof(console); cut++)
		for (size_t piece = 1; piece < 40; piece += 13) {
			assert_int_equal(missing("0 1234567 12345000001 2500000", console, cut,
						 piece, NULL),
					 0);
			/* 4.5 s, 77 s and the 9 s are no times of printk. */
			assert_int_equal(missing("4500000 77000000 9123456 9123450 1000000 5",
						 console, cut, piece, NULL),
					 6);
		}
}

static void test_log_times_are_counted_once(void **state)
{
	assert_int_equal(missing("5 5 5 1234567", console, 0, 1000, NULL), 1);
	assert_int_equal(missing(NULL, console, 0, 1000, NULL), 0);
	assert_int_equal(missing("", console, 0, 1000, NULL), 0);
}

/* With printk.time=0 nothing can be told by them. */
static void test_log_times_of_a_console_without_any_say_nothing(void **state)
{
	bool any = true;

	assert_int_equal(missing("5 6", "Linux version\n[drm] one [1.2]\n", 0, 1000, &any), 0);
	assert_false(any);
}

/* The kernel's own records of a level of warning or worse, in /dev/kmsg's words. */
static void test_log_times_of_init(void **state)
{
	static const struct {
		const char *record;
		int64_t us; /* -1: not one of those */
	} rows[] = {
		{ "4,12,1234567,-;WARNING: x\n", 1234567 },
		{ "3,1,0,-;error\n SUBSYSTEM=x\n", 0 },
		{ "0,1,99,c;panic\n", 99 },
		{ "5,1,99,-;notice\n", -1 },
		{ "6,1,99,-;info\n", -1 },
		{ "12,1,99,-;a user's warning\n", -1 },
		{ "4,1,x,-;no time\n", -1 },
		{ "4,1;no time\n", -1 },
		{ "nonsense", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (kernel_log_warning_us(rows[i].record) != rows[i].us)
			fail_msg("row %zu", i);
}

static void test_log_times_of_init_are_the_last_ones(void **state)
{
	struct kernel_log_warnings w = { 0 };
	char text[KERNEL_LOG_WARNINGS_BYTES];
	size_t n;

	for (int64_t us = 1; us <= KERNEL_LOG_WARNINGS + 10; us++)
		kernel_log_warnings_add(&w, us);
	kernel_log_warnings_text(&w, text, sizeof(text));
	assert_memory_equal(text, "11 12 13 ", 9);
	n = strlen(text);
	assert_string_equal(text + n - 4, " 266");
	w.us[0] = 9;
	w.count = 1;
	kernel_log_warnings_text(&w, text, sizeof(text));
	assert_string_equal(text, "9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_times_are_found_wherever_they_are_cut),
		cmocka_unit_test(test_log_times_are_counted_once),
		cmocka_unit_test(test_log_times_of_a_console_without_any_say_nothing),
		cmocka_unit_test(test_log_times_of_init),
		cmocka_unit_test(test_log_times_of_init_are_the_last_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
