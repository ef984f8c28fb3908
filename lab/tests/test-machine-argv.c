// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of QEMU, and what modes it can have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "machine-world.h"
#include "machine/host-tsc.h"
#include "machine/qemu.h"

static const struct qemu_fds fds = { QEMU_FD_QMP, QEMU_FD_CONSOLE, QEMU_FD_FRAMES };

/* The value that follows an option, borrowed; "" when the option is not there. */
static const char *value_of(const struct strv *argv, const char *option)
{
	for (size_t i = 0; i + 1 < argv->count; i++)
		if (str_eq(argv->items[i], option))
			return argv->items[i + 1];
	return "";
}

/* ---- the command line ---- */

static void test_argv_is_closed_to_the_world(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_true(strv_has(&argv, "-nodefaults"));
	assert_true(strv_has(&argv, "-no-user-config"));
	assert_true(strv_has(&argv, "-no-reboot"));
	assert_string_equal(value_of(&argv, "-sandbox"),
			    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
			    "resourcecontrol=deny");
	assert_string_equal(value_of(&argv, "-action"), "panic=none");
	for (size_t i = 0; i < argv.count; i++) {
		assert_false(str_starts(argv.items[i], "-net"));
		assert_null(strstr(argv.items[i], ",port="));
	}
}

static void test_argv_free(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	w->spec.cpus = 2;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_string_equal(argv.items[0], "qemu");
	assert_string_equal(value_of(&argv, "-accel"), "tcg");
	assert_string_equal(value_of(&argv, "-m"), "256M");
	assert_string_equal(value_of(&argv, "-smp"), "2");
	assert_string_equal(value_of(&argv, "-kernel"), w->kernel);
	assert_string_equal(value_of(&argv, "-initrd"), w->initramfs);
	assert_false(strv_has(&argv, "-icount"));
	assert_false(strv_has(&argv, "-seed"));
	assert_null(strstr(value_of(&argv, "-append"), "norandmaps"));
}

static void test_argv_kvm_takes_the_hosts_processor(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	assert_int_equal(qemu_argv(&w->spec, "qemu", "kvm", &fds, &argv, &w->err), 0);
	assert_string_equal(value_of(&argv, "-accel"), "kvm");
	assert_string_equal(value_of(&argv, "-cpu"), "host");
}

static void test_argv_deterministic(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	w->spec.mode = MACHINE_DETERMINISTIC;
	w->spec.seed = 18446744073709551615u;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_string_equal(value_of(&argv, "-icount"),
			    "shift=0,sleep=off,rr=record,rrfile=/dev/null");
	assert_string_equal(value_of(&argv, "-seed"), "18446744073709551615");
	assert_string_equal(value_of(&argv, "-cpu"), "qemu64");
	assert_non_null(strstr(value_of(&argv, "-append"), " klab.seed=18446744073709551615"));
	assert_non_null(strstr(value_of(&argv, "-rtc"), "clock=vm"));
	assert_non_null(strstr(value_of(&argv, "-append"), " norandmaps nolapic_timer "));
	/* Else QEMU hangs when a replay goes back. */
	assert_string_equal(value_of(&argv, "-global"), "apic.vapic=off");
}

/* As long as it may keep QEMU from its deadline, and a look may move its clock. What is recorded
 * has none that gdb goes back in. */
static void test_argv_beat(void **state)
{
	struct machine_world *w = *state;

	for (enum machine_mode mode = MACHINE_FREE; mode <= MACHINE_REPLAY; mode++) {
		_cleanup_strv_ struct strv argv = { 0 }, probed = { 0 };

		w->spec.mode = mode;
		w->spec.recorded_dir = w->run_dir;
		w->spec.probed = false;
		assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
		if (mode == MACHINE_DETERMINISTIC)
			assert_non_null(strstr(value_of(&argv, "-object"), ",interval=100000"));
		else
			assert_false(strv_has(&argv, "-object"));
		if (mode == MACHINE_FREE)
			continue;
		w->spec.probed = true;
		assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &probed, &w->err), 0);
		assert_true(str_eq(strrchr(value_of(&probed, "-object"), ','), ",interval=1000"));
	}
}

/* A deterministic run that is recorded to be looked at has the same clock, and no other device. */
static void test_argv_debug_of_a_counted_recording(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 }, plain = { 0 };
	struct machine_debug debug = { .snapshots_path = "/tmp/a,b" };
	_cleanup_free_ char *clock =
		xasprintf("shift=3,sleep=off,rr=replay,rrfile=%s/record/events", w->run_dir);

	w->spec.mode = MACHINE_REPLAY;
	w->spec.recorded_dir = w->run_dir;
	w->spec.record_counted = true;
	w->spec.icount_shift = 3;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &plain, &w->err), 0);
	assert_false(strv_has(&plain, "-gdb"));
	w->spec.debug = &debug;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_string_equal(value_of(&argv, "-icount"), clock);
	assert_string_equal(value_of(&argv, "-gdb"), "chardev:gdb");
	assert_string_equal(value_of(&argv, "-drive"),
			    "file=/tmp/a,,b,format=qcow2,if=none,id=klab-snapshots");
}

