// SPDX-License-Identifier: GPL-2.0-or-later
/* Plots: where values are drawn, and what is drawn of many. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "page/series.h"
#include "page/svg.h"

static void assert_near(double value, double expected)
{
	if (!(fabs(value - expected) < 1e-9))
		fail_msg("%.12g, expected %.12g", value, expected);
}

static void test_svg_axis_at(void **state)
{
	const struct svg_axis right = { 0, 10, 50, 150 }, up = { -1, 1, 100, 0 };

	assert_near(svg_axis_at(&right, 0), 50);
	assert_near(svg_axis_at(&right, 2.5), 75);
	assert_near(svg_axis_at(&right, 10), 150);
	assert_near(svg_axis_at(&up, 0), 50);
	assert_near(svg_axis_at(&up, 1), 0);
	/* Outside, and no number at all. */
	assert_near(svg_axis_at(&right, -1), 50);
	assert_near(svg_axis_at(&right, INFINITY), 150);
	assert_near(svg_axis_at(&right, NAN), 50);
	assert_true(svg_axis_has(&right, 10));
	assert_false(svg_axis_has(&right, 10.1));
	assert_false(svg_axis_has(&right, NAN));
}

static void test_svg_ticks_are_round(void **state)
{
	struct svg_axis axis = { 1.85, 5.3, 0, 100 };
	double ticks[SVG_MAX_TICKS];

	assert_near(svg_tick_step(10, 5), 2);
	assert_near(svg_tick_step(11, 5), 5);
	assert_near(svg_tick_step(5, 5), 1);
	assert_near(svg_tick_step(3.45, 5), 1);
	assert_near(svg_tick_step(0.0007, 5), 0.0002);
	assert_near(svg_tick_step_bytes(16.0 * 1024 * 1024, 5), 5.0 * 1024 * 1024);
	assert_near(svg_tick_step_bytes(4096, 5), 1024);
	assert_near(svg_tick_step_bytes(100, 5), 20);
	assert_int_equal(svg_ticks(&axis, 1, ticks), 4);
	assert_near(ticks[0], 2);
	assert_near(ticks[3], 5);
	/* A step that is less than the last bit of a value must not go on for ever. */
	axis = (struct svg_axis){ 1e18, 1e18 + 256, 0, 100 };
	assert_true(svg_ticks(&axis, 1e-3, ticks) <= SVG_MAX_TICKS);
}

static void assert_curve(const struct svg_point *points, size_t count, const char *expected)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	svg_curve(&out, 1, points, count);
	assert_string_equal(out.data ? out.data : "", expected);
}

static void format_whole(double value, const void *context, char out[32])
{
	snprintf(out, 32, "%g%s", value, (const char *)context);
}

static void test_svg_axes_have_their_values(void **state)
{
	const struct svg_axis x = { 0, 10, 20, 120 }, y = { 0, 4, 50, 10 };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	svg_grid(&out, &(struct svg_scale){ &y, 4, format_whole, " B" }, 20, 120);
	assert_string_equal(out.data,
			    "<line class=\"grid\" x1=\"20\" y1=\"50\" x2=\"120\" "
			    "y2=\"50\"/><text x=\"15\" y=\"53.5\" "
			    "text-anchor=\"end\">0 B</text><line class=\"grid\" x1=\"20\" "
			    "y1=\"10\" x2=\"120\" y2=\"10\"/><text x=\"15\" y=\"13.5\" "
			    "text-anchor=\"end\">4 B</text>");
	strbuf_reset(&out);
	svg_bottom(&out, &(struct svg_scale){ &x, 10, format_whole, " s" }, 50);
	assert_non_null(strstr(out.data, "<text x=\"120\" y=\"65\" "
					 "text-anchor=\"middle\">10 s</text>"));
	assert_true(str_ends(out.data,
			     "<line class=\"axis\" x1=\"20\" y1=\"50\" x2=\"120\" y2=\"50\"/>"));
}

static void test_svg_curve(void **state)
{
	const struct svg_point points[] = { { 0, 9 }, { 1, 2.25 }, { 3, -0.01 } };

	assert_curve(points, 0, "");
	assert_curve(points, 1, "<polygon class=\"mark s1\" points=\"0,6 3,9 0,12 -3,9\"/>");
	assert_curve(points, 3, "<path class=\"curve s1\" d=\"M0 9 1 2.2 3 0 \"/>");
}

/* Of a thousand values in two units the peaks stay, in the order they came in. */
static void test_svg_curve_keeps_peaks(void **state)
{
	struct svg_point points[1000];

	for (size_t i = 0; i < 1000; i++)
		points[i] = (struct svg_point){ (double)i / 500, 50 };
	points[100].y = 90;
	points[200].y = 10;
	points[700].y = 5;
	assert_curve(points, 1000, "<path class=\"curve s1\" d=\"M0.2 90 0.4 10 1 50 1.4 5 \"/>");
}

