/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates of a series: failures, runs that could not be judged, and each of its titles. */
#include "history/watch.h"

enum { EXPLAINED_PERCENT = 80 }; /* of failures: then they are those of a title with an alarm */

/* The first of the series' nights that still counts: what was before the last change is another
 * rate. */
static size_t segment_start(const struct series_nights *n, const struct alarm *last)
{
	int64_t since = last->ended ? last->ended : last->first;
	size_t i = 0;

	while (last->id && i < n->count && n->nights[i] < since)
		i++;
	return i;
}

/* Percent of the failures since then that have a title with an alarm. */
static const char failures_explained[] =
	"SELECT 100 * coalesce(avg(EXISTS (SELECT 1 FROM report JOIN alarm ON "
	" alarm.title = report.title WHERE report.run = run.id AND alarm.ended IS NULL AND "
	" (alarm.kind = ?4 OR alarm.series = ?1))), 0) "
	"FROM run WHERE series = ?1 AND night >= ?2 AND verdict < ?3";
/* Does what has an alarm already account for it? */
static int is_explained(struct watch *w, const struct subject *s, int64_t first, bool *out,
			struct err *err)
{
	int64_t percent = 0;

	if (s->kind == ALARM_FAILS &&
	    database_get(&w->h->db, failures_explained,
			 VALUES(INTEGER(s->series), INTEGER(first), INTEGER(VERDICT_BROKEN),
				INTEGER(ALARM_NEW_TITLE)),
			 0, &percent, err) < 0)
		return -1;
	*out = percent >= EXPLAINED_PERCENT;
	return 0;
}

/* One look at a night: `end` nights are known. */
static int look(struct watch *w, const struct subject *s, const struct series_nights *n,
		const struct night_rate *rates, size_t from, size_t end, struct alarm *last,
		struct err *err)
{
	size_t segment = segment_start(n, last), start = segment > from ? segment : from;
	int64_t night = n->nights[end - 1], first;
	bool open = last->id && !last->ended, explained;
	struct change c;

	if (start >= end)
		return 0;
	if (open && change_find_rate(rates + start, end - start, true, w->over_enough, &c) &&
	    c.after <= (last->before + last->after) / 2)
		return alarm_end(w, last, n->nights[start + c.first], err);
	/* Without one more there is nothing new to cry for. */
	if (!rates[end - 1].hits ||
	    !change_find_rate(rates + start, end - start, false, w->rate_enough, &c))
		return 0;
	first = n->nights[start + c.first];
	if (is_explained(w, s, first, &explained, err) < 0)
		return -1;
	if (explained)
		return 0;
	/* It is worse than when it was raised: one alarm takes the other's place. */
	if (open && alarm_end(w, last, first, err) < 0)
		return -1;
	return alarm_raise(w, s, night, first, &c, last, err);
}

/* from: the first night that counts. */
static int watch_rate(struct watch *w, const struct subject *s, const struct series_nights *n,
		      const struct night_rate *rates, size_t from, struct err *err)
{
	struct alarm last;

	if (alarm_last(w, s, &last, err) < 0)
		return -1;
	for (size_t i = 0; i < n->count; i++)
		if (n->nights[i] >= w->from && look(w, s, n, rates, from, i + 1, &last, err) < 0)
			return -1;
	return 0;
}

/*
 * That a new title came is told for itself: of its rate only the nights count from the first one
 * that has it, as long as that alarm is open. Else 0.
 */
static int first_told(struct watch *w, const struct subject *s, const struct series_nights *n,
		      const struct night_rate *rates, size_t *from, struct err *err)
{
	int64_t is_told;

	if (database_get(&w->h->db,
			 "SELECT EXISTS (SELECT 1 FROM alarm WHERE title = ? AND kind = ? AND "
			 "ended IS NULL)",
			 VALUES(INTEGER(s->title), INTEGER(ALARM_NEW_TITLE)), 0, &is_told, err) < 0)
		return -1;
	*from = 0;
	while (is_told && *from < n->count && !rates[*from].hits)
		++*from;
	return 0;
}

/* In how many runs of each night a title was. */
static int read_title(struct watch *w, const struct subject *s, const struct series_nights *n,
		      struct night_rate *rates, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&w->h->db,
		"SELECT night, runs FROM title_night WHERE title = ? AND series = ? AND "
		"night BETWEEN ? AND ? ORDER BY night",
		VALUES(INTEGER(s->title), INTEGER(s->series), INTEGER(n->nights[0]),
		       INTEGER(w->last)),
		err);
	size_t i = 0;
	int there = row ? 0 : -1;

	for (size_t k = 0; k < n->count; k++)
		rates[k] = (struct night_rate){ n->runs[k], 0 };
	while (row && (there = database_step(&w->h->db, row, err)) > 0) {
		int64_t runs = sqlite3_column_int64(row, 1);

		while (i < n->count && n->nights[i] < sqlite3_column_int64(row, 0))
			i++;
		if (i < n->count && n->nights[i] == sqlite3_column_int64(row, 0))
			rates[i].hits = runs > rates[i].runs ? rates[i].runs : (unsigned)runs;
	}
	return there;
}

/* Those that came since the last look, and those of which an alarm is open. */
static int watch_titles(struct watch *w, int64_t series, const struct series_nights *n,
			struct err *err)
{
	struct night_rate rates[WATCH_NIGHTS + 1];
	_cleanup_statement_ sqlite3_stmt *row = database_ask(
		&w->h->db,
		"SELECT DISTINCT n.title FROM title_night n JOIN title ON title.id = n.title "
		"WHERE series = ?1 AND night BETWEEN ?2 AND ?3 AND NOT info UNION "
		"SELECT title FROM alarm WHERE series = ?1 AND kind = ?4 AND ended IS NULL",
		VALUES(INTEGER(series), INTEGER(w->from), INTEGER(w->last), INTEGER(ALARM_TITLE)),
		err);
	int there = row ? 0 : -1;

	while (row && (there = database_step(&w->h->db, row, err)) > 0) {
		struct subject s = { ALARM_TITLE, series, sqlite3_column_int64(row, 0), 0 };
		size_t from;

		if (read_title(w, &s, n, rates, err) < 0 ||
		    first_told(w, &s, n, rates, &from, err) < 0 ||
		    watch_rate(w, &s, n, rates, from, err) < 0)
			return -1;
	}
	return there;
}

int watch_rates(struct watch *w, int64_t series, const struct series_nights *n, struct err *err)
{
	struct night_rate failed[WATCH_NIGHTS + 1], unjudged[WATCH_NIGHTS + 1];
	const struct subject fails = { ALARM_FAILS, series, 0, 0 };
	const struct subject silent = { ALARM_UNJUDGED, series, 0, 0 };

	for (size_t i = 0; i < n->count; i++) {
		failed[i] = (struct night_rate){ n->runs[i] - n->unjudged[i], n->failed[i] };
		unjudged[i] = (struct night_rate){ n->runs[i], n->unjudged[i] };
	}
	/* Titles first: an alarm of one says more than that something fails. */
	if (watch_titles(w, series, n, err) < 0 || watch_rate(w, &fails, n, failed, 0, err) < 0)
		return -1;
	return watch_rate(w, &silent, n, unjudged, 0, err);
}
