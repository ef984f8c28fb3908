// SPDX-License-Identifier: GPL-2.0-or-later
/* What reports tell beside their names, in the words of kernels that no fixture is of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "report/report.h"

/* The only report of the text, its lines with printk's prefix. */
static json_t *parse_one(const char *text)
{
	_cleanup_strbuf_ struct strbuf log = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };
	_cleanup_json_ json_t *all = NULL;

	strv_split(&lines, text, '\n');
	for (size_t i = 0; i + 1 < lines.count; i++)
		strbuf_addf(&log, "[   12.345678] %s\n", lines.items[i]);
	all = report_parse_all(log.data, log.length);
	if (json_array_size(all) != 1)
		fail_msg("%zu reports of %s", json_array_size(all), text);
	return json_incref(json_array_get(all, 0));
}

static void test_oom_of_old_kernels(void **state)
{
	_cleanup_json_ json_t *r = parse_one(
		"hog invoked oom-killer: gfp_mask=0x24000c0, order=0, oom_score_adj=0\n"
		"CPU: 0 PID: 12 Comm: hog Not tainted 4.9.0 #1\n"
		"Call Trace:\n [<ffffffff81000000>] dump_stack+0x1/0x2\n"
		"Task in /t/inner killed as a result of limit of /t\n"
		"memory: usage 40960kB, limit 40960kB, failcnt 73\n"
		"[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj "
		"name\n"
		"[   12]     0    12    25672    10200      60       3    15312             0 hog\n"
		"Memory cgroup out of memory: Kill process 12 (hog) score 998 or sacrifice child\n"
		"Killed process 12 (hog) total-vm:102688kB, anon-rss:40800kB, file-rss:0kB, "
		"shmem-rss:0kB\n");
	json_t *details = json_object_get(r, "details");
	json_t *killed = json_object_get(details, "killed");
	json_t *task = json_array_get(json_get_array(details, "tasks"), 0);

	assert_string_equal(json_get_str(r, "title", ""), "OOM kill of hog in memory cgroup /t");
	assert_string_equal(json_get_str(details, "task_memcg", ""), "/t/inner");
	assert_string_equal(json_get_str(details, "constraint", ""), "CONSTRAINT_MEMCG");
	assert_int_equal(json_get_int(killed, "pid", 0), 12);
	assert_int_equal(json_get_int(killed, "anon_rss_kib", 0), 40800);
	assert_int_equal(json_array_size(json_get_array(details, "all_killed")), 1);
	assert_int_equal(json_get_int(task, "rss", 0), 10200);
	assert_string_equal(json_get_str(task, "name", ""), "hog");
}

