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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oom_of_old_kernels),
		cmocka_unit_test(test_block_errors_of_all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
