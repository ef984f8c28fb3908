// SPDX-License-Identifier: GPL-2.0-or-later
/* What hangs by the clock of a guest that its host did not let run is no hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/verdict-world.h"

/* A whole run that was starved for a twentieth, and a stall that fell into just that. */
static void test_starved_reports_by_the_time_they_tell_of(void **state)
{
	static const struct {
		const char *kind, *key;
		int stalled;
		double time_s;
		enum verdict word;
	} rows[] = {
		{ "rcu_stall", NULL, 0, 125, VERDICT_INCOMPLETE },
		{ "rcu_stall", NULL, 0, 95, VERDICT_HANG },
		{ "rcu_stall", NULL, 0, 300, VERDICT_HANG },
		/* 21 s of which the last 7 were starved. */
		{ "rcu_stall", NULL, 0, 105, VERDICT_HANG },
		{ "rcu_stall", "stalled_jiffies", 5250, 125, VERDICT_INCOMPLETE },
		{ "rcu_stall", "stalled_jiffies", 14000, 128, VERDICT_INCOMPLETE },
		{ "rcu_stall", "stalled_jiffies", 25000, 128, VERDICT_HANG },
		{ "soft_lockup", "stalled_s", 22, 125, VERDICT_INCOMPLETE },
		{ "hung-task", "stalled_s", 10, 120, VERDICT_INCOMPLETE },
		{ "hung_task", NULL, 0, 128, VERDICT_HANG },
		{ "hung_task", "stalled_s", 122, 128, VERDICT_HANG },
		/* Whatever the clock was: this is no matter of time. */
		{ "warning", NULL, 0, 125, VERDICT_FAIL },
		{ "oops", NULL, 0, 125, VERDICT_CRASH },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_world_ struct world w;
		json_t *report;
		enum verdict word;

		world_init(&w);
		w.kernel_hz = 250;
		world_starve(&w);
		report = world_add_stall(&w, rows[i].kind, rows[i].time_s);
		if (rows[i].key)
			json_set_int(json_object_get(report, "details"), rows[i].key,
				     rows[i].stalled);
		word = world_judge(&w, NULL);
		if (word != rows[i].word)
			fail_msg("row %zu: %s at %g: %s, wanted %s", i, rows[i].kind,
				 rows[i].time_s, verdict_name(word), verdict_name(rows[i].word));
	}
}

static void test_starved_report_says_for_how_long(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	world_starve(&w);
	world_add_stall(&w, "rcu_stall", 125);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict,
			    "a planted report; the host was too busy, and for 21.0 of those 21.0 s",
			    "console.log:77");
}

/* One of them while the guest could run is a hang; a panic needs no clock. */
static void test_starved_report_again_while_the_guest_ran_is_a_hang(void **state)
{
	_cleanup_world_ struct world again, panicked;
	json_t *report;

	world_init(&again);
	world_starve(&again);
	report = world_add_stall(&again, "rcu_stall", 125);
	json_object_set_new(report, "again", json_pack("[{s:f}]", "time_s", 129.0));
	assert_int_equal(world_judge(&again, NULL), VERDICT_INCOMPLETE);
	json_object_set_new(report, "again",
			    json_pack("[{s:f},{s:f}]", "time_s", 129.0, "time_s", 190.0));
	assert_int_equal(world_judge(&again, NULL), VERDICT_HANG);

	world_init(&panicked);
	world_starve(&panicked);
	report = world_add_stall(&panicked, "rcu_stall", 125);
	json_set_bool(report, "panicked", true);
	assert_int_equal(world_judge(&panicked, NULL), VERDICT_CRASH);
}

static void step_from_to(struct world *w, double from_s, double to_s)
{
	json_t *end = world_frame(w, "step-end", 5, NULL);

	json_set_bool(end, "ok", false);
	json_set_int(end, "errno", 110);
	json_set_int(world_frame(w, "step", 5, NULL), "t", (int64_t)(from_s * 1e9));
	json_set_int(end, "t", (int64_t)(to_s * 1e9));
}

static void test_starved_step_is_judged_by_its_own_time(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	world_starve(&w);
	step_from_to(&w, 95, 130);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "no evidence of a hang", "case.yaml:12");
	step_from_to(&w, 60, 140);
	assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
	step_from_to(&w, 200, 230);
	assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
}

static void test_starved_sync_and_stuck_task(void **state)
{
	for (int task = 0; task < 2; task++) {
		_cleanup_world_ struct world w;
		json_t *end;

		world_init(&w);
		world_starve(&w);
		end = world_frame(&w, "end", 0, NULL);
		if (task)
			json_array_insert_new(w.frames, 1,
					      json_pack("{s:s,s:i,s:s,s:i}", "k", "task", "i", 4,
							"name", "other", "pid", 77));
		else
			json_set_bool(end, "unsynced", true);
		json_set_int(world_frame(&w, "step-end", 6, NULL), "t", 103000000000);
		json_set_int(end, "t", 125000000000);
		assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
		json_set_int(world_frame(&w, "step-end", 6, NULL), "t", 203000000000);
		json_set_int(end, "t", 225000000000);
		assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
	}
}

