/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two sides of NIGHT/slurm have in common. */
#ifndef KLAB_CMD_NIGHT_SLURM_INTERNAL_H
#define KLAB_CMD_NIGHT_SLURM_INTERNAL_H

#include "cmd/night-worker.h"

extern const char *const night_work_names[]; /* by enum night_work; of files and records */
char *night_slurm_array_path(const struct night *n, unsigned array);
char *night_slurm_done_path(const struct night *n, enum night_work work, size_t index);

#endif
