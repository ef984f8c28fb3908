// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole consoles: what is found in them, however they are cut, however broken they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "report/report.h"

#define FIXTURES      "lab/tests/fixtures/report"
#define CUT_EACH_BYTE 2500u /* of longer ones each line is cut, and each byte of the last lines */

static char *read_fixture(const char *name, const char *file, size_t *length)
{
	_cleanup_free_ char *path = xasprintf(FIXTURES "/%s/%s", name, file);
	struct err err = ERR_INIT;
	char *text = file_read(path, 64u << 20, length, &err);

	if (!text)
		fail_msg("%s", err.msg);
	return text;
}

static void each_fixture(void (*check)(const char *name))
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;

	if (file_list_dir(FIXTURES, &names, &err))
		fail_msg("%s", err.msg);
	assert_true(names.count > 0);
	for (size_t i = 0; i < names.count; i++)
		check(names.items[i]);
}

/* Everything `want` says must hold of `got`; what it does not name is free; null: must not be
 * there. */
static void assert_holds(const char *where, const json_t *want, const json_t *got)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(want)) {
		assert_true(json_is_object(got));
		json_object_foreach ((json_t *)want, key, value) {
			_cleanup_free_ char *inner = xasprintf("%s.%s", where, key);
			json_t *found = json_object_get(got, key);

			if (json_is_null(value)) {
				if (found)
					fail_msg("%s is there", inner);
				continue;
			}
			if (!found)
				fail_msg("%s is missing", inner);
			assert_holds(inner, value, found);
		}
	} else if (json_is_array(want)) {
		if (json_array_size(want) != json_array_size(got))
			fail_msg("%s has %zu elements, not %zu", where, json_array_size(got),
				 json_array_size(want));
		json_array_foreach (want, i, value) {
			_cleanup_free_ char *inner = xasprintf("%s[%zu]", where, i);

			assert_holds(inner, value, json_array_get(got, i));
		}
	} else if (!json_equal(want, got)) {
		_cleanup_free_ char *a = json_dumps(want, JSON_ENCODE_ANY);
		_cleanup_free_ char *b = json_dumps(got, JSON_ENCODE_ANY);

		fail_msg("%s is %s, not %s", where, b, a);
	}
}

static void check_fixture(const char *name)
{
	_cleanup_free_ char *path = xasprintf(FIXTURES "/%s/expected.json", name);
	size_t length, readme_length;
	_cleanup_free_ char *log = read_fixture(name, "console.log", &length);
	_cleanup_free_ char *readme = read_fixture(name, "README", &readme_length);
	struct err err = ERR_INIT;
	_cleanup_json_ json_t *want = json_read_file(path, 16u << 20, &err);
	_cleanup_json_ json_t *got = report_parse_all(log, length);

	if (!want)
		fail_msg("%s", err.msg);
	assert_non_null(readme);
	assert_true(readme_length > 20);
	assert_holds(name, want, got);
}

static void test_fixtures_as_expected(void **state)
{
	each_fixture(check_fixture);
}

/* ---- any cut of the bytes gives the same reports -------------------------- */

static json_t *parse_in_pieces(const char *bytes, size_t length, size_t piece)
{
	struct report_collector *c = report_collector_new();
	struct report_parser *p = report_parser_new(report_collector_add, c);
	json_t *all;

	for (size_t i = 0; i < length; i += piece) {
		/* A copy of its own, so that reading beyond it is seen. */
		size_t n = length - i < piece ? length - i : piece;
		_cleanup_free_ char *copy = xmalloc(n);

		memcpy(copy, bytes + i, n);
		report_parser_feed(p, copy, n);
	}
	report_parser_end(p);
	all = report_collector_json(c);
	report_parser_free(p);
	report_collector_free(c);
	return all;
}

static void check_pieces(const char *name)
{
	static const size_t pieces[] = { 1, 2, 7, 64, 4093, 65536 };
	size_t length;
	_cleanup_free_ char *log = read_fixture(name, "console.log", &length);
	_cleanup_json_ json_t *whole = report_parse_all(log, length);

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		_cleanup_json_ json_t *got = parse_in_pieces(log, length, pieces[i]);

		if (!json_equal(whole, got))
			fail_msg("%s in pieces of %zu bytes is another", name, pieces[i]);
	}
}

static void test_fixtures_in_pieces(void **state)
{
	each_fixture(check_pieces);
}

/* ---- a console may end anywhere ------------------------------------------- */

