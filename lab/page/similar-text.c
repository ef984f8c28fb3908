// SPDX-License-Identifier: GPL-2.0-or-later
/* The reports that are like one, the most similar first. */
#include <inttypes.h>

#include "base/json.h"
#include "page/layout.h"
#include "page/trace-text.h"

static void add_asked(struct page *p, const json_t *similar)
{
	int64_t titles = json_get_int(similar, "titles", 0),
		runs = json_get_int(similar, "runs", 0);
	const json_t *report = json_object_get(similar, "report");

	page_label(p, "report");
	page_wrap(p, TONE_STRONG, json_get_str(report, "title", "?"), PAGE_LABEL);
	page_line(p);
	page_label(p, "history");
	page_addf(p, TONE_DIM, "%" PRId64 " title%s in %" PRId64 " run%s", titles,
		  titles == 1 ? "" : "s", runs, runs == 1 ? "" : "s");
	page_line(p);
}

static void add_found(struct page *p, const json_t *found, size_t rank)
{
	int64_t times = json_get_int(found, "times", 0), runs = json_get_int(found, "runs", 0);
	const char *first = json_get_str(found, "first", "?"),
		   *last = json_get_str(found, "last", "?");
	_cleanup_free_ char *often = xasprintf("%" PRId64 " time%s in %" PRId64 " run%s, ", times,
					       times == 1 ? "" : "s", runs, runs == 1 ? "" : "s");
	_cleanup_free_ char *which =
		runs == 1 ? xstrdup(first) : xasprintf("%s to %s", first, last);
	_cleanup_free_ char *number = xasprintf("%zu", rank);

	page_right(p, TONE_DIM, number, 3);
	page_to(p, 5);
	page_addf(p, TONE_STRONG, "%.2f", json_get_num(found, "similarity", 0));
	page_to(p, PAGE_LABEL);
	page_wrap(p, TONE_PLAIN, json_get_str(found, "title", "?"), PAGE_LABEL);
	page_line(p);
	page_to(p, PAGE_LABEL);
	page_add(p, TONE_DIM, often);
	page_wrap(p, TONE_DIM, which, PAGE_LABEL);
	page_line(p);
	if (p->style.verbose)
		page_trace_rows(p, json_object_get(found, "trace"), "this report",
				json_get_str(found, "title", "?"));
}

char *page_similar_text(const json_t *similar, const struct page_style *style)
{
	const json_t *list = json_object_get(similar, "similar");
	struct page p;
	json_t *found;
	size_t i;

	page_init(&p, style);
	add_asked(&p, similar);
	if (!json_array_size(list)) {
		page_label(&p, "similar");
		page_add(&p, TONE_DIM, "none has a function in common with it");
		page_line(&p);
	} else if (style->verbose) {
		page_trace_legend(&p);
	}
	json_array_foreach (list, i, found)
		add_found(&p, found, i + 1);
	return page_take(&p);
}