/* The kernel's own measure of it is wrong on a busy host, and so is every time in the guest. */
static void test_argv_tells_the_speed_of_the_tsc(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *word = xasprintf(" tsc_early_khz=%" PRIu64 " ", host_tsc_khz());
	_cleanup_strv_ struct strv argv = { 0 }, kvm = { 0 }, icount = { 0 }, append = { 0 };

	if (!host_tsc_khz())
		skip();
	assert_in_range(host_tsc_khz(), 100000, 10000000);
	assert_int_equal(host_tsc_khz() % 1000, 0);
	strv_add(&append, "last");
	w->spec.append = &append;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_non_null(strstr(value_of(&argv, "-append"), word));
	assert_int_equal(qemu_argv(&w->spec, "qemu", "kvm", &fds, &kvm, &w->err), 0);
	assert_null(strstr(value_of(&kvm, "-append"), "tsc_early_khz"));
	w->spec.mode = MACHINE_DETERMINISTIC;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &icount, &w->err), 0);
	assert_null(strstr(value_of(&icount, "-append"), "tsc_early_khz"));
}

/* Which would have no timer at all without its own. */
static void test_argv_second_processor_keeps_its_timer(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	w->spec.mode = MACHINE_DETERMINISTIC;
	w->spec.cpus = 2;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_non_null(strstr(value_of(&argv, "-append"), " norandmaps "));
	assert_null(strstr(value_of(&argv, "-append"), "nolapic_timer"));
}

static void test_argv_seed_sets_how_long_an_instruction_takes(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	w->spec.mode = MACHINE_DETERMINISTIC;
	w->spec.icount_shift = 2;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_true(str_starts(value_of(&argv, "-icount"), "shift=2,sleep=off,"));
}

/* What QEMU cannot do while it records. */
static void test_argv_that_cannot_take_turns(void **state)
{
	struct machine_world *w = *state;
	struct machine_resume resume = { .state_path = "state" };

	for (int i = 0; i < 3; i++) {
		_cleanup_strv_ struct strv argv = { 0 };
		struct machine_spec spec = w->spec;

		spec.mode = MACHINE_DETERMINISTIC;
		spec.cpus = i == 0 ? 2 : 1;
		spec.save_path = i == 1 ? "state" : NULL;
		spec.resume = i == 2 ? &resume : NULL;
		assert_int_equal(qemu_argv(&spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
		assert_string_equal(value_of(&argv, "-icount"), "shift=0,sleep=off");
	}
}

static void test_argv_record_doubles_commas(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	w->spec.mode = MACHINE_RECORD;
	w->spec.run_dir = "/a,b";
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_string_equal(value_of(&argv, "-icount"),
			    "shift=3,sleep=on,rr=record,rrfile=/a,,b/record/events");
}

/* Only ports made by -serial have their bytes in the recording, and so an end at its place. A
 * deterministic run is to be the same when it is recorded. */
static void test_argv_recorded_ports(void **state)
{
	static const enum machine_mode modes[] = { MACHINE_RECORD, MACHINE_REPLAY,
						   MACHINE_DETERMINISTIC };
	struct machine_world *w = *state;

	w->spec.recorded_dir = w->run_dir;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		_cleanup_strv_ struct strv argv = { 0 };
		_cleanup_free_ char *all = NULL;

		w->spec.mode = modes[i];
		assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
		all = strv_join(&argv, " ");
		assert_non_null(strstr(all, " -serial chardev:console "));
		assert_non_null(strstr(strstr(all, " -serial chardev:console "),
				       " -serial chardev:frames "));
		assert_null(strstr(all, "isa-serial"));
	}
}

/* ---- on another host ---- */

static uint64_t slow_tsc(void)
{
	return 1000000;
}

static uint64_t fast_tsc(void)
{
	return 4000000;
}

/* All that a guest can see of the command line: files by their names, without where they are. */
static void visible_argv(struct machine_world *w, enum machine_mode mode, bool other_host,
			 struct strv *argv)
{
	struct machine_spec spec = w->spec;
	_cleanup_free_ char *dir = path_join(other_host ? "/elsewhere" : "/a", "run");
	_cleanup_free_ char *kernel = path_join(other_host ? "/elsewhere" : "/a", "bzImage");
	_cleanup_free_ char *initramfs = path_join(dir, "initramfs.cpio");
	_cleanup_strv_ struct strv all = { 0 };

	spec.mode = mode;
	spec.run_dir = dir;
	spec.kernel_path = kernel;
	spec.initramfs_path = initramfs;
	spec.tsc_khz = other_host ? fast_tsc : slow_tsc;
	setenv("TZ", other_host ? "Asia/Kathmandu" : "UTC", 1);
	assert_int_equal(qemu_argv(&spec, other_host ? "/opt/b/qemu" : "/usr/bin/qemu", "tcg", &fds,
				   &all, &w->err),
			 0);
	unsetenv("TZ");
	for (size_t i = 1; i < all.count; i++) {
		const char *file = strstr(all.items[i], dir);

		if (str_eq(all.items[i - 1], "-kernel") || str_eq(all.items[i - 1], "-initrd"))
			strv_add(argv, path_base(all.items[i]));
		else if (file)
			strv_addf(argv, "%.*sRUN%s", (int)(file - all.items[i]), all.items[i],
				  file + strlen(dir));
		else
			strv_add(argv, all.items[i]);
	}
}

/* The same bytes on another machine: nothing that a host measures or is called reaches the guest.
 */
static void test_argv_of_two_hosts(void **state)
{
	static const enum machine_mode modes[] = { MACHINE_DETERMINISTIC, MACHINE_RECORD,
						   MACHINE_FREE };
	struct machine_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		_cleanup_strv_ struct strv here = { 0 }, there = { 0 };
		_cleanup_free_ char *a = NULL, *b = NULL;

		visible_argv(w, modes[i], false, &here);
		visible_argv(w, modes[i], true, &there);
		a = strv_join(&here, "\n");
		b = strv_join(&there, "\n");
		if (modes[i] == MACHINE_FREE)
			assert_string_not_equal(a, b); /* the TSC: this test can fail */
		else
			assert_string_equal(a, b);
	}
}

