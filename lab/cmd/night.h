/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A night and its folder BASE/<time>-NAME-nightly-<hex>: the plan, nightly.json, the journal to
 * which each result is added and synced, and the runs. Killed at any moment it can be gone on
 * with: what is in the journal is done, a run that ended and is not in it is taken in, and half a
 * run is removed and done again.
 */
#ifndef KLAB_CMD_NIGHT_H
#define KLAB_CMD_NIGHT_H

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "history/history.h"
#include "machine/machine.h"
#include "plan/night.h"

enum {
	NIGHT_RECORD_MAX_BYTES = 1 << 30,
	NIGHT_TRIES_MAX = 3, /* of a build or a boot that the machine failed at, in all */
};

enum night_kernel_state { NIGHT_KERNEL_WANTED, NIGHT_KERNEL_READY, NIGHT_KERNEL_FAILED };

struct night {
	const struct cmd_env *env;
	const struct options *opt; /* of the command line */
	const struct machine_ops *machine;
	struct history *history;   /* that learns of each run; NULL: it cannot be had */
	json_t *plan;		   /* what its record keeps of the plan: name, path, append, limits */
	json_t *sources;	   /* [{source, spec, hash}]: a branch is the same commit all night */
	struct night_jobs jobs;
	enum night_kernel_state *kernels; /* of each */
	json_t **kernel_errors;	   /* of each that failed: night_error_result() */
	json_t **results;	   /* of each job; NULL: it is not done */
	bool *ingested;		   /* of each job: its run is in the history, by us */
	json_t *inputs;		   /* the copies of what it is of: night-inputs.h; NULL: not begun */
	json_t *changes;	   /* in the history: night-changes.h; NULL: not looked at */
	json_t *aside;		   /* [{job, dir}]: night-runs.h; NULL: none */
	json_t *index;		   /* {id of a job: its number} */
	char *dir;		   /* NULL: it was only looked at */
	char began[32];
	uint64_t began_ms;	   /* clock_monotonic_ms(): of this sitting */
	uint64_t spent_ms;	   /* in those before */
	uint64_t budget_ms;	   /* 0: none */
	uint64_t memory_bytes;	   /* 0: not said */
	int processors;
	int lock_fd, journal_fd;
};
#define NIGHT_INIT(e, o) { .env = (e), .opt = (o), .lock_fd = -1, .journal_fd = -1 }
void night_clear(struct night *n);
#define _cleanup_night_ _cleanup_(night_clear)

/*
 * Reads the plan and all that it names, settles sources and configs, and puts the jobs into
 * their order. What is wrong is ERR_INPUT; a config that loses an option is an error of its jobs.
 * Makes no folder.
 */
int night_plan_jobs(struct night *n, const char *plan_path, struct err *err);
/* Makes the folder of a night that was planned. ERR_INPUT: one of the same plan is going on. */
int night_begin(struct night *n, const char *plan_path, struct err *err);
/* Takes a night that is not over: its folder, an id, "last", or its plan; ERR_INPUT: there is none. */
int night_resume(struct night *n, const char *name, struct err *err);

/* Reads its record alone, for who does a part of it: takes no lock, and no results. */
int night_look(struct night *n, const char *dir, struct err *err);

/* Takes over the result of a job and has it in the journal before it returns. */
int night_add_result(struct night *n, size_t job, json_t *result, struct err *err);
/* That a kernel was built: for who asks where the time went. */
int night_add_build(struct night *n, size_t kernel, uint64_t build_ms, struct err *err);
/*
 * {"error", "host": it was the machine that could not, and not the kernel or the case,
 * "build_failed": its source does not compile, "stopped"}. New reference.
 */
json_t *night_error_result(const struct err *err);
/* What the machine failed at was tried so often: the last one says so. */
void night_tell_tries(json_t *result, unsigned tries);
/* Notes that a kernel cannot be had; the first word stands. */
void night_fail_kernel(struct night *n, size_t kernel, const json_t *error);
/* The error of a job whose kernel cannot be had. */
int night_add_kernel_error(struct night *n, size_t job, struct err *err);
bool night_is_on_slurm(const struct night *n);
uint64_t night_elapsed_ms(const struct night *n);
/* What takes so long would end within the budget. */
bool night_fits_budget(const struct night *n, uint64_t ms);

enum night_outcome { NIGHT_PASSED, NIGHT_FAILED, NIGHT_UNABLE, NIGHT_NOT_RUN };
/* Of a job: not run, or what its result comes to. */
enum night_outcome night_outcome_of(const json_t *result);
struct night_counts {
	size_t of[NIGHT_NOT_RUN + 1];
	size_t done;
};
struct night_counts night_count(const struct night *n);
/* 1: something failed; else 3: something could not be, or was not, run; else 0. */
int night_exit_code(const struct night_counts *counts);

/* The record, with the results so far. New reference. */
json_t *night_record(const struct night *n, bool over);
/* On the disk when it returns 0. */
int night_save_record(const struct night *n, const json_t *record, struct err *err);
int night_save(const struct night *n, bool over, struct err *err);

/* ---- night-look.c: what is known before the first job ---- */
/* The commit of each branch, the path of the default source. */
int night_settle_sources(struct night *n, struct err *err);
/* Of a night that goes on: ERR_INPUT where one that is still wanted is another than it was. */
int night_check_sources(struct night *n, struct err *err);
/* Resolves each config, and says whether its kernel is in the store. */
void night_look_at_kernels(struct night *n);
/*
 * What earlier nights of this plan found, for night_jobs_order(); what jobs and builds take, also
 * by what else the history knows. New reference.
 */
json_t *night_remember(struct night *n);
void night_estimate(struct night *n);
/* The run of a job into the history. That it cannot be is told, and no reason to end a night. */
void night_ingest(struct night *n, size_t job);
/* All that is done and that this sitting did not take in; what is known there stays as it is. */
void night_ingest_all(struct night *n);
/* The options of one job, borrowed from the night. */
struct options night_options_of(const struct night *n, const struct night_kernel *kernel,
				const struct night_job *job);

#endif
