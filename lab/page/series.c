// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/series.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "verdict/snapshot.h"

#define MAX_CHARTS 64
#define MAX_VALUES 20000 /* of a line */
#define MIN_VALUES 3	 /* fewer are no course of time */

/* Files whose numbers have names, and which of them tell of memory and swap. */
static const struct {
	const char *file, *key; /* how they end */
	enum series_unit unit;
	double scale; /* to the unit */
} known[] = {
	{ "/swaps", " Used", SERIES_BYTES, 1024 },
	{ "pressure", "some total", SERIES_US, 1 },
	{ "pressure", "full total", SERIES_US, 1 },
	{ "/memory", "some total", SERIES_US, 1 }, /* /proc/pressure/memory */
	{ "/memory", "full total", SERIES_US, 1 },
	{ "memory.stat", "anon", SERIES_BYTES, 1 },
	{ "memory.stat", "file", SERIES_BYTES, 1 },
	{ "memory.stat", "swapcached", SERIES_BYTES, 1 },
	{ "memory.stat", "kernel", SERIES_BYTES, 1 },
	{ "/meminfo", "MemAvailable", SERIES_BYTES, 1024 },
	{ "/meminfo", "SwapFree", SERIES_BYTES, 1024 },
	{ "/meminfo", "SwapCached", SERIES_BYTES, 1024 },
	{ "/meminfo", "AnonPages", SERIES_BYTES, 1024 },
	{ "/meminfo", "Dirty", SERIES_BYTES, 1024 },
	{ "/meminfo", "Writeback", SERIES_BYTES, 1024 },
	{ "/meminfo", "Slab", SERIES_BYTES, 1024 },
	{ "/vmstat", "pswpin", SERIES_COUNT, 1 },
	{ "/vmstat", "pswpout", SERIES_COUNT, 1 },
};

/* Of a file that is one number. */
static enum series_unit unit_of(const char *file)
{
	const char *name = path_base(file);
	bool is_amount = str_ends(name, ".current") || str_ends(name, ".peak") ||
			 str_ends(name, "_in_bytes");

	return is_amount && !str_starts(name, "pids.") ? SERIES_BYTES : SERIES_COUNT;
}

void series_charts_init(struct series_charts *charts, size_t line_count)
{
	*charts = (struct series_charts){ .line_count = line_count };
}

void series_charts_clear(struct series_charts *charts)
{
	for (size_t i = 0; i < charts->count; i++) {
		struct series_chart *chart = &charts->items[i];

		for (size_t l = 0; l < charts->line_count; l++)
			free(chart->lines[l].values);
		free(chart->lines);
		free(chart->file);
		free(chart->key);
	}
	free(charts->items);
	*charts = (struct series_charts){ 0 };
}

/* The chart of a file's number, made when missing; NULL: there are too many. */
static struct series_chart *chart_of(struct series_charts *charts, const char *file,
				     const char *key, enum series_unit unit)
{
	struct series_chart *chart;

	for (size_t i = 0; i < charts->count; i++)
		if (str_eq(charts->items[i].file, file) && str_eq(charts->items[i].key, key))
			return &charts->items[i];
	if (charts->count == MAX_CHARTS) {
		charts->full = true;
		return NULL;
	}
	chart = vec_push(&charts->items, &charts->count, &charts->capacity);
	chart->file = xstrdup(file);
	chart->key = xstrdup(key);
	chart->unit = unit;
	chart->lines = xcalloc(charts->line_count, sizeof(*chart->lines));
	return chart;
}

/* One file of one moment. */
struct moment {
	struct series_charts *charts;
	size_t line;
	const char *file;
	double t_s;
};

static void add_value(const struct moment *m, const char *key, enum series_unit unit, double v)
{
	struct series_chart *chart = chart_of(m->charts, m->file, key, unit);
	struct series *line = chart ? &chart->lines[m->line] : NULL;

	if (!line || !isfinite(v))
		return;
	/* Frames come in the order of time; what does not is somebody else's, and no course. */
	if (line->count && line->values[line->count - 1].t_s > m->t_s)
		return;
	if (line->count == MAX_VALUES) {
		m->charts->full = true;
		return;
	}
	*(struct series_value *)vec_push(&line->values, &line->count, &line->capacity) =
		(struct series_value){ m->t_s, v };
}

static int take_number(void *ctx, const char *key, double value)
{
	const struct moment *m = ctx;

	if (!*key) {
		add_value(m, "", unit_of(m->file), value);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_ends(m->file, known[i].file) &&
		    (known[i].key[0] == ' ' ? str_ends(key, known[i].key)
					    : str_eq(key, known[i].key))) {
			add_value(m, key, known[i].unit, value * known[i].scale);
			break;
		}
	return 0;
}

void series_charts_add(struct series_charts *charts, size_t line, const json_t *frames)
{
	json_t *frame;
	size_t i;

	json_array_foreach (frames, i, frame) {
		const char *data = json_get_str(frame, "data", NULL);
		struct moment m = { charts, line, json_get_str(frame, "file", ""),
				    json_get_num(frame, "t", NAN) / 1e9 };

		/* What a task that was waited for in vain left is no quantity (numbers.c). */
		if (str_eq(json_get_str(frame, "k", ""), "snapshot") && data && isfinite(m.t_s) &&
		    !str_ends(json_get_str(frame, "label", ""), " still runs"))
			snapshot_numbers(data, take_number, &m);
	}
}

bool series_chart_moves(const struct series_charts *charts, const struct series_chart *chart)
{
	bool enough = false, moves = false;
	double first = NAN;

	for (size_t l = 0; l < charts->line_count; l++) {
		const struct series *line = &chart->lines[l];

		enough |= line->count >= MIN_VALUES;
		for (size_t i = 0; i < line->count; i++) {
			if (isnan(first))
				first = line->values[i].v;
			moves |= line->values[i].v != first;
		}
	}
	return enough && moves;
}
