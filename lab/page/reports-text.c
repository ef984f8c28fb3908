/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of the history by title: when they came first and last, how often, and where. */
#include <inttypes.h>

#include "base/json.h"
#include "page/layout.h"

static char *cases_of(const json_t *report)
{
	_cleanup_strv_ struct strv cases = { 0 };

	json_to_strv(json_get_array(report, "cases"), &cases);
	return strv_join(&cases, ", ");
}

static void add_report(struct page *p, const json_t *report)
{
	int64_t runs = json_get_int(report, "runs", 0), times = json_get_int(report, "times", 0);
	const char *first = json_get_str(report, "first_night", "?"),
		   *last = json_get_str(report, "last_night", "?");
	bool info = json_get_bool(report, "info", false);
	_cleanup_free_ char *cases = cases_of(report);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	page_wrap(p, info ? TONE_PLAIN : TONE_STRONG, json_get_str(report, "title", "?"), 2);
	page_line(p);
	strbuf_addf(&text, "%s", first);
	if (!str_eq(first, last))
		strbuf_addf(&text, " to %s", last);
	strbuf_addf(&text, ", in %" PRId64 " run%s", runs, runs == 1 ? "" : "s");
	if (times != runs)
		strbuf_addf(&text, ", %" PRId64 " times", times);
	strbuf_addf(&text, ": %s; last in %s", cases, json_get_str(report, "last_run", "?"));
	page_to(p, 2);
	page_wrap(p, TONE_DIM, text.data, 2);
	page_line(p);
}

char *page_reports_text(const json_t *reports, const struct page_style *style)
{
	int64_t left_out = json_get_int(reports, "left_out", 0);
	struct page p;
	size_t i;
	json_t *report;

	page_init(&p, style);
	json_array_foreach (json_get_array(reports, "reports"), i, report)
		add_report(&p, report);
	if (!i)
		page_add(&p, TONE_GOOD, "none");
	if (left_out > 0)
		page_addf(&p, TONE_DIM, "and %" PRId64 " more; -n N lists more", left_out);
	if (!i || left_out > 0)
		page_line(&p);
	return page_take(&p);
}
