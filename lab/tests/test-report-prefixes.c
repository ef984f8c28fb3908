// SPDX-License-Identifier: GPL-2.0-or-later
/* What may stand before the kernel's words, and what the log has twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/json.h"
#include "report/report.h"
#include "tests/report-world.h"

static void test_prefixes_of_all_sorts(void **state)
{
	static const char *const prefixes[] = {
		"[    1.000000] ",
		"[12345.000000][  T123] ",
		"<4>[    1.000000][    C0] ",
		"<0>",
		"Apr  1 07:07:51 host kernel: [    1.000000] ",
		"2026-04-01T07:07:51.123456+02:00 host kernel: ",
		"\x1b[31m[    1.000000]\x1b[0m ",
		"login: [    1.000000] ",
		"[    1.000000] host kernel: ",
		"[Tue Apr  1 07:07:51 2026] ",
		"2026-04-01T07:07:51,123456+02:00 ",
		"2026-04-01T07:07:51.123 [    1.000000] ",
		"2026-04-01T07:07:51.123456  ",
		"[2026-04-01 07:07:51] ",
		"<14>Apr  1 07:07:51 host kernel: ",
		"kern  :warn  : [    1.000000] ",
		"[    1.000000,3] ",
		"<6>[    1.000000]  [3:  kworker/3:1:  123] ",
		"[    1.000000] <1>.(1)[123:sh]",
		"[    1.000000] c1    123 ",
		"4,1234,1000000,-;",
		"12,1234,1000000,c,caller=T12;",
		"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		_cleanup_strbuf_ struct strbuf log = { 0 };
		_cleanup_json_ json_t *all = NULL, *want = NULL;

		strbuf_addf(&log,
			    "%sWARNING: CPU: 0 PID: 1 at a.c:1 bad_func+0x1/0x2\r\n"
			    "%sRIP: 0010:bad_func+0x1/0x2\r\n%sCall Trace:\r\n"
			    "%s caller+0x1/0x2\r\n%s caller2+0x1/0x2\r\n",
			    prefixes[i], prefixes[i], prefixes[i], prefixes[i], prefixes[i]);
		all = report_parse_all(log.data, log.length);
		want = json_pack("[{s:s, s:b, s:[{s:[{s:s}, {s:s}]}]}]", "title",
				 "WARNING in bad_func", "corrupted", 0, "traces", "frames",
				 "symbol", "caller", "symbol", "caller2");
		assert_holds(prefixes[i], want, all);
	}
}

/* One record of /dev/kmsg may have several lines; what describes it further is no line. */
static void test_records_of_kmsg(void **state)
{
	_cleanup_json_ json_t *all = parse_text(
		"6,1,0,-;Linux version 6.1.0\n"
		"6,40,900000,-;scsi 0:0:0:0: Direct-Access\n SUBSYSTEM=scsi\n "
		"DEVICE=+scsi:0:0:0:0\n"
		"4,50,1500000,-,caller=T60;FAULT_INJECTION: forcing a failure.\\x0a"
		"name fail_make_request, interval 1, probability 100, space 0, times -1\n"
		"3,51,1625000,-,caller=T60;Buffer I/O error on dev sda, logical block 7\n"
		" SUBSYSTEM=block\n DEVICE=b8:0\n");
	_cleanup_json_ json_t *want =
		json_pack("[{s:s, s:f, s:i, s:i, s:i, s:{s:s, s:i}}, {s:s, s:f, s:{s:s, s:i}}]",
			  "title", "fault injection: fail_make_request", "time_s", 1.5, "pid", 60,
			  "start_line", 5, "end_line", 5, "details", "attribute",
			  "fail_make_request", "probability", 100, "title",
			  "buffer I/O error on sda", "time_s", 1.625, "details", "device", "sda",
			  "block", 7);

	assert_non_null(want);
	assert_holds("records", want, all);
}

