/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a night is of: its cases with the files beside them, and its config fragments, copied into
 * NIGHT/inputs when it begins. All of the night reads the copies, also when it goes on and on
 * Slurm: who edits a case meanwhile changes the next night. n->inputs says where they are:
 * {"cases": {PATH: COPY}, "fragments": {NAME: COPY}}, copies below the night's folder.
 */
#ifndef KLAB_CMD_NIGHT_INPUTS_H
#define KLAB_CMD_NIGHT_INPUTS_H

#include "cmd/night.h"

/* Copies them into n->dir, and onto the disk. ERR_INPUT: a case is not what it was when the jobs were made. */
int night_inputs_copy(struct night *n, struct err *err);
/* Of a night that goes on: ERR_HOST where one is gone. */
int night_inputs_check(const struct night *n, struct err *err);
/* The copy of a job's case. Yours. */
/* The file of a fragment, of its name or path. Yours. */
char *night_inputs_fragment_path(const struct night *n, const char *name);
char *night_inputs_case(const struct night *n, const struct night_job *job);
/* The files of a kernel's fragments; what has no copy, as before the night begins, by its name. */
void night_inputs_fragments(const struct night *n, const struct night_kernel *kernel,
			    struct strv *files);
/* In its record a kernel's fragments have their names, wherever they were read from. */
void night_inputs_rename(const struct night_kernel *kernel, json_t *manifest);

#endif
