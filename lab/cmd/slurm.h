/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slurm, by its own programs (sbatch, squeue, scancel): what is submitted are job arrays. Tasks are
 * named after what they belong to, so that a klab that was killed finds its own again. None of
 * these is interrupted by cancel_requested(): half a submission would be forgotten tasks.
 */
#ifndef KLAB_CMD_SLURM_H
#define KLAB_CMD_SLURM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* One array: so many tasks, each of which runs `argv` with its number, from 0, behind it. */
struct slurm_array {
	const char *name;	   /* of the job: letters, digits, - and . */
	const char *const *argv;   /* NULL-terminated */
	const char *log;	   /* what a task prints; %a is its number */
	const struct strv *extra;  /* further words for sbatch; may be NULL */
	unsigned tasks, cpus;	   /* cpus: of each task */
	uint64_t memory_bytes;	   /* of each task, rounded up to MiB */
	uint64_t minutes;	   /* after which Slurm ends a task */
};

/* *id is the array's. ERR_HOST with sbatch's own words where it is refused. */
int slurm_submit(const struct slurm_array *array, int64_t *id, struct err *err);

struct slurm_task {
	char *name; /* of its array */
	int64_t id; /* of its array */
	unsigned task;
	bool waits; /* else it runs, or is being ended */
};
struct slurm_tasks {
	struct slurm_task *list;
	size_t count, capacity;
};

/*
 * All tasks of ours whose arrays' names begin so, and that are not over: squeue names no others. One
 * that was lost with its node is among them when Slurm starts it again, else it is not. ERR_HOST:
 * squeue could not say; they may be alive.
 */
int slurm_list(const char *prefix, struct slurm_tasks *tasks, struct err *err);
/* The same from what squeue printed, a line "NAME ID TASK STATE" each. Pure. */
int slurm_parse(const char *text, const char *prefix, struct slurm_tasks *tasks, struct err *err);
void slurm_tasks_clear(struct slurm_tasks *tasks);
#define _cleanup_slurm_tasks_ _cleanup_(slurm_tasks_clear)
size_t slurm_count_running(const struct slurm_tasks *tasks); /* 1 at least */
/* Borrowed; NULL: it is over. */
const struct slurm_task *slurm_find(const struct slurm_tasks *tasks, const char *name,
				    unsigned task);

/* Ends these, only_waiting: but for those that run. */
int slurm_cancel(const struct slurm_tasks *tasks, bool only_waiting, struct err *err);

#endif
