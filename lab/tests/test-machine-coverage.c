// SPDX-License-Identifier: GPL-2.0-or-later
/* A machine that is to tell what runs: its accelerator and its command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/file.h"
#include "machine-world.h"
#include "machine/qemu.h"

#define PLUGIN "data, too/coverage.so"

static struct machine_coverage coverage = {
	.plugin_path = PLUGIN,
	.text_address = 0xffffffff81000000,
	.text_bytes = 12345,
	.fd = -1,
};

static void test_machine_coverage_argv(void **state)
{
	struct machine_world *w = *state;
	const struct qemu_fds fds = { QEMU_FD_QMP, QEMU_FD_CONSOLE, QEMU_FD_FRAMES };
	const struct machine_resume resume = { 0 };
	_cleanup_strv_ struct strv none = { 0 }, boot = { 0 }, resumed = { 0 };

	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &none, &w->err), 0);
	assert_false(strv_has(&none, "-plugin"));
	w->spec.coverage = &coverage;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &boot, &w->err), 0);
	assert_true(strv_has(&boot, "-plugin"));
	assert_true(strv_has(&boot, "file=data,, too/coverage.so,fd=105,"
				    "text=ffffffff81000000,bytes=12345,begun=off"));
	/* Nothing else of the machine is another one. */
	assert_int_equal(boot.count, none.count + 2);
	w->spec.resume = &resume;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &resumed, &w->err), 0);
	assert_true(strv_has(&resumed, "file=data,, too/coverage.so,fd=105,"
				       "text=ffffffff81000000,bytes=12345,begun=on"));
}

static void test_machine_coverage_is_tcg(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *device = path_join(w->dir, "kvm");
	struct machine_accel accel = { 0 };

	/* A device that would be tried. */
	assert_int_equal(file_write_atomic(device, "", 0, &w->err), 0);
	w->spec.coverage = &coverage;
	unsetenv("KLAB_ACCEL");
	assert_int_equal(accel_choose(&w->spec, getenv("KLAB_QEMU"), device, true, &accel,
				      &w->progress, &w->err),
			 0);
	assert_string_equal(accel.name, "tcg");
	assert_non_null(strstr(accel.why, "--coverage"));
	assert_int_equal(w->notes.count, 0);
	setenv("KLAB_ACCEL", "kvm", 1);
	assert_int_equal(accel_choose(&w->spec, getenv("KLAB_QEMU"), device, true, &accel,
				      &w->progress, &w->err),
			 -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_non_null(strstr(w->err.msg, "only TCG tells what a guest runs"));
}

/* It goes on under what it began under, and that tells nothing. */
static void test_machine_coverage_of_a_snapshot_under_kvm(void **state)
{
	struct machine_world *w = *state;
	const struct machine_resume resume = { .accel = "kvm" };
	_cleanup_strv_ struct strv argv = { 0 };

	w->spec.coverage = &coverage;
	w->spec.resume = &resume;
	assert_int_equal(machine_qemu.command(&w->spec, &argv, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_non_null(strstr(w->err.msg, "the snapshot was made under kvm"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, machine_world_setup, machine_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_machine_coverage_argv),
		TEST(test_machine_coverage_is_tcg),
		TEST(test_machine_coverage_of_a_snapshot_under_kvm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
