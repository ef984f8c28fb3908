/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups: v2, or v1 where the kernel has only that. Cases use the names
 * of v2; with v1 those that mean the same there are translated, and the others
 * are refused rather than taken for something else.
 */
#ifndef GUEST_CGROUPS_H
#define GUEST_CGROUPS_H

#include "guest-init/guest.h"

/* Mounts them and sets g->cgroup_version. `force_v1`: as if the kernel had no v2. */
void cgroups_mount(struct guest *g, bool force_v1);
/* Makes the group, its parents too. 0, or -1 with step_fail(). */
int cgroups_make(struct guest *g, const char *name);
/* Path of a group's file. 0, or -1 with errno: EOPNOTSUPP when this version has
 * nothing of that name, or v1 nothing that means the same. */
int cgroups_file(const struct guest *g, const char *name, const char *file, char *path,
		 size_t size);
/* Moves the calling process. 0, or -1 with errno. */
int cgroups_enter(const struct guest *g, const char *name);

#endif
