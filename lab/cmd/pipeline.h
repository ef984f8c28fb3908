/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run, stage by stage: plan, initramfs, run directory, machine, and then
 * judging, which needs nothing but the files (so rejudge is the same code).
 */
#ifndef KLAB_CMD_PIPELINE_H
#define KLAB_CMD_PIPELINE_H

#include "build/build.h"
#include "case/case.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "machine/disks.h"
#include "machine/machine.h"
#include "plan/plan.h"
#include "verdict/verdict.h"

struct pipeline_request {
	const struct case_file *test;
	const struct kernel *kernel;
	const struct strv *fragments; /* what the kernel was asked for, in order */
	const struct options *opt;
	const struct machine_ops *machine;
	uint64_t seed;
	const struct run_snapshot *snapshot; /* to go on from; NULL: it boots */
	const json_t *run_keys;		     /* further keys of run.json, borrowed; may be NULL */
	const char *save_path;		     /* the boot of a snapshot: its state goes there */
	bool coverage;			     /* which functions it runs, into coverage.json */
};

struct pipeline_outcome {
	char *run_dir; /* NULL until it is made */
	enum verdict verdict;
	bool booted; /* the guest's init said hello */
	bool saved;  /* the boot of a snapshot came to its checkpoint: no run, and not judged */
};

void pipeline_outcome_clear(struct pipeline_outcome *o);
#define _cleanup_outcome_ _cleanup_(pipeline_outcome_clear)

/*
 * Boots once and judges. What the guest does is a verdict; an error is our own
 * or the host's inability, and then run.json says `incomplete` and why.
 */
int pipeline_run(const struct cmd_env *env, const struct pipeline_request *req,
		 struct pipeline_outcome *outcome, struct err *err);

/* The command line that pipeline_run() would execute: pure text, nothing made. Fills argv. */
int pipeline_command(const struct cmd_env *env, const struct pipeline_request *req,
		     struct strv *argv, struct err *err);

/* Would the machine take it? ERR_INPUT with what stands against it; known before a build. */
int pipeline_check(const struct options *opt, const struct case_file *test,
		   const struct machine_ops *machine, struct err *err);

/* What of a request the machine gets; p and disks are the caller's, as the strings are. */
struct plan *pipeline_make_plan(const struct pipeline_request *req);
struct machine_spec pipeline_make_spec(const struct pipeline_request *req, const struct plan *p,
				       const char *run_dir, const char *initramfs_path,
				       const struct machine_disks *disks);

/* Did the guest come to an end of its own, by power-off, reset or panic? */
bool pipeline_ended_by_itself(const char *run_dir);
/* May its guest have waited because klab was late, so that it need not repeat? */
bool pipeline_port_was_full(const char *run_dir);
/* Keeps what exact_compare() found of a run in its run.json. */
int pipeline_set_repeats(const char *run_dir, const json_t *repeats, struct err *err);

/* From the files of a run directory to frames.jsonl, reports.json, verdict.json and run.json. */
int pipeline_judge(const char *run_dir, struct pipeline_outcome *outcome, struct err *err);

#endif
