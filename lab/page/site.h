/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history as a folder of HTML files that load nothing and need no script: index.html,
 * reports.html, and a file a case, a title and a run. From what lab/history/history.h gives for
 * pages, to text. Pure. All texts are escaped (page/html.h). Every char * returned is yours.
 */
#ifndef KLAB_PAGE_SITE_H
#define KLAB_PAGE_SITE_H

#include <jansson.h>

#include "base/str.h"

/* Where pages are, from the site's folder: "case/swap.html". What is no file's name is a hash. */
char *site_case_path(const char *case_name);
char *site_report_path(const char *title);
char *site_run_path(const char *id);

/* The runs that have a page: an object with their ids as keys; others are names without a link. */
struct site {
	const char *night;   /* the last one */
	const char *since;   /* the first one that is counted */
	const json_t *runs;
};

/*
 * The overview: cases by kernel and config with the rates of what failed, the alarms that are open, and
 * the titles that the last night had first. `nightly`: history_overview() of the last night;
 * `all`: of all nights since `since`; `alarms`: history_alarms(); `reports`: history_reports().
 */
char *site_index_html(const struct site *site, const json_t *nightly, const json_t *all,
		      const json_t *alarms, const json_t *reports);
/* A case: history_case(), history_numbers(); runs: history_runs() of its runs that did not pass. */
char *site_case_html(const struct site *site, const json_t *test, const json_t *numbers,
		     const json_t *runs);
char *site_reports_html(const struct site *site, const json_t *reports);
/* history_report(), and one report of it as reports.json has it; NULL: none. */
char *site_report_html(const struct site *site, const json_t *report, const json_t *example);
/*
 * history_run(), what `klab show` says of it, where its directory is, from the page, and which files are
 * in it. NULL, NULL and none: it is gone.
 */
char *site_run_html(const struct site *site, const json_t *run, const char *text,
		    const char *folder, const struct strv *files);

#endif
