// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults that were armed: each step that did has an account, and each has to have fired. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/verdict-world.h"

static void set_fired(struct world *w, int64_t fired)
{
	json_set_int(world_frame(w, "fault", 1, NULL), "fired", fired);
}

/* A fault that stayed silent leaves the case undone, even where the case asks how often it fired.
 */
static void test_verdict_judge_silent_fault_is_broken_though_expected(void **state)
{
	_cleanup_world_ struct world w;
	json_t *fault;

	world_init(&w);
	fault = world_frame(&w, "fault", 1, NULL);
	json_set_int(fault, "fired", 0);
	assert_int_equal(world_judge(&w, NULL), VERDICT_BROKEN);
}

static void test_verdict_judge_silent_fault_is_broken(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	set_fired(&w, 0);
	w.expects[2].kind = EXPECT_TASK; /* nobody asks for the injection */
	w.expects[2].subject = "hog";
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "fail_make_request on disk was armed and never fired",
			    "case.yaml:10");
}

/* What the guest counts of the fault's chances is told: "never asked" and "never hit" differ. */
static void test_verdict_judge_silent_fault_says_how_often_it_was_asked(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	set_fired(&w, 0);
	json_set_int(world_frame(&w, "fault", 1, NULL), "asked", 17);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "never fired (the kernel came by 17 times)", "case.yaml:10");
}

/* Without a count nobody knows whether it fired: that it did not is not known either. */
static void test_verdict_judge_lost_count_is_incomplete_not_silent(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	json_object_del(world_frame(&w, "fault", 1, NULL), "fired");
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "count of it was lost", "case.yaml:10");
}

/* That it stopped is known: whatever it fired before, this was not the test that was planned. */
static void test_verdict_judge_fault_that_ceased_is_broken(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	json_t *frame;

	world_init(&w);
	frame = world_frame(&w, "fault", 1, NULL);
	json_set_str(frame, "ceased", "its kprobe became a jump");
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "armed and worked no more: its kprobe became a jump",
			    "case.yaml:10");
	/* The same without a count, as such a fault leaves it. */
	json_decref(verdict);
	json_object_del(frame, "fired");
	json_set_bool(frame, "disarmed", false);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
}

/* A second step that arms a fault: a step of the plan, and its `fault` frames before the end. */
static void arm_again(struct world *w, const char *fault, const char *device, int64_t fired)
{
	json_t *steps = json_get_array(w->plan, "steps");
	size_t step = json_array_size(steps), at = json_array_size(w->frames) - 1;
	json_t *frames[] = {
		json_pack("{s:s,s:i}", "k", "step", "i", (int)step),
		json_pack("{s:s,s:i,s:s,s:s,s:b,s:i,s:b}", "k", "fault", "i", (int)step, "fault",
			  fault, "device", device, "armed", 1, "fired", 0, "disarmed", 0),
		json_pack("{s:s,s:i,s:b}", "k", "step-end", "i", (int)step, "ok", 1),
		json_pack("{s:s,s:i,s:s,s:s,s:b,s:I,s:b}", "k", "fault", "i", (int)step, "fault",
			  fault, "device", device, "armed", 0, "fired", (json_int_t)fired,
			  "disarmed", 1),
	};

	json_array_append_new(steps, json_pack("{s:i,s:i,s:s}", "i", (int)step, "line", 30, "verb",
					       "fail_make_request"));
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		json_array_insert_new(w->frames, at + i, frames[i]);
	json_set_int(json_array_get(w->frames, at + ARRAY_SIZE(frames)), "steps",
		     (int64_t)json_array_size(steps));
}

/* Armed by two steps, a fault has two accounts, and each has to have fired. */
static void test_verdict_judge_fault_armed_twice_has_two_accounts(void **state)
{
	static const char *const devices[] = { "disk", "other" };

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		_cleanup_world_ struct world w;
		_cleanup_json_ json_t *verdict = NULL;

		world_init(&w);
		arm_again(&w, "fail_make_request", devices[i], 5);
		assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
		world_clear(&w);
		world_init(&w);
		arm_again(&w, "fail_make_request", devices[i], 0);
		assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
		world_assert_reason(verdict, "was armed and never fired", "case.yaml:30");
	}
}

