/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A year of nights in a history, and how long what pages ask of it takes: a table of queries with
 * median and largest of several tries, of the processor's time and of the clock's. Exit code 1 when
 * one takes the processor for longer than the limit.
 *
 *	bench-history FILE	makes FILE when it is missing: 50 cases x 4 lines x 5 configs, 1000
 *				runs of each, with 10 numbers each, and 300 titles; some 20 minutes
 *of run directories in one minute of SQL
 *
 * The rows are those that ingesting such runs would leave.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "history/ingest.h"
#include "history/known.h"

enum {
	CASES = 50,
	LINES = 4,
	CONFIGS = 5,
	SERIES = CASES * LINES * CONFIGS,
	NIGHTS = 365,
	FIRST_NIGHT = 20000,
	RUNS_OF_SERIES = 1000,
	NUMBERS = 10,
	TITLES = 300,
	COMMON_TITLES = 5, /* information that every other run has */
	TRIES = 7,
	LIMIT_MS = 200,
};

/* Marsaglia's xorshift, as SQL has none that repeats. */
static uint64_t random_state = 88172645463325252u;

static void random_of_sql(sqlite3_context *context, int count, sqlite3_value **values)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	sqlite3_result_int64(context, (int64_t)(random_state >> 2));
}

static void die(const struct err *err)
{
	fprintf(stderr, "bench-history: %s\n", err->msg);
	exit(3);
}

static const char *const steps[][2] = {
	{ "series",
	  "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999) "
	  "INSERT INTO series SELECT i + 1, 'case-' || (i % 50), 'line-' || (i / 50 % 4), "
	  "'base+config-' || (i / 200), '', 'free', '' FROM n" },
	{ "kernels",
	  "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 7299) "
	  "INSERT INTO kernel SELECT i + 1, printf('%064x', i), '6.' || (i % 20), 'linux', "
	  "printf('%040x', i / 20), 'base+config-' || (i % 5), 'gcc', 100000 + r() % 500000 FROM "
	  "n" },
	/* One in a hundred fails, one in two hundred could not be judged; a tenth of the series are
	 * flakes, some become worse in the last month. Runs are numbered by night. */
	{ "runs",
	  "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999) "
	  "INSERT INTO run SELECT i + 1, printf('run-%07d', i), printf('%032x', i), '', i % 1000 + "
	  "1, "
	  "i / 2740 * 20 + i % 20 + 1, 20000 + i / 2740, (20000 + i / 2740) * 86400 + i % 2740, "
	  "CASE WHEN r() % 1000 < (CASE WHEN i % 1000 % 10 = 3 THEN 100 "
	  "  WHEN i % 1000 % 100 = 7 AND i > 920000 THEN 400 ELSE 10 END) THEN r() % 3 "
	  " WHEN r() % 200 = 0 THEN 4 ELSE 6 END, '', 1, 1500 + r() % 500, 1200, 0, 'lab', "
	  "'runs/run-' || i FROM n" },
	{ "titles", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
		    "INSERT INTO title SELECT i, 'WARNING in function_' || i, 'warning', i <= 5, "
		    "0, 0, 0, 0, 0, "
		    "0, 0, 0 FROM n" },
	{ "traces",
	  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) "
	  "INSERT INTO trace SELECT i, (i - 1) % 300 + 1, printf('%032x', i), "
	  "(SELECT printf('{\"title\":\"WARNING in function_%d\",\"kind\":\"warning\",\"traces\":"
	  "[{\"context\":\"task\",\"frames\":[%s]}]}', (i - 1) % 300 + 1, "
	  "group_concat('{\"symbol\":\"function_' || (i * (k + 3) * (k + 7) % 3000) || '\"}'))"
	  " FROM (WITH RECURSIVE m(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM m WHERE k < 24)"
	  " SELECT k FROM m)) FROM n" },
	{ "common reports", "INSERT INTO report SELECT id % 5 + 1, id, id % 5 + 1, 4, 100 FROM run "
			    "WHERE id % 2 = 0" },
	{ "reports of failures",
	  "INSERT OR IGNORE INTO report SELECT 6 + (night - 20000 + series) * 7 % 295, id, "
	  "6 + (night - 20000 + series) * 7 % 295 + 300 * (id % 4), 1, 200 FROM run WHERE verdict "
	  "< 3" },
	{ "counts of nights", "INSERT INTO series_night SELECT series, night, verdict, count(*) "
			      "FROM run GROUP BY 1, 2, 3" },
	{ "counts of titles",
	  "INSERT INTO title_night SELECT title, series, night, count(DISTINCT run), sum(times) "
	  "FROM report JOIN run ON run.id = run GROUP BY 1, 2, 3" },
	{ "ends of titles",
	  "UPDATE title SET runs = s.runs, times = s.times, first_night = s.first, "
	  "last_night = s.last, first_run = s.first_run, last_run = s.last_run, "
	  "first_started = s.first * 86400, last_started = s.last * 86400 FROM "
	  "(SELECT title, count(DISTINCT run) AS runs, sum(times) AS times, min(night) AS first, "
	  " max(night) AS last, min(run) AS first_run, max(run) AS last_run FROM report JOIN run "
	  " ON run.id = run GROUP BY title) s WHERE s.title = title.id" },
	{ "names of numbers",
	  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) "
	  "INSERT INTO quantity SELECT i, '', 'task hog', 'number_' || i FROM n" },
	{ "numbers of series",
	  "INSERT INTO series_quantity SELECT series.id, quantity.id, 1000 FROM series, quantity" },
	{ "numbers",
	  "INSERT INTO number SELECT run.series, quantity.id, run.night, run.id, "
	  "1000 * quantity.id + r() % 100 + (run.series % 90 = 5 AND run.night > 20300) * 300 "
	  "FROM series CROSS JOIN quantity CROSS JOIN run INDEXED BY run_of_series "
	  "WHERE run.series = series.id ORDER BY series.id, quantity.id, run.night, run.id" },
	{ "counts of titles of series",
	  "INSERT INTO title_series SELECT title, series, sum(runs), sum(times) FROM title_night "
	  "GROUP BY title, series" },
};