/* A task is waited for before it is tried whether all works: what comes then is of another time. */
static void test_starved_stuck_task_is_judged_by_the_wait_for_it(void **state)
{
	static const struct {
		double killed_s, tried_s;
		enum verdict word;
	} rows[] = {
		{ 88, 93, VERDICT_HANG },
		{ 105, 110, VERDICT_INCOMPLETE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_world_ struct world w;
		size_t at;

		world_init(&w);
		world_starve(&w);
		json_set_int(world_frame(&w, "end", 0, &at), "t", 130000000000);
		json_array_insert_new(w.frames, at,
				      json_pack("{s:s,s:I,s:s,s:b,s:i}", "k", "recovery", "t",
						(json_int_t)((rows[i].tried_s + 3) * 1e9), "what",
						"fork", "ok", 1, "us", 3000000));
		json_array_insert_new(w.frames, 1,
				      json_pack("{s:s,s:i,s:s,s:i}", "k", "task", "i", 4, "name",
						"other", "pid", 77));
		json_set_int(world_frame(&w, "step-end", 6, NULL), "t",
			     (int64_t)(rows[i].killed_s * 1e9));
		if (world_judge(&w, NULL) != rows[i].word)
			fail_msg("row %zu", i);
	}
}

/* A hundred seconds in a run of twenty: by that clock nothing took long. */
static void test_starved_clock_that_is_ahead_of_the_run_is_no_evidence(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	json_set_int(w.machine, "wall_ms", 24323);
	json_set_int(w.machine, "starved_ms", 0);
	world_add_stall(&w, "soft_lockup", 24);
	assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
	json_array_remove(w.reports, json_array_size(w.reports) - 1);
	world_add_stall(&w, "soft_lockup", 100.7);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "the guest's clock was wrong, at 100.7 s in a run of 24.3 s",
			    "console.log:77");
	/* Where instructions are the clock, idle time costs none of the host's. */
	json_set_str(w.plan, "mode", "deterministic");
	assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
}

/* A guest that goes on from a snapshot had its clock before. */
static void test_starved_clock_of_a_run_from_a_snapshot(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	json_set_int(w.machine, "wall_ms", 24323);
	json_set_int(w.machine, "running_ms", 80);
	json_set_int(w.machine, "starved_ms", 0);
	json_array_insert_new(w.frames, 1,
			      json_pack("{s:s,s:I,s:i}", "k", "checkpoint", "t",
					(json_int_t)100000000000, "i", 1));
	world_add_stall(&w, "soft_lockup", 124);
	assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
	json_array_remove(w.reports, json_array_size(w.reports) - 1);
	world_add_stall(&w, "soft_lockup", 200.7);
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
	/* The first 20 of its 24 s had no processor: by its clock those from 100 to 120. */
	json_array_remove(w.reports, json_array_size(w.reports) - 1);
	json_object_set_new(w.plan, "snapshot", json_object());
	json_set_int(w.machine, "starved_ms", 20000);
	json_object_set_new(w.machine, "starved",
			    json_pack("[[i,i],[i,i],[i,i]]", 1000, 1000, 20000, 20000, 24323,
				      20000));
	world_add_stall(&w, "soft_lockup", 118);
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
}

/* A recording adjusts its clock to the host's: what is known is of all of it. */
static void test_starved_recording_is_judged_by_all_of_the_run(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	world_starve(&w);
	json_set_str(w.plan, "mode", "record");
	world_add_stall(&w, "rcu_stall", 125);
	assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
	json_set_int(w.machine, "starved_ms", 400000);
	assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
}

/* Of a run that does not say when, or whose clock stood still at probes, all of it counts. */
static void test_starved_without_times_is_judged_by_all_of_the_run(void **state)
{
	for (int probes = 0; probes < 2; probes++) {
		_cleanup_world_ struct world w;

		world_init(&w);
		world_starve(&w);
		world_add_stall(&w, "rcu_stall", 300);
		if (probes)
			json_object_set_new(w.plan, "probes",
					    json_pack("[{s:s}]", "at", "send_signal"));
		else
			json_object_del(w.machine, "starved");
		assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
		json_set_int(w.machine, "starved_ms", 400000);
		assert_int_equal(world_judge(&w, NULL), VERDICT_INCOMPLETE);
	}
}

/* A guest that counts instructions stands still with its clock. */
static void test_starved_guest_that_counts_instructions_hangs(void **state)
{
	_cleanup_world_ struct world w;

	world_init(&w);
	world_starve(&w);
	world_add_stall(&w, "rcu_stall", 125);
	json_set_str(w.plan, "mode", "deterministic");
	assert_int_equal(world_judge(&w, NULL), VERDICT_HANG);
}

/* A busy host is nothing to be told of where nothing hung. */
static void test_starved_run_that_did_not_hang_has_no_note(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	world_starve(&w);
	json_set_int(w.machine, "starved_ms", 590000);
	assert_int_equal(world_judge(&w, &verdict), VERDICT_PASS);
	assert_int_equal(json_array_size(json_get_array(verdict, "notes")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starved_reports_by_the_time_they_tell_of),
		cmocka_unit_test(test_starved_report_says_for_how_long),
		cmocka_unit_test(test_starved_report_again_while_the_guest_ran_is_a_hang),
		cmocka_unit_test(test_starved_step_is_judged_by_its_own_time),
		cmocka_unit_test(test_starved_sync_and_stuck_task),
		cmocka_unit_test(test_starved_stuck_task_is_judged_by_the_wait_for_it),
		cmocka_unit_test(test_starved_clock_that_is_ahead_of_the_run_is_no_evidence),
		cmocka_unit_test(test_starved_clock_of_a_run_from_a_snapshot),
		cmocka_unit_test(test_starved_recording_is_judged_by_all_of_the_run),
		cmocka_unit_test(test_starved_without_times_is_judged_by_all_of_the_run),
		cmocka_unit_test(test_starved_guest_that_counts_instructions_hangs),
		cmocka_unit_test(test_starved_run_that_did_not_hang_has_no_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
