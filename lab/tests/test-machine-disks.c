// SPDX-License-Identifier: GPL-2.0-or-later
/* The disks of a machine: from the case to QEMU's command line, their images, their count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "machine-world.h"
#include "machine/disks.h"
#include "machine/qemu.h"

#define HEAD "name: t\nquestion: Q?\nsteps:\n"

static const struct qemu_fds fds = { QEMU_FD_QMP, QEMU_FD_CONSOLE, QEMU_FD_FRAMES };

/* The disks of a case with these steps, their images in the world's run directory. */
static void disks_of(struct machine_world *w, const char *steps, struct machine_disks *disks)
{
	_cleanup_free_ char *text = xasprintf(HEAD "%s", steps);
	struct case_file *test = case_read_bytes("t.yaml", text, strlen(text), NULL, &w->err);

	if (!test)
		fail_msg("%s", w->err.msg);
	assert_int_equal(machine_disks_of_case(test, w->run_dir, disks, &w->err), 0);
	case_free(test);
	w->spec.disks = disks->items;
	w->spec.disk_count = disks->count;
}

/* The command line's part about disks, one option a line. Yours. */
static char *argv_of(struct machine_world *w)
{
	_cleanup_strv_ struct strv argv = { 0 };

	qemu_argv_add_disks(&w->spec, &argv);
	return strv_join(&argv, "\n");
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in:\n%s", part, text);
}

static void test_disks_of_a_case_without_any(void **state)
{
	struct machine_world *w = *state;
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };

	disks_of(w, "  - sleep: 1s\n", &disks);
	assert_int_equal(disks.count, 0);
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_false(strv_has(&argv, "-blockdev"));
	assert_false(strv_has(&argv, "shutdown=pause"));
}

static void test_disks_plain(void **state)
{
	struct machine_world *w = *state;
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_free_ char *text = NULL;

	disks_of(w, "  - sleep: 1s\n  - virtio_disk: {size: 8M, as: d}\n", &disks);
	assert_int_equal(disks.count, 1);
	assert_int_equal(disks.items[0].step, 1);
	assert_int_equal(disks.items[0].size_bytes, 8 << 20);
	text = argv_of(w);
	assert_has(text, "disks/d.raw\"");
	assert_has(text, "-device\nvirtio-blk-pci,id=klab-1,drive=klab-1-image,serial=klab-1,"
			 "rerror=report,werror=report");
	assert_null(strstr(text, "blkdebug"));
	assert_null(strstr(text, "throttle"));
}

/* Errors of the guest's requests stand above the image's format, those of QEMU's own I/O below. */
static void test_disks_errors_and_limits(void **state)
{
	struct machine_world *w = *state;
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_free_ char *text = NULL;

	disks_of(
		w,
		"  - virtio_disk:\n"
		"      size: 8M\n      as: d\n      format: qcow2\n      iops: 100\n      bps: 1M\n"
		"      errors:\n"
		"        - {on: write, sector: 2048}\n"
		"        - {event: cluster_alloc, errno: 28, once: true}\n",
		&disks);
	assert_int_equal(disks.items[0].error_count, 2);
	w->spec.mode = MACHINE_RECORD;
	text = argv_of(w);
	assert_has(text,
		   "{\"driver\":\"blkdebug\",\"node-name\":\"klab-0-events\",\"inject-error\":"
		   "[{\"event\":\"cluster_alloc\",\"errno\":28,\"once\":true}],"
		   "\"image\":\"klab-0-file\"}");
	assert_has(text, "{\"driver\":\"qcow2\",\"node-name\":\"klab-0-image\","
			 "\"file\":\"klab-0-events\"}");
	assert_has(text,
		   "{\"driver\":\"blkdebug\",\"node-name\":\"klab-0-errors\",\"inject-error\":"
		   "[{\"event\":\"none\",\"iotype\":\"write\",\"sector\":2048,\"errno\":5,"
		   "\"once\":false}],\"image\":\"klab-0-image\"}");
	assert_has(text, "\"limits\":{\"iops-total\":100,\"bps-total\":1048576}");
	assert_has(text, "{\"driver\":\"blkreplay\",\"node-name\":\"klab-0-replay\","
			 "\"image\":\"klab-0-throttle\"}");
	assert_has(text, ",drive=klab-0-replay,");
}

static void test_disks_paths_with_anything_in_them(void **state)
{
	struct machine_world *w = *state;
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_free_ char *text = NULL;

	disks_of(w, "  - virtio_disk: {size: 8M, as: d}\n", &disks);
	free(disks.items[0].path);
	disks.items[0].path = xstrdup("/a,b\"c/d.raw");
	text = argv_of(w);
	assert_has(text, "\"filename\":\"/a,b\\\"c/d.raw\"");
}

