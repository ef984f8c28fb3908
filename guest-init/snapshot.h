/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_SNAPSHOT_H
#define GUEST_SNAPSHOT_H

#include "guest-init/guest.h"

/* All `files` of a step as `snapshot` frames; sample: which one of a row, -1: of none. */
void snapshot_take_all(struct guest *g, const struct plan_step *step, int sample);
/* One file, under a label, as a `snapshot` frame of the step; none where it cannot be read. */
void snapshot_file(struct guest *g, const struct plan_step *step, const char *label,
		   const char *path);

#endif