static void test_argv_odd_memory_sizes(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	w->spec.memory_bytes = (100 << 20) + 4096;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_string_equal(value_of(&argv, "-m"), "102404k");
}

static void test_argv_appended_words_come_last(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv append = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };

	strv_add(&append, "panic=10");
	strv_add(&append, "foo=\"a b\"");
	w->spec.append = &append;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), 0);
	assert_true(str_ends(value_of(&argv, "-append"), " panic=10 foo=\"a b\""));
	assert_non_null(strstr(value_of(&argv, "-append"), " panic=-1 "));
}

static void test_argv_command_line_too_long(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv append = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };

	for (int i = 0; i < 200; i++)
		strv_add(&append, "word=value");
	w->spec.append = &append;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_non_null(strstr(w->err.msg, "the kernel takes 2047"));
}

static void test_argv_control_character(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv append = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };

	strv_add(&append, "a\nb");
	w->spec.append = &append;
	assert_int_equal(qemu_argv(&w->spec, "qemu", "tcg", &fds, &argv, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
}

static void test_command_is_what_runs(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strv_ struct strv ran = { 0 };
	_cleanup_free_ char *text = NULL;

	assert_int_equal(machine_find("qemu", NULL)->command(&w->spec, &argv, &w->err), 0);
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
	text = machine_world_read(w, "qemu.argv", NULL);
	strv_split(&ran, text, '\n');
	assert_int_equal(ran.count, argv.count + 1); /* after the last newline */
	for (size_t i = 0; i < argv.count; i++)
		assert_string_equal(ran.items[i], argv.items[i]);
}

/* ---- modes that this QEMU cannot do ---- */

static void test_deterministic_smp_needs_a_newer_qemu(void **state)
{
	struct machine_world *w = *state;

	w->spec.mode = MACHINE_DETERMINISTIC;
	w->spec.cpus = 2;
	setenv("KLAB_FAKE_VERSION", "8.0.5", 1);
	unsetenv("KLAB_ACCEL");
	assert_int_equal(machine_world_run(w, "poweroff"), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_non_null(strstr(w->err.msg, "need QEMU 8.1 or newer, this is 8.0.5"));
	setenv("KLAB_FAKE_VERSION", "8.1.0", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
	setenv("KLAB_FAKE_VERSION", "10.0.2", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, machine_world_setup, machine_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_argv_is_closed_to_the_world),
		TEST(test_argv_free),
		TEST(test_argv_kvm_takes_the_hosts_processor),
		TEST(test_argv_deterministic),
		TEST(test_argv_beat),
		TEST(test_argv_debug_of_a_counted_recording),
		TEST(test_argv_tells_the_speed_of_the_tsc),
		TEST(test_argv_second_processor_keeps_its_timer),
		TEST(test_argv_seed_sets_how_long_an_instruction_takes),
		TEST(test_argv_that_cannot_take_turns),
		TEST(test_argv_record_doubles_commas),
		TEST(test_argv_recorded_ports),
		TEST(test_argv_of_two_hosts),
		TEST(test_argv_odd_memory_sizes),
		TEST(test_argv_appended_words_come_last),
		TEST(test_argv_command_line_too_long),
		TEST(test_argv_control_character),
		TEST(test_command_is_what_runs),
		TEST(test_deterministic_smp_needs_a_newer_qemu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
