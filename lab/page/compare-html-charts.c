// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory, swap and pressure over the guest's time, all sides in one chart. */
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "page/compare-html.h"
#include "page/page.h"
#include "page/series.h"
#include "page/svg.h"

#define WIDTH	   372
#define HEIGHT	   168
#define LEFT	   58
#define RIGHT	   8
#define TOP	   8
#define BOTTOM	   20
#define MAX_SHOWN  16
#define MOST_TICKS 5
#define MIN_BYTES  4096 /* the height of a chart, at least */

struct chart {
	struct svg_axis x, y;
	double x_step, y_step;
	enum series_unit unit;
};

static void format_value(double v, const void *context, char out[32])
{
	const enum series_unit unit = *(const enum series_unit *)context;
	const char *zero;
	char text[24];

	if (unit == SERIES_BYTES)
		page_format_bytes(v, text);
	else if (unit == SERIES_US)
		page_format_ms(v / 1000, text);
	else if (fabs(v) >= 1e4)
		snprintf(text, sizeof(text), "%.3g", v);
	else
		snprintf(text, sizeof(text), "%g", v);
	/* A round figure needs no decimals: "5.0 MiB". */
	zero = strstr(text, ".0 ");
	snprintf(out, 32, "%.*s%s", zero ? (int)(zero - text) : (int)strlen(text), text,
		 zero ? zero + 2 : "");
}

/* The axes: y from 0 (or below) to the highest value, x over all times. */
static struct chart chart_make(const struct series_charts *all, const struct series_chart *c)
{
	double low = 0, high = 0, from = INFINITY, to = -INFINITY;
	struct chart out = { .unit = c->unit };

	for (size_t l = 0; l < all->line_count; l++)
		for (size_t i = 0; i < c->lines[l].count; i++) {
			low = fmin(low, c->lines[l].values[i].v);
			high = fmax(high, c->lines[l].values[i].v);
			from = fmin(from, c->lines[l].values[i].t_s);
			to = fmax(to, c->lines[l].values[i].t_s);
		}
	if (c->unit == SERIES_BYTES)
		high = fmax(high, MIN_BYTES);
	if (!(high > low))
		high = low + 1;
	if (!(to > from))
		to = from + 1;
	out.y_step = c->unit == SERIES_BYTES && low == 0 ? svg_tick_step_bytes(high, MOST_TICKS)
							 : svg_tick_step(high - low, MOST_TICKS);
	out.x_step = svg_tick_step(to - from, MOST_TICKS);
	out.y = (struct svg_axis){ low, high, HEIGHT - BOTTOM, TOP };
	out.x = (struct svg_axis){ from, to, LEFT, WIDTH - RIGHT };
	return out;
}

static void format_time(double t_s, const void *context, char out[32])
{
	snprintf(out, 32, "%g s", t_s);
}

static void add_axes(struct html_page *h, const struct chart *c)
{
	svg_grid(&h->out, &(struct svg_scale){ &c->y, c->y_step, format_value, &c->unit }, LEFT,
		 WIDTH - RIGHT);
	svg_bottom(&h->out, &(struct svg_scale){ &c->x, c->x_step, format_time, NULL },
		   HEIGHT - BOTTOM);
}

static void add_curve(struct html_page *h, const struct chart *c, size_t side,
		      const struct series *line)
{
	_cleanup_free_ struct svg_point *points = xcalloc(line->count + 1, sizeof(*points));

	for (size_t i = 0; i < line->count; i++)
		points[i] = (struct svg_point){ svg_axis_at(&c->x, line->values[i].t_s),
						svg_axis_at(&c->y, line->values[i].v) };
	svg_curve(&h->out, side, points, line->count);
}

/* "wbt-on 0 B to 16 MiB, 128 values": what the lines are, and the chart in words. */
static void add_legend(struct html_page *h, const struct series_charts *all,
		       const struct series_chart *c)
{
	strbuf_adds(&h->out, "<ul class=\"legend\">");
	for (size_t l = 0; l < all->line_count; l++) {
		const struct series *line = &c->lines[l];
		double low = INFINITY, high = -INFINITY;
		char least[32], most[32];

		for (size_t i = 0; i < line->count; i++) {
			low = fmin(low, line->values[i].v);
			high = fmax(high, line->values[i].v);
		}
		format_value(low, &c->unit, least);
		format_value(high, &c->unit, most);
		strbuf_adds(&h->out, "<li>");
		compare_html_side(h, "span", l);
		if (!line->count)
			strbuf_adds(&h->out, " <span class=\"dim\">none</span></li>");
		else
			strbuf_addf(&h->out,
				    " <span class=\"dim\">%s to %s, %zu value%s</span></li>", least,
				    most, line->count, line->count == 1 ? "" : "s");
	}
	strbuf_adds(&h->out, "</ul>");
}

static void add_chart(struct html_page *h, const struct series_charts *all,
		      const struct series_chart *chart)
{
	struct chart c = chart_make(all, chart);
	_cleanup_free_ char *label =
		xasprintf("%s %s over the guest's time", chart->file, chart->key);

	strbuf_adds(&h->out, "<figure><figcaption>");
	html_element(&h->out, "code", NULL, chart->file);
	html_textf(&h->out, " %s", chart->key);
	strbuf_adds(&h->out, "</figcaption>");
	svg_open(&h->out, "chart", WIDTH, HEIGHT, label);
	add_axes(h, &c);
	for (size_t l = 0; l < all->line_count; l++)
		add_curve(h, &c, l, &chart->lines[l]);
	svg_close(&h->out);
	add_legend(h, all, chart);
	strbuf_adds(&h->out, "</figure>");
}

/* The run of a side that the page shows in full. */
static const struct run_facts *run_of(const struct html_page *h, size_t side)
{
	struct html_pair pair;

	if (!compare_html_pair(h->comparison, side ? side : 1, &pair) ||
	    pair.runs[side ? 1 : 0] >= h->run_count)
		return NULL;
	return h->runs[pair.runs[side ? 1 : 0]].facts;
}

void compare_html_charts(struct html_page *h)
{
	_cleanup_series_ struct series_charts all;
	size_t shown = 0, moving = 0;

	series_charts_init(&all, h->sides);
	for (size_t s = 0; s < h->sides; s++)
		if (run_of(h, s))
			series_charts_add(&all, s, run_of(h, s)->frames);
	for (size_t i = 0; i < all.count; i++)
		moving += series_chart_moves(&all, &all.items[i]);
	if (moving) {
		compare_html_begin(h, "time", "Over time");
		strbuf_adds(&h->out,
			    "<p class=\"dim\">What snapshots and samples of one run a side "
			    "found, by the guest's clock.</p><div class=\"charts\">");
	}
	for (size_t i = 0; i < all.count && shown < MAX_SHOWN; i++)
		if (series_chart_moves(&all, &all.items[i])) {
			add_chart(h, &all, &all.items[i]);
			shown++;
		}
	if (!moving)
		return;
	strbuf_adds(&h->out, "</div>");
	if (moving > shown || all.full)
		html_elementf(&h->out, "p", "dim", "%zu more courses are not drawn%s.",
			      moving - shown,
			      all.full ? ", and some were not read to their end" : "");
	compare_html_end(h);
}