/* The account of the step before is not closed by that of the step after. */
static void test_verdict_judge_fault_armed_twice_closed_once_is_incomplete(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	arm_again(&w, "fail_make_request", "disk", 5);
	json_set_bool(world_frame(&w, "fault", 1, NULL), "disarmed", false);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "its final count is missing", "case.yaml:10");
}

/* One step, two programs of a BPF object: each has to have run. */
static void test_verdict_judge_fault_of_two_things_has_two_accounts(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	size_t at;

	world_init(&w);
	for (size_t n = 0; n < 4; n += 2) {
		json_t *other = json_deep_copy(world_frame(&w, "fault", n, &at));

		json_set_str(other, "device", "other");
		json_array_insert_new(w.frames, at + 1, other);
	}
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	json_set_int(world_frame(&w, "fault", 3, NULL), "fired", 0);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_BROKEN);
	world_assert_reason(verdict, "fail_make_request on other was armed and never fired",
			    "case.yaml:10");
}

/* Any name is a fault: what nobody expects must have fired all the same. */
static void test_verdict_judge_fault_of_any_name(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	arm_again(&w, "a fault of next year", "", 1);
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
	json_set_int(world_frame(&w, "fault", 3, NULL), "fired", 0);
	assert_int_equal(world_judge(&w, NULL), VERDICT_BROKEN);
}

/* More accounts than a case has steps: those that were not looked at may be silent. */
static void test_verdict_judge_endless_accounts_never_pass(void **state)
{
	_cleanup_world_ struct world w;
	size_t at;

	world_init(&w);
	at = json_array_size(w.frames) - 1;
	for (int i = 0; i < 1200; i++)
		json_array_insert_new(w.frames, at,
				      json_pack("{s:s,s:i,s:s,s:b,s:i,s:b}", "k", "fault", "i",
						i + 100, "fault", "f", "armed", 1, "fired", 1,
						"disarmed", 1));
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
}

static void test_verdict_judge_silent_fault_allowed_by_case(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	set_fired(&w, 0);
	w.expects[2].at_least = 0;
	assert_int_equal(world_judge(&w, NULL), VERDICT_PASS);
}

static void test_verdict_judge_fault_never_armed_is_incomplete(void **state)
{
	_cleanup_world_ struct world w;
	size_t i;

	world_init(&w);
	world_frame(&w, "fault", 1, &i);
	json_array_remove(w.frames, i);
	world_frame(&w, "fault", 0, &i);
	json_array_remove(w.frames, i);
	w.expects[2].kind = EXPECT_TASK;
	w.expects[2].subject = "hog";
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
}

/* A virtio disk as a step of the plan, with or without errors, and what the machine says of it. */
static void add_disk(struct world *w, const char *rule, json_t *disk)
{
	json_t *steps = json_get_array(w->plan, "steps");
	json_t *args = json_pack("{s:s}", "as", "v");
	int step = (int)json_array_size(steps);
	size_t at = json_array_size(w->frames) - 1;

	if (rule)
		json_object_set_new(args, "errors", json_pack("[s]", rule));
	json_array_append_new(steps, json_pack("{s:i,s:i,s:s,s:o}", "i", step, "line", 40, "verb",
					       "virtio_disk", "args", args));
	json_array_insert_new(w->frames, at,
			      json_pack("{s:s,s:i,s:b}", "k", "step-end", "i", step, "ok", 1));
	json_set_int(json_array_get(w->frames, at + 1), "steps", step + 1);
	if (!disk)
		return;
	json_set_int(disk, "i", step);
	json_set_str(disk, "name", "v");
	json_set_bool(disk, "fails", rule != NULL);
	json_object_set_new(w->machine, "disks", json_pack("[o]", disk));
}

static enum verdict judge_disk(const char *rule, json_t *disk, const char *what, const char *where)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	enum verdict word;

	world_init(&w);
	add_disk(&w, rule, disk);
	word = world_judge(&w, &verdict);
	if (what)
		world_assert_reason(verdict, what, where);
	return word;
}

