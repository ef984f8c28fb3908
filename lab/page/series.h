/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What snapshots and samples tell of memory, swap and pressure over the guest's time: one chart
 * a file and number, with a line a run. Pure.
 */
#ifndef KLAB_PAGE_SERIES_H
#define KLAB_PAGE_SERIES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum series_unit { SERIES_BYTES, SERIES_US, SERIES_COUNT };

struct series_value {
	double t_s, v; /* guest's monotonic time; KiB are bytes already */
};

/* A run's values, in the order of time. */
struct series {
	struct series_value *values;
	size_t count, capacity;
};

struct series_chart {
	char *file, *key; /* key "": the file is one number */
	enum series_unit unit;
	struct series *lines; /* line_count of series_charts */
};

struct series_charts {
	struct series_chart *items;
	size_t count, capacity;
	size_t line_count;
	bool full; /* there is more than fits */
};

/* Begins with so many lines, all empty. Clear it with series_charts_clear(). */
void series_charts_init(struct series_charts *charts, size_t line_count);
void series_charts_clear(struct series_charts *charts);
#define _cleanup_series_ _cleanup_(series_charts_clear)
/* Adds what the frames of a run tell as line `line`. */
void series_charts_add(struct series_charts *charts, size_t line, const json_t *frames);

/* Is it worth drawing: has a line three values or more, and do the values differ? */
bool series_chart_moves(const struct series_charts *charts, const struct series_chart *chart);

#endif
