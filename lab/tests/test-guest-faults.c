// SPDX-License-Identifier: GPL-2.0-or-later
/* The account of a fault: files of a temporary folder stand for the kernel's, and we count down. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "guest-init/fault-filters.h"
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
		_cleanup_free_ char *file = xasprintf("sys/class/block/%s/make-it-fail", kernel[i]);
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

/* ---- what narrows it ---- */

#define FUNCTIONS "sys/kernel/debug/fail_function/"

static int arm_function(struct guest_world *w, const char *function, const char *retval, int index)
{
	const struct plan_arg args[] = { { "function", function },
					 { "probability", "50" },
					 { "retval", retval } };
	const struct plan_step step = {
		.index = index, .verb = "fail_function", .args = args, .arg_count = retval ? 3 : 2
	};

	return verb_fault_attr(&w->guest, &step);
}

static void put_functions(struct guest_world *w)
{
	static const char *const files[] = { "probability", "times", "inject", "f/retval",
					     "g/retval" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *name = xasprintf(FUNCTIONS "%s", files[i]);

		guest_world_put(w, name, "");
	}
}

static void test_fault_function_returns_what_the_step_says(void **state)
{
	struct guest_world *w = *state;

	put_functions(w);
	assert_int_equal(arm_function(w, "f", "-12", 2), 0);
	guest_world_assert(w, FUNCTIONS "inject", "f");
	guest_world_assert(w, FUNCTIONS "f/retval", "0xfffffffffffffff4");
	guest_world_assert(w, FUNCTIONS "probability", "50");
	faults_disarm(&w->guest);
	guest_world_assert(w, FUNCTIONS "inject", "!f");
	guest_world_frames(w);
	assert_fault(guest_world_frame(w, "fault"), 2, "f", 0, true);
}

static void test_fault_of_another_function_keeps_the_first(void **state)
{
	struct guest_world *w = *state;

	put_functions(w);
	assert_int_equal(arm_function(w, "f", "-12", 0), 0);
	guest_world_put(w, FUNCTIONS "f/retval", "");
	assert_int_equal(arm_function(w, "g", NULL, 1), 0);
	guest_world_assert(w, FUNCTIONS "f/retval", "0xfffffffffffffff4");
	guest_world_assert(w, FUNCTIONS "g/retval", "");
	guest_world_frames(w);
	assert_fault(guest_world_frame(w, "fault"), 1, "f,g", 0, false);
}

static void test_fault_function_that_is_not_there_says_so(void **state)
{
	struct guest_world *w = *state;

	w->guest.fault_root = "/nonexistent";
	assert_int_equal(arm_function(w, "f", NULL, 0), -1);
	assert_non_null(strstr(w->guest.failure.what, "FAIL_FUNCTION"));
}

#define SLAB "sys/kernel/debug/failslab/"

/* Arms failslab with one argument more. */
static int arm_slab(struct guest_world *w, const char *name, const char *value)
{
	const struct plan_arg args[] = { { "probability", "100" }, { name, value } };
	const struct plan_step step = { .verb = "failslab", .args = args, .arg_count = 2 };

	guest_world_put(w, SLAB "probability", "");
	guest_world_put(w, SLAB "times", "");
	return verb_fault_attr(&w->guest, &step);
}

static void test_fault_is_for_one_task(void **state)
{
	struct guest_world *w = *state;
	struct task *task = &w->guest.tasks[3];

	task->name = "victim";
	task->pid = 4321;
	guest_world_put(w, SLAB "task-filter", "");
	guest_world_put(w, "proc/4321/make-it-fail", "");
	assert_int_equal(arm_slab(w, "task", "victim"), 0);
	guest_world_assert(w, "proc/4321/make-it-fail", "1");
	guest_world_assert(w, SLAB "task-filter", "1");
	assert_false(w->guest.fault_task_filter);
	faults_disarm(&w->guest);
	guest_world_assert(w, "proc/4321/make-it-fail", "0");
}

static void test_fault_for_a_task_that_has_ended_is_refused(void **state)
{
	struct guest_world *w = *state;
	struct task *task = &w->guest.tasks[3];

	task->name = "victim";
	task->pid = 4321;
	task->ended = true;
	assert_int_equal(arm_slab(w, "task", "victim"), -1);
	assert_non_null(strstr(w->guest.failure.what, "has ended already"));
	guest_world_assert(w, SLAB "probability", "0");
}

static void test_fault_is_for_one_cache(void **state)
{
	struct guest_world *w = *state;

	guest_world_put(w, SLAB "cache-filter", "");
	guest_world_put(w, "sys/kernel/slab/filp/failslab", "0");
	assert_int_equal(arm_slab(w, "cache", "filp"), 0);
	guest_world_assert(w, "sys/kernel/slab/filp/failslab", "1");
	guest_world_assert(w, SLAB "cache-filter", "1");
	faults_disarm(&w->guest);
	guest_world_assert(w, "sys/kernel/slab/filp/failslab", "0");
	guest_world_assert(w, SLAB "cache-filter", "0");
}

