/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of run directories and comparisons: finding one, listing all. */
#ifndef KLAB_CMD_RUNS_H
#define KLAB_CMD_RUNS_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

enum runs_kind {
	RUNS_RUN = 1,	     /* has run.json */
	RUNS_COMPARISON = 2, /* has compare.json */
	RUNS_BISECT = 4,     /* has bisect.json */
	RUNS_CONFIG_SEARCH = 8, /* has config.json */
	RUNS_NIGHT = 16,     /* has nightly.json */
};

/*
 * The directory of a run or comparison (of the kinds in the mask) named by its
 * path, its id, the unique start of an id, or "last"; a night's run is found by its id, too.
 * ERR_INPUT when there is none or more than one. Yours; NULL on error.
 */
char *runs_find(const char *base, const char *name, unsigned int kinds, struct err *err);
/*
 * One run in the same way, for who reads all of it or writes into it: ERR_HOST while another klab
 * runs or replays it. Yours; NULL on error.
 */
char *runs_find_ended(const char *base, const char *name, struct err *err);
/* Whether a klab is at it at this moment: it holds the folder's lock. */
bool runs_is_going_on(const char *dir);
/* Paths of all below base, oldest first. No base at all is an empty list. */
int runs_list(const char *base, unsigned int kinds, struct strv *paths, struct err *err);

/* Makes BASE/<time>-<name>-<kind>-<hex>, kind: "compare", "bisect"... Yours; NULL on error. */
char *runs_make_folder(const char *base, const char *name, const char *kind, struct err *err);

/*
 * The record (its file's name, `state` and `request` in it) of the newest folder of one kind that
 * is still "going on" with this very request, and that nobody is at: *dir is then yours, and
 * *lock_fd holds it. New reference; NULL: there is none, and both are left as they are.
 */
json_t *runs_take_unfinished(const char *base, enum runs_kind kind, const char *record_name,
			     const json_t *request, char **dir, int *lock_fd, struct err *err);
/* What a run says, verdict.json and reports.json: new references, yours also on error. */
int runs_read_outcome(const char *run_dir, json_t **verdict, json_t **reports, struct err *err);

/* All JSON files of a run as one object {dir, run, kernel, machine, verdict, reports}. New
 * reference. */
json_t *runs_load_json(const char *run_dir, struct err *err);

#endif
