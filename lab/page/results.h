/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of many runs, in the formats that other people's tools read. All take one object:
 *
 *	name, id, state ("done"), began, ended, spent_ms, klab, host
 *	plan		{budget_ms}, of a night
 *	results		[{id, series, case, source, commit, release, kconfig, mode, seed, verdict,
 *			  why [text], reports [{title, kind}], error, build_failed, not_run,
 *			  started, host, wall_ms, dir, kernel, tree_hash, compiler, build_ms}]
 *
 *	aside		[{job, dir}]: second runs of a job, of a night
 *	changes		{alarms, older, silenced, error}, of a night: docs/formats.md
 *
 * A result has a verdict, an error (it could not be run; build_failed: its kernel does not compile)
 * or not_run (why it was not tried), and only what is known. What came from a guest is made harmless on the way. Pure.
 */
#ifndef KLAB_PAGE_RESULTS_H
#define KLAB_PAGE_RESULTS_H

#include <jansson.h>

#include "base/err.h"
#include "page/page.h"

struct page_results_format {
	const char *name;
	const char *file; /* in a night's folder, where nothing else is said */
	char *(*format)(const json_t *all); /* yours */
};

extern const struct page_results_format page_results_formats[]; /* ended by a NULL name */
/* ERR_INPUT: there is none of that name. */
const struct page_results_format *page_results_format(const char *name, struct err *err);

/* What a result comes to, worst first. */
enum page_outcome { PAGE_FAILED, PAGE_UNABLE, PAGE_NOT_RUN, PAGE_PASSED, PAGE_SKIPPED };
enum page_outcome page_outcome_of(const json_t *result);
/* The verdict, "error", or "not run". */
const char *page_result_word(const json_t *result);
/* Why it is none that passed, a line each, not yet harmless. */
void page_result_reasons(const json_t *result, struct strv *lines);

/* Names of the cases, each once, in the order of the results: what formats group by. */
void page_results_cases(const json_t *all, struct strv *cases);
/* The result's name beside the others of its case. Borrowed. */
const char *page_result_label(const json_t *result);

/* The summary: for a terminal, and as summary.txt. Yours. */
char *page_results_text(const json_t *all, const struct page_style *style);
/* One line: "nightly: 1 crash, 2 fail, 57 pass; 1 new regression". Yours. */
char *page_results_line(const json_t *all);

/* ---- one file each ---- */
char *page_results_ktap(const json_t *all);  /* KTAP version 1 */
char *page_results_junit(const json_t *all); /* JUnit XML */
char *page_results_jsonl(const json_t *all); /* an object a line */
char *page_results_kcidb(const json_t *all); /* a KCIDB report, schema version 5.0 */
char *page_results_mail(const json_t *all);  /* the summary in 72 columns, with a subject */

#endif