static void assert_valid(const char *log, size_t length)
{
	_cleanup_free_ char *copy = xmalloc(length + 1);
	_cleanup_json_ json_t *all = NULL;
	_cleanup_free_ char *text = NULL;
	json_error_t error;
	json_t *r, *again;
	size_t i;

	memcpy(copy, log, length);
	all = report_parse_all(copy, length);
	text = json_dumps(all, JSON_COMPACT);
	assert_non_null(text);
	again = json_loads(text, 0, &error);
	assert_non_null(again);
	json_decref(again);
	json_array_foreach (all, i, r) {
		assert_true(json_get_str(r, "title", "")[0]);
		assert_true(json_get_str(r, "kind", "")[0]);
		assert_true(json_get_int(r, "end", -1) <= (int64_t)length);
		assert_true(json_get_int(r, "start", -1) <= json_get_int(r, "end", -1));
	}
}

static void check_cuts(const char *name)
{
	size_t length;
	_cleanup_free_ char *log = read_fixture(name, "console.log", &length);
	size_t bytes_from = length > CUT_EACH_BYTE ? length - CUT_EACH_BYTE / 4 : 0;
	/* A sample; with KLAB_TEST_FULL all of them, which takes minutes. Each byte of all
	 * consoles is cut-check's. */
	size_t stride = getenv("KLAB_TEST_FULL") ? 1 : 16, at = 0;

	for (size_t i = 0; i <= length; i++)
		if ((i >= bytes_from || i == 0 || log[i - 1] == '\n') && at++ % stride == 0)
			assert_valid(log, i);
}

static void test_fixtures_cut_anywhere(void **state)
{
	each_fixture(check_cuts);
}

/* ---- what no kernel prints ------------------------------------------------- */

static const char oops[] =
	"[    1.000000] BUG: unable to handle page fault for address: ffffffffdeadbeef\n"
	"[    1.000001] #PF: supervisor write access in kernel mode\n"
	"[    1.000002] Oops: 0002 [#1] PREEMPT SMP\n"
	"[    1.000003] CPU: 3 PID: 77 Comm: a b/c Tainted: G        W  O       6.1.0 #2\n"
	"[    1.000004] Hardware name: QEMU\n"
	"[    1.000005] RIP: 0010:klab_crash+0x12/0x34 [klab_mod]\n"
	"[    1.000006] Code: 00 01 <02> 03\n"
	"[    1.000007] RSP: 0018:ffffc900001a7e58 EFLAGS: 00010246\n"
	"[    1.000008] CR2: ffffffffdeadbeef CR3: 000000000260a000 CR4: 00000000000006f0\n"
	"[    1.000009] Call Trace:\n"
	"[    1.000010]  <IRQ>\n"
	"[    1.000011]  ? maybe+0x1/0x2\n"
	"[    1.000012]  tick+0x1/0x2\n"
	"[    1.000013]  </IRQ>\n"
	"[    1.000014]  <TASK>\n"
	"[    1.000015]  klab_write+0x3/0x4 [klab_mod]\n"
	"[    1.000016]  vfs_write+0x5/0x6\n"
	"[    1.000017]  </TASK>\n"
	"[    1.000018] Modules linked in: klab_mod(O) virtio\n"
	"[    1.000019] ---[ end trace 0000000000000000 ]---\n";

static json_t *parse_text(const char *text)
{
	return report_parse_all(text, strlen(text));
}

static void test_oops_all_told(void **state)
{
	_cleanup_json_ json_t *all = parse_text(oops);
	_cleanup_json_ json_t *want = json_pack(
		"[{s:s, s:s, s:s, s:[s], s:s, s:i, s:i, s:b, s:b, s:f,"
		"  s:[{s:s, s:[{s:s, s:b}, {s:s, s:b}]}, {s:s, s:[{s:s, s:s, s:i}, {s:s, s:n}]}],"
		"  s:{s:s, s:s, s:s, s:[s, s], s:s, s:{s:s, s:i, s:i}, s:{s:s, s:s}}}]",
		"title", "BUG: unable to handle kernel paging request in klab_crash", "kind",
		"page_fault", "frame", "klab_crash", "alt_titles", "bad-access in klab_crash",
		"task", "a b/c", "pid", 77, "cpu", 3, "corrupted", 0, "info", 0, "time_s", 1.0,
		"traces", "context", "irq", "frames", "symbol", "maybe", "reliable", 0, "symbol",
		"tick", "reliable", 1, "context", "task", "frames", "symbol", "klab_write",
		"module", "klab_mod", "offset", 3, "symbol", "vfs_write", "module", "details",
		"kernel", "6.1.0 #2", "tainted", "G        W  O", "hardware", "QEMU", "modules",
		"klab_mod", "virtio", "code", "00 01 <02> 03", "ip", "symbol", "klab_crash",
		"offset", 0x12, "size", 0x34, "registers", "CR2", "ffffffffdeadbeef", "RSP",
		"0018:ffffc900001a7e58");

	assert_non_null(want);
	assert_holds("oops", want, all);
}