static void test_disks_too_many(void **state)
{
	struct machine_world *w = *state;
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct case_file *test;

	strbuf_adds(&text, HEAD);
	for (int i = 0; i <= MACHINE_MAX_DISKS; i++)
		strbuf_addf(&text, "  - virtio_disk: {size: 1M, as: d%d}\n", i);
	test = case_read_bytes("t.yaml", text.data, text.length, NULL, &w->err);
	assert_non_null(test);
	assert_int_equal(machine_disks_of_case(test, w->run_dir, &disks, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_has(w->err.msg, "t.yaml:20: more than 16 disks");
	case_free(test);
}

/* ---- images ---- */

static void test_disks_raw_image_is_sparse(void **state)
{
	struct machine_world *w = *state;
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	struct stat st;

	disks_of(w, "  - virtio_disk: {size: 1G, as: d}\n", &disks);
	assert_int_equal(machine_disks_make(&disks, &w->err), 0);
	assert_int_equal(stat(disks.items[0].path, &st), 0);
	assert_int_equal(st.st_size, 1 << 30);
	assert_true(st.st_blocks < 100);
}

static void test_disks_qcow2_image_repeats_to_the_byte(void **state)
{
	struct machine_world *w = *state;
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_free_ char *first = NULL, *second = NULL,
			    *program = child_find_program("qemu-img");
	size_t first_length, second_length;

	disks_of(w, "  - virtio_disk: {size: 64M, as: d, format: qcow2}\n", &disks);
	if (!program) {
		assert_int_equal(machine_disks_make(&disks, &w->err), -1);
		assert_has(w->err.msg, "qemu-utils");
		return;
	}
	assert_int_equal(machine_disks_make(&disks, &w->err), 0);
	first = file_read(disks.items[0].path, 1 << 24, &first_length, &w->err);
	assert_int_equal(unlink(disks.items[0].path), 0);
	assert_int_equal(machine_disks_make(&disks, &w->err), 0);
	second = file_read(disks.items[0].path, 1 << 24, &second_length, &w->err);
	assert_true(first && second);
	assert_memory_equal(first, "QFI\xfb", 4);
	assert_int_equal(first_length, second_length);
	assert_memory_equal(first, second, first_length);
}

/* ---- what QEMU counted ---- */

#define STATS(id, failed_writes)                                                                   \
	"{\"device\": \"\", \"qdev\": \"/machine"                                                  \
	"/peripheral/" id "/virtio-backend\", \"stats\": "                                         \
	"{\"rd_operations\": 7, \"wr_operations\": 5, \"failed_rd_operations\": 1, "               \
	"\"failed_wr_operations\": " failed_writes ", \"flush_operations\": 2}}"

static void run_with_stats(struct machine_world *w, const char *script, const char *stats)
{
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };

	disks_of(w,
		 "  - virtio_disk: {size: 1M, as: bad, errors: [{on: write}]}\n"
		 "  - virtio_disk: {size: 1M, as: good}\n",
		 &disks);
	setenv("KLAB_FAKE_BLOCKSTATS", stats, 1);
	assert_int_equal(machine_world_run(w, script), 0);
	w->spec.disks = NULL;
	w->spec.disk_count = 0;
}

static void test_disks_are_counted_when_the_guest_is_gone(void **state)
{
	struct machine_world *w = *state;
	_cleanup_json_ json_t *machine = NULL;
	const json_t *bad;

	run_with_stats(w, "poweroff", "[" STATS("klab-1", "0") ", " STATS("klab-0", "3") "]");
	assert_int_equal(w->result.end, MACHINE_END_POWEROFF);
	assert_int_equal(w->result.exit_code, 0);
	machine = machine_world_json(w);
	bad = json_array_get(json_get_array(machine, "disks"), 0);
	assert_string_equal(json_get_str(bad, "name", ""), "bad");
	assert_true(json_get_bool(bad, "fails", false));
	assert_int_equal(json_get_int(bad, "operations", -1), 14);
	assert_int_equal(json_get_int(bad, "failed", -1), 4);
	assert_false(
		json_get_bool(json_array_get(json_get_array(machine, "disks"), 1), "fails", true));
}

/* A count that nobody gave is not 0. */
static void test_disks_without_an_answer_are_not_counted(void **state)
{
	struct machine_world *w = *state;
	_cleanup_json_ json_t *machine = NULL;

	run_with_stats(w, "poweroff", "[" STATS("klab-1", "0") "]");
	machine = machine_world_json(w);
	assert_null(json_object_get(json_array_get(json_get_array(machine, "disks"), 0), "failed"));
	assert_int_equal(
		json_get_int(json_array_get(json_get_array(machine, "disks"), 1), "failed", -1), 1);
}

static void test_disks_of_a_guest_that_hangs_are_counted(void **state)
{
	struct machine_world *w = *state;

	w->spec.timeout_ms = 300;
	run_with_stats(w, "hang", "[" STATS("klab-0", "9") "]");
	assert_int_equal(w->result.end, MACHINE_END_TIMEOUT);
	assert_true(w->result.disks[0].counted);
	assert_int_equal(w->result.disks[0].failed, 10);
	assert_false(w->result.disks[1].counted);
}

static void test_disks_of_a_guest_that_resets_are_counted(void **state)
{
	struct machine_world *w = *state;

	run_with_stats(w, "reset", "[" STATS("klab-0", "0") "]");
	assert_int_equal(w->result.end, MACHINE_END_RESET);
	assert_int_equal(w->result.disks[0].failed, 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, machine_world_setup, machine_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_disks_of_a_case_without_any),
		TEST(test_disks_plain),
		TEST(test_disks_errors_and_limits),
		TEST(test_disks_paths_with_anything_in_them),
		TEST(test_disks_too_many),
		TEST(test_disks_raw_image_is_sparse),
		TEST(test_disks_qcow2_image_repeats_to_the_byte),
		TEST(test_disks_are_counted_when_the_guest_is_gone),
		TEST(test_disks_without_an_answer_are_not_counted),
		TEST(test_disks_of_a_guest_that_hangs_are_counted),
		TEST(test_disks_of_a_guest_that_resets_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
