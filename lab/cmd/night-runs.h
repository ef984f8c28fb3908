/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runs in a night's folder: each job has one that counts, the one of its result. Half a run is
 * removed, for its job is done again; a second whole one, as of a task that was taken for lost, is
 * set aside: aside/RUN, where it is no run to anybody, as its run.json is run-aside.json.
 */
#ifndef KLAB_CMD_NIGHT_RUNS_H
#define KLAB_CMD_NIGHT_RUNS_H

#include "cmd/night.h"

/* The folders in a night's, of runs or not. */
int night_list_runs(const char *dir, struct strv *dirs, struct err *err);
enum night_run {
	NIGHT_RUN_OTHER, /* none of this night's: nobody's business */
	NIGHT_RUN_HALF,	 /* one that did not come to its end */
	NIGHT_RUN_WHOLE,
};
/*
 * What a folder of a night is. *job, yours, is what the run says that it is of; NULL: it does not
 * say it, or not yet. -1: it cannot be read now.
 */
int night_look_at_run(const char *run_dir, const char *night_id, char **job, struct err *err);
/* What the journal keeps of a run that ended: new reference. */
json_t *night_run_result(const char *run_dir);

/* Moves it to NIGHT/aside. */
int night_set_aside(const char *night_dir, const char *run_dir, struct err *err);
/*
 * Of a night that goes on, or is done with its jobs: with `adopt` a whole run of a job without a
 * result becomes that. Of the others half runs that nobody is at are removed, whole ones set aside,
 * which is told, and noted in n->aside.
 */
int night_tidy_runs(struct night *n, bool adopt, struct err *err);

#endif
