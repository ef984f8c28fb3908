// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose stack a stack is, and where a report ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "report-world.h"

/* "allocated: a b; task: c" of the first report. */
static void assert_traces(const json_t *all, const char *want)
{
	const json_t *report = json_array_get(all, 0);
	_cleanup_strbuf_ struct strbuf got = { 0 };
	json_t *trace, *frame;
	size_t i, k;

	json_array_foreach (json_get_array(report, "traces"), i, trace) {
		strbuf_addf(&got, "%s%s:", i ? "; " : "", json_get_str(trace, "context", "?"));
		json_array_foreach (json_get_array(trace, "frames"), k, frame)
			strbuf_addf(&got, " %s", json_get_str(frame, "symbol", "?"));
	}
	assert_string_equal(got.data, want);
}

static const char kasan[] = "[    1.000000] BUG: KASAN: use-after-free in bad+0x1/0x2\n"
			    "[    1.000000] Read of size 8 at addr ffff8880 by task a/1\n"
			    "[    1.000000] Call Trace:\n"
			    "[    1.000000]  bad+0x1/0x2\n"
			    "[    1.000000]  caller+0x1/0x2\n";

static const char rule[] = "[    2.000000] ==================================================\n";

static int64_t end_line(const char *text)
{
	_cleanup_json_ json_t *all = parse_text(text);

	assert_true(json_array_size(all) >= 1);
	return json_get_int(json_array_get(all, 0), "end_line", 0);
}

static void test_rule_ends_a_report_that_stands_right_above_it(void **state)
{
	_cleanup_free_ char *closed = xasprintf("%s%s", kasan, rule);
	_cleanup_strbuf_ struct strbuf later = { 0 };

	assert_int_equal(end_line(closed), 6);
	strbuf_adds(&later, kasan);
	for (int i = 0; i < 30; i++)
		strbuf_adds(&later, "[    1.500000] e1000: eth0: link up\n");
	strbuf_adds(&later, rule);
	assert_int_equal(end_line(later.data), 5);
}

static void test_rule_is_not_of_a_report_that_has_its_end(void **state)
{
	_cleanup_free_ char *text =
		xasprintf("[    1.000000] UBSAN: shift-out-of-bounds in fs/x.c:3:4\n"
			  "[    1.000000] shift exponent 64 is too large\n"
			  "[    1.000000] Call Trace:\n"
			  "[    1.000000]  bad+0x1/0x2\n"
			  "[    1.000000] ---[ end trace ]---\n"
			  "%s",
			  rule);

	assert_int_equal(end_line(text), 5);
}

static void test_rule_is_not_of_powerpc_faults(void **state)
{
	_cleanup_free_ char *text =
		xasprintf("[    1.000000] BUG: Kernel NULL pointer dereference on read at 0x0\n"
			  "[    1.000000] Oops: Kernel access of bad area, sig: 11 [#1]\n"
			  "[    1.000000] NIP [c0001] bad+0x1/0x2\n"
			  "[    1.000000] Call Trace:\n"
			  "[    1.000000] [c0002] [c0003] bad+0x1/0x2\n"
			  "%s",
			  rule);

	assert_int_equal(end_line(text), 5);
}

/* arm announces no stack: who reports begins with its "CPU:" line. */
static void test_context_after_kfence_allocation_on_arm(void **state)
{
	_cleanup_json_ json_t *all =
		parse_text("[    1.000000] BUG: KFENCE: use-after-free read in bad+0x1/0x2\n"
			   "[    1.000000] Use-after-free read at 0x1 (in kfence-#7):\n"
			   "[    1.000000]  bad+0x1/0x2\n"
			   "[    1.000000] kfence-#7: 0x1-0x2, size=32, cache=kmalloc-32\n"
			   "[    1.000000] allocated by task 7 on cpu 0 at 1.0s:\n"
			   "[    1.000000]  maker+0x1/0x2\n"
			   "[    1.000000] freed by task 7 on cpu 0 at 1.1s:\n"
			   "[    1.000000]  freer+0x1/0x2\n"
			   "[    1.000000] rcu freeing scheduled by task 7 on cpu 0 at 1.1s:\n"
			   "[    1.000000]  call_rcu_user+0x1/0x2\n"
			   "[    1.000000] CPU: 0 PID: 7 Comm: a Not tainted 6.1.0\n"
			   "[    1.000000]  unwind_backtrace from show_stack+0x1/0x2\n"
			   "[    1.000000]  show_stack from bad+0x1/0x2\n");

	assert_traces(all, "task: bad; allocated: maker; freed: freer; work: call_rcu_user; "
			   "task: unwind_backtrace show_stack bad");
}

