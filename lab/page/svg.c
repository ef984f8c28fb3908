// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/svg.h"

#include <math.h>
#include <stdio.h>

#include "page/html.h"

double svg_axis_at(const struct svg_axis *a, double value)
{
	double part = (value - a->min) / (a->max - a->min);

	/* Also what is no number is drawn somewhere on it. */
	part = part > 0 ? (part < 1 ? part : 1) : 0;
	return a->from + part * (a->to - a->from);
}

bool svg_axis_has(const struct svg_axis *a, double value)
{
	return value >= a->min && value <= a->max;
}

double svg_tick_step(double span, size_t most)
{
	double step = pow(10, floor(log10(span / (double)most)));

	while (span / step > (double)most + 1e-9) {
		if (span / (step * 2) <= (double)most + 1e-9)
			return step * 2;
		if (span / (step * 5) <= (double)most + 1e-9)
			return step * 5;
		step *= 10;
	}
	return step;
}

double svg_tick_step_bytes(double max, size_t most)
{
	double unit = 1;

	while (max / unit >= 1024)
		unit *= 1024;
	return svg_tick_step(max / unit, most) * unit;
}

size_t svg_ticks(const struct svg_axis *a, double step, double ticks[SVG_MAX_TICKS])
{
	double first = ceil(a->min / step);
	size_t count = 0;

	/* By the number of the tick: adding up would not end where a step is less than a value's
	 * last bit. */
	while (count < SVG_MAX_TICKS && (first + (double)count) * step <= a->max) {
		ticks[count] = (first + (double)count) * step;
		count++;
	}
	return count;
}

void svg_number(struct strbuf *out, double v)
{
	char text[32];
	size_t n = (size_t)snprintf(text, sizeof(text), "%.1f", v);

	if (n < sizeof(text) && str_ends(text, ".0"))
		text[n - 2] = '\0';
	strbuf_adds(out, str_eq(text, "-0") ? "0" : text);
}

static void add_attribute(struct strbuf *out, const char *name, double v)
{
	strbuf_addf(out, " %s=\"", name);
	svg_number(out, v);
	strbuf_addc(out, '"');
}

void svg_open(struct strbuf *out, const char *class, double width, double height, const char *label)
{
	strbuf_addf(out, "<svg class=\"%s\" viewBox=\"0 0 ", class);
	svg_number(out, width);
	strbuf_addc(out, ' ');
	svg_number(out, height);
	strbuf_addc(out, '"');
	add_attribute(out, "width", width);
	add_attribute(out, "height", height);
	strbuf_adds(out, " role=\"img\" aria-label=\"");
	html_text(out, label);
	strbuf_adds(out, "\">");
}

void svg_close(struct strbuf *out)
{
	strbuf_adds(out, "</svg>");
}

void svg_line(struct strbuf *out, const char *class, double x1, double y1, double x2, double y2)
{
	strbuf_addf(out, "<line class=\"%s\"", class);
	add_attribute(out, "x1", x1);
	add_attribute(out, "y1", y1);
	add_attribute(out, "x2", x2);
	add_attribute(out, "y2", y2);
	strbuf_adds(out, "/>");
}

void svg_text(struct strbuf *out, double x, double y, const char *anchor, const char *text)
{
	strbuf_adds(out, "<text");
	add_attribute(out, "x", x);
	add_attribute(out, "y", y);
	strbuf_addf(out, " text-anchor=\"%s\">", anchor);
	html_text(out, text);
	strbuf_adds(out, "</text>");
}

static void add_polygon(struct strbuf *out, size_t side, const struct svg_point *points,
			size_t count)
{
	strbuf_addf(out, "<polygon class=\"mark s%zu\" points=\"", side);
	for (size_t i = 0; i < count; i++) {
		strbuf_adds(out, i ? " " : "");
		svg_number(out, points[i].x);
		strbuf_addc(out, ',');
		svg_number(out, points[i].y);
	}
	strbuf_adds(out, "\"/>");
}

