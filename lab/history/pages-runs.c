/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For pages: the runs that somebody may want to look at. */
#include "base/json.h"
#include "history/night-values.h"
#include "history/watch.h"

json_t *history_runs(struct history *h, const char *case_name, int64_t since, size_t most,
		     struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&h->db,
		"SELECT name, night, verdict, why, case_name, line, config, append, mode "
		"FROM series JOIN run ON run.series = series.id WHERE case_name = ?1 AND "
		"bisect = '' AND night >= ?2 AND verdict <> ?3 "
		"ORDER BY night DESC, started DESC, run.id DESC LIMIT ?4",
		VALUES(TEXT(case_name), INTEGER(since), INTEGER(VERDICT_PASS), INTEGER(most)), err);
	json_t *out = json_array();
	int there = row ? 0 : -1;

	while (row && (there = database_step(&h->db, row, err)) > 0) {
		json_t *one = history_series_json(row, 4);

		json_set_str(one, "run", database_text(row, 0));
		history_set_night(one, "night", sqlite3_column_int64(row, 1));
		json_set_str(one, "verdict",
			     verdict_name((enum verdict)sqlite3_column_int(row, 2)));
		json_set_str(one, "why", database_text(row, 3));
		json_array_append_new(out, one);
	}
	if (there == 0)
		return out;
	json_decref(out);
	return NULL;
}
