/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of figures of the HTML page with a plot in each row, all rows on one axis. */
#ifndef KLAB_PAGE_COMPARE_PLOTS_H
#define KLAB_PAGE_COMPARE_PLOTS_H

#include "page/compare-html.h"
#include "page/svg.h"

#define PLOT_WIDTH	 220
#define PLOT_MARGIN	 10
#define PLOT_MARK_RADIUS 4.5
#define PLOT_MAX_COLUMNS 3  /* sides with a column each */
#define PLOT_SHOWN_ROWS	 24 /* the others are folded away */

/* A plot has a line a side: its height, and where a side is drawn. */
double plot_height(const struct html_page *h);
double plot_side_y(size_t side);
void plot_add_grid(struct html_page *h, const struct svg_axis *axis, const double *at, size_t count);

/* Heads of the table: a cell a side, and the axis of the plots. */
void plot_add_side_heads(struct html_page *h);
void plot_add_axis_head(struct html_page *h, const struct svg_axis *axis, const double *at,
			const char *const *texts, size_t count, const char *label);
/* After PLOT_SHOWN_ROWS: `more` rows follow in a table of their own, folded away. */
void plot_add_fold(struct html_page *h, size_t more);
void plot_end_table(struct html_page *h, size_t rows);
/* A cell a side with what add() adds; of many sides one cell with a line each. */
void plot_add_figures(struct html_page *h, const json_t *row,
		      void (*add)(struct html_page *h, const json_t *row, size_t side));
/* What was tested of a rate, or a number; where there are more than two sides, behind their marks. */
void plot_add_tests(struct html_page *h, const json_t *row, bool of_rate);

/* A number of the comparison; NAN where there is none. */
double plot_figure(const json_t *object, const char *key);
double plot_entry(const json_t *array, size_t at);

#endif
