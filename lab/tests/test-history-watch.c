/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms: what raises one, once, and what ends it. */
#include "history-world.h"
#include "base/json.h"
#include "history/known.h"
#include "history/watch.h"
#include "page/page.h"

/* Runs a night of a case: `hits` of `runs` fail, with a title where there is one. */
struct night {
	const char *verdict, *title, *case_name;
	int runs, hits;
	double value;
};

static void add_night(void **state, struct history *h, int day, const struct night *n)
{
	for (int i = 0; i < n->runs; i++) {
		char date[16];
		_cleanup_free_ char *id = xasprintf("%s-%03d-%02d", n->case_name ?: "swap", day, i);
		_cleanup_free_ char *started = NULL;
		_cleanup_free_ char *commit = xasprintf("%040x", day);
		bool bad = i < n->hits;
		struct world_run run = { .id = id,
					 .commit = commit,
					 .case_name = n->case_name,
					 .verdict = bad ? n->verdict ?: "fail" : NULL,
					 .title = bad ? n->title : NULL,
					 .value = n->value };

		history_night_format(20000 + day, date);
		started = xasprintf("%sT01:%02d:00Z", date, i);
		run.started = started;
		world_ingest(state, h, &run);
	}
}

static void add_nights(void **state, struct history *h, int from, int to, const struct night *n)
{
	assert_int_equal(history_begin(h, NULL), 0);
	for (int day = from; day < to; day++)
		add_night(state, h, day, n);
	assert_int_equal(history_commit(h, NULL), 0);
}

static int64_t watch(struct history *h)
{
	struct err err = ERR_INIT;
	int64_t raised = -1;

	if (history_watch(h, HISTORY_ALARMS_A_YEAR, &raised, &err) < 0)
		fail_msg("%s", err.msg);
	return raised;
}

static void test_watch_of_nothing_raises_nothing(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	assert_int_equal(watch(h), 0);
	add_nights(state, h, 0, 30, &(struct night){ .runs = 4, .value = 7 });
	assert_int_equal(watch(h), 0);
	assert_int_equal(watch(h), 0);
}

static void test_watch_failures_raise_once_and_end_when_it_heals(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	add_nights(state, h, 0, 30, &(struct night){ .runs = 4 });
	assert_int_equal(watch(h), 0);
	add_nights(state, h, 30, 32, &(struct night){ .runs = 4, .hits = 3 });
	assert_int_equal(watch(h), 1);
	assert_int_equal(watch(h), 0);
	assert_int_equal(world_ask(h, "SELECT first FROM alarm"), 20030);
	assert_int_equal(world_ask(h, "SELECT kind FROM alarm"), ALARM_FAILS);
	add_nights(state, h, 32, 40, &(struct night){ .runs = 4, .hits = 3 });
	assert_int_equal(watch(h), 0);
	assert_int_equal(world_ask(h, "SELECT ended IS NULL FROM alarm"), 1);
	add_nights(state, h, 40, 80, &(struct night){ .runs = 4 });
	assert_int_equal(watch(h), 0);
	assert_int_equal(world_ask(h, "SELECT ended FROM alarm"), 20040);
	/* And again, and worse. */
	add_nights(state, h, 80, 90, &(struct night){ .runs = 4, .hits = 1 });
	assert_int_equal(watch(h), 1);
	add_nights(state, h, 90, 100, &(struct night){ .runs = 4, .hits = 4 });
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM alarm WHERE ended IS NULL"), 1);
}

/* As if it had been looked at each night. */
static void test_watch_many_nights_at_once_are_looked_at_one_by_one(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	add_nights(state, h, 0, 30, &(struct night){ .runs = 4 });
	add_nights(state, h, 30, 40, &(struct night){ .runs = 4, .hits = 4 });
	add_nights(state, h, 40, 50, &(struct night){ .runs = 4 });
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT raised FROM alarm"), 20030);
	assert_int_equal(world_ask(h, "SELECT ended FROM alarm"), 20040);
}

static void test_watch_a_new_title_is_told_at_once_and_for_itself(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	const struct night bad = { .runs = 4, .hits = 1, .title = "KASAN: use-after-free in f" };

	add_nights(state, h, 0, 30, &(struct night){ .runs = 4 });
	assert_int_equal(watch(h), 0);
	add_nights(state, h, 30, 31, &bad);
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT kind FROM alarm"), ALARM_NEW_TITLE);
	/* Its rate, and that of the failures, are no further news. */
	add_nights(state, h, 31, 50, &bad);
	assert_int_equal(watch(h), 0);
	/* Nor is it another case that has it, nor another title of the same. */
	add_nights(state, h, 50, 51,
		   &(struct night){ .runs = 1, .hits = 1, .title = bad.title, .case_name = "oom" });
	add_nights(state, h, 50, 51,
		   &(struct night){
			   .runs = 1, .hits = 1, .title = "another name", .case_name = "net" });
	assert_int_equal(watch(h), 0);
	add_nights(state, h, 51, 82, &(struct night){ .runs = 4 });
	assert_int_equal(watch(h), 0);
	assert_int_equal(world_ask(h, "SELECT ended FROM alarm"), 20051);
}