/* Linux 5.12 */
static void test_context_of_kfence_in_one_line(void **state)
{
	_cleanup_json_ json_t *all = parse_text(
		"[    1.000000] BUG: KFENCE: use-after-free read in bad+0x1/0x2\n"
		"[    1.000000] Use-after-free read at 0x1 (in kfence-#7):\n"
		"[    1.000000]  bad+0x1/0x2\n"
		"[    1.000000] kfence-#7 [0x1-0x2, size=32, cache=kmalloc-32] allocated by task "
		"507:\n"
		"[    1.000000]  maker+0x1/0x2\n"
		"[    1.000000] freed by task 507:\n"
		"[    1.000000]  freer+0x1/0x2\n");

	assert_traces(all, "task: bad; allocated: maker; freed: freer");
}

static void test_context_after_preemption_disabled(void **state)
{
	_cleanup_json_ json_t *all =
		parse_text("[    1.000000] BUG: scheduling while atomic: a/7/0x00000002\n"
			   "[    1.000000] Preemption disabled at:\n"
			   "[    1.000000] [<c0001234>] disabler+0x1/0x2\n"
			   "[    1.000000] CPU: 0 PID: 7 Comm: a Not tainted 6.1.0\n"
			   "[    1.000000]  unwind_backtrace from show_stack+0x1/0x2\n"
			   "[    1.000000]  show_stack from __schedule+0x1/0x2\n");

	assert_traces(all, "preemption: disabler; task: unwind_backtrace show_stack __schedule");
}

/* A processor is shown by an NMI, then a task by name. */
static void test_context_of_tasks_of_a_stall(void **state)
{
	_cleanup_json_ json_t *all =
		parse_text("[    1.000000] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n"
			   "[    1.000000] Sending NMI from CPU 0 to CPUs 1:\n"
			   "[    1.000000] NMI backtrace for cpu 1\n"
			   "[    1.000000] CPU: 1 PID: 9 Comm: b Not tainted 6.1.0\n"
			   "[    1.000000] Call Trace:\n"
			   "[    1.000000]  <TASK>\n"
			   "[    1.000000]  spinner+0x1/0x2\n"
			   "[    1.000000]  </TASK>\n"
			   "[    1.000000] rcu: rcu_sched kthread starved for 100 jiffies!\n"
			   "[    1.000000] task:rcu_sched state:R  running task stack:0 pid:14\n"
			   "[    1.000000] Call Trace:\n"
			   "[    1.000000]  <TASK>\n"
			   "[    1.000000]  rcu_gp_kthread+0x1/0x2\n"
			   "[    1.000000]  </TASK>\n"
			   "[    1.000000] Task dump for CPU 2:\n"
			   "[    1.000000] task:c state:R  running task stack:0 pid:15\n"
			   "[    1.000000] Call Trace:\n"
			   "[    1.000000]  dumped+0x1/0x2\n");

	assert_traces(all, "cpu 1: spinner; task: rcu_gp_kthread; cpu 2: dumped");
}

static void test_report_ends_with_its_task_mark(void **state)
{
	assert_int_equal(end_line("[    1.000000] WARNING: CPU: 0 PID: 7 at fs/x.c:3 bad+0x1/0x2\n"
				  "[    1.000000] Call Trace:\n"
				  "[    1.000000]  <TASK>\n"
				  "[    1.000000]  bad+0x1/0x2\n"
				  "[    1.000000]  </TASK>\n"
				  "[    1.000000] e1000: eth0: link up\n"),
			 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_ends_a_report_that_stands_right_above_it),
		cmocka_unit_test(test_rule_is_not_of_a_report_that_has_its_end),
		cmocka_unit_test(test_rule_is_not_of_powerpc_faults),
		cmocka_unit_test(test_context_after_kfence_allocation_on_arm),
		cmocka_unit_test(test_context_of_kfence_in_one_line),
		cmocka_unit_test(test_context_after_preemption_disabled),
		cmocka_unit_test(test_context_of_tasks_of_a_stall),
		cmocka_unit_test(test_report_ends_with_its_task_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
