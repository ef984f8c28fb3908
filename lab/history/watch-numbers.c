/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Levels of the numbers of a series: the median of each night. */
#include <math.h>
#include <stdlib.h>

#include "history/watch.h"

enum {
	NIGHTS = CHANGE_LEVEL_BEFORE + CHANGE_LEVEL_AFTER,
	MAX_NIGHTS = NIGHTS + WATCH_FIRST_NIGHTS,
	MAX_A_NIGHT = 1000, /* values that a median is made of */
};

struct levels {
	size_t count;
	int64_t nights[MAX_NIGHTS];
	double values[MAX_NIGHTS];
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void add_night(struct levels *l, int64_t night, double *values, size_t count)
{
	if (!count || l->count == MAX_NIGHTS)
		return;
	qsort(values, count, sizeof(*values), by_value);
	l->nights[l->count] = night;
	l->values[l->count++] = (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static int read_levels(struct watch *w, sqlite3_stmt *row, const struct subject *s, int64_t since,
		       struct levels *l, struct err *err)
{
	double values[MAX_A_NIGHT];
	int64_t night = 0;
	size_t count = 0;
	int there;

	l->count = 0;
	if (database_bind(&w->h->db, row,
			  VALUES(INTEGER(s->series), INTEGER(s->quantity), INTEGER(since),
				 INTEGER(w->last)),
			  err) < 0)
		return -1;
	while ((there = database_step(&w->h->db, row, err)) > 0) {
		if (sqlite3_column_int64(row, 0) != night) {
			add_night(l, night, values, count);
			night = sqlite3_column_int64(row, 0);
			count = 0;
		}
		if (count < MAX_A_NIGHT)
			values[count++] = sqlite3_column_double(row, 1);
	}
	add_night(l, night, values, count);
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