/* Each line of one CPU between two lines of another: told apart by their callers. */
static void test_two_callers_kept_apart(void **state)
{
	static const char *const a[] = {
		"WARNING: CPU: 0 PID: 1 at a.c:1 first+0x1/0x2",
		"RIP: 0010:first+0x1/0x2",
		"Call Trace:",
		" first_caller+0x1/0x2",
		" vfs_write+0x1/0x2",
		"---[ end trace 0000000000000000 ]---",
	};
	static const char *const b[] = {
		"WARNING: CPU: 1 PID: 2 at b.c:1 second+0x1/0x2",
		"RIP: 0010:second+0x1/0x2",
		"Call Trace:",
		" second_caller+0x1/0x2",
		" vfs_read+0x1/0x2",
		"---[ end trace 0000000000000000 ]---",
	};
	_cleanup_strbuf_ struct strbuf log = { 0 };
	_cleanup_json_ json_t *want = NULL, *all = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		strbuf_addf(&log, "[    1.00000%zu][   T11] %s\r\n[    1.00000%zu][    C1] %s\r\n",
			    i, a[i], i, b[i]);
	all = report_parse_all(log.data, log.length);
	want = json_pack("[{s:s, s:[{s:[{s:s}, {s:s}]}]}, {s:s, s:[{s:[{s:s}, {s:s}]}]}]", "title",
			 "WARNING in first", "traces", "frames", "symbol", "first_caller", "symbol",
			 "vfs_write", "title", "WARNING in second", "traces", "frames", "symbol",
			 "second_caller", "symbol", "vfs_read");
	assert_holds("callers", want, all);
}

static void test_same_bug_counted_once(void **state)
{
	_cleanup_strbuf_ struct strbuf log = { 0 };
	_cleanup_json_ json_t *all = NULL;

	for (int i = 0; i < 5; i++)
		strbuf_adds(&log, oops);
	all = report_parse_all(log.data, log.length);
	assert_int_equal(json_array_size(all), 1);
	assert_int_equal(json_get_int(json_array_get(all, 0), "count", 0), 5);
	assert_int_equal(json_array_size(json_get_array(json_array_get(all, 0), "again")), 4);
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

static bool panicked(const json_t *all, size_t i)
{
	return json_get_bool(json_array_get(all, i), "panicked", false);
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
		assert_true(panicked(all, 0));
		assert_true(panicked(all, rows[i].count - 1));
	}
}

/* A progress bar writes one line of many kilobytes, which the kernel's words end. */
static void test_report_behind_a_progress_bar(void **state)
{
	static const size_t pieces[] = { 1, 100, 8191, 8192, 8193, 100000 };
	_cleanup_strbuf_ struct strbuf log = { 0 };

	for (int i = 0; i < 1000; i++)
		strbuf_addf(&log, "\r%3d%% [==========>          ] %d K/s", i / 10, i);
	strbuf_adds(&log, oops);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		_cleanup_json_ json_t *all = parse_in_pieces(log.data, log.length, pieces[i]);

		if (json_array_size(all) != 1)
			fail_msg("%zu reports in pieces of %zu", json_array_size(all), pieces[i]);
		assert_int_equal(json_get_int(json_array_get(all, 0), "start", -1), 0);
		assert_string_equal(json_get_str(json_array_get(all, 0), "frame", ""),
				    "klab_crash");
	}
}

