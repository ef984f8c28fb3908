// SPDX-License-Identifier: GPL-2.0-or-later
/* The target, through configfs: Documentation/target of the kernel. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/io.h"
#include "guest-init/iscsi.h"

#define CONFIGFS "/sys/kernel/config"
#define TARGET	 "/sys/kernel/config/target"
#define CORE	 "/sys/kernel/config/target/core/iblock_0"
#define FABRIC	 TARGET "/iscsi"

static int make(struct guest *g, const char *path)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return step_fail(g, errno, "mkdir %s (the kernel needs ISCSI_TARGET and TCM_IBLOCK)", path);
}

static int set(struct guest *g, const char *folder, const char *file, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return io_write_value(path, value, 0) ? step_fail(g, errno, "write %s into %s", value, path)
					      : 0;
}

static int mount_configfs(struct guest *g)
{
	if (access(TARGET, F_OK) == 0)
		return 0;
	if (mount("none", CONFIGFS, "configfs", 0, NULL) && errno != EBUSY)
		return step_fail(g, errno, "mount configfs (the kernel needs CONFIGFS_FS)");
	if (access(TARGET, F_OK))
		return step_fail(g, errno, TARGET " (the kernel needs TARGET_CORE)");
	return 0;
}

/* The device as a backstore; configuring it opens the device for itself alone. */
static int make_store(struct guest *g, const char *store, const char *device)
{
	char control[96];

	snprintf(control, sizeof(control), "udev_path=%s", device);
	if (make(g, CORE) || make(g, store) || set(g, store, "control", control) ||
	    set(g, store, "udev_path", device))
		return -1;
	if (set(g, store, "enable", "1"))
		return step_fail(g, g->failure.errno_value, "take %s for the target", device);
	return 0;
}

/* Everybody may log in and write; nothing asks who it is. */
static int open_to_all(struct guest *g, const char *group)
{
	static const char *const values[][2] = {
		{ "attrib/authentication", "0" },
		{ "attrib/generate_node_acls", "1" },
		{ "attrib/cache_dynamic_acls", "1" },
		{ "attrib/demo_mode_write_protect", "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (set(g, group, values[i][0], values[i][1]))
			return -1;
	return 0;
}

int iscsi_target_make(struct guest *g, const char *name, const char *device,
		      const struct iscsi_settings *settings)
{
	char store[160], target[256], group[280], path[384], link[400];

	snprintf(store, sizeof(store), CORE "/%s", name);
	snprintf(target, sizeof(target), FABRIC "/%s", settings->target);
	snprintf(group, sizeof(group), "%s/tpgt_1", target);
	if (mount_configfs(g) || make_store(g, store, device) || make(g, FABRIC) ||
	    make(g, target) || make(g, group))
		return -1;
	snprintf(path, sizeof(path), "%s/np/127.0.0.1:%d", group, ISCSI_PORT);
	if (make(g, path))
		return -1;
	snprintf(path, sizeof(path), "%s/lun/lun_0", group);
	snprintf(link, sizeof(link), "%s/store", path);
	if (make(g, path))
		return -1;
	if (symlink(store, link))
		return step_fail(g, errno, "symlink %s", link);
	if (open_to_all(g, group))
		return -1;
	return set(g, group, "enable", "1");
}
