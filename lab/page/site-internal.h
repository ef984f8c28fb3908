/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pages of a site have in common. */
#ifndef KLAB_PAGE_SITE_INTERNAL_H
#define KLAB_PAGE_SITE_INTERNAL_H

#include "page/site.h"

/* `up`: from the page to the site's folder, "" or "../". */
void site_begin(struct strbuf *out, const struct site *site, const char *up, const char *title);
char *site_end(struct strbuf *out); /* takes the text */

/* Links to pages; of a run without one its name. */
void site_link_case(struct strbuf *out, const char *up, const char *case_name);
void site_link_title(struct strbuf *out, const char *up, const char *title);
void site_link_run(struct strbuf *out, const struct site *site, const char *up, const char *id);
/* "6.1 base+fault deterministic": a series without its case. Yours. */
char *site_series_name(const json_t *series);

/* site-alarms.c: sections of the overview. */
void site_add_alarms(struct strbuf *out, const struct site *site, const json_t *alarms);
void site_add_new_titles(struct strbuf *out, const struct site *site, const json_t *reports);

/* What runs came to, from {verdict: runs}. */
struct site_counts {
	int64_t passed, failed, unjudged;
};
struct site_counts site_count(const json_t *verdicts);
/* "3/40", and of those that could not be judged " +2?"; the class of its colour. */
char *site_rate_text(const struct site_counts *counts);
const char *site_rate_class(const struct site_counts *counts);

/* " hog", or " step 6" where a snapshot has the number of its step for a name. */
void site_add_label(struct strbuf *out, const json_t *number);
/* "41852928", "0.25", "4.185e+12" */
void site_format_value(double value, char out[32]);

/* Nights as places of an axis; -1: no night. */
int64_t site_night(const char *text);

/* A bar a night: passed, failed, not judged; nights: [{night, verdicts}]. */
void site_bars(struct strbuf *out, const json_t *nights);
/* The trends of one number: [{line..., nights: [{night, median, least, most}]}] of its series. */
void site_trend(struct strbuf *out, const json_t *const *lines, size_t count);
/* Whether a number is not the same in all nights of all lines. */
bool site_trend_moves(const json_t *const *lines, size_t count);

#endif