/* By the boot line: then it is not ours to take back. */
static void test_fault_is_for_a_cache_that_was_marked_before(void **state)
{
	struct guest_world *w = *state;

	guest_world_put(w, SLAB "cache-filter", "");
	guest_world_put(w, "sys/kernel/slab/filp/failslab", "1\n");
	assert_int_equal(arm_slab(w, "cache", "filp"), 0);
	guest_world_assert(w, SLAB "cache-filter", "1");
	faults_disarm(&w->guest);
	guest_world_assert(w, "sys/kernel/slab/filp/failslab", "1\n");
	guest_world_assert(w, SLAB "cache-filter", "0");
}

static void test_fault_for_callers_needs_the_kernels_filter(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm_slab(w, "require", "do_it"), -1);
	assert_non_null(strstr(w->guest.failure.what, "FAULT_INJECTION_STACKTRACE_FILTER"));
}

static const char kallsyms[] = "ffffffff81000000 T _text\n"
			       "ffffffff81000010 t twice\n"
			       "ffffffff81000040 T do_it\n"
			       "ffffffff81000048 d data\n"
			       "ffffffff81000050 t twice\n"
			       "ffffffff81000060 T last\n"
			       "ffffffffa0000000 t in_module\t[mod]\n";

static void test_fault_for_callers_is_their_addresses(void **state)
{
	static const char *const files[] = { "stacktrace-depth", "require-start", "require-end",
					     "reject-start", "reject-end" };
	struct guest_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *name = xasprintf(SLAB "%s", files[i]);

		guest_world_put(w, name, "");
	}
	guest_world_put(w, "proc/kallsyms", kallsyms);
	assert_int_equal(arm_slab(w, "require", "do_it"), 0);
	guest_world_assert(w, SLAB "stacktrace-depth", "32");
	guest_world_assert(w, SLAB "require-start", "18446744071578845248");
	guest_world_assert(w, SLAB "require-end", "18446744071578845264");
	guest_world_assert(w, SLAB "reject-end", "0");
	faults_disarm(&w->guest);
	guest_world_assert(w, SLAB "require-end", "18446744073709551615");
}

static void test_function_is_found_by_one_name_only(void **state)
{
	uint64_t start, end;

	assert_int_equal(fault_filters_find_function(kallsyms, "in_module", &start, &end), 0);
	assert_true(start == 0xffffffffa0000000 && end == UINT64_MAX);
	assert_int_equal(fault_filters_find_function(kallsyms, "twice", &start, &end), -1);
	assert_int_equal(errno, ENOTUNIQ);
	assert_int_equal(fault_filters_find_function(kallsyms, "data", &start, &end), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fault_filters_find_function("", "do_it", &start, &end), -1);
}

/* ---- what a sweep wants to know ---- */

static void test_fault_that_fired_since_last_time_is_named(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(arm(w, "a", 0), 0);
	assert_int_equal(arm_slab(w, "space", "0"), -1); /* no such file here: it stays silent */
	assert_null(faults_newly_fired(&w->guest, NULL));
	put_times(w, "999999998");
	assert_string_equal(faults_newly_fired(&w->guest, NULL), "fail_make_request");
	assert_null(faults_newly_fired(&w->guest, NULL));
	put_times(w, "999999997");
	assert_null(faults_newly_fired(&w->guest, &w->guest.faults[0]));
}

/* ---- a step that sets out to fail ---- */

static int write_expecting(struct guest_world *w, const char *path, const char *error)
{
	const struct plan_arg args[] = { { "path", path }, { "value", "x" }, { "errno", error } };
	const struct plan_step step = { .args = args, .arg_count = error ? 3 : 2 };

	return verb_write(&w->guest, &step);
}

static void test_write_fails_as_it_must(void **state)
{
	struct guest_world *w = *state;
	_cleanup_free_ char *there = path_join(w->dir, "file");

	assert_int_equal(write_expecting(w, "/proc/no-such-file", "2"), 0);
	assert_int_equal(write_expecting(w, there, NULL), 0);
	assert_int_equal(write_expecting(w, there, "2"), -1);
	assert_non_null(strstr(w->guest.failure.what, "worked, and was to fail with ENOENT"));
	assert_int_equal(w->guest.failure.errno_value, 0);
	assert_int_equal(write_expecting(w, "/proc/no-such-file", "28"), -1);
	assert_non_null(strstr(w->guest.failure.what, "failed, and was to fail with ENOSPC"));
	assert_int_equal(w->guest.failure.errno_value, ENOENT);
	assert_int_equal(write_expecting(w, "/proc/no-such-file", NULL), -1);
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
		TEST(test_fault_function_returns_what_the_step_says),
		TEST(test_fault_of_another_function_keeps_the_first),
		TEST(test_fault_function_that_is_not_there_says_so),
		TEST(test_fault_is_for_one_task),
		TEST(test_fault_for_a_task_that_has_ended_is_refused),
		TEST(test_fault_is_for_one_cache),
		TEST(test_fault_is_for_a_cache_that_was_marked_before),
		TEST(test_fault_for_callers_needs_the_kernels_filter),
		TEST(test_fault_for_callers_is_their_addresses),
		TEST(test_function_is_found_by_one_name_only),
		TEST(test_fault_that_fired_since_last_time_is_named),
		TEST(test_write_fails_as_it_must),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
