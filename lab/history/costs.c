/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What jobs took before, for whoever plans the next ones. */
#include <stdlib.h>

#include "base/str.h"
#include "history/ingest.h"

enum { RUNS = 30, BUILDS = 10 };

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), by_value);
	return count ? (values[(count - 1) / 2] + values[count / 2]) / 2 : 0;
}

/* What the newest runs say that `where` picks; the values are those of the series, in its order. */
static int read_costs(struct history *h, const char *where, const struct value *values,
		      struct history_cost *cost, struct err *err)
{
	_cleanup_free_ char *sql =
		xasprintf("SELECT night, verdict, max(0, wall_ms - starved_ms), cpu_ms FROM run "
			  "%s LIMIT %d",
			  where, RUNS);
	_cleanup_statement_ sqlite3_stmt *s = database_ask(&h->db, sql, values, err);
	double wall[RUNS], cpu[RUNS];
	int there = s ? 0 : -1;

	*cost = (struct history_cost){ 0 };
	while (s && (there = database_step(&h->db, s, err)) > 0) {
		enum verdict verdict = (enum verdict)sqlite3_column_int(s, 1);

		if (sqlite3_column_int64(s, 0) > cost->last_night)
			cost->last_night = sqlite3_column_int64(s, 0);
		cost->unjudged += compare_is_unjudged(verdict);
		cost->failed += !compare_is_unjudged(verdict) && verdict != VERDICT_PASS;
		wall[cost->runs] = sqlite3_column_double(s, 2) / 1000;
		cpu[cost->runs++] = sqlite3_column_double(s, 3) / 1000;
	}
	cost->wall_s = median(wall, cost->runs);
	cost->cpu_s = median(cpu, cost->runs);
	return there;
}

int history_run_cost(struct history *h, const struct history_series *series,
		     struct history_cost *cost, struct err *err)
{
	const struct value *key =
		VALUES(TEXT(series->case_name), TEXT(series->line), TEXT(series->config),
		       TEXT(series->append), TEXT(series->mode));

	if (read_costs(
		    h,
		    "WHERE series IN (SELECT id FROM series WHERE case_name = ?1 AND "
		    "line = coalesce(?2, line) AND config = coalesce(?3, config) AND "
		    "append = coalesce(?4, append) AND mode = coalesce(?5, mode) AND bisect = '') "
		    "ORDER BY night DESC, started DESC",
		    key, cost, err) < 0)
		return -1;
	if (!cost->runs &&
	    read_costs(h,
		       "WHERE series IN (SELECT id FROM series WHERE case_name = ?1) "
		       "ORDER BY night DESC, started DESC",
		       VALUES(TEXT(series->case_name)), cost, err) < 0)
		return -1;
	return cost->runs ? 0 : read_costs(h, "ORDER BY id DESC", NULL, cost, err);
}

static int read_builds(struct history *h, const char *where, const struct value *values,
		       double *seconds, struct err *err)
{
	_cleanup_free_ char *sql = xasprintf("SELECT build_ms FROM kernel WHERE build_ms > 0 %s "
					     "ORDER BY id DESC LIMIT %d",
					     where, BUILDS);
	_cleanup_statement_ sqlite3_stmt *s = database_ask(&h->db, sql, values, err);
	double builds[BUILDS];
	unsigned count = 0;
	int there = s ? 0 : -1;

	while (s && (there = database_step(&h->db, s, err)) > 0)
		builds[count++] = sqlite3_column_double(s, 0) / 1000;
	*seconds = median(builds, count);
	return there;
}

int history_build_cost(struct history *h, const char *config, double *seconds, struct err *err)
{
	if (read_builds(h, "AND config = ?", VALUES(TEXT(config)), seconds, err) < 0)
		return -1;
	return *seconds > 0 ? 0 : read_builds(h, "", NULL, seconds, err);
}