void svg_mark(struct strbuf *out, size_t side, double x, double y, double r)
{
	const struct svg_point diamond[] = {
		{ x, y - r }, { x + r, y }, { x, y + r }, { x - r, y }
	};
	const double h = r * 0.8;
	const struct svg_point square[] = {
		{ x - h, y - h }, { x + h, y - h }, { x + h, y + h }, { x - h, y + h }
	};
	const struct svg_point triangle[] = { { x, y - r }, { x + r, y + h }, { x - r, y + h } };

	side %= SVG_SIDE_STYLES;
	switch (side % 4) {
	case 0:
		strbuf_addf(out, "<circle class=\"mark s%zu\"", side);
		add_attribute(out, "cx", x);
		add_attribute(out, "cy", y);
		add_attribute(out, "r", h);
		strbuf_adds(out, "/>");
		break;
	case 1:
		add_polygon(out, side, diamond, ARRAY_SIZE(diamond));
		break;
	case 2:
		add_polygon(out, side, square, ARRAY_SIZE(square));
		break;
	case 3:
		add_polygon(out, side, triangle, ARRAY_SIZE(triangle));
		break;
	}
}

/* Of the points from `from` on that lie within one unit, as far as it goes: the lowest and the
 * highest. Returns where the next unit begins. */
static size_t find_extremes(const struct svg_point *points, size_t from, size_t count,
			    size_t *lowest, size_t *highest)
{
	size_t i = from;

	*lowest = *highest = from;
	for (; i < count && floor(points[i].x) == floor(points[from].x); i++) {
		if (points[i].y < points[*lowest].y)
			*lowest = i;
		if (points[i].y > points[*highest].y)
			*highest = i;
	}
	return i;
}

static void add_point(struct strbuf *out, const struct svg_point *p)
{
	svg_number(out, p->x);
	strbuf_addc(out, ' ');
	svg_number(out, p->y);
	strbuf_addc(out, ' ');
}

void svg_curve(struct strbuf *out, size_t side, const struct svg_point *points, size_t count)
{
	if (count == 1)
		svg_mark(out, side, points[0].x, points[0].y, 3);
	if (count < 2)
		return;
	strbuf_addf(out, "<path class=\"curve s%zu\" d=\"M", side % SVG_SIDE_STYLES);
	for (size_t i = 0; i < count;) {
		size_t lowest, highest, next = find_extremes(points, i, count, &lowest, &highest);
		size_t first = lowest < highest ? lowest : highest;
		size_t last = lowest < highest ? highest : lowest;

		add_point(out, &points[first]);
		if (last != first)
			add_point(out, &points[last]);
		i = next;
	}
	strbuf_adds(out, "\"/>");
}

/* ---- axes ---- */

void svg_grid(struct strbuf *out, const struct svg_scale *s, double left, double right)
{
	double ticks[SVG_MAX_TICKS];
	size_t count = svg_ticks(s->axis, s->step, ticks);
	char text[32];

	for (size_t i = 0; i < count; i++) {
		double y = svg_axis_at(s->axis, ticks[i]);

		s->format(ticks[i], s->context, text);
		svg_line(out, "grid", left, y, right, y);
		svg_text(out, left - 5, y + 3.5, "end", text);
	}
}

void svg_bottom(struct strbuf *out, const struct svg_scale *s, double y)
{
	double ticks[SVG_MAX_TICKS];
	size_t count = svg_ticks(s->axis, s->step, ticks);
	char text[32];

	for (size_t i = 0; i < count; i++) {
		double x = svg_axis_at(s->axis, ticks[i]);

		s->format(ticks[i], s->context, text);
		svg_line(out, "tick", x, y, x, y + 3);
		svg_text(out, x, y + 15, "middle", text);
	}
	svg_line(out, "axis", s->axis->from, y, s->axis->to, y);
}
