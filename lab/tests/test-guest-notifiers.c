// SPDX-License-Identifier: GPL-2.0-or-later
/* Notifiers and processors that refuse: files of a temporary folder stand for the kernel's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "guest-init/faults.h"
#include "guest-init/kernel-log.h"
#include "guest-init/verbs.h"
#include "guest-world.h"

#define ERROR_FILE "sys/kernel/debug/notifier-error-inject/netdev/actions/NETDEV_UP/error"
#define FAIL_FILE  "sys/devices/system/cpu/cpu1/hotplug/fail"

static int setup(void **state)
{
	struct guest_world *w;

	guest_world_setup(state);
	w = *state;
	w->guest.fault_root = w->dir;
	guest_world_put(w, ERROR_FILE, "");
	guest_world_put(w, "dev/kmsg", "6,1,5,-;Injecting error (-22) to NETDEV_UP\n");
	guest_world_put(w, FAIL_FILE, "-1");
	guest_world_put(w, "sys/devices/system/cpu/hotplug/states",
			"  0: offline\n 43: workqueue:online\n195: online\n");
	return 0;
}

/* As the kernel: a record more. */
static void log_add(const struct guest_world *w, const char *record)
{
	_cleanup_free_ char *path = path_join(w->dir, "dev/kmsg");
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	assert_true(fputs(record, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int arm_notifier(struct guest_world *w, const char *action, const char *error, int index)
{
	const struct plan_arg args[] = { { "chain", "netdev" },
					 { "action", action },
					 { "error", error } };
	const struct plan_step step = { .index = index, .args = args, .arg_count = 3 };

	return verb_notifier_error(&w->guest, &step);
}

static int arm_cpu(struct guest_world *w, const char *state)
{
	const struct plan_arg args[] = { { "cpu", "1" }, { "state", state } };
	const struct plan_step step = { .index = 3, .args = args, .arg_count = 2 };

	return verb_cpu_hotplug_fail(&w->guest, &step);
}

static void assert_fired(struct guest_world *w, int64_t fired, bool final)
{
	const json_t *frame;

	guest_world_frames(w);
	frame = guest_world_frame(w, "fault");
	assert_int_equal(json_get_int(frame, "fired", -1), fired);
	assert_int_equal(json_get_bool(frame, "disarmed", !final), final);
}

static void test_notifier_counts_what_the_kernel_says(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm_notifier(w, "NETDEV_UP", "-22", 0), 0);
	guest_world_assert(w, ERROR_FILE, "-22");
	/* What was said before it was armed is another's. */
	assert_fired(w, 0, false);
	log_add(w, "6,2,6,-;Injecting error (-22) to NETDEV_UP\n");
	faults_report(&w->guest);
	assert_fired(w, 1, false);
	log_add(w, "6,3,7,-;Injecting error (-22) to NETDEV_UP_AND_AWAY\n");
	faults_report(&w->guest);
	log_add(w, "6,4,8,-;Injecting error (-22) to NETDEV_UP\n SUBSYSTEM=net\n");
	faults_disarm(&w->guest);
	assert_fired(w, 2, true);
}

static void test_notifier_does_not_count_what_tasks_say(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm_notifier(w, "NETDEV_UP", "-22", 0), 0);
	log_add(w, "14,2,6,-;Injecting error (-22) to NETDEV_UP\n");
	faults_disarm(&w->guest);
	assert_fired(w, 0, true);
}

static void test_notifier_armed_again_is_another_account(void **state)
{
	struct guest_world *w = *state;
	const json_t *frames;

	assert_int_equal(arm_notifier(w, "NETDEV_UP", "-22", 0), 0);
	log_add(w, "6,2,6,-;Injecting error (-22) to NETDEV_UP\n");
	assert_int_equal(arm_notifier(w, "NETDEV_UP", "-12", 1), 0);
	guest_world_assert(w, ERROR_FILE, "-12");
	frames = guest_world_frames(w);
	assert_int_equal(json_array_size(frames), 3);
	assert_int_equal(json_get_int(json_array_get(frames, 1), "fired", -1), 1);
	assert_int_equal(json_get_int(json_array_get(frames, 2), "i", -1), 1);
	assert_int_equal(json_get_int(json_array_get(frames, 2), "fired", -1), 0);
}

static void test_notifier_of_no_such_action_says_so(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm_notifier(w, "NETDEV_SIDEWAYS", "-22", 0), -1);
	assert_non_null(strstr(w->guest.failure.what, "no such chain or action"));
	faults_disarm(&w->guest);
	guest_world_frames(w);
	assert_false(json_get_bool(guest_world_frame(w, "fault"), "armed", true));
}

static void test_cpu_fails_once(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm_cpu(w, "workqueue:online"), 0);
	guest_world_assert(w, FAIL_FILE, "43");
	assert_fired(w, 0, false);
	guest_world_put(w, FAIL_FILE, "-1\n");
	faults_report(&w->guest);
	assert_fired(w, 1, false);
	faults_disarm(&w->guest);
	assert_fired(w, 1, true);
}

static void test_cpu_that_never_failed_is_left_alone(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm_cpu(w, "195"), 0);
	guest_world_assert(w, FAIL_FILE, "195");
	faults_disarm(&w->guest);
	assert_fired(w, 0, true);
	guest_world_assert(w, FAIL_FILE, "-15"); /* "-1" over "195" */
}

static void test_cpu_state_that_another_changed_is_lost(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm_cpu(w, "43"), 0);
	guest_world_put(w, FAIL_FILE, "195");
	faults_disarm(&w->guest);
	assert_fired(w, -1, false);
}

static void test_cpu_of_no_such_state_says_so(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm_cpu(w, "workqueue"), -1);
	assert_non_null(strstr(w->guest.failure.what, "no state 'workqueue'"));
	assert_int_equal(arm_cpu(w, "line"), -1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, guest_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_notifier_counts_what_the_kernel_says),
		TEST(test_notifier_does_not_count_what_tasks_say),
		TEST(test_notifier_armed_again_is_another_account),
		TEST(test_notifier_of_no_such_action_says_so),
		TEST(test_cpu_fails_once),
		TEST(test_cpu_that_never_failed_is_left_alone),
		TEST(test_cpu_state_that_another_changed_is_lost),
		TEST(test_cpu_of_no_such_state_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
