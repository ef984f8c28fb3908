/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Titles that no night had before. */
#include "history/watch.h"

/* Also of nights that were looked at: a run may come late. None is old that was not at the first
 * look. Any shared title means the same bug. Those of bisects do not count, nor those of the first
 * night.
 */
static const char find_new[] =
	"SELECT t.id, t.first_night, run.series FROM title t JOIN run ON run.id = t.first_run "
	"JOIN series ON series.id = run.series "
	"WHERE t.first_night BETWEEN ?1 AND ?2 AND NOT t.info AND series.bisect = '' "
	"AND t.first_night > (SELECT min(night) FROM run) "
	"AND NOT EXISTS (SELECT 1 FROM alarm WHERE title = t.id AND kind = ?3) "
	"AND NOT EXISTS (SELECT 1 FROM title old WHERE old.id != t.id AND "
	" old.first_started < t.first_started AND "
	" (old.title IN (SELECT other FROM other_title WHERE title = t.id) OR "
	"  t.title IN (SELECT other FROM other_title WHERE title = old.id))) "
	"ORDER BY t.first_night, t.id";

static int raise_new(struct watch *w, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row =
		database_ask(&w->h->db, find_new,
			     VALUES(INTEGER(w->last - WATCH_FIRST_NIGHTS + 1), INTEGER(w->last),
				    INTEGER(ALARM_NEW_TITLE)),
			     err);
	int there = row ? 0 : -1;

	while (row && (there = database_step(&w->h->db, row, err)) > 0) {
		struct subject s = { ALARM_NEW_TITLE, sqlite3_column_int64(row, 2),
				     sqlite3_column_int64(row, 0), 0 };
		int64_t night = sqlite3_column_int64(row, 1);
		struct alarm raised;

		if (alarm_raise(w, &s, night, night, &(struct change){ 0 }, &raised, err) < 0)
			return -1;
	}
	return there;
}

int watch_new_titles(struct watch *w, struct err *err)
{
	if (raise_new(w, err) < 0)
		return -1;
	return database_run(
		&w->h->db,
		"UPDATE alarm SET ended = (SELECT last_night + 1 FROM title "
		"WHERE title.id = alarm.title) WHERE kind = ? AND ended IS NULL AND "
		"(SELECT last_night FROM title WHERE title.id = alarm.title) < ?",
		VALUES(INTEGER(ALARM_NEW_TITLE), INTEGER(w->last - WATCH_FORGET_NIGHTS)), err);
}
