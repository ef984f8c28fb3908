/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a night on Slurm have in common. */
#ifndef KLAB_CMD_NIGHT_SLURM_INTERNAL_H
#define KLAB_CMD_NIGHT_SLURM_INTERNAL_H

#include "cmd/night-view.h"
#include "cmd/night-worker.h"
#include "cmd/slurm.h"

enum { SLURM_RECORD_MAX_BYTES = 64 << 20 };

/* Where a kernel or a job is. */
struct slurm_place {
	unsigned array; /* 0: nowhere */
	unsigned task;
	unsigned tries, missed;
	bool ran; /* squeue said so */
};

struct slurm_shift {
	struct night *n;
	struct night_view view;
	char *prefix;	 /* of the arrays' names */
	unsigned arrays; /* so far; they count from 1 */
	struct slurm_place *kernels, *jobs;
	int build_cpus;
	struct slurm_tasks tasks;
	uint64_t heard_ms; /* when the controller last answered */
	bool budget_over;
	bool submitted; /* anything, in this sitting */
};

/* ---- night-slurm-submit.c ---- */
char *night_slurm_array_name(const struct slurm_shift *s, unsigned array);
/* Its tasks are no tries: Slurm never had them, or klab ended them. */
void night_slurm_mark_ended(const struct slurm_shift *s, unsigned array);
/* Notes where the tasks of an array are. */
void night_slurm_place(struct slurm_shift *s, enum night_work work, const json_t *tasks,
		       unsigned array, bool is_try);
/* All that can be, as far as the budget goes. */
int night_slurm_submit_builds(struct slurm_shift *s, struct err *err);
int night_slurm_submit_boots(struct slurm_shift *s, struct err *err);

/* ---- night-slurm-task.c ---- */
extern const char *const night_work_names[]; /* by enum night_work; of files and records */
char *night_slurm_array_path(const struct night *n, unsigned array);
/* folder: "done", and "taken" of those that the night has taken. */
char *night_slurm_done_path(const struct night *n, enum night_work work, size_t index,
			    const char *folder);

#endif