static void test_block_errors_of_all_kinds(void **state)
{
	static const struct {
		const char *line, *title, *device;
		int64_t sector;
	} rows[] = {
		{ "I/O error, dev sda, sector 8 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
		  "I/O error on sda", "sda", 8 },
		{ "blk_update_request: I/O error, dev vda, sector 16", "I/O error on vda", "vda",
		  16 },
		{ "critical medium error, dev sda, sector 4660 op 0x0:(READ) flags 0x0 phys_seg 1",
		  "critical medium error on sda", "sda", 4660 },
		{ "print_req_error: critical target error, dev nvme0n1, sector 0",
		  "critical target error on nvme0n1", "nvme0n1", 0 },
		{ "timeout error, dev dm-0, sector 24 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio",
		  "timeout error on dm-0", "dm-0", 24 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = xasprintf("%s\n", rows[i].line);
		_cleanup_json_ json_t *r = parse_one(text);
		json_t *details = json_object_get(r, "details");

		assert_string_equal(json_get_str(r, "title", ""), rows[i].title);
		assert_string_equal(json_get_str(r, "kind", ""), "io-error");
		assert_true(json_get_bool(r, "info", false));
		assert_string_equal(json_get_str(details, "device", ""), rows[i].device);
		assert_int_equal(json_get_int(details, "sector", -1), rows[i].sector);
	}
}

/* Code, error and registers as architectures print them that no fixture is of. */
static const struct {
	const char *text, *code, *reg, *value, *ip;
	int64_t error_code;
} machine_states[] = {
	{ "Unable to handle kernel pointer dereference in virtual kernel address space\n"
	  "Failing address: 0000000000000000 TEID: 0000000000000483\n"
	  "Oops: 0004 ilc:3 [#1] SMP\nCPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1\n"
	  "Krnl PSW : 0704c00180000000 0000000000ab1234 (foo+0x1/0x2)\n"
	  "Krnl GPRS: 0000000000000000 0000000000000001 0000000000000002 0000000000000003\n"
	  "           0000000000000004 0000000000000005 0000000000000006 0000000000000007\n"
	  "Krnl Code: 0000000000ab1228: e31020000004\tlg\t%r1,0(%r2)\n"
	  "          >0000000000ab1234: e31020000004\tlg\t%r1,0(%r2)\n"
	  "Call Trace:\n [<0000000000ab1234>] foo+0x1/0x2\n"
	  " [<0000000000ab1235>] bar+0x1/0x2\n",
	  "0000000000ab1228: e31020000004\tlg\t%r1,0(%r2)\n"
	  ">0000000000ab1234: e31020000004\tlg\t%r1,0(%r2)",
	  "r5", "0000000000000005", "foo", 4 },
	{ "BUG: Unable to handle kernel data access on read at 0xc00000000000dead\n"
	  "Oops: Kernel access of bad area, sig: 11 [#1]\n"
	  "CPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1\n"
	  "NIP:  c000000000123456 LR: c000000000123400 CTR: 0000000000000000\n"
	  "MSR:  8000000000009033 <SF,EE,ME,IR,DR,RI,LE>  CR: 28002228  XER: 00000000\n"
	  "CFAR: c000000000123400 DAR: c00000000000dead DSISR: 40000000 IRQMASK: 0\n"
	  "GPR00: c000000000123456 c000000007a73c80 c000000001498f00 c000000000000003\n"
	  "NIP [c000000000123456] foo+0x1/0x2\nCall Trace:\n"
	  "[c000000007a73cb0] [c000000000423400] foo+0x1/0x2\n"
	  "[c000000007a73cc0] [c000000000423401] bar+0x1/0x2\n"
	  "Instruction dump:\n60000000 7c0802a6 f8010010\n7c0802a6 <e8630000> 38210020\n"
	  "---[ end trace 0000000000000000 ]---\n",
	  "60000000 7c0802a6 f8010010\n7c0802a6 <e8630000> 38210020", "DAR", "c00000000000dead",
	  "foo", -1 },
	{ "Unable to handle kernel NULL pointer dereference at virtual address 00000008\n"
	  "Internal error: Oops: 17 [#1] SMP ARM\n"
	  "CPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1\nPC is at foo+0x1/0x2\n"
	  "pc : [<c0101234>]    lr : [<c0101230>]    psr: 60000013\n"
	  "Code: e59f0010 e5901000 (e5912008)\n foo from bar+0x1/0x2\n",
	  "e59f0010 e5901000 (e5912008)", "lr", "c0101230", "foo", 0x17 },
	{ "Unable to handle kernel paging request at virtual address ffff000000000010\n"
	  "Mem abort info:\n  ESR = 0x0000000096000004\n"
	  "Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP\n"
	  "CPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1\npc : foo+0x1/0x2\n"
	  "lr : bar+0x1/0x2\nsp : ffff800008003d90\n"
	  "x29: ffff800008003d90 x28: ffff000000000000 x27: 0000000000000001\n"
	  "Call trace:\n foo+0x1/0x2\n bar+0x1/0x2\nCode: d5384100 f9430000 (b9400000)\n",
	  "d5384100 f9430000 (b9400000)", "x28", "ffff000000000000", "foo", 0x96000004 },
	{ "Unable to handle kernel NULL pointer dereference at virtual address 10\n"
	  "Oops [#1]\nCPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1\n"
	  "epc : foo+0x1/0x2\n ra : bar+0x1/0x2\n"
	  "epc : ffffffff80001234 ra : ffffffff80001200 sp : ffffffd000a53e80\n"
	  " gp : ffffffff81505d38 tp : ffffffe001ec8000 t0 : 0000000000000001\n"
	  "status: 0000000200000120 badaddr: 0000000000000010 cause: 000000000000000d\n"
	  "[<ffffffff80001234>] foo+0x1/0x2\n[<ffffffff80001200>] bar+0x1/0x2\n",
	  NULL, "cause", "000000000000000d", "foo", -1 },
	{ "BUG: kernel NULL pointer dereference, address: 00000010\n"
	  "#PF: supervisor read access in kernel mode\n#PF: error_code(0x0000) - "
	  "not-present\n"
	  "*pde = 00000000\nOops: 0000 [#1] SMP\n"
	  "CPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1\nEIP: foo+0x1/0x2\n"
	  "Code: 00 01 <02> 03\nEAX: 00000000 EBX: 00000001 ECX: 00000002 EDX: 00000003\n"
	  "CR0: 80050033 CR2: 00000010 CR3: 01234000 CR4: 000006d0\n"
	  "Call Trace:\n foo+0x1/0x2\n bar+0x1/0x2\n",
	  "00 01 <02> 03", "CR2", "00000010", "foo", 0 },
	{ "general protection fault, probably for non-canonical address "
	  "0xdead000000000100: "
	  "0000 [#3] SMP\nRIP: 0010:foo+0x1/0x2\nCall Trace:\n foo+0x1/0x2\n"
	  " bar+0x1/0x2\n",
	  NULL, NULL, NULL, "foo", 0 },
};

static void test_machine_state_of_other_architectures(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(machine_states); i++) {
		_cleanup_json_ json_t *r = parse_one(machine_states[i].text);
		json_t *details = json_object_get(r, "details");
		json_t *regs = json_object_get(details, "registers");

		if (machine_states[i].code)
			assert_string_equal(json_get_str(details, "code", ""),
					    machine_states[i].code);
		if (machine_states[i].reg)
			assert_string_equal(json_get_str(regs, machine_states[i].reg, ""),
					    machine_states[i].value);
		assert_string_equal(json_get_str(json_object_get(details, "ip"), "symbol", ""),
				    machine_states[i].ip);
		if (json_get_int(details, "error_code", -1) != machine_states[i].error_code)
			fail_msg("row %zu: error code %lld", i,
				 (long long)json_get_int(details, "error_code", -1));
	}
}

