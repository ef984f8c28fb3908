/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which nights are looked at, and how much evidence is enough. */
#include "history/watch.h"

#include "base/str.h"

/* An alarm that ends too soon comes again, and that is all. */
static const double early_ends_a_year = 0.05;

static int read_bounds(struct watch *w, struct err *err)
{
	int64_t looked;

	if (history_newest_night(w->h, &w->last, err) < 0 ||
	    database_get(&w->h->db, "SELECT max(night) FROM look WHERE night <= ?",
			 VALUES(INTEGER(w->last)), 0, &looked, err) < 0)
		return -1;
	/* The last night may have got further runs since. */
	w->from = looked > w->last - WATCH_FIRST_NIGHTS ? looked : w->last - WATCH_FIRST_NIGHTS + 1;
	return 0;
}

/* What may cry falsely, and so has a share of what is accepted. */
static int read_enough(struct watch *w, double alarms_a_year, struct err *err)
{
	static const char rates[] =
		"SELECT (SELECT 2 * count(DISTINCT series) FROM series_night WHERE night > ?1) + "
		"(SELECT count(*) FROM (SELECT DISTINCT n.series, n.title FROM title_night n "
		" JOIN title ON title.id = n.title WHERE night > ?1 AND NOT info))";
	static const char numbers[] = "SELECT count(*) FROM series_quantity";
	int64_t rate_count, number_count;

	if (database_get(&w->h->db, rates, VALUES(INTEGER(w->last - WATCH_FIRST_NIGHTS)), 0,
			 &rate_count, err) < 0 ||
	    database_get(&w->h->db, numbers, NULL, 0, &number_count, err) < 0)
		return -1;
	/* No more than one in twenty of a single one, however few there are. */
	rate_count =
		rate_count < 20 * (int64_t)alarms_a_year ? 20 * (int64_t)alarms_a_year : rate_count;
	number_count = number_count < 20 * (int64_t)alarms_a_year ? 20 * (int64_t)alarms_a_year
								  : number_count;
	w->rate_enough = change_rate_enough(alarms_a_year / (double)(rate_count + 1));
	w->level_enough = change_level_enough(alarms_a_year / (double)(number_count + 1));
	w->over_enough = change_rate_enough(early_ends_a_year);
	return 0;
}

static int read_nights(struct watch *w, int64_t series, struct series_nights *n, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&w->h->db,
		"SELECT night, sum(runs), sum(runs * (verdict IN (?1, ?2, ?3))), "
		"sum(runs * (verdict < ?1)) FROM series_night WHERE series = ?4 AND "
		"night > ?5 AND night <= ?6 GROUP BY night ORDER BY night",
		VALUES(INTEGER(VERDICT_BROKEN), INTEGER(VERDICT_INCOMPLETE), INTEGER(VERDICT_SKIP),
		       INTEGER(series), INTEGER(w->last - WATCH_NIGHTS), INTEGER(w->last)),
		err);
	int there = row ? 0 : -1;

	n->count = 0;
	while (row && (there = database_step(&w->h->db, row, err)) > 0) {
		n->nights[n->count] = sqlite3_column_int64(row, 0);
		n->runs[n->count] = (unsigned)sqlite3_column_int64(row, 1);
		n->unjudged[n->count] = (unsigned)sqlite3_column_int64(row, 2);
		n->failed[n->count++] = (unsigned)sqlite3_column_int64(row, 3);
	}
	return there;
}

/* Those that ran since the last look; one that does not run any more says nothing new. */
static int watch_all_series(struct watch *w, struct err *err)
{
	_cleanup_free_ struct series_nights *n = xmalloc(sizeof(*n));
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&w->h->db,
		"SELECT DISTINCT series FROM series_night JOIN series ON series.id = series "
		"WHERE night BETWEEN ? AND ? AND bisect = ''",
		VALUES(INTEGER(w->from), INTEGER(w->last)), err);
	int there = row ? 0 : -1;

	while (row && (there = database_step(&w->h->db, row, err)) > 0) {
		int64_t series = sqlite3_column_int64(row, 0);

		if (read_nights(w, series, n, err) < 0 || watch_rates(w, series, n, err) < 0 ||
		    watch_numbers(w, series, err) < 0)
			return -1;
	}
	return there;
}

int history_watch(struct history *h, double alarms_a_year, int64_t *raised, struct err *err)
{
	struct watch w = { .h = h };

	if (database_begin(&h->db, err) < 0)
		return -1;
	if (read_bounds(&w, err) < 0 || read_enough(&w, alarms_a_year, err) < 0 ||
	    watch_new_titles(&w, err) < 0 || watch_all_series(&w, err) < 0 ||
	    database_run(&h->db, "DELETE FROM look", NULL, err) < 0 ||
	    database_run(&h->db, "INSERT INTO look VALUES (?)", VALUES(INTEGER(w.last)), err) < 0) {
		database_abandon(&h->db);
		return -1;
	}
	if (raised)
		*raised = w.raised;
	return database_commit(&h->db, err);
}
