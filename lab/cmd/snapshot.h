/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that go on from a snapshot: making it, or finding it in the cache. */
#ifndef KLAB_CMD_SNAPSHOT_H
#define KLAB_CMD_SNAPSHOT_H

#include "build/snapshots.h"
#include "cmd/pipeline.h"
#include "plan/chance.h"

/* A snapshot, and what of it a plan and a machine want to know. */
struct run_snapshot {
	struct snapshot stored;
	char *key;	  /* owned, as the paths are */
	char *console_path, *frames_path, *state_path;
	struct plan_snapshot plan;
	struct machine_resume resume; /* but its message, which is each run's own */
};

/* Those of a case: one for each ratio of instructions to time, which is part of a boot. */
struct run_snapshots {
	struct run_snapshot items[CHANCE_MAX_SHIFT + 1];
};

/*
 * The snapshot that a boot asked for by `req` can go on from: borrowed from *all. It
 * is made when it is not there. NULL and 0 in *error_code: the guest did not come to
 * its checkpoint, and `outcome` is of that boot, judged as any run. NULL and -1: err.
 */
const struct run_snapshot *run_snapshots_get(struct run_snapshots *all, const struct cmd_env *env,
					     const struct pipeline_request *req,
					     struct pipeline_outcome *outcome, int *error_code,
					     struct err *err);
void run_snapshots_clear(struct run_snapshots *all);
/* Puts what a run from it shares with it into the run directory: initramfs and disks. */
int run_snapshot_copy(const struct run_snapshot *s, const char *run_dir, struct err *err);
/* Can it be done, in this mode and on this machine? ERR_INPUT, known before a build. */
int run_snapshots_check(const struct case_file *test, const struct options *opt,
			const struct machine_ops *machine, struct err *err);

#endif
