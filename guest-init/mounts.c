// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/mounts.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mount.h>

#include "guest-init/io.h"

struct mount_row {
	const char *type;
	const char *target;
	bool needed;
};

/* tracefs mounts itself below debugfs, so it needs no row. */
static const struct mount_row rows[] = {
	{ "proc", "/proc", true },
	{ "sysfs", "/sys", true },
	{ "devtmpfs", "/dev", true },
	{ "debugfs", MOUNTS_DEBUGFS, false },
	{ "configfs", MOUNTS_CONFIGFS, false },
	{ "tmpfs", "/tmp", false },
	{ "tmpfs", "/dev/shm", false },
};

int mounts_make(const char **what)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mount_row *row = &rows[i];

		/* A mount point below /sys is there, or the kernel has no such filesystem. */
		if ((io_mkdir_p(row->target) == 0 &&
		     mount(row->type, row->target, row->type, 0, NULL) == 0) ||
		    errno == EBUSY)
			continue;
		if (row->needed) {
			*what = row->target;
			return -1;
		}
	}
	return 0;
}