static void test_svg_marks_differ_in_form(void **state)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	svg_mark(&out, 0, 5, 5, 5);
	assert_string_equal(out.data, "<circle class=\"mark s0\" cx=\"5\" cy=\"5\" r=\"4\"/>");
	strbuf_reset(&out);
	svg_mark(&out, SVG_SIDE_STYLES + 2, 5, 5, 5);
	assert_string_equal(out.data, "<polygon class=\"mark s2\" points=\"1,1 9,1 9,9 1,9\"/>");
}

static void test_svg_label_is_text(void **state)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	svg_open(&out, "chart", 10, 20.5, "a\"><b>");
	svg_text(&out, 1, 2, "end", "<i>");
	svg_close(&out);
	assert_string_equal(out.data,
			    "<svg class=\"chart\" viewBox=\"0 0 10 20.5\" width=\"10\" "
			    "height=\"20.5\" role=\"img\" aria-label=\"a&quot;&gt;&lt;b&gt;\">"
			    "<text x=\"1\" y=\"2\" text-anchor=\"end\">&lt;i&gt;</text></svg>");
}

/* ---- what is drawn over time ---- */

static void add_snapshot(json_t *frames, double t_ns, const char *file, const char *data)
{
	json_array_append_new(frames, json_pack("{s:s,s:f,s:s,s:s,s:s}", "k", "snapshot", "t", t_ns,
						"label", "x", "file", file, "data", data));
}

static const struct series_chart *chart_of(const struct series_charts *all, const char *file,
					   const char *key)
{
	for (size_t i = 0; i < all->count; i++)
		if (str_eq(all->items[i].file, file) && str_eq(all->items[i].key, key))
			return &all->items[i];
	return NULL;
}

static void test_series_of_snapshots(void **state)
{
	_cleanup_json_ json_t *frames = json_array();
	_cleanup_series_ struct series_charts all;
	const struct series_chart *swaps, *current;

	for (int i = 0; i < 3; i++) {
		_cleanup_free_ char *number = xasprintf("%d\n", 4096 * i);

		add_snapshot(frames, 1e9 * i, "cgroup:t/memory.current", number);
		add_snapshot(frames, 1e9 * i, "/proc/swaps",
			     "Filename Type Size Used Priority\n/dev/sda partition 65532 12 -2\n");
		add_snapshot(frames, 1e9 * i, "/proc/version", "Linux version 6.1\n");
	}
	series_charts_init(&all, 2);
	series_charts_add(&all, 1, frames);
	current = chart_of(&all, "cgroup:t/memory.current", "");
	swaps = chart_of(&all, "/proc/swaps", "/dev/sda Used");
	assert_non_null(current);
	assert_non_null(swaps);
	assert_int_equal(all.count, 2); /* the size of a swap device is no course */
	assert_int_equal(current->lines[0].count, 0);
	assert_int_equal(current->lines[1].count, 3);
	assert_int_equal(current->unit, SERIES_BYTES);
	assert_near(current->lines[1].values[2].t_s, 2);
	assert_near(current->lines[1].values[2].v, 8192);
	assert_near(swaps->lines[1].values[0].v, 12 * 1024); /* KiB are bytes */
	assert_true(series_chart_moves(&all, current));
	assert_false(series_chart_moves(&all, swaps)); /* always the same */
}

/* Few values, times that go back, and no times. */
static void test_series_that_is_none(void **state)
{
	_cleanup_json_ json_t *frames = json_array();
	_cleanup_series_ struct series_charts all;

	add_snapshot(frames, 5e9, "a.current", "1");
	add_snapshot(frames, 4e9, "a.current", "2");
	add_snapshot(frames, 6e9, "a.current", "3");
	json_array_append_new(frames, json_pack("{s:s,s:s,s:s}", "k", "snapshot", "file",
						"a.current", "data", "9"));
	json_array_append_new(frames, json_null());
	series_charts_init(&all, 1);
	series_charts_add(&all, 0, frames);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.items[0].lines[0].count, 2);
	assert_false(series_chart_moves(&all, &all.items[0]));
}

static void test_series_are_bounded(void **state)
{
	_cleanup_json_ json_t *frames = json_array();
	_cleanup_series_ struct series_charts all;

	for (int i = 0; i < 1000; i++) {
		_cleanup_free_ char *file = xasprintf("f%d", i);

		add_snapshot(frames, 1, file, "1");
	}
	series_charts_init(&all, 1);
	series_charts_add(&all, 0, frames);
	assert_true(all.full);
	assert_in_range(all.count, 10, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_svg_axis_at),
		cmocka_unit_test(test_svg_ticks_are_round),
		cmocka_unit_test(test_svg_axes_have_their_values),
		cmocka_unit_test(test_svg_curve),
		cmocka_unit_test(test_svg_curve_keeps_peaks),
		cmocka_unit_test(test_svg_marks_differ_in_form),
		cmocka_unit_test(test_svg_label_is_text),
		cmocka_unit_test(test_series_of_snapshots),
		cmocka_unit_test(test_series_that_is_none),
		cmocka_unit_test(test_series_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