/* What the machine makes fail is proven by the machine's own count. */
static void test_verdict_judge_disk_that_the_machine_makes_fail(void **state)
{
	static const char rule[] = "on=write errno=5 once=0";

	assert_int_equal(judge_disk(rule, json_pack("{s:i,s:i}", "operations", 90, "failed", 3),
				    NULL, NULL),
			 VERDICT_PASS);
	assert_int_equal(
		judge_disk(rule, json_pack("{s:i,s:i}", "operations", 90, "failed", 0),
			   "virtio_disk on v was armed and never fired (the kernel came by "
			   "90 times)",
			   "case.yaml:40"),
		VERDICT_BROKEN);
	assert_int_equal(judge_disk(rule, json_object(), "count of it was lost", "case.yaml:40"),
			 VERDICT_INCOMPLETE);
	assert_int_equal(judge_disk(rule, NULL, "nobody heard whether it was armed",
				    "case.yaml:40"),
			 VERDICT_INCOMPLETE);
}

/* Without errors asked for it is a disk, and one that fails all the same is the host's. */
static void test_verdict_judge_disk_that_was_not_told_to_fail(void **state)
{
	assert_int_equal(judge_disk(NULL, json_pack("{s:i,s:i}", "operations", 90, "failed", 0),
				    NULL, NULL),
			 VERDICT_PASS);
	assert_int_equal(judge_disk(NULL, json_pack("{s:i,s:i}", "operations", 90, "failed", 2),
				    "2 requests to the disk v", "machine.json"),
			 VERDICT_INCOMPLETE);
}

/* A step that arms a fault, or sets out to be refused, as the last of the plan; without a word of
 * it. */
static enum verdict judge_untold_step(const char *errno_value)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;
	json_t *steps, *args = json_object();
	size_t at, step;

	world_init(&w);
	steps = json_object_get(w.plan, "steps");
	step = json_array_size(steps);
	at = json_array_size(w.frames) - 1;
	json_set_str(args, "function", "schedule");
	if (errno_value)
		json_set_str(args, "errno", errno_value);
	json_array_append_new(steps, json_pack("{s:i,s:i,s:s,s:o}", "i", step, "line", 40, "verb",
					       "bpf_override", "args", args));
	json_array_insert_new(w.frames, at,
			      json_pack("{s:s,s:i,s:b}", "k", "step-end", "i", step, "ok", 1));
	json_set_int(json_array_get(w.frames, at + 1), "steps", step + 1);
	return world_judge(&w, &verdict);
}

static void test_verdict_judge_step_that_is_refused_as_it_should(void **state)
{
	assert_int_equal(judge_untold_step("22"), VERDICT_PASS);
	assert_int_equal(judge_untold_step(NULL), VERDICT_INCOMPLETE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict_judge_silent_fault_is_broken_though_expected),
		cmocka_unit_test(test_verdict_judge_silent_fault_is_broken),
		cmocka_unit_test(test_verdict_judge_silent_fault_says_how_often_it_was_asked),
		cmocka_unit_test(test_verdict_judge_lost_count_is_incomplete_not_silent),
		cmocka_unit_test(test_verdict_judge_fault_that_ceased_is_broken),
		cmocka_unit_test(test_verdict_judge_fault_armed_twice_has_two_accounts),
		cmocka_unit_test(test_verdict_judge_fault_armed_twice_closed_once_is_incomplete),
		cmocka_unit_test(test_verdict_judge_fault_of_two_things_has_two_accounts),
		cmocka_unit_test(test_verdict_judge_fault_of_any_name),
		cmocka_unit_test(test_verdict_judge_endless_accounts_never_pass),
		cmocka_unit_test(test_verdict_judge_silent_fault_allowed_by_case),
		cmocka_unit_test(test_verdict_judge_fault_never_armed_is_incomplete),
		cmocka_unit_test(test_verdict_judge_step_that_is_refused_as_it_should),
		cmocka_unit_test(test_verdict_judge_disk_that_the_machine_makes_fail),
		cmocka_unit_test(test_verdict_judge_disk_that_was_not_told_to_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