/* A klab of before took in a run of 2099, and looked at it. */
static void test_watch_is_not_moved_by_a_wrong_clock(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	const struct night bad = { .runs = 4, .hits = 1, .title = "KASAN: use-after-free in f" };

	add_nights(state, h, 0, 30, &(struct night){ .runs = 4 });
	add_nights(state, h, 30, 31, &bad);
	assert_int_equal(database_run(&h->db,
				      "UPDATE series_night SET night = 47450 WHERE night = "
				      "20029",
				      NULL, NULL),
			 0);
	assert_int_equal(database_run(&h->db, "INSERT INTO look VALUES (47450)", NULL, NULL), 0);
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM alarm WHERE ended IS NULL"), 1);
	assert_int_equal(world_ask(h, "SELECT max(night) FROM look"), 20030);
}

/* Its id is given to the next one. */
static void test_watch_a_title_that_nobody_has_any_more_has_no_alarm(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	struct world_run run = { .id = "bad",
				 .started = "2024-12-01T01:00:00Z",
				 .verdict = "fail",
				 .title = "BUG in f" };

	add_nights(state, h, 0, 30, &(struct night){ .runs = 4 });
	world_ingest(state, h, &run);
	assert_int_equal(watch(h), 1);
	/* Judged anew it has it still: no news. */
	run.verdict = "crash";
	assert_int_equal(world_ingest(state, h, &run), HISTORY_REJUDGED);
	assert_int_equal(watch(h), 0);
	assert_int_equal(
		world_ask(h, "SELECT count(*) FROM alarm JOIN title ON title.id = alarm.title"), 1);
	run.title = NULL;
	assert_int_equal(world_ingest(state, h, &run), HISTORY_REJUDGED);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM alarm"), 0);
	add_nights(state, h, 60, 61, &(struct night){ .runs = 4, .hits = 1, .title = "BUG in g" });
	assert_int_equal(watch(h), 1);
	world_check_sums(h);
}

static void test_watch_a_new_title_that_came_late_is_told(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	add_nights(state, h, 0, 20,
		   &(struct night){ .runs = 4, .hits = 1, .title = "WARNING in f" });
	add_nights(state, h, 20, 120, &(struct night){ .runs = 4 });
	assert_int_equal(watch(h), 0);
	add_nights(
		state, h, 110, 111,
		&(struct night){ .runs = 1, .hits = 1, .title = "BUG in g", .case_name = "oom" });
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT raised FROM alarm"), 20110);
	assert_int_equal(watch(h), 0);
	/* What came before the nights of the first look is old for ever. */
	add_nights(
		state, h, 25, 26,
		&(struct night){ .runs = 1, .hits = 1, .title = "BUG in k", .case_name = "oom" });
	assert_int_equal(watch(h), 0);
}

static void test_watch_what_the_first_night_has_is_not_new(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	add_nights(state, h, 0, 20,
		   &(struct night){ .runs = 4, .hits = 1, .title = "WARNING in f" });
	assert_int_equal(watch(h), 0);
}

static void test_watch_an_old_title_that_comes_more_often(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	add_nights(state, h, 0, 1,
		   &(struct night){ .runs = 4, .hits = 1, .title = "WARNING in f" });
	add_nights(state, h, 1, 40, &(struct night){ .runs = 4 });
	add_nights(state, h, 40, 50,
		   &(struct night){ .runs = 4, .hits = 2, .title = "WARNING in f" });
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT kind FROM alarm"), ALARM_TITLE);
	assert_int_equal(world_ask(h, "SELECT first FROM alarm"), 20040);
}

/* It was new once, and comes now and then since; that it is known hides no change of how often. */
static void test_watch_a_new_title_that_stays_and_comes_more_often(void **state)
{
	const struct night bad = { .runs = 10, .hits = 1, .title = "WARNING in f" };
	const struct night worse = { .runs = 10, .hits = 3, .title = "WARNING in f" };
	_cleanup_history_ struct history *h = world_history(state);

	add_nights(state, h, 0, 10, &(struct night){ .runs = 10 });
	for (int day = 10; day < 60; day += 5) {
		add_nights(state, h, day, day + 1, &bad);
		add_nights(state, h, day + 1, day + 5, &(struct night){ .runs = 10 });
	}
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT kind FROM alarm"), ALARM_NEW_TITLE);
	add_nights(state, h, 60, 70, &worse);
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT kind FROM alarm WHERE id = 2"), ALARM_TITLE);
	assert_int_equal(world_ask(h, "SELECT first FROM alarm WHERE id = 2"), 20060);
	assert_int_equal(watch(h), 0);
}

