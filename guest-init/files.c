// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps on files: write, mkdir, mount, cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>

#include "guest-init/cgroups.h"
#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/verbs.h"

/* 0 or an errno; a file that is not there is made. */
static int write_file(const char *path, const char *value, int flags)
{
	if (io_write_value(path, value, flags) == 0)
		return 0;
	if (errno != ENOENT)
		return errno;
	if (io_write_value(path, value, flags | O_CREAT) == 0)
		return 0;
	/* So /proc and /sys refuse to make a file; what matters is that there is none. */
	return errno == EACCES || errno == EPERM ? ENOENT : errno;
}

int verb_write(struct guest *g, const struct plan_step *step)
{
	const char *given = step_need(g, step, "path");
	const char *value = step_need(g, step, "value");
	int flags = plan_arg_int(step, "append", 0) ? O_APPEND : O_TRUNC;
	char path[PATH_MAX];
	int error;

	if (!given || !value)
		return -1;
	if (device_expand(g, given, false, path, sizeof(path)))
		return step_fail(g, errno, "write %s", given);
	error = write_file(path, value, flags);
	return step_expect_errno(g, step, error, "write '%s' into %s", value, path);
}

int verb_mkdir(struct guest *g, const struct plan_step *step)
{
	const char *given = step_need(g, step, "path");
	char path[PATH_MAX];

	if (!given)
		return -1;
	if (device_expand(g, given, false, path, sizeof(path)) || io_mkdir_p(path))
		return step_fail(g, errno, "mkdir %s", given);
	return 0;
}

static const struct {
	const char *name;
	unsigned long flag;
} mount_flags[] = {
	{ "ro", MS_RDONLY },
	{ "nosuid", MS_NOSUID },
	{ "nodev", MS_NODEV },
	{ "noexec", MS_NOEXEC },
	{ "sync", MS_SYNCHRONOUS },
	{ "remount", MS_REMOUNT },
	{ "dirsync", MS_DIRSYNC },
	{ "noatime", MS_NOATIME },
	{ "nodiratime", MS_NODIRATIME },
	{ "bind", MS_BIND },
	{ "relatime", MS_RELATIME },
	{ "strictatime", MS_STRICTATIME },
	{ "lazytime", MS_LAZYTIME },
	{ "rw", 0 },
	{ "defaults", 0 },
};

/* "ro,size=1M": the flags of mount(2), and the rest, which is the filesystem's, into data. */
static int mount_split(const char *options, unsigned long *flags, char *data, size_t size)
{
	size_t used = 0;

	*flags = 0;
	data[0] = '\0';
	while (*options) {
		size_t length = strcspn(options, ",");
		size_t i = 0;

		while (i < ARRAY_SIZE(mount_flags) &&
		       (strlen(mount_flags[i].name) != length ||
			strncmp(mount_flags[i].name, options, length) != 0))
			i++;
		if (i < ARRAY_SIZE(mount_flags)) {
			*flags |= mount_flags[i].flag;
		} else {
			if (used + length + 2 > size) {
				errno = E2BIG;
				return -1;
			}
			if (used > 0)
				data[used++] = ',';
			memcpy(data + used, options, length);
			used += length;
			data[used] = '\0';
		}
		options += length;
		options += *options == ',';
	}
	return 0;
}

int verb_mount(struct guest *g, const struct plan_step *step)
{
	const char *type = step_need(g, step, "type");
	const char *target = step_need(g, step, "target");
	const char *source = plan_arg(step, "source");
	const char *options = plan_arg(step, "options");
	unsigned long flags;
	char data[2048];

	if (!type || !target)
		return -1;
	if (plan_arg(step, "device")) {
		const struct device *device = device_of_step(g, step);

		if (!device)
			return -1;
		source = device->path;
	}
	if (mount_split(options ? options : "", &flags, data, sizeof(data)))
		return step_fail(g, errno, "mount options '%s'", options);
	if (!(flags & MS_REMOUNT) && io_mkdir_p(target))
		return step_fail(g, errno, "mkdir %s", target);
	if (mount(source ? source : "none", target, type, flags, data))
		return step_fail(g, errno, "mount %s (type %s) on %s", source ? source : "none",
				 type, target);
	return 0;
}

int verb_cgroup(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "name");
	char path[PATH_MAX];

	if (!name || cgroups_make(g, name))
		return -1;
	for (size_t i = 0; i < step->arg_count; i++) {
		const struct plan_arg *arg = &step->args[i];

		if (strcmp(arg->name, "name") == 0)
			continue;
		if (cgroups_file(g, name, arg->name, path, sizeof(path)))
			return step_fail(g, errno, "%s of cgroup %s (cgroup v%d)", arg->name, name,
					 g->cgroup_version);
		if (io_write_value(path, arg->value, 0))
			return step_fail(g, errno, "write '%s' into %s", arg->value, path);
	}
	return 0;
}
