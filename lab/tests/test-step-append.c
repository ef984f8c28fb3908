// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/step-append.h"

#define HEAD "name: t\nquestion: Q?\nsteps:\n"

/* The words for a case with these steps, with blanks between them; yours. */
static char *append_of(const char *steps)
{
	_cleanup_free_ char *text = xasprintf(HEAD "%s", steps);
	_cleanup_strv_ struct strv append = { 0 };
	struct err err = ERR_INIT;
	struct case_file *test = case_read_bytes("t.yaml", text, strlen(text), NULL, &err);

	if (!test)
		fail_msg("%s", err.msg);
	plan_add_step_append(test, &append);
	case_free(test);
	return strv_join(&append, " ");
}

static void test_step_append_without_a_disk_keeps_the_driver_quiet(void **state)
{
	_cleanup_free_ char *append = append_of("  - sleep: 1s\n");

	assert_string_equal(append, "rootfstype=ramfs scsi_debug.add_host=0 "
				    "scsi_debug.dev_size_mb=1");
}

static void test_step_append_says_the_size_once(void **state)
{
	_cleanup_free_ char *append = append_of("  - scsi_debug: {size: 64M, as: a}\n"
						"  - scsi_debug: {size: 64M, as: b}\n");

	assert_string_equal(append, "rootfstype=ramfs scsi_debug.add_host=0 "
				    "scsi_debug.dev_size_mb=64");
}

/* What shapes the disk is said at boot; what makes it fail is left to the guest. */
static void test_step_append_tells_shape_from_faults(void **state)
{
	_cleanup_free_ char *append =
		append_of("  - scsi_debug: {size: 8M, as: a, sector_size: 4096, every_nth: 3, "
			  "opts: 2, delay: 1, inq_vendor: 'a b'}\n");

	assert_string_equal(append, "rootfstype=ramfs scsi_debug.add_host=0 "
				    "scsi_debug.sector_size=4096 scsi_debug.dev_size_mb=8");
}

/* What its driver makes at boot is said at boot: how many disks, how large, which of them fail. */
static void test_step_append_makes_disks_at_boot(void **state)
{
	_cleanup_free_ char *append =
		append_of("  - null_blk: {size: 8M, as: a}\n"
			  "  - null_blk: {size: 8M, as: b, timeout_nth: 7}\n"
			  "  - brd: {size: 4M, as: c}\n  - brd: {size: 4M, as: d}\n");

	assert_string_equal(append, "rootfstype=ramfs scsi_debug.add_host=0 "
				    "scsi_debug.dev_size_mb=1 null_blk.nr_devices=0 "
				    "null_blk.timeout=7,100,0,-1 brd.rd_nr=2 brd.rd_size=4096");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step_append_without_a_disk_keeps_the_driver_quiet),
		cmocka_unit_test(test_step_append_says_the_size_once),
		cmocka_unit_test(test_step_append_tells_shape_from_faults),
		cmocka_unit_test(test_step_append_makes_disks_at_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
