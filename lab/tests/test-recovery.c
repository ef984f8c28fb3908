// SPDX-License-Identifier: GPL-2.0-or-later
/* Does the system work again? What init tries, and what the verdict makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>

#include "base/cleanup.h"
#include "guest-init/recovery.h"
#include "guest-init/tasks.h"
#include "guest-world.h"
#include "verdict/expect.h"
#include "verdict/recovery.h"

static int setup(void **state)
{
	struct guest_world *w;

	guest_world_setup(state);
	w = *state;
	w->guest.fault_root = w->dir;
	return 0;
}

static void test_recovery_is_not_tried_without_fault_or_device(void **state)
{
	struct guest_world *w = *state;

	recovery_check(&w->guest, RECOVERY_CHECK_MS, RECOVERY_TOTAL_MS);
	assert_int_equal(json_array_size(guest_world_frames(w)), 0);
}

static void add_device(struct guest_world *w, const char *name, const char *path)
{
	struct device *device = &w->guest.devices[w->guest.device_count++];

	device->name = name;
	snprintf(device->path, sizeof(device->path), "%s", path);
}

static void test_recovery_tells_of_each_try(void **state)
{
	struct guest_world *w = *state;
	_cleanup_strbuf_ struct strbuf why = { 0 };
	const json_t *frames;

	/* No block device, and no swap: both are told, and what works as well. */
	add_device(w, "disk", "/dev/null");
	guest_world_put(w, "proc/swaps", "Filename\tType\n/no/such/swap\tpartition\n");
	recovery_check(&w->guest, RECOVERY_CHECK_MS, RECOVERY_TOTAL_MS);
	frames = guest_world_frames(w);
	assert_int_equal(json_array_size(frames), 4);
	assert_true(json_get_bool(json_array_get(frames, 0), "ok", false));
	assert_string_equal(json_get_str(json_array_get(frames, 0), "what", ""), "allocate");
	assert_true(json_get_bool(json_array_get(frames, 1), "ok", false));
	assert_false(json_get_bool(json_array_get(frames, 2), "ok", true));
	assert_string_equal(json_get_str(json_array_get(frames, 2), "device", ""), "/no/such/swap");
	assert_non_null(strstr(json_get_str(json_array_get(frames, 2), "why", ""), "ENOENT"));
	assert_false(json_get_bool(json_array_get(frames, 3), "ok", true));
	assert_string_equal(json_get_str(json_array_get(frames, 3), "device", ""), "disk");
	/* An errno is no matter of time. */
	for (size_t i = 0; i < json_array_size(frames); i++)
		assert_null(json_object_get(json_array_get(frames, i), "late_us"));
	assert_int_equal(recovery_judge(&w->frames, &why), RECOVERY_FAILED);
	assert_non_null(strstr(why.data, "did not recover: swapoff /no/such/swap (ENOENT"));
}

static void assert_late(const json_t *frame, int late_us, const char *why)
{
	const char *found = json_get_str(frame, "why", "it works");

	if (json_get_bool(frame, "ok", true) || json_get_int(frame, "late_us", 0) != late_us ||
	    !strstr(found, why))
		fail_msg("after %d us: %s", (int)json_get_int(frame, "late_us", 0), found);
}

/* A lease of ours holds up whoever opens the file, as a disk does that does not answer. */
static void test_recovery_says_which_time_ran_out(void **state)
{
	struct guest_world *w = *state;
	_cleanup_close_ int fd = -1;
	const json_t *frames;
	char path[PATH_MAX];

	guest_world_put(w, "held", "x");
	snprintf(path, sizeof(path), "%s/held", w->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	signal(SIGIO, SIG_IGN);
	assert_return_code(fcntl(fd, F_SETLEASE, F_RDLCK), errno);
	/* Short, wherever the folder is: the children have it, too. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	add_device(w, "stuck", path);
	recovery_check(&w->guest, 100, 60000);
	frames = guest_world_frames(w);
	assert_int_equal(json_array_size(frames), 3);
	assert_late(json_array_get(frames, 2), 100000, "still not done after 0.1 s");
	/* At the latest by this one. */
	add_device(w, "next", "/dev/null");
	recovery_check(&w->guest, 20, 10);
	frames = guest_world_frames(w);
	assert_int_equal(json_array_size(frames), 4);
	assert_late(json_array_get(frames, 3), 10000, "not tried");
}

static json_t *check(const char *what, bool ok)
{
	return json_pack("{s:s,s:s,s:b,s:s}", "k", "recovery", "what", what, "ok", ok, "why", "x");
}

static bool judge(const struct frames *frames, bool wanted)
{
	const struct case_expect e = { .kind = EXPECT_RECOVERED, .recovered = wanted };
	const struct verdict_facts facts = { .frames = frames };
	struct expect_set *set = expect_set_new(&e, 1);
	_cleanup_strbuf_ struct strbuf why = { 0 };
	bool met = expect_judge(set, 0, &facts, &why);

	assert_true(why.length > 0);
	expect_set_free(set);
	return met;
}

/* What was not heard of is neither. */
static void test_expect_recovered_needs_every_check(void **state)
{
	struct frames frames = { .list = json_array() };

	assert_false(judge(&frames, true));
	assert_false(judge(&frames, false));
	json_array_append_new(frames.list, check("fork", true));
	assert_false(judge(&frames, true));
	assert_false(judge(&frames, false));
	json_array_append_new(frames.list, json_pack("{s:s}", "k", "end"));
	assert_true(judge(&frames, true));
	assert_false(judge(&frames, false));
	json_array_insert_new(frames.list, 1, check("write", false));
	assert_false(judge(&frames, true));
	assert_true(judge(&frames, false));
	frames_clear(&frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_recovery_is_not_tried_without_fault_or_device,
						setup, guest_world_teardown),
		cmocka_unit_test_setup_teardown(test_recovery_tells_of_each_try, setup,
						guest_world_teardown),
		cmocka_unit_test_setup_teardown(test_recovery_says_which_time_ran_out, setup,
						guest_world_teardown),
		cmocka_unit_test(test_expect_recovered_needs_every_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