static void test_watch_runs_that_tell_nothing(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	add_nights(state, h, 0, 30, &(struct night){ .runs = 4 });
	add_nights(state, h, 30, 35, &(struct night){ .runs = 4, .hits = 3, .verdict = "broken" });
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT kind FROM alarm"), ALARM_UNJUDGED);
}

static void test_watch_a_level_and_its_way_back(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	add_nights(state, h, 0, 60, &(struct night){ .runs = 2, .value = 40 });
	add_nights(state, h, 60, 70, &(struct night){ .runs = 2, .value = 50 });
	assert_int_equal(watch(h), 1);
	assert_int_equal(world_ask(h, "SELECT kind FROM alarm"), ALARM_NUMBER);
	assert_int_equal(world_ask(h, "SELECT first FROM alarm"), 20060);
	assert_int_equal(world_ask(h, "SELECT after FROM alarm"), 50);
	assert_true(world_ask(h, "SELECT raised FROM alarm") < 20069);
	add_nights(state, h, 70, 90, &(struct night){ .runs = 2, .value = 40 });
	assert_int_equal(watch(h), 0);
	assert_int_equal(world_ask(h, "SELECT ended FROM alarm"), 20070);
}

static void check_text(const json_t *alarms, const char *wanted)
{
	const struct page_style style = { .width = 80 };
	_cleanup_json_ json_t *all =
		json_pack("{s:s,s:O}", "night", "2024-11-05", "alarms", (json_t *)alarms);
	_cleanup_free_ char *text = page_regressions_text(all, &style);

	if (!strstr(text, wanted))
		fail_msg("no %s in:\n%s", wanted, text);
}

/* A kernel that does not boot fails whatever is run on it: that is one thing to look at. */
static void test_watch_alarms_of_one_cause_are_told_as_one(void **state)
{
	static const char *const cases[] = { "swap", "oom", "net" };
	_cleanup_history_ struct history *h = world_history(state);
	_cleanup_json_ json_t *alarms = NULL;
	const json_t *lead, *others;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct night good = { .runs = 4, .case_name = cases[i] };
		const struct night bad = { .runs = 4, .hits = 4, .case_name = cases[i] };

		add_nights(state, h, 0, 30, &good);
		add_nights(state, h, 30, 34, &bad);
	}
	/* One that another night brought in. */
	add_nights(state, h, 0, 32, &(struct night){ .runs = 4, .case_name = "fs" });
	add_nights(state, h, 32, 34, &(struct night){ .runs = 4, .hits = 4, .case_name = "fs" });
	assert_int_equal(watch(h), 4);
	alarms = history_alarms(h, &(struct known_bugs){ 0 }, NULL);
	assert_int_equal(json_array_size(alarms), 2);
	lead = json_array_get(alarms, 0);
	assert_string_equal(json_get_str(json_object_get(lead, "series"), "case", ""), "fs");
	assert_null(json_object_get(lead, "others"));
	lead = json_array_get(alarms, 1);
	others = json_get_array(lead, "others");
	assert_string_equal(json_get_str(json_object_get(lead, "series"), "case", ""), "swap");
	assert_int_equal(json_array_size(others), 2);
	assert_int_equal(json_get_int(json_array_get(others, 1), "id", 0),
			 world_ask(h, "SELECT alarm.id FROM alarm JOIN series ON series.id = "
				      "alarm.series WHERE case_name = 'net'"));
	check_text(alarms, "swap on lts base\n           and 2 on lts base: oom, net\n");
	check_text(alarms, "\n2 regressions as of");
}

/* A flake that stays a flake. */
static void test_watch_a_flake_is_quiet(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	assert_int_equal(history_begin(h, NULL), 0);
	for (int day = 0; day < 80; day++)
		add_night(state, h, day,
			  &(struct night){ .runs = 4, .hits = day * 7 % 5 == 0 ? 2 : 0 });
	assert_int_equal(history_commit(h, NULL), 0);
	assert_int_equal(watch(h), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_watch_of_nothing_raises_nothing),
		scratch_test(test_watch_failures_raise_once_and_end_when_it_heals),
		scratch_test(test_watch_many_nights_at_once_are_looked_at_one_by_one),
		scratch_test(test_watch_a_new_title_is_told_at_once_and_for_itself),
		scratch_test(test_watch_is_not_moved_by_a_wrong_clock),
		scratch_test(test_watch_a_title_that_nobody_has_any_more_has_no_alarm),
		scratch_test(test_watch_a_new_title_that_came_late_is_told),
		scratch_test(test_watch_what_the_first_night_has_is_not_new),
		scratch_test(test_watch_an_old_title_that_comes_more_often),
		scratch_test(test_watch_a_new_title_that_stays_and_comes_more_often),
		scratch_test(test_watch_runs_that_tell_nothing),
		scratch_test(test_watch_a_level_and_its_way_back),
		scratch_test(test_watch_alarms_of_one_cause_are_told_as_one),
		scratch_test(test_watch_a_flake_is_quiet),
	};

	return cmocka_run_group_tests_name("history-watch", tests, NULL, NULL);
}
