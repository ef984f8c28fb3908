/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the arguments of one step want of each other and of earlier steps: inside case/ only. */
#ifndef KLAB_CASE_CHECK_STEPS_H
#define KLAB_CASE_CHECK_STEPS_H

#include "case/reader.h"

/* Tells what the guest would only find when it comes to the step. After its arguments are read. */
void check_step(struct step_reader *s);

/* What is written of an argument; NULL: nothing. */
const struct yaml_node *check_written(const struct step_reader *s, const char *name);
/* An argument's number, written or by default; `otherwise` when it has none. */
int64_t check_number(const struct step_reader *s, const char *name, int64_t otherwise);
/* A mistake at the argument, or at the step when it is not written. */
void check_tell(const struct step_reader *s, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The earlier step that makes a name by an argument of this type; NULL: none, or not known. */
const struct case_step *check_maker(const struct case_reader *r, enum arg_type type,
				    const char *name);

/* check-disks.c, check-values.c: a row each of the table in check-steps.c */
void check_mkfs(struct step_reader *s);
void check_null_blk(struct step_reader *s);
void check_virtio_disk(struct step_reader *s);
void check_loop(struct step_reader *s);
void check_partition(struct step_reader *s);
void check_dm(struct step_reader *s);
void check_dm_mapped(struct step_reader *s);
void check_dm_dust(struct step_reader *s);
void check_dm_flakey(struct step_reader *s);
void check_dm_error(struct step_reader *s);
void check_io(struct step_reader *s);
void check_snapshot(struct step_reader *s);
void check_cgroup(struct step_reader *s);
void check_scsi_debug(struct step_reader *s);

#endif
