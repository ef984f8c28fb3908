/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs go into the history once, whole, and as what they last came to. */
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "history-world.h"
#include "history/ingest.h"
#include "verdict/verdict.h"

static const struct world_run plain = { .id = "20261128-010000-swap-0001", .value = 40 };

static void test_history_takes_a_run_once(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);

	assert_int_equal(world_ingest(state, h, &plain), HISTORY_ADDED);
	assert_int_equal(world_ingest(state, h, &plain), HISTORY_KNOWN);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM run"), 1);
	assert_int_equal(world_ask(h, "SELECT value FROM number"), 40);
	assert_int_equal(world_ask(h, "SELECT fired FROM injection"), 3);
	assert_int_equal(world_ask(h, "SELECT build_ms FROM kernel"), 60000);
	world_check_sums(h);
}

/* Real ones, as they were kept. */
static void test_history_takes_runs_of_real_guests(void **state)
{
	static const char *const names[] = { "real-wbt-on", "real-wbt-off" };
	_cleanup_history_ struct history *h = world_history(state);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *dir = path_join("lab/tests/fixtures/compare", names[i]);
		enum history_ingested what;
		struct err err = ERR_INIT;

		if (history_ingest(h, dir, &what, &err) < 0)
			fail_msg("%s", err.msg);
		assert_int_equal(what, HISTORY_ADDED);
	}
	assert_int_equal(world_ask(h, "SELECT count(*) FROM series WHERE line = '6.1'"), 2);
	assert_true(world_ask(h, "SELECT count(*) FROM number") > 100);
	assert_int_equal(world_ask(h, "SELECT runs FROM title WHERE kind = 'oom-kill'"), 2);
	world_check_sums(h);
}

static void test_history_two_runs_of_one_name_are_two(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	struct world_run other = plain;

	other.commit = "bbbb";
	world_ingest(state, h, &plain);
	assert_int_equal(world_ingest(state, h, &other), HISTORY_ADDED);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM run"), 2);
}

static void test_history_a_rejudged_run_counts_as_what_it_is_now(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	struct world_run first = { .id = "a", .title = "WARNING in f", .times = 3, .value = 7 };
	struct world_run later = {
		.id = "b", .started = "2025-11-29T01:00:00Z", .title = "WARNING in f", .value = 8
	};
	struct world_run again = first;

	world_ingest(state, h, &first);
	world_ingest(state, h, &later);
	world_check_sums(h);
	again.verdict = "crash";
	again.title = "BUG in g";
	again.value = 9;
	assert_int_equal(world_ingest(state, h, &again), HISTORY_REJUDGED);
	world_check_sums(h);
	assert_int_equal(world_ask(h, "SELECT first_night FROM title WHERE title = 'WARNING in f'"),
			 world_ask(h, "SELECT night FROM run WHERE name = 'b'"));
	assert_int_equal(world_ask(h, "SELECT count(*) FROM number WHERE value = 7"), 0);
	/* The title that nobody has any more is gone. */
	again.title = NULL;
	assert_int_equal(world_ingest(state, h, &again), HISTORY_REJUDGED);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM title"), 1);
	world_check_sums(h);
}

static void test_history_a_run_that_goes_on_is_not_taken(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	_cleanup_free_ char *dir = world_run_make(state, &plain);
	bool busy;
	int lock = file_lock_dir(dir, &busy, NULL);

	assert_true(lock >= 0);
	assert_int_equal(world_ingest(state, h, &plain), HISTORY_GOING_ON);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM run"), 0);
	close(lock);
	assert_int_equal(world_ingest(state, h, &plain), HISTORY_ADDED);
}

/* Copied while it went on, and again when it was over. */
static void test_history_a_killed_run_is_incomplete(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	struct world_run run = plain;

	run.killed = true;
	assert_int_equal(world_ingest(state, h, &run), HISTORY_ADDED);
	assert_int_equal(world_ask(h, "SELECT verdict FROM run"), VERDICT_INCOMPLETE);
	assert_int_equal(world_ingest(state, h, &plain), HISTORY_REJUDGED);
	assert_int_equal(world_ask(h, "SELECT verdict FROM run"), VERDICT_PASS);
	world_check_sums(h);
}

static void test_history_runs_of_a_bisect_are_a_series_of_their_own(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	struct world_run run = { .id = "b", .verdict = "crash", .bisect = "x-bisect-1" };
	struct history_cost cost;

	world_ingest(state, h, &plain);
	world_ingest(state, h, &run);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM series"), 2);
	assert_int_equal(history_run_cost(h, &(struct history_series){ .case_name = "swap" }, &cost,
					  NULL),
			 0);
	assert_int_equal(cost.runs, 1);
	assert_int_equal(cost.failed, 0);
}

