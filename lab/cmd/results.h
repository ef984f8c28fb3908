/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of a night, or of runs, as lab/page/results.h takes them. */
#ifndef KLAB_CMD_RESULTS_H
#define KLAB_CMD_RESULTS_H

#include "cmd/options.h"

/* Of a night's record and its runs. New reference; NULL on error. */
json_t *results_of_night(const char *night_dir, struct err *err);
/* The same of a record that is not written yet. */
json_t *results_of_record(const json_t *record, const char *night_dir);
/* Prints the summary of a night, or its results as JSON. */
void results_print(const json_t *all, const char *night_dir, const struct options *opt);
/* Of runs, each by its directory. New reference. */
json_t *results_of_runs(const struct strv *run_dirs, struct err *err);

/*
 * Writes each "FORMAT[=FILE]"; without FILE into `dir`, or where that is NULL to standard output.
 */
int results_write(const json_t *all, const struct strv *formats, const char *dir, struct err *err);
/* Hands the summary to sendmail. */
int results_mail(const json_t *all, const char *address, struct err *err);

#endif
