/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates and numbers over the nights, as SVG. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/json.h"
#include "page/html.h"
#include "page/site-internal.h"
#include "page/svg.h"

#define WIDTH	      372
#define HEIGHT	      150
#define LEFT	      62
#define RIGHT	      16 /* half of a night's name */
#define TOP	      8
#define BOTTOM	      20
#define MOST_TICKS    4
#define BARS_WIDTH    372
#define BARS_HEIGHT   96
#define SECONDS_A_DAY 86400

int64_t site_night(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);

	return end && !*end ? (int64_t)(timegm(&tm) / SECONDS_A_DAY) : -1;
}

static void format_night(double night, const void *context, char out[32])
{
	time_t at = (time_t)(night * SECONDS_A_DAY);
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(out, 32, "%m-%d", &tm);
}

/* One night alone is in the middle. */
static struct svg_axis night_axis(int64_t first, int64_t last, double from, double to)
{
	double beside = last > first ? 0 : 0.5;

	return (struct svg_axis){ (double)first - beside, (double)last + beside, from, to };
}

static void add_nights(struct strbuf *out, const struct svg_axis *x, double y)
{
	double step = fmax(1, svg_tick_step(x->max - x->min, MOST_TICKS));

	svg_bottom(out, &(struct svg_scale){ x, step, format_night, NULL }, y);
}

/* ---- rates ---- */

static void add_bar(struct strbuf *out, const char *class, double x, double width, double bottom,
		    double share, double *level)
{
	double full = bottom - TOP, height = share * full;

	if (!(height > 0))
		return;
	*level += height;
	strbuf_addf(out,
		    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		    class, x, bottom - *level, width, height);
}

static void add_night_bar(struct strbuf *out, const json_t *night, const struct svg_axis *x,
			  double width, double bottom)
{
	struct site_counts c = site_count(json_get_object(night, "verdicts"));
	double all = (double)(c.passed + c.failed + c.unjudged), level = 0;
	double at =
		svg_axis_at(x, (double)site_night(json_get_str(night, "night", ""))) - width / 2;

	if (!(all > 0))
		return;
	add_bar(out, "bar-fail", at, width, bottom, (double)c.failed / all, &level);
	add_bar(out, "bar-unjudged", at, width, bottom, (double)c.unjudged / all, &level);
	add_bar(out, "bar-pass", at, width, bottom, (double)c.passed / all, &level);
}

static void find_nights(const json_t *nights, int64_t *first, int64_t *last)
{
	json_t *night;
	size_t i;

	json_array_foreach (nights, i, night) {
		int64_t at = site_night(json_get_str(night, "night", ""));

		if (at < 0)
			continue;
		if (*first < 0 || at < *first)
			*first = at;
		if (at > *last)
			*last = at;
	}
}

static void format_share(double share, const void *context, char out[32])
{
	snprintf(out, 32, "%g %%", share * 100);
}

void site_bars(struct strbuf *out, const json_t *nights)
{
	const double bottom = BARS_HEIGHT - BOTTOM;
	const struct svg_axis share = { 0, 1, bottom, TOP };
	int64_t first = -1, last = -1;
	struct svg_axis x;
	double width;
	json_t *night;
	size_t i;

	find_nights(nights, &first, &last);
	if (first < 0)
		return;
	width = fmin(24, (BARS_WIDTH - LEFT - RIGHT) * 0.8 / (double)(last - first + 1));
	x = night_axis(first, last, LEFT + width / 2, BARS_WIDTH - RIGHT - width / 2);
	svg_open(out, "bars", BARS_WIDTH, BARS_HEIGHT, "Verdicts by night");
	svg_grid(out, &(struct svg_scale){ &share, 0.5, format_share, NULL }, LEFT,
		 BARS_WIDTH - RIGHT);
	json_array_foreach (nights, i, night)
		add_night_bar(out, night, &x, width, bottom);
	add_nights(out, &x, bottom);
	svg_close(out);
}

/* ---- numbers ---- */

static void find_values(const json_t *const *lines, size_t count, double *low, double *high,
			int64_t *first, int64_t *last)
{
	*low = INFINITY;
	*high = -INFINITY;
	for (size_t l = 0; l < count; l++) {
		const json_t *nights = json_get_array(lines[l], "nights");
		json_t *night;
		size_t i;

		find_nights(nights, first, last);
		json_array_foreach (nights, i, night) {
			*low = fmin(*low, json_get_num(night, "least", INFINITY));
			*high = fmax(*high, json_get_num(night, "most", -INFINITY));
		}
	}
}

bool site_trend_moves(const json_t *const *lines, size_t count)
{
	int64_t first = -1, last = -1;
	double low, high;

	find_values(lines, count, &low, &high, &first, &last);
	return high > low;
}

void site_format_value(double value, char out[32])
{
	double size = fabs(value);

	/* Six figures, but no exponent where the whole number is as short. */
	snprintf(out, 32, size >= 1e5 && size < 1e9 ? "%.0f" : "%.6g", value);
}

static void format_value(double value, const void *context, char out[32])
{
	site_format_value(value, out);
}

/* The median of each night, and of one line also from the least to the most. */
static void add_line(struct strbuf *out, const json_t *line, size_t side, bool alone,
		     const struct svg_axis *x, const struct svg_axis *y)
{
	const json_t *nights = json_get_array(line, "nights");
	_cleanup_free_ struct svg_point *points =
		xcalloc(json_array_size(nights) + 1, sizeof(*points));
	json_t *night;
	size_t i;

	json_array_foreach (nights, i, night) {
		double at = svg_axis_at(x, (double)site_night(json_get_str(night, "night", "")));

		points[i] =
			(struct svg_point){ at, svg_axis_at(y, json_get_num(night, "median", 0)) };
		if (alone)
			svg_line(out, "grid", at, svg_axis_at(y, json_get_num(night, "least", 0)),
				 at, svg_axis_at(y, json_get_num(night, "most", 0)));
	}
	svg_curve(out, side, points, json_array_size(nights));
}

void site_trend(struct strbuf *out, const json_t *const *lines, size_t count)
{
	int64_t first = -1, last = -1;
	struct svg_axis x, y;
	double low, high;

	find_values(lines, count, &low, &high, &first, &last);
	if (first < 0 || !isfinite(low) || !isfinite(high))
		return;
	if (low > 0 && low < high / 2)
		low = 0;
	y = (struct svg_axis){ low, high > low ? high : low + 1, HEIGHT - BOTTOM, TOP };
	x = night_axis(first, last, LEFT, WIDTH - RIGHT);
	svg_open(out, "chart", WIDTH, HEIGHT, "Medians by night");
	svg_grid(out,
		 &(struct svg_scale){ &y, svg_tick_step(y.max - y.min, MOST_TICKS), format_value,
				      NULL },
		 LEFT, WIDTH - RIGHT);
	for (size_t l = 0; l < count; l++)
		add_line(out, lines[l], l, count == 1, &x, &y);
	add_nights(out, &x, HEIGHT - BOTTOM);
	svg_close(out);
}