/* Two consoles on one port: each record comes twice, one of several lines as a whole. */
static void test_two_consoles_tell_of_one_report(void **state)
{
	static const char *const dump =
		"[    4.000000] FAULT_INJECTION: forcing a failure.\n"
		"[    4.000000] name failslab, interval 1, probability 100, space 0, times -1\n";
	static const char *const twice = "[    6.000000] Write-error on swap-device (8:0:1234)\n"
					 "[    6.000000] Write-error on swap-device (8:0:1234)\n"
					 "[    6.000003] Write-error on swap-device (8:0:5678)\n"
					 "[    6.000003] Write-error on swap-device (8:0:5678)\n";
	_cleanup_strbuf_ struct strbuf log = { 0 };
	_cleanup_json_ json_t *all = NULL, *once = parse_text(oops);
	json_t *first;

	add_at(&log, 1, oops, 2);
	add_at(&log, 2, oops, 2);
	strbuf_addf(&log, "%s%s%s", dump, dump, twice);
	all = report_parse_all(log.data, log.length);
	assert_int_equal(json_array_size(all), 3);
	first = json_array_get(all, 0);
	assert_int_equal(json_get_int(first, "count", 0), 2);
	assert_true(json_equal(json_get_array(first, "traces"),
			       json_get_array(json_array_get(once, 0), "traces")));
	assert_int_equal(json_get_int(json_array_get(all, 1), "count", 0), 1);
	assert_int_equal(json_get_int(json_array_get(all, 2), "count", 0), 2);
}

/* A function that calls itself is in the stack as often as it is printed. */
static void test_same_frame_is_no_copy(void **state)
{
	static const char *const recursion =
		"[    1.000000] WARNING: CPU: 0 PID: 1 at a.c:1 bad_func+0x1/0x2\n"
		"[    1.000001] RIP: 0010:bad_func+0x1/0x2\n"
		"[    1.000002] Call Trace:\n"
		"[    1.000003]  again+0x1/0x2\n"
		"[    1.000003]  again+0x1/0x2\n"
		"[    1.000003]  again+0x1/0x2\n";

	for (unsigned times = 1; times <= 2; times++) {
		_cleanup_strbuf_ struct strbuf log = { 0 };
		_cleanup_json_ json_t *all = NULL;
		json_t *trace;

		add_at(&log, 1, recursion, times);
		all = report_parse_all(log.data, log.length);
		assert_int_equal(json_array_size(all), 1);
		trace = json_array_get(json_get_array(json_array_get(all, 0), "traces"), 0);
		assert_int_equal(json_array_size(json_get_array(trace, "frames")), 3);
	}
}

/* A console that comes late gets what an earlier one on its port had; a kernel that starts anew
 * may fail at the same time again. */
static void test_buffer_printed_again_is_no_report(void **state)
{
	static const struct {
		const char *between;
		int64_t count;
	} rows[] = {
		{ "", 1 },
		{ "[    5.000000] printk: console [ttyS0] enabled\n", 1 },
		{ "[    5.000000] reboot: Restarting system\n", 2 },
		{ "[    5.000000] Kernel panic - not syncing: sysrq triggered crash\n", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *log = xasprintf("[    0.000000] Linux version 6.1.0\n%s%s"
						     "[    0.000000] Linux version 6.1.0\n%s",
						     oops, rows[i].between, oops);
		_cleanup_json_ json_t *all = parse_text(log);

		if (json_get_int(json_array_get(all, 0), "count", 0) != rows[i].count)
			fail_msg("row %zu: not %d", i, (int)rows[i].count);
	}
}

/* The decompressor speaks again: that is a report unless the kernel had said that it goes. */
static void test_reboot_is_unexpected_or_not(void **state)
{
	static const char *const before[] = { "init: all is well", "reboot: Restarting system" };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		_cleanup_free_ char *log = xasprintf("[    0.000000] Linux version 6.1.0\n"
						     "[    5.000000] %s\nSeaBIOS\n"
						     "Booting the kernel.\n"
						     "[    0.000000] Linux version 6.1.0\n",
						     before[i]);
		_cleanup_json_ json_t *all = parse_text(log);

		assert_int_equal(json_array_size(all), i == 0);
		if (i == 0)
			assert_string_equal(json_get_str(json_array_get(all, 0), "title", ""),
					    "unexpected kernel reboot");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes_of_all_sorts),
		cmocka_unit_test(test_records_of_kmsg),
		cmocka_unit_test(test_two_consoles_tell_of_one_report),
		cmocka_unit_test(test_same_frame_is_no_copy),
		cmocka_unit_test(test_buffer_printed_again_is_no_report),
		cmocka_unit_test(test_reboot_is_unexpected_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
