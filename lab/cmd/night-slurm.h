/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A night on Slurm: builds and boots are tasks of job arrays, several boots a task. What the night
 * and its tasks have to tell each other is in NIGHT/slurm, a folder that all nodes see:
 *
 *	NIGHT/slurm/K.json		array K: {work: "build" or "boot", tasks: [[INDEX...]...]};
 *				`ended` where klab itself ended it, or Slurm refused it
 *	NIGHT/slurm/done/WORK-INDEX.json	what came of a kernel or job; in `taken/` when the night has it
 *	NIGHT/slurm/K-TASK.log		what the task printed
 *
 * Only the night writes its journal, so it can be killed and gone on with as any other; its tasks go
 * on meanwhile. A task that Slurm knows no more and that left no result was lost: its jobs are
 * given to another one, at most NIGHT_TRIES_MAX times.
 */
#ifndef KLAB_CMD_NIGHT_SLURM_H
#define KLAB_CMD_NIGHT_SLURM_H

#include "cmd/night.h"

/* As night_run(). Stopped, its tasks are ended; killed, they go on. */
int night_slurm_run(struct night *n, struct err *err);

/* What one task does: results that are there are not made again. processors: for a build. */
int night_slurm_task(struct night *n, unsigned array, unsigned task, int processors,
		     struct err *err);

#endif