/* Refused with one line that names the file, and nothing of it stays. */
static void test_history_refuses_what_is_no_run(void **state)
{
	static const struct {
		const char *file, *text, *says;
	} rows[] = {
		{ "run.json", "{\"id\":", "run.json:1" },
		{ "run.json", "[]", "not a JSON object" },
		{ "run.json", "{\"id\":\"../x\",\"case\":\"c\"}", "'id'" },
		{ "run.json", "{\"id\":\"x\",\"case\":\"\\u001b[2J\"}", "'case'" },
		{ "run.json", "{\"id\":\"x\",\"case\":\"c\",\"ended\":\"\",\"started\":\"now\"}",
		  "'started'" },
		{ "run.json",
		  "{\"id\":\"x\",\"case\":\"c\",\"ended\":\"\",\"started\":\"2025-11-28T01:00:"
		  "00Z\","
		  "\"nightly\":{\"night\":\"2025-02-31\"}}",
		  "2025-02-31" },
		{ "run.json",
		  "{\"id\":\"x\",\"case\":\"c\",\"ended\":\"\",\"started\":\"2099-11-28T01:00:"
		  "00Z\"}",
		  "2099-11-28 is yet to come" },
		{ "run.json",
		  "{\"id\":\"x\",\"case\":\"c\",\"ended\":\"\",\"started\":\"2025-11-28T01:00:"
		  "00Z\",\"nightly\":{\"night\":\"2099-11-28\"}}",
		  "2099-11-28 is yet to come" },
		{ "reports.json", "{}", "not a JSON array" },
		{ "frames.jsonl", "x\n", "frames.jsonl:1" },
	};
	_cleanup_history_ struct history *h = world_history(state);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *dir = world_run_make(state, &plain);
		_cleanup_free_ char *file = xasprintf("%s/%s", plain.id, rows[i].file);
		enum history_ingested what;
		struct err err = ERR_INIT;

		scratch_write(state, file, rows[i].text);
		assert_int_equal(history_ingest(h, dir, &what, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("%zu: %s", i, err.msg);
	}
	assert_int_equal(world_ask(h, "SELECT count(*) FROM run"), 0);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM series"), 0);
}

static void test_history_a_transaction_keeps_what_was_right(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	_cleanup_free_ char *bad = scratch_path(state, "nothing");
	enum history_ingested what;

	assert_int_equal(history_begin(h, NULL), 0);
	world_ingest(state, h, &plain);
	assert_int_equal(history_ingest(h, bad, &what, NULL), -1);
	assert_int_equal(history_commit(h, NULL), 0);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM run"), 1);
}

static void test_history_is_not_any_file(void **state)
{
	static const struct {
		const char *sql, *says;
	} rows[] = {
		{ NULL, "damaged" },
		{ "CREATE TABLE mine (x)", "no history of klab" },
		{ "PRAGMA application_id = 1802264930; PRAGMA user_version = 4000", "newer klab" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *name = xasprintf("%zu.db", i);
		_cleanup_free_ char *path = scratch_path(state, name);
		struct err err = ERR_INIT;
		sqlite3 *db;

		if (rows[i].sql) {
			assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
			sqlite3_exec(db, rows[i].sql, NULL, NULL, NULL);
			sqlite3_close(db);
		} else {
			scratch_write(state, name, "this is a letter and no database, clearly so");
		}
		assert_null(history_open(path, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		if (!strstr(err.msg, rows[i].says) || !strstr(err.msg, name))
			fail_msg("%s", err.msg);
	}
}

/* As a klab of before left it. */
static void test_history_an_older_one_is_brought_up(void **state)
{
	struct history *h = world_history(state);

	world_ingest(state, h, &(struct world_run){ .id = "a", .title = "WARNING in f" });
	assert_int_equal(sqlite3_exec(h->db.db,
				      "DROP TABLE title_series; DROP TABLE alarm; DROP TABLE look;"
				      "PRAGMA user_version = 1",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	history_close(h);
	h = world_history(state);
	world_check_sums(h);
	assert_int_equal(world_ask(h, "SELECT count(*) FROM title_series"), 1);
	assert_int_equal(history_watch(h, HISTORY_ALARMS_A_YEAR, NULL, NULL), 0);
	history_close(h);
}

/* Cut or overwritten anywhere: one line, no crash. */
static void test_history_a_damaged_one_is_told(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "history.db");
	_cleanup_free_ char *bytes = NULL;
	struct history *h = world_history(state);
	size_t length, told = 0;

	world_ingest(state, h, &plain);
	history_close(h);
	bytes = file_read(path, (size_t)64 << 20, &length, NULL);
	assert_non_null(bytes);
	for (size_t at = 0; at + 4096 <= length; at += 4096) {
		_cleanup_free_ char *copy = xmalloc(length);
		enum history_ingested what;
		struct err err = ERR_INIT;
		struct world_run other = { .id = "other", .value = 3, .title = "t" };
		_cleanup_free_ char *dir = world_run_make(state, &other);

		memcpy(copy, bytes, length);
		memset(copy + at, 0xa5, 4096);
		assert_int_equal(file_write_atomic(path, copy, length, NULL), 0);
		h = history_open(path, &err);
		if (!h || history_ingest(h, dir, &what, &err) < 0)
			told += strstr(err.msg, "history.db") != NULL && err.kind == ERR_INPUT;
		history_close(h);
	}
	assert_true(told > 3);
}

/* Several processes at a time lose nothing. */
static void test_history_has_several_writers(void **state)
{
	enum { WRITERS = 4, EACH = 10 };
	pid_t pids[WRITERS];

	history_close(world_history(state));
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = fork();
		if (pids[w] == 0) {
			struct history *h = world_history(state);

			for (int i = 0; i < EACH; i++) {
				_cleanup_free_ char *id = xasprintf("run-%d-%d", w, i);

				world_ingest(state, h,
					     &(struct world_run){ .id = id, .value = i + 1 });
			}
			history_close(h);
			_exit(0);
		}
	}
	for (int w = 0; w < WRITERS; w++) {
		int status;

		assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
		assert_int_equal(status, 0);
	}
	_cleanup_history_ struct history *h = world_history(state);

	assert_int_equal(world_ask(h, "SELECT count(*) FROM run"), WRITERS * EACH);
	world_check_sums(h);
}

static void test_history_costs_are_those_of_the_nearest(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	struct history_series asked = { .case_name = "swap", .line = "lts", .config = "base" };
	struct history_cost cost;
	double build_s;

	assert_int_equal(history_run_cost(h, &asked, &cost, NULL), 0);
	assert_int_equal(cost.runs, 0);
	world_ingest(state, h, &(struct world_run){ .id = "a", .wall_ms = 1000 });
	world_ingest(state, h,
		     &(struct world_run){ .id = "b", .wall_ms = 3000, .verdict = "hang" });
	world_ingest(state, h,
		     &(struct world_run){ .id = "c", .wall_ms = 9000, .config = "kasan" });
	assert_int_equal(history_run_cost(h, &asked, &cost, NULL), 0);
	assert_int_equal(cost.runs, 2);
	assert_int_equal(cost.failed, 1);
	assert_int_equal(cost.wall_s * 1000, 2000);
	asked.line = "next";
	assert_int_equal(history_run_cost(h, &asked, &cost, NULL), 0);
	assert_int_equal(cost.runs, 3);
	asked.case_name = "never";
	assert_int_equal(history_run_cost(h, &asked, &cost, NULL), 0);
	assert_int_equal(cost.runs, 3);
	assert_int_equal(history_build_cost(h, "whatever", &build_s, NULL), 0);
	assert_int_equal(build_s, 60);
}

static void test_history_nights(void **state)
{
	static const char *const wrong[] = { "", "2026", "2025-13-01", "2025-02-30", "2025-1-1 " };
	char text[16];
	int64_t night;

	assert_int_equal(history_night_parse("2025-11-28", &night, NULL), 0);
	history_night_format(night, text);
	assert_string_equal(text, "2025-11-28");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(history_night_parse(wrong[i], &night, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_history_takes_a_run_once),
		scratch_test(test_history_takes_runs_of_real_guests),
		scratch_test(test_history_two_runs_of_one_name_are_two),
		scratch_test(test_history_a_rejudged_run_counts_as_what_it_is_now),
		scratch_test(test_history_a_run_that_goes_on_is_not_taken),
		scratch_test(test_history_a_killed_run_is_incomplete),
		scratch_test(test_history_runs_of_a_bisect_are_a_series_of_their_own),
		scratch_test(test_history_refuses_what_is_no_run),
		scratch_test(test_history_a_transaction_keeps_what_was_right),
		scratch_test(test_history_is_not_any_file),
		scratch_test(test_history_an_older_one_is_brought_up),
		scratch_test(test_history_a_damaged_one_is_told),
		scratch_test(test_history_has_several_writers),
		scratch_test(test_history_costs_are_those_of_the_nearest),
		scratch_test(test_history_nights),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
