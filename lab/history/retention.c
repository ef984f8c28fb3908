/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history/retention.h"

#include "base/str.h"
#include "history/watch.h"

/* A report's page shows so many of its runs. */
#define NEWEST_OF_TITLE "20"

static const char *const make_linked[] = {
	"CREATE TEMP TABLE IF NOT EXISTS linked (run INTEGER PRIMARY KEY)",
	"DELETE FROM linked",
	"INSERT OR IGNORE INTO linked SELECT first_run FROM title UNION SELECT last_run FROM title",
	"INSERT OR IGNORE INTO linked SELECT run FROM (SELECT run, row_number() OVER "
	"(PARTITION BY title ORDER BY run DESC) AS place FROM report) WHERE place "
	"<= " NEWEST_OF_TITLE,
	/* Of alarms, as alarms-json.c finds them. */
	"INSERT OR IGNORE INTO linked SELECT run FROM (SELECT (SELECT id FROM run "
	" WHERE series = a.series AND night < a.first AND verdict NOT IN (3, 4, 5) "
	" ORDER BY night DESC, started DESC LIMIT 1) AS run FROM alarm a) WHERE run IS NOT NULL",
	"INSERT OR IGNORE INTO linked SELECT run FROM (SELECT (SELECT id FROM run "
	" WHERE series = a.series AND night >= a.first AND (a.kind = 4 OR "
	"  (a.kind = 0 AND verdict < 3) OR (a.kind = 1 AND verdict BETWEEN 3 AND 5) OR "
	"  (a.title != 0 AND EXISTS (SELECT 1 FROM report WHERE title = a.title AND run = "
	"run.id))) "
	" ORDER BY night, started LIMIT 1) AS run FROM alarm a) WHERE run IS NOT NULL",
};

static const char ask_runs[] = "SELECT id, name, folder, verdict, night, age, passed, place, "
			       "EXISTS (SELECT 1 FROM linked WHERE linked.run = id) FROM "
			       "(SELECT run.*, verdict IN (5, 6) AS passed, ? - night AS age, "
			       " row_number() OVER (PARTITION BY series, verdict IN (5, 6) "
			       " ORDER BY night DESC, started DESC, id DESC) AS place FROM run) "
			       "WHERE folder != '' ORDER BY started, id";

static enum retention_fate fate_of(const struct retention *rule, int64_t age, bool passed,
				   int64_t place)
{
	int64_t nights = passed ? rule->passed_nights : rule->failed_nights;

	if (age >= nights && place > rule->newest)
		return RETENTION_REMOVE;
	return age >= rule->pack_nights ? RETENTION_PACK : RETENTION_KEEP;
}

static int tell(sqlite3_stmt *row, const struct retention *rule,
		int (*fn)(void *ctx, const struct retention_run *run), void *ctx)
{
	struct retention_run run = {
		.id = sqlite3_column_int64(row, 0),
		.name = database_text(row, 1),
		.folder = database_text(row, 2),
		.verdict = verdict_name((enum verdict)sqlite3_column_int(row, 3)),
		.fate = fate_of(rule, sqlite3_column_int64(row, 5), sqlite3_column_int(row, 6),
				sqlite3_column_int64(row, 7)),
	};
	char night[16];

	history_night_format(sqlite3_column_int64(row, 4), night);
	run.night = night;
	run.linked = run.fate == RETENTION_REMOVE && sqlite3_column_int(row, 8);
	if (run.linked)
		run.fate = RETENTION_PACK;
	return fn(ctx, &run);
}

int history_retain(struct history *h, const struct retention *rule,
		   int (*fn)(void *ctx, const struct retention_run *run), void *ctx,
		   struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = NULL;
	int64_t newest;
	int there, ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(make_linked); i++)
		if (database_run(&h->db, make_linked[i], NULL, err) < 0)
			return -1;
	if (history_newest_night(h, &newest, err) < 0)
		return -1;
	row = database_ask(&h->db, ask_runs, VALUES(INTEGER(newest)), err);
	there = row ? 0 : -1;
	while (row && !ret && (there = database_step(&h->db, row, err)) > 0)
		ret = tell(row, rule, fn, ctx);
	return there < 0 ? -1 : ret;
}

int history_forget_folder(struct history *h, int64_t run, struct err *err)
{
	return database_run(&h->db, "UPDATE run SET folder = '' WHERE id = ?", VALUES(INTEGER(run)),
			    err);
}
