// SPDX-License-Identifier: GPL-2.0-or-later
/* The account of a fault: files of a temporary folder stand for the kernel's, and we count down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest-init/faults.h"
#include "guest-init/verbs.h"
#include "guest-world.h"

#define ATTRIBUTES "sys/kernel/debug/fail_make_request/"

static void put_times(const struct guest_world *w, const char *left)
{
	guest_world_put(w, ATTRIBUTES "times", left);
}

static int setup(void **state)
{
	static const char *const names[] = { "a", "b" };
	static const char *const kernel[] = { "sda", "sdb" };
	struct guest_world *w;

	guest_world_setup(state);
	w = *state;
	w->guest.fault_root = w->dir;
	guest_world_put(w, ATTRIBUTES "probability", "");
	put_times(w, "1");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *file = xasprintf("sys/block/%s/make-it-fail", kernel[i]);
		struct device *device = &w->guest.devices[w->guest.device_count++];

		guest_world_put(w, file, "0");
		device->name = names[i];
		snprintf(device->kernel, sizeof(device->kernel), "%s", kernel[i]);
	}
	return 0;
}

/* Arms the fault for a device, as step `index`. */
static int arm(struct guest_world *w, const char *device, int index)
{
	const struct plan_arg args[] = { { "device", device }, { "probability", "100" } };
	const struct plan_step step = {
		.index = index, .verb = "fail_make_request", .args = args, .arg_count = 2
	};

	return verb_fault_attr(&w->guest, &step);
}

static void assert_fault(const json_t *frame, int step, const char *device, int64_t fired,
			 bool final)
{
	assert_non_null(frame);
	assert_int_equal(json_get_int(frame, "i", -1), step);
	assert_string_equal(json_get_str(frame, "device", ""), device);
	assert_int_equal(json_get_int(frame, "fired", -1), fired);
	assert_int_equal(json_get_bool(frame, "disarmed", !final), final);
}

static void test_fault_counts_what_is_missing(void **state)
{
	struct guest_world *w = *state;
	const json_t *frames;

	assert_int_equal(arm(w, "a", 3), 0);
	put_times(w, "999999998\n");
	faults_report(&w->guest);
	put_times(w, "999999993\n");
	faults_disarm(&w->guest);
	frames = guest_world_frames(w);
	assert_int_equal(json_array_size(frames), 3);
	assert_fault(json_array_get(frames, 0), 3, "a", 0, false);
	assert_true(json_get_bool(json_array_get(frames, 0), "armed", false));
	assert_fault(json_array_get(frames, 1), 3, "a", 2, false);
	assert_fault(json_array_get(frames, 2), 3, "a", 7, true);
	assert_false(json_get_bool(json_array_get(frames, 2), "armed", true));
}

/* Arms a, lets it fire twice, arms another (or a again), lets that fire once. */
static const json_t *arm_two(struct guest_world *w, const char *second)
{
	assert_int_equal(arm(w, "a", 0), 0);
	put_times(w, "999999998");
	assert_int_equal(arm(w, second, 1), 0);
	put_times(w, "999999999");
	faults_disarm(&w->guest);
	return guest_world_frames(w);
}

static void test_fault_armed_again_is_another_account(void **state)
{
	const json_t *frames = arm_two(*state, "a");

	assert_int_equal(json_array_size(frames), 4);
	assert_fault(json_array_get(frames, 1), 0, "a", 2, true);
	assert_fault(json_array_get(frames, 2), 1, "a", 0, false);
	assert_fault(json_array_get(frames, 3), 1, "a", 1, true);
}

static void test_fault_is_disarmed_by_a_step(void **state)
{
	struct guest_world *w = *state;
	const struct plan_arg args[] = { { "fault", "fail_make_request" } };
	const struct plan_step step = { .index = 4, .args = args, .arg_count = 1 };
	const json_t *frames;

	assert_int_equal(arm(w, "a", 3), 0);
	put_times(w, "999999998");
	assert_int_equal(verb_disarm(&w->guest, &step), 0);
	faults_report(&w->guest);
	faults_disarm(&w->guest);
	frames = guest_world_frames(w);
	assert_int_equal(json_array_size(frames), 2);
	assert_fault(json_array_get(frames, 1), 3, "a", 2, true);
	assert_int_equal(verb_disarm(&w->guest, &step), -1);
	assert_non_null(strstr(w->guest.failure.what, "is not armed"));
}

/* The kernel counts for both devices together: no failure is missed or counted twice. */
static void test_fault_of_another_device_is_another_account(void **state)
{
	const json_t *frames = arm_two(*state, "b");

	assert_int_equal(json_array_size(frames), 4);
	assert_fault(json_array_get(frames, 1), 0, "a", 2, true);
	assert_fault(json_array_get(frames, 2), 1, "a,b", 0, false);
	assert_fault(json_array_get(frames, 3), 1, "a,b", 1, true);
}

/* "Never fired" is a finding; "nobody knows" must not look like it. */
static void assert_lost(struct guest_world *w, const char *times)
{
	assert_int_equal(arm(w, "a", 0), 0);
	put_times(w, "999999990");
	faults_report(&w->guest);
	put_times(w, times);
	faults_report(&w->guest);
	put_times(w, "999999980");
	faults_disarm(&w->guest);
	guest_world_frames(w);
	for (size_t i = 2; i < 4; i++) {
		const json_t *frame = json_array_get(w->frames.list, i);

		assert_non_null(frame);
		assert_null(json_object_get(frame, "fired"));
		assert_false(json_get_bool(frame, "disarmed", true));
	}
}

static void test_fault_count_is_lost_when_times_is_endless(void **state)
{
	assert_lost(*state, "-1");
}

static void test_fault_count_is_lost_when_times_goes_up(void **state)
{
	assert_lost(*state, "999999995");
}

static void test_fault_count_is_lost_when_times_is_no_number(void **state)
{
	assert_lost(*state, "");
}

static void test_fault_that_cannot_be_disarmed_is_not_final(void **state)
{
	struct guest_world *w = *state;
	_cleanup_free_ char *path = xasprintf("%s/" ATTRIBUTES "probability", w->dir);

	assert_int_equal(arm(w, "a", 0), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("probability", path), 0); /* ELOOP */
	faults_disarm(&w->guest);
	guest_world_frames(w);
	assert_fault(guest_world_frame(w, "fault"), 0, "a", 0, false);
}

static void test_fault_without_the_kernels_files_names_the_options(void **state)
{
	struct guest_world *w = *state;

	w->guest.fault_root = "/nonexistent";
	assert_int_equal(arm(w, "a", 0), -1);
	assert_non_null(strstr(w->guest.failure.what, "FAIL_MAKE_REQUEST"));
	faults_disarm(&w->guest);
	guest_world_frames(w);
	assert_false(json_get_bool(guest_world_frame(w, "fault"), "armed", true));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, guest_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_fault_counts_what_is_missing),
		TEST(test_fault_armed_again_is_another_account),
		TEST(test_fault_is_disarmed_by_a_step),
		TEST(test_fault_of_another_device_is_another_account),
		TEST(test_fault_count_is_lost_when_times_is_endless),
		TEST(test_fault_count_is_lost_when_times_goes_up),
		TEST(test_fault_count_is_lost_when_times_is_no_number),
		TEST(test_fault_that_cannot_be_disarmed_is_not_final),
		TEST(test_fault_without_the_kernels_files_names_the_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