static void generate(struct history *h)
{
	struct err err = ERR_INIT;

	sqlite3_create_function(h->db.db, "r", 0, SQLITE_UTF8, NULL, random_of_sql, NULL, NULL);
	if (database_run(&h->db, "PRAGMA foreign_keys = OFF", NULL, &err) < 0 ||
	    database_begin(&h->db, &err) < 0)
		die(&err);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		uint64_t began = clock_monotonic_ms();

		if (database_run(&h->db, steps[i][1], NULL, &err) < 0)
			die(&err);
		fprintf(stderr, "made %-40s %6.1f s\n", steps[i][0], clock_seconds_since(began));
	}
	if (database_commit(&h->db, &err) < 0)
		die(&err);
}

/* ---- what pages ask ----------------------------------------------------------------------- */

static json_t *overview(struct history *h, struct err *err)
{
	return history_overview(h, FIRST_NIGHT + NIGHTS - 14, err);
}

static json_t *overview_of_all(struct history *h, struct err *err)
{
	return history_overview(h, FIRST_NIGHT + NIGHTS - 90, err);
}

static json_t *one_case(struct history *h, struct err *err)
{
	return history_case(h, "case-7", 0, err);
}

static json_t *numbers(struct history *h, struct err *err)
{
	return history_numbers(h, "case-7", "hog number_3", 0, 10, err);
}

static json_t *reports(struct history *h, struct err *err)
{
	return history_reports(h, 0, false, 1000, err);
}

static json_t *new_reports(struct history *h, struct err *err)
{
	return history_reports(h, FIRST_NIGHT + NIGHTS - 7, true, 100, err);
}

static json_t *one_report(struct history *h, struct err *err)
{
	return history_report(h, "WARNING in function_77", err);
}

static json_t *common_report(struct history *h, struct err *err)
{
	return history_report(h, "WARNING in function_2", err);
}

static json_t *one_run(struct history *h, struct err *err)
{
	return history_run(h, "run-0765432", err);
}

static json_t *alarms(struct history *h, struct err *err)
{
	return history_alarms(h, &(struct known_bugs){ 0 }, err);
}

