// SPDX-License-Identifier: GPL-2.0-or-later
/* Which accelerator a guest gets, and what is remembered of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "machine-world.h"
#include "machine/qemu.h"

/* Chooses with a file in place of /dev/kvm, and `script` as what a guest under KVM does. */
static struct machine_accel choose(struct machine_world *w, const char *script, bool may_probe)
{
	_cleanup_free_ char *device = path_join(w->dir, "kvm");
	struct machine_accel accel = { 0 };

	setenv("KLAB_FAKE_KVM", script, 1);
	unsetenv("KLAB_ACCEL");
	assert_int_equal(file_write_atomic(device, "", 0, &w->err), 0);
	assert_int_equal(accel_choose(&w->spec, getenv("KLAB_QEMU"), device, may_probe, &accel,
				      &w->progress, &w->err),
			 0);
	return accel;
}

static void test_accel_without_a_device(void **state)
{
	struct machine_world *w = *state;
	struct machine_accel accel;

	unsetenv("KLAB_ACCEL");
	assert_int_equal(accel_choose(&w->spec, getenv("KLAB_QEMU"), "/nonexistent/kvm", true,
				      &accel, NULL, &w->err),
			 0);
	assert_string_equal(accel.name, "tcg");
	assert_string_equal(accel.why, "/nonexistent/kvm: No such file or directory");
	assert_int_equal(w->notes.count, 0);
}

static void test_accel_kvm_that_works_is_tried_once(void **state)
{
	struct machine_world *w = *state;
	struct machine_accel accel;

	setenv("KLAB_FAKE_FRAMES_FLOOD", "32", 1);
	accel = choose(w, "hang", true); /* it speaks, then goes on until it is stopped */
	assert_string_equal(accel.name, "kvm");
	assert_false(accel.unproven);
	assert_int_equal(w->notes.count, 2);
	accel = choose(w, "fail-at-once", true);
	assert_string_equal(accel.name, "kvm");
	assert_int_equal(w->notes.count, 2);
}

static void test_accel_kvm_that_does_not_start(void **state)
{
	struct machine_world *w = *state;
	struct machine_accel accel = choose(w, "fail-at-once", true);

	assert_string_equal(accel.name, "tcg");
	assert_true(accel.unproven);
	assert_non_null(strstr(accel.why, "something ?[31mbroke"));
}

static void test_accel_kvm_that_hangs(void **state)
{
	struct machine_world *w = *state;
	struct machine_accel accel;

	w->spec.timeout_ms = 300;
	accel = choose(w, "hang", true);
	assert_string_equal(accel.name, "tcg");
	assert_true(accel.unproven);
	assert_non_null(strstr(accel.why, "did not come up under KVM"));
	assert_true(machine_world_is_gone(machine_world_pid(w), 0));
}

/* In firmware, for ever, at full speed: known after 5 s instead of 15. */
static void test_accel_kvm_that_prints_nothing_is_given_up_early(void **state)
{
	struct machine_world *w = *state;
	uint64_t start_ms = clock_monotonic_ms();
	struct machine_accel accel = choose(w, "hang", true);

	assert_true(accel.unproven);
	assert_in_range(clock_monotonic_ms() - start_ms, 5000, 10000);
}

static void test_accel_failure_counts_once_the_guest_came_up_without(void **state)
{
	struct machine_world *w = *state;
	struct machine_accel accel = choose(w, "fail-at-once", true);
	struct machine_result silent = { 0 };
	struct machine_result spoke = { .frames_bytes = 100 };

	/* A guest that says nothing under TCG either may just be broken. */
	accel_learn(&accel, getenv("KLAB_QEMU"), &silent, NULL);
	assert_int_equal(w->notes.count, 2);
	choose(w, "fail-at-once", true);
	assert_int_equal(w->notes.count, 4);
	accel_learn(&accel, getenv("KLAB_QEMU"), &spoke, NULL);
	accel = choose(w, "hang", true);
	assert_string_equal(accel.name, "tcg");
	assert_int_equal(w->notes.count, 4);
}

static void test_accel_is_not_tried_for_a_dry_run(void **state)
{
	struct machine_world *w = *state;
	struct machine_accel accel = choose(w, "hang", false);

	assert_string_equal(accel.name, "tcg");
	assert_string_equal(accel.why, "KVM was not tried yet");
}

