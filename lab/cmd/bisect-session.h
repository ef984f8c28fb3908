/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bisect and its record: begun, saved after each build and run, and gone on with. */
#ifndef KLAB_CMD_BISECT_SESSION_H
#define KLAB_CMD_BISECT_SESSION_H

#include "bisect/bisect.h"
#include "bisect/git-history.h"
#include "case/case.h"
#include "cmd/bisect-ahead.h"
#include "cmd/bisect-ranges.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "machine/machine.h"

enum { BISECT_RECORD_MAX_BYTES = 256 << 20 };

struct session {
	const struct cmd_env *env;
	struct options opt;
	const struct machine_ops *machine;
	struct case_file *test;
	struct strv fragments;
	struct git_history history;
	struct bisect_ranges ranges;
	struct bisect bisect;
	struct bisect_ahead ahead;
	bool narrowed;	 /* who is suspected was looked up */
	bool tolerant;	 /* --missing-ok: also of options that neither end has */
	json_t *request; /* what makes two bisects the same one */
	char *dir;
	int lock_fd;
};
#define SESSION_INIT(e)                                                                            \
	{                                                                                          \
		.env = (e), .ahead = BISECT_AHEAD_INIT, .lock_fd = -1                                                          \
	}

/*
 * Once the options, the case and the history are there: goes on with one of the same request that
 * was not done and that nobody is at, or begins anew. A run that was over when its klab was killed,
 * and is not in the record, is taken into it.
 */
int session_begin(struct session *s, struct err *err);
/* result NULL: it is not over. */
int session_save(const struct session *s, const json_t *result, struct err *err);
void session_clear(struct session *s);

/* What a run of this commit, or of it without the culprit `reverted` (a full name; NULL: with all),
 * says in its run.json of where it belongs. New reference. */
json_t *session_run_keys(const struct session *s, size_t vertex, const char *reverted);
/* Takes in what a run says, from its files, and saves the record. */
int session_add_reverted(struct session *s, const char *culprit, const char *run_dir,
			 struct err *err);
int session_add_run(struct session *s, size_t vertex, const char *run_dir, double run_s,
		    struct err *err);

#endif
