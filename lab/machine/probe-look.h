/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of gdb, as a line of probes.jsonl has them (docs/formats.md). */
#ifndef KLAB_MACHINE_PROBE_LOOK_H
#define KLAB_MACHINE_PROBE_LOOK_H

#include <jansson.h>

/* What a guest's stop says, and then the results of one question each, into the line. */
void look_take_stop(json_t *seen, const json_t *stop);
void look_take_pid(json_t *seen, const json_t *results);
void look_take_comm(json_t *seen, const json_t *results);
void look_take_frames(json_t *seen, const json_t *results);
void look_take_args(json_t *seen, const json_t *results);	/* after the frames */

#endif
