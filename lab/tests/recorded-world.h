/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run that can be replayed, in the run directory of a machine-world.h. */
#ifndef KLAB_TESTS_RECORDED_WORLD_H
#define KLAB_TESTS_RECORDED_WORLD_H

#include "machine-world.h"

/* A run as a pack brings it, with its kernel beside it; mode as in plan.json. */
void recorded_world_make(const struct machine_world *w, const char *mode);
/* A file of the run, folders made. */
void recorded_world_write(const struct machine_world *w, const char *name, const char *text);

#endif
