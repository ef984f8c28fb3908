/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Levels of the numbers of a series: the median of each night. */
#include <math.h>

#include "history/night-values.h"
#include "history/watch.h"

enum {
	NIGHTS = CHANGE_LEVEL_BEFORE + CHANGE_LEVEL_AFTER,
	MAX_NIGHTS = NIGHTS + WATCH_FIRST_NIGHTS,
};

struct levels {
	size_t count;
	int64_t nights[MAX_NIGHTS];
	double values[MAX_NIGHTS];
};

static void end_night(struct levels *l, struct night_values *n)
{
	if (n->count && l->count < MAX_NIGHTS) {
		l->nights[l->count] = n->night;
		l->values[l->count++] = night_values_median(n);
	}
	n->count = 0;
}

static int read_levels(struct watch *w, sqlite3_stmt *row, const struct subject *s, int64_t since,
		       struct levels *l, struct err *err)
{
	struct night_values night;
	int there;

	night.night = 0;
	night.count = 0;
	l->count = 0;
	if (database_bind(&w->h->db, row,
			  VALUES(INTEGER(s->series), INTEGER(s->quantity), INTEGER(since),
				 INTEGER(w->last)),
			  err) < 0)
		return -1;
	while ((there = database_step(&w->h->db, row, err)) > 0) {
		if (sqlite3_column_int64(row, 0) != night.night)
			end_night(l, &night);
		night.night = sqlite3_column_int64(row, 0);
		night_values_add(&night, sqlite3_column_double(row, 1));
	}
	end_night(l, &night);
	return there;
}

static bool is_back(const struct alarm *a, const struct change *c)
{
	return fabs(c->after - a->before) < fabs(c->after - a->after);
}

/* Another level ends the alarm of the last one; when it is what was before, all is well again. */
static int look(struct watch *w, const struct subject *s, const struct levels *l, size_t end,
		struct alarm *last, struct err *err)
{
	bool open = last->id && !last->ended, back;
	int64_t since = last->ended ? last->ended : last->first, first;
	size_t start = 0;
	struct change c;

	while (last->id && start < end && l->nights[start] < since)
		start++;
	if (!change_find_level(l->values + start, end - start, w->level_enough, &c))
		return 0;
	first = l->nights[start + c.first];
	back = open && is_back(last, &c);
	if (open && alarm_end(w, last, first, err) < 0)
		return -1;
	return back ? 0 : alarm_raise(w, s, l->nights[end - 1], first, &c, last, err);
}

static int watch_number(struct watch *w, const struct subject *s, const struct levels *l,
			struct err *err)
{
	struct alarm last;

	/* Most have none, and never had. */
	if (alarm_last(w, s, &last, err) < 0)
		return -1;
	for (size_t i = 0; i < l->count; i++)
		if (l->nights[i] >= w->from && look(w, s, l, i + 1, &last, err) < 0)
			return -1;
	return 0;
}

int watch_numbers(struct watch *w, int64_t series, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *quantities =
		database_ask(&w->h->db, "SELECT quantity FROM series_quantity WHERE series = ?",
			     VALUES(INTEGER(series)), err);
	_cleanup_statement_ sqlite3_stmt *numbers = database_ask(
		&w->h->db,
		"SELECT night, value FROM number WHERE series = ? AND quantity = ? AND "
		"night BETWEEN ? AND ? ORDER BY night",
		NULL, err);
	struct levels l;
	int there = quantities && numbers ? 0 : -1;

	while (there >= 0 && (there = database_step(&w->h->db, quantities, err)) > 0) {
		struct subject s = { ALARM_NUMBER, series, 0, sqlite3_column_int64(quantities, 0) };

		if (read_levels(w, numbers, &s, w->from - NIGHTS, &l, err) < 0 ||
		    watch_number(w, &s, &l, err) < 0)
			return -1;
	}
	return there;
}