static void test_accel_of_another_boot_is_forgotten(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *path = xasprintf("%s/klab/accel.json", w->dir);
	_cleanup_json_ json_t *stored = NULL;
	_cleanup_json_ json_t *other = NULL;
	struct machine_result spoke = { .frames_bytes = 100 };
	struct machine_accel accel;

	setenv("KLAB_FAKE_FRAMES_FLOOD", "32", 1);
	accel = choose(w, "hang", true);
	assert_string_equal(accel.name, "kvm");
	stored = json_read_file(path, 1 << 16, &w->err);
	assert_int_equal(json_object_size(stored), 1);
	other = json_pack("{s:O}", "another-boot and its QEMU",
			  json_object_iter_value(json_object_iter(stored)));
	assert_int_equal(json_write_file(path, other, &w->err), 0);
	accel = choose(w, "fail-at-once", true);
	assert_string_equal(accel.name, "tcg");
	accel_learn(&accel, getenv("KLAB_QEMU"), &spoke, NULL);
	json_decref(stored);
	stored = json_read_file(path, 1 << 16, &w->err);
	assert_int_equal(json_object_size(stored), 1);
}

/* Each has its answer, however they take turns. */
static void test_accel_of_two_qemus_is_remembered(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *first = xstrdup(getenv("KLAB_QEMU"));
	_cleanup_free_ char *second = path_join(w->dir, "another-qemu");
	struct machine_result spoke = { .frames_bytes = 100 };
	struct machine_accel accel = choose(w, "fail-at-once", true);

	assert_int_equal(symlink(first, second), 0);
	accel_learn(&accel, first, &spoke, NULL);
	setenv("KLAB_QEMU", second, 1);
	accel = choose(w, "fail-at-once", true);
	accel_learn(&accel, second, &spoke, NULL);
	assert_int_equal(w->notes.count, 4);
	choose(w, "fail-at-once", true);
	setenv("KLAB_QEMU", first, 1);
	choose(w, "fail-at-once", true);
	assert_int_equal(w->notes.count, 4);
}

static void test_accel_a_broken_memory_is_no_answer(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *dir = xasprintf("%s/klab", w->dir);
	_cleanup_free_ char *path = path_join(dir, "accel.json");

	assert_int_equal(file_mkdir_p(dir, &w->err), 0);
	assert_int_equal(file_write_atomic(path, "{\"key\": 1", 9, &w->err), 0);
	assert_string_equal(choose(w, "hang", false).why, "KVM was not tried yet");
}

static void test_accel_environment(void **state)
{
	struct machine_world *w = *state;
	struct machine_accel accel;

	setenv("KLAB_ACCEL", "kvm", 1);
	assert_int_equal(
		accel_choose(&w->spec, "q", "/nonexistent/kvm", true, &accel, NULL, &w->err), 0);
	assert_string_equal(accel.name, "kvm");
	w->spec.mode = MACHINE_DETERMINISTIC;
	assert_int_equal(
		accel_choose(&w->spec, "q", "/nonexistent/kvm", true, &accel, NULL, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	setenv("KLAB_ACCEL", "hvf", 1);
	assert_int_equal(
		accel_choose(&w->spec, "q", "/nonexistent/kvm", true, &accel, NULL, &w->err), -1);
	assert_string_equal(w->err.msg, "KLAB_ACCEL is \"hvf\": kvm or tcg");
}

static void test_accel_counting_instructions_is_tcg(void **state)
{
	struct machine_world *w = *state;
	struct machine_accel accel;

	w->spec.mode = MACHINE_DETERMINISTIC;
	accel = choose(w, "hang", true);
	assert_string_equal(accel.name, "tcg");
	assert_non_null(strstr(accel.why, "counts instructions"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, machine_world_setup, machine_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_accel_without_a_device),
		TEST(test_accel_kvm_that_works_is_tried_once),
		TEST(test_accel_kvm_that_does_not_start),
		TEST(test_accel_kvm_that_hangs),
		TEST(test_accel_kvm_that_prints_nothing_is_given_up_early),
		TEST(test_accel_failure_counts_once_the_guest_came_up_without),
		TEST(test_accel_is_not_tried_for_a_dry_run),
		TEST(test_accel_of_another_boot_is_forgotten),
		TEST(test_accel_of_two_qemus_is_remembered),
		TEST(test_accel_a_broken_memory_is_no_answer),
		TEST(test_accel_environment),
		TEST(test_accel_counting_instructions_is_tcg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
