/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small plots as SVG inside of HTML: no library, no script, colours from the page's style
 * (classes s0, s1... are the sides). Lengths are in units of the drawing. Pure.
 */
#ifndef KLAB_PAGE_SVG_H
#define KLAB_PAGE_SVG_H

#include "base/str.h"

#define SVG_SIDE_STYLES 8 /* sides beyond begin anew */

/* Values from min to max are drawn at places from `from` to `to`. min < max. */
struct svg_axis {
	double min, max, from, to;
};

/* What lies outside is drawn at the end. */
double svg_axis_at(const struct svg_axis *a, double value);
bool svg_axis_has(const struct svg_axis *a, double value);

/*
 * The step between ticks of 1, 2 or 5 times a power of ten so that at most `most` of them fall
 * into the span (> 0); of bytes the steps are round in their unit (KiB, MiB...).
 */
double svg_tick_step(double span, size_t most);
double svg_tick_step_bytes(double max, size_t most);

#define SVG_MAX_TICKS 12
/* The multiples of the step on the axis, SVG_MAX_TICKS of them at most. Returns how many. */
size_t svg_ticks(const struct svg_axis *a, double step, double ticks[SVG_MAX_TICKS]);

/* What an axis is marked with. */
struct svg_scale {
	const struct svg_axis *axis;
	double step;
	void (*format)(double value, const void *context, char out[32]);
	const void *context; /* of format; may be NULL */
};
/* Lines across from `left` to `right`, each with its value at the left of it. */
void svg_grid(struct strbuf *out, const struct svg_scale *s, double left, double right);
/* The axis at the bottom of a drawing, at `y`, with its values below it. */
void svg_bottom(struct strbuf *out, const struct svg_scale *s, double y);

/* A drawing of a size, with what it shows for who cannot see it. */
void svg_open(struct strbuf *out, const char *class, double width, double height,
	      const char *label);
void svg_close(struct strbuf *out);
void svg_line(struct strbuf *out, const char *class, double x1, double y1, double x2, double y2);
/* anchor: "start", "middle", "end" */
void svg_text(struct strbuf *out, double x, double y, const char *anchor, const char *text);
/* A side's mark: sides differ in form too, not in colour alone. */
void svg_mark(struct strbuf *out, size_t side, double x, double y, double radius);
/* "12.3", "7": a length. */
void svg_number(struct strbuf *out, double v);

struct svg_point {
	double x, y;
};

/*
 * A side's line through points, whose x ascends: of many within one unit of x the lowest and the
 * highest are drawn, so that no peak is lost. One point alone is a mark.
 */
void svg_curve(struct strbuf *out, size_t side, const struct svg_point *points, size_t count);

#endif