static json_t *cost(struct history *h, struct err *err)
{
	const struct history_series series = { "case-7", "line-2", "base+config-1", "", "free" };
	struct history_cost out;
	double build_s;

	if (history_run_cost(h, &series, &out, err) < 0 ||
	    history_build_cost(h, "base+config-1", &build_s, err) < 0)
		return NULL;
	return json_integer(out.runs);
}

static int count_trace(void *ctx, const struct history_trace *trace)
{
	++*(size_t *)ctx;
	return 0;
}

static json_t *traces(struct history *h, struct err *err)
{
	size_t count = 0;

	return history_each_trace(h, count_trace, &count, err) < 0 ? NULL
								   : json_integer((int)count);
}

static const struct {
	const char *name;
	json_t *(*ask)(struct history *h, struct err *err);
} queries[] = {
	{ "all series over 14 nights", overview },
	{ "all series over 90 nights", overview_of_all },
	{ "a case over the year: 20 series", one_case },
	{ "a number of 10 series over the year", numbers },
	{ "all titles, with their cases", reports },
	{ "titles that are new since 7 nights", new_reports },
	{ "a title over the year", one_report },
	{ "a title of 100 000 runs over the year", common_report },
	{ "a run with its reports and numbers", one_run },
	{ "open alarms", alarms },
	{ "what a job costs", cost },
	{ "the traces that `similar` looks at", traces },
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Of this process: on a machine that is shared, what the answer itself takes. */
static double processor_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Each try opens the file anew, as a page that is made by a process of its own. */
static bool measure(const char *path, size_t query)
{
	double ms[TRIES], processor[TRIES];
	struct err err = ERR_INIT;

	for (int i = 0; i < TRIES; i++) {
		double busy = processor_ms();
		uint64_t began = clock_monotonic_ns();
		struct history *h = history_open(path, &err);
		json_t *answer = h ? queries[query].ask(h, &err) : NULL;

		if (!answer)
			die(&err);
		ms[i] = (double)(clock_monotonic_ns() - began) / 1e6;
		processor[i] = processor_ms() - busy;
		json_decref(answer);
		history_close(h);
	}
	qsort(ms, TRIES, sizeof(*ms), by_value);
	qsort(processor, TRIES, sizeof(*processor), by_value);
	printf("%-40s %7.1f %8.1f %8.1f %8.1f%s\n", queries[query].name, processor[TRIES / 2],
	       processor[TRIES - 1], ms[TRIES / 2], ms[TRIES - 1],
	       processor[TRIES - 1] > LIMIT_MS ? "  <-- above its limit" : "");
	fflush(stdout);
	return processor[TRIES - 1] <= LIMIT_MS;
}

static void look(const char *path, const char *what)
{
	struct err err = ERR_INIT;
	struct history *h = history_open(path, &err);
	uint64_t began = clock_monotonic_ms();
	double busy = processor_ms();
	int64_t raised = 0;

	if (!h || history_watch(h, HISTORY_ALARMS_A_YEAR, &raised, &err) < 0)
		die(&err);
	printf("%-40s %6.1f s of processor, %.1f s, %d alarms\n", what,
	       (processor_ms() - busy) / 1e3, clock_seconds_since(began), (int)raised);
	fflush(stdout);
	history_close(h);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	bool fast = true;

	if (argc != 2) {
		fprintf(stderr, "usage: bench-history FILE\n");
		return 2;
	}
	if (!path_exists(argv[1])) {
		struct history *h = history_open(argv[1], &err);

		if (!h)
			die(&err);
		generate(h);
		history_close(h);
	}
	printf("%d runs, %d numbers, %.0f MB; limit of the queries: %d ms\n",
	       SERIES * RUNS_OF_SERIES, SERIES * RUNS_OF_SERIES * NUMBERS,
	       (double)file_tree_size(argv[1]) / 1e6, LIMIT_MS);
	look(argv[1], "the first look for changes, at 90 nights");
	look(argv[1], "the look at one night more");
	printf("%-40s %7s %8s %8s %8s\n", "", "ms of", "", "ms", "");
	printf("%-40s %7s %8s %8s %8s\n", "query", "proc.", "largest", "median", "largest");
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		fast = measure(argv[1], i) && fast;
	return fast ? 0 : 1;
}
