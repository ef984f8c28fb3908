/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call traces as lab/compare/trace-rows.h lays them beside each other, shown. */
#ifndef KLAB_PAGE_TRACE_TEXT_H
#define KLAB_PAGE_TRACE_TEXT_H

#include "page/layout.h"

/*
 * Two traces beside each other under their names; on a narrow page below each other, marked. What
 * both have, far from any difference, is folded unless the page is verbose.
 */
void page_trace_rows(struct page *p, const json_t *trace, const char *left, const char *right);
/* One way through the kernel in a few lines, innermost first, as the kernel prints it. */
void page_trace_chain(struct page *p, const json_t *trace);
/* What the marks say. */
void page_trace_legend(struct page *p);

#endif
