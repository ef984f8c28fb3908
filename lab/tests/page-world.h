/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of page/: the runs of fixtures/compare, and what holds of every page. */
#ifndef KLAB_TESTS_PAGE_WORLD_H
#define KLAB_TESTS_PAGE_WORLD_H

#include "base/str.h"
#include "compare/compare.h"

#define _cleanup_run_ _cleanup_(run_facts_clear)

/* A run of the fixtures, by its name. */
void page_world_load(struct run_facts *run, const char *name);
/* Of one run a side; new reference. */
json_t *page_world_compare(struct run_facts *runs, const char *const *names, size_t count);
/* The HTML page of a comparison of one run a side, all loaded. Yours. */
char *page_world_html(const json_t *comparison, const struct run_facts *runs, size_t count);
/* Each tag is closed in turn, and there is one script. */
void page_world_assert_html(const char *html);
/* None of the page's lines is too wide for a terminal of so many columns, or ends in a blank. */
void page_world_assert_fits(const char *text, int columns);

#endif