/* Nothing but different reports: what is kept of each grows less. */
static void test_many_reports_are_bounded(void **state)
{
	_cleanup_strbuf_ struct strbuf log = { 0 };
	_cleanup_json_ json_t *all = NULL;
	size_t frames = 0, t, f;
	json_t *r, *trace;

	for (int i = 0; i < 3000; i++) {
		strbuf_addf(&log, "[%5d.000000] WARNING: CPU: 0 PID: 1 at a.c:1 f%d+0x1/0x2\n", i,
			    i);
		strbuf_addf(&log, "[%5d.000000] RIP: 0010:f%d+0x1/0x2\n", i, i);
		for (int k = 0; k < 5; k++) {
			strbuf_addf(&log, "[%5d.000000] Call Trace:\n", i);
			for (int n = 0; n < 100; n++)
				strbuf_addf(&log, "[%5d.000000]  c%d+0x1/0x2\n", i, n);
		}
	}
	all = report_parse_all(log.data, log.length);
	assert_int_equal(json_array_size(all), 2001);
	assert_string_equal(json_get_str(json_array_get(all, 2000), "kind", ""),
			    "too-many-reports");
	json_array_foreach (all, t, r) {
		assert_true(t == 2000 || json_array_size(json_object_get(r, "traces")) > 0);
		json_array_foreach (json_object_get(r, "traces"), f, trace)
			frames += json_array_size(json_object_get(trace, "frames"));
	}
	assert_in_range(frames, 100000, 400000);
}

static void test_broken_bytes_are_survived(void **state)
{
	_cleanup_strbuf_ struct strbuf log = { 0 };
	size_t length = sizeof(oops) - 1;

	/* Each byte in turn becomes NUL, 0xff, an escape, a newline. */
	for (size_t i = 0; i < length; i++) {
		static const char bad[] = { '\0', '\xff', '\x1b', '\n' };
		_cleanup_free_ char *copy = xstrndup(oops, length);

		for (size_t k = 0; k < sizeof(bad); k++) {
			copy[i] = bad[k];
			assert_valid(copy, length);
		}
	}
	/* A line of 10 MB, with headers and without. */
	strbuf_adds(&log, "[    1.000000] BUG: unable to handle page fault for address: ");
	for (int i = 0; i < 10 << 20; i++)
		strbuf_addc(&log, "0123 BUG: WARNING: INFO: "[i % 25]);
	strbuf_addc(&log, '\n');
	strbuf_adds(&log, oops);
	assert_valid(log.data, log.length);
}

/* A report may not eat a console that goes on without end. */
static void test_endless_report_is_bounded(void **state)
{
	_cleanup_strbuf_ struct strbuf log = { 0 };
	_cleanup_json_ json_t *all = NULL;

	strbuf_adds(&log, oops);
	for (int i = 0; i < 200000; i++)
		strbuf_addf(&log, "[    2.%06d] Call Trace:\n[    2.%06d]  f%d+0x1/0x2\n", i, i, i);
	all = report_parse_all(log.data, log.length);
	assert_int_equal(json_array_size(all), 1);
	assert_true(json_array_size(json_get_array(json_array_get(all, 0), "traces")) <= 256);
}

static int stop_at_once(void *ctx, struct report *r)
{
	report_free(r);
	++*(int *)ctx;
	return 42;
}

static void test_callback_stops_the_parser(void **state)
{
	_cleanup_strbuf_ struct strbuf log = { 0 };
	struct report_parser *p;
	int calls = 0, rc;

	strbuf_adds(&log, oops);
	strbuf_adds(&log, oops);
	strbuf_adds(&log, oops);
	p = report_parser_new(stop_at_once, &calls);
	rc = report_parser_feed(p, log.data, log.length);
	assert_int_equal(rc, 42);
	assert_int_equal(report_parser_end(p), 42);
	assert_int_equal(calls, 1);
	report_parser_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures_as_expected),
		cmocka_unit_test(test_fixtures_in_pieces),
		cmocka_unit_test(test_fixtures_cut_anywhere),
		cmocka_unit_test(test_oops_all_told),
		cmocka_unit_test(test_two_callers_kept_apart),
		cmocka_unit_test(test_same_bug_counted_once),
		cmocka_unit_test(test_reboot_is_unexpected_or_not),
		cmocka_unit_test(test_panic_takes_with_it_what_came_shortly_before),
		cmocka_unit_test(test_prefixes_of_all_sorts),
		cmocka_unit_test(test_panic_on_its_own_is_told),
		cmocka_unit_test(test_report_behind_a_progress_bar),
		cmocka_unit_test(test_many_reports_are_bounded),
		cmocka_unit_test(test_broken_bytes_are_survived),
		cmocka_unit_test(test_endless_report_is_bounded),
		cmocka_unit_test(test_callback_stops_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
