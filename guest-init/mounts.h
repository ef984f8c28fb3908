/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_MOUNTS_H
#define GUEST_MOUNTS_H

#define MOUNTS_DEBUGFS	"/sys/kernel/debug"
#define MOUNTS_CONFIGFS "/sys/kernel/config"

/*
 * Mounts what init and the cases need: /proc, /sys and /dev, and where the
 * kernel has them debugfs, configfs, /tmp and /dev/shm. Returns 0, or -1 with
 * errno and the first of the needed ones that failed in *what.
 */
int mounts_make(const char **what);

#endif
