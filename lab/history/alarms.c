/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms as they are kept: raised once, ended once. */
#include "history/watch.h"

int alarm_last(struct watch *w, const struct subject *s, struct alarm *out, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&w->h->db,
		"SELECT id, first, coalesce(ended, 0), before, after FROM alarm WHERE series = ? "
		"AND kind = ? AND title = ? AND quantity = ? ORDER BY id DESC LIMIT 1",
		VALUES(INTEGER(s->series), INTEGER(s->kind), INTEGER(s->title),
		       INTEGER(s->quantity)),
		err);
	int there = row ? database_step(&w->h->db, row, err) : -1;

	*out = (struct alarm){ 0 };
	if (there > 0)
		*out = (struct alarm){ .id = sqlite3_column_int64(row, 0),
				       .first = sqlite3_column_int64(row, 1),
				       .ended = sqlite3_column_int64(row, 2),
				       .before = sqlite3_column_double(row, 3),
				       .after = sqlite3_column_double(row, 4) };
	return there < 0 ? -1 : 0;
}

int alarm_raise(struct watch *w, const struct subject *s, int64_t night, int64_t first,
		const struct change *c, struct alarm *out, struct err *err)
{
	if (database_run(&w->h->db,
			 "INSERT INTO alarm (kind, series, title, quantity, raised, first, before, "
			 "after, evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			 VALUES(INTEGER(s->kind), INTEGER(s->series), INTEGER(s->title),
				INTEGER(s->quantity), INTEGER(night), INTEGER(first),
				REAL(c->before), REAL(c->after), REAL(c->evidence)),
			 err) < 0)
		return -1;
	w->raised++;
	*out = (struct alarm){ .id = sqlite3_last_insert_rowid(w->h->db.db),
			       .first = first,
			       .before = c->before,
			       .after = c->after };
	return 0;
}

int alarm_end(struct watch *w, struct alarm *a, int64_t night, struct err *err)
{
	a->ended = night;
	return database_run(&w->h->db, "UPDATE alarm SET ended = ? WHERE id = ?",
			    VALUES(INTEGER(night), INTEGER(a->id)), err);
}
