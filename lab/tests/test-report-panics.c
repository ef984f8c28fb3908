// SPDX-License-Identifier: GPL-2.0-or-later
/* A panic and what led to it: which reports are said to have panicked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/json.h"
#include "report/report.h"
#include "tests/report-world.h"

static bool panicked(const json_t *all, size_t i)
{
	return json_get_bool(json_array_get(all, i), "panicked", false);
}

/* A warning before a panic that has nothing to do with it; an oops of the task that then dies. */
static void test_panic_leaves_alone_what_merely_came_before(void **state)
{
	static const char *const warning =
		"[    1.000000][   T12] WARNING: CPU: 0 PID: 12 at a.c:1 bad_func+0x1/0x2\n"
		"[    1.000001][   T12] RIP: 0010:bad_func+0x1/0x2\n"
		"[    1.000002][   T12] Call Trace:\n"
		"[    1.000003][   T12]  caller+0x1/0x2\n"
		"[    1.000004][   T12] ---[ end trace 0000000000000000 ]---\n";
	static const struct {
		const char *rest;
		bool panicked;
	} rows[] = {
		{ "[    3.000000][   T12] Kernel panic - not syncing: sysrq triggered crash\n",
		  false },
		{ "[    3.000000][    T1] Kernel panic - not syncing: sysrq triggered crash\n",
		  false },
		{ "[    1.500000][   T12] general protection fault: 0000 [#1] SMP\n"
		  "[    1.500001][   T12] RIP: 0010:worse+0x1/0x2\n"
		  "[    1.500002][   T12] Call Trace:\n[    1.500003][   T12]  caller+0x1/0x2\n"
		  "[    1.500004][   T12] Kernel panic - not syncing: Fatal exception\n",
		  false },
		{ "[    1.500004][   T12] Kernel panic - not syncing: panic_on_warn set ...\n",
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *log = xasprintf("%s%s", warning, rows[i].rest);
		_cleanup_json_ json_t *all = parse_text(log);

		assert_int_equal(json_array_size(all), rows[i].panicked ? 1 : 2);
		if (panicked(all, 0) != rows[i].panicked)
			fail_msg("row %zu: the warning is %s", i,
				 rows[i].panicked ? "not panicked" : "panicked");
		assert_true(panicked(all, json_array_size(all) - 1));
	}
}

/* Hung tasks are told one by one before the panic; what is long past or of another boot is not. */
static void test_panic_takes_with_it_what_came_shortly_before(void **state)
{
	static const char *const task = "[%5u.000000] INFO: task %s:12 blocked for more than 10 "
					"seconds.\n[%5u.000001] Call Trace:\n[%5u.000002]  "
					"%s_op+0x1/0x2\n[%5u.000003]  vfs_write+0x1/0x2\n";
	static const struct {
		unsigned at, panic_at;
		const char *between;
		bool panicked;
	} rows[] = {
		{ 20, 21, "", true },
		{ 20, 400, "", false },
		{ 20, 21, "[   30.000000] reboot: Restarting system\n", false },
		{ 20, 15, "[    0.000000] Linux version 6.1.0\n", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strbuf_ struct strbuf log = { 0 };
		_cleanup_json_ json_t *all = NULL;
		unsigned t = rows[i].at, p = rows[i].panic_at;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		strbuf_addf(&log, task, t, "one", t, t, "one", t);
		strbuf_adds(&log, rows[i].between);
		strbuf_addf(&log, task, p, "two", p, p, "two", p);
#pragma GCC diagnostic pop
		strbuf_addf(&log,
			    "[%5u.000009] Kernel panic - not syncing: hung_task: blocked "
			    "tasks\n",
			    p);
		all = report_parse_all(log.data, log.length);
		assert_int_equal(json_array_size(all), 2);
		if (panicked(all, 0) != rows[i].panicked)
			fail_msg("row %zu: the first one is %s", i,
				 rows[i].panicked ? "not panicked" : "panicked");
		assert_true(panicked(all, 1));
	}
}

/* A panic that a report led to belongs to it; one that no report need have led to is its own. */
static void test_panic_on_its_own_is_told(void **state)
{
	static const struct {
		const char *panic;
		size_t count;
	} rows[] = {
		{ "Fatal exception in interrupt", 1 },
		{ "Attempted to kill init! exitcode=0x00000009", 1 },
		{ "panic_on_warn set ...", 1 },
		{ "VFS: Unable to mount root fs on unknown-block(0,0)", 2 },
		{ "sysrq triggered crash", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *log = xasprintf("%s[    1.000020] Kernel panic - not syncing: "
						     "%s\n",
						     oops, rows[i].panic);
		_cleanup_json_ json_t *all = parse_text(log);

		if (json_array_size(all) != rows[i].count)
			fail_msg("%s: %zu reports", rows[i].panic, json_array_size(all));
		assert_int_equal(panicked(all, 0), rows[i].count == 1);
		assert_true(panicked(all, rows[i].count - 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_panic_leaves_alone_what_merely_came_before),
		cmocka_unit_test(test_panic_takes_with_it_what_came_shortly_before),
		cmocka_unit_test(test_panic_on_its_own_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
