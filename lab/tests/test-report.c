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
#include "tests/report-world.h"

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
		add_at(&log, i, oops, 1);
	all = report_parse_all(log.data, log.length);
	assert_int_equal(json_array_size(all), 1);
	assert_int_equal(json_get_int(json_array_get(all, 0), "count", 0), 5);
	assert_int_equal(json_array_size(json_get_array(json_array_get(all, 0), "again")), 4);
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
	size_t length = strlen(oops);

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
		cmocka_unit_test(test_report_behind_a_progress_bar),
		cmocka_unit_test(test_many_reports_are_bounded),
		cmocka_unit_test(test_broken_bytes_are_survived),
		cmocka_unit_test(test_endless_report_is_bounded),
		cmocka_unit_test(test_callback_stops_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