static void test_failed_allocations(void **state)
{
	static const struct {
		const char *head, *task;
		int64_t order, size;
	} rows[] = {
		{ "hog: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), "
		  "nodemask=(null)",
		  "hog", 4, -1 },
		{ "swapper/0: vmalloc error: size 1073741824, exceeds total pages, "
		  "mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null)",
		  "swapper/0", -1, 1073741824 },
		{ "a b: vmalloc: allocation failure: 4096 bytes, "
		  "mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null)",
		  "a b", -1, 4096 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = xasprintf(
			"%s\nCall Trace:\n warn_alloc+0x1/0x2\n foo+0x1/0x2\n bar+0x1/0x2\n",
			rows[i].head);
		_cleanup_json_ json_t *r = parse_one(text);
		json_t *details = json_object_get(r, "details");

		assert_string_equal(json_get_str(r, "frame", ""), "foo");
		assert_string_equal(json_get_str(r, "task", ""), rows[i].task);
		assert_string_equal(json_get_str(details, "gfp_mask", ""),
				    "0x40cc0(GFP_KERNEL|__GFP_COMP)");
		assert_int_equal(json_get_int(details, "order", -1), rows[i].order);
		assert_int_equal(json_get_int(details, "size_bytes", -1), rows[i].size);
	}
}

/* show_mem()'s lines in the words of several kernels; what comes behind them is another's. */
static void test_failed_allocation_ends_with_its_memory(void **state)
{
	static const char *const text =
		"hog: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL)\n"
		"Call Trace:\n warn_alloc+0x1/0x2\n foo+0x1/0x2\n bar+0x1/0x2\n"
		"Mem-Info:\nactive_anon:1 inactive_anon:6113 isolated_anon:0\n"
		" unevictable:0 dirty:0 writeback:0 unstable:0\n"
		"Node 0 active_anon:4kB inactive_anon:24452kB\n"
		"Node 0 DMA free:824kB min:828kB low:1032kB high:1236kB\n"
		"Normal free:824kB boost:0kB min:828kB low:1032kB high:1236kB\n"
		"lowmem_reserve[]: 0 0 0\nDMA32: 2*4kB (UM) 2*8kB (UM) = 24kB\n"
		"Node 0 hugepages_total=0 hugepages_free=0\n"
		"3262 total pagecache pages\n0 pages in swap cache\n"
		"Swap cache stats: add 0, delete 0, find 0/0\n"
		"Free swap  = 0kB\nTotal swap = 0kB\n16254 pages RAM\n";
	static const char *const behind =
		"nullb0: module loaded, 4060 pages free\nLinux version 6.1.0: now\n";
	size_t lines = 0;

	/* Wherever the console ends within it, the last line is the report's. */
	for (const char *end = text; (end = strchr(end, '\n')); end++, lines++) {
		_cleanup_free_ char *cut =
			xasprintf("%.*s\n%s", (int)(end - text), text, lines > 5 ? behind : "");
		_cleanup_json_ json_t *r = parse_one(cut);

		assert_int_equal(json_get_int(r, "end_line", -1), lines + 1);
	}
	assert_int_equal(lines, 20);
}

/* A warning ran out of nothing: memory that is shown behind it is no part of it. */
static void test_memory_shown_on_request_is_no_part(void **state)
{
	_cleanup_json_ json_t *r =
		parse_one("WARNING: CPU: 0 PID: 1 at a.c:1 foo+0x1/0x2\nRIP: 0010:foo+0x1/0x2\n"
			  "Call Trace:\n bar+0x1/0x2\n---[ end trace 0000000000000000 ]---\n"
			  "sysrq: Show Memory\nMem-Info:\nfree:1449 free_pcp:45 free_cma:0\n"
			  "16254 pages RAM\n");

	assert_int_equal(json_get_int(r, "end_line", -1), 5);
}

/* Nor is it of an OOM kill or a dump that is long over, and its numbers are not theirs. */
static void test_memory_shown_later_is_no_part(void **state)
{
	static const char later[] =
		"sysrq: Show Memory\nMem-Info:\nactive_anon:999 inactive_anon:0\n"
		"Free swap  = 777kB\n16254 pages RAM\n";
	static const char oom[] = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, "
				  "oom_score_adj=0\nMem-Info:\nactive_anon:1 inactive_anon:2\n"
				  "Out of memory: Killed process 12 (hog) total-vm:1kB\n";
	static const char dump[] =
		"FAULT_INJECTION: forcing a failure.\nname failslab, interval 1, "
		"probability 100, space 0, times -1\nCall Trace:\n foo+0x1/0x2\n";

	for (size_t i = 0; i < 2; i++) {
		_cleanup_strbuf_ struct strbuf log = { 0 };
		_cleanup_json_ json_t *r = NULL;
		const json_t *details;

		strbuf_adds(&log, i ? dump : oom);
		for (int n = 0; n < 20; n++)
			strbuf_addf(&log, "usb 1-1: line %d\n", n);
		strbuf_adds(&log, later);
		r = parse_one(log.data);
		assert_int_equal(json_get_int(r, "end_line", -1), 4);
		details = json_object_get(r, "details");
		assert_null(json_object_get(details, "free_swap_kib"));
		if (!i)
			assert_int_equal(json_get_int(json_object_get(details, "mem_info_pages"),
						      "active_anon", -1),
					 1);
	}
}

/* One OOM kill after the other, each of another group: their task tables are not kept for ever. */
static void test_task_tables_are_bounded(void **state)
{
	_cleanup_strbuf_ struct strbuf log = { 0 };
	_cleanup_json_ json_t *all = NULL;
	size_t rows = 0, left_out = 0, i;
	json_t *r;

	for (int n = 0; n < 200; n++) {
		strbuf_addf(
			&log,
			"[%5d.000000] a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, "
			"oom_score_adj=0\n[%5d.000000] [  pid  ]   uid  tgid total_vm      rss "
			"name\n",
			n, n);
		for (int k = 0; k < 60; k++)
			strbuf_addf(&log, "[%5d.000000] [%7d]     0 %5d    25672    10200 t%d\n", n,
				    k, k, k);
		strbuf_addf(&log,
			    "[%5d.000000] Out of memory: Killed process 12 (hog%d) total-vm:1kB\n",
			    n, n);
	}
	all = report_parse_all(log.data, log.length);
	assert_int_equal(json_array_size(all), 200);
	json_array_foreach (all, i, r) {
		json_t *details = json_object_get(r, "details");

		rows += json_array_size(json_object_get(details, "tasks"));
		left_out += json_get_int(details, "tasks_left_out", 0);
	}
	assert_int_equal(rows + left_out, 200 * 60);
	assert_in_range(rows, 4000, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oom_of_old_kernels),
		cmocka_unit_test(test_block_errors_of_all_kinds),
		cmocka_unit_test(test_machine_state_of_other_architectures),
		cmocka_unit_test(test_failed_allocations),
		cmocka_unit_test(test_failed_allocation_ends_with_its_memory),
		cmocka_unit_test(test_memory_shown_on_request_is_no_part),
		cmocka_unit_test(test_memory_shown_later_is_no_part),
		cmocka_unit_test(test_task_tables_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
