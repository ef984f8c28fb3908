// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/io.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

/* v2 files with one of the same meaning in v1 (Documentation/admin-guide/cgroup-v1/memory.rst). */
static const struct {
	const char *v2, *v1;
} v1_names[] = {
	{ "memory.max", "memory.limit_in_bytes" },
	{ "memory.current", "memory.usage_in_bytes" },
	{ "memory.peak", "memory.max_usage_in_bytes" },
	{ "memory.stat", "memory.stat" },
	{ "memory.reclaim", NULL },
	{ "memory.swap.max", NULL },
	{ "memory.high", NULL },
	{ "memory.low", NULL },
	{ "memory.min", NULL },
	{ "memory.events", NULL },
	{ "memory.oom.group", NULL },
	{ "pids.max", "pids.max" },
	{ "pids.current", "pids.current" },
};

/* Lets children use every controller that the root has. */
static void cgroups_delegate(const char *folder)
{
	char path[PATH_MAX], list[512];
	char *rest = list;
	const char *name;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", folder);
	if (io_read_text(path, list, sizeof(list)))
		return;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", folder);
	while ((name = strsep(&rest, " "))) {
		char word[64];

		/* One by one: a controller that cannot be delegated must not take the others along.
		 */
		snprintf(word, sizeof(word), "+%s", name);
		io_write_value(path, word, 0);
	}
}

/* One hierarchy a controller, each below its own name. True when there is one. */
static bool cgroups_mount_v1(void)
{
	char text[2048];
	char *rest = text;
	char *line;
	bool any = false;

	if (io_read_text("/proc/cgroups", text, sizeof(text)) ||
	    mount("tmpfs", CGROUP_ROOT, "tmpfs", 0, "mode=755"))
		return false;
	while ((line = strsep(&rest, "\n"))) {
		char path[PATH_MAX];

		line[strcspn(line, "\t")] = '\0';
		/* A cpuset takes no task before its own files are set, and no case asks for one. */
		if (line[0] == '#' || line[0] == '\0' || strcmp(line, "cpuset") == 0)
			continue;
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s", line);
		if (io_mkdir_p(path) == 0 && mount("cgroup", path, "cgroup", 0, line) == 0)
			any = true;
	}
	return any;
}

void cgroups_mount(struct guest *g, bool force_v1)
{
	g->cgroup_version = 0;
	if (!force_v1 && mount("cgroup2", CGROUP_ROOT, "cgroup2", 0, NULL) == 0) {
		g->cgroup_version = 2;
		cgroups_delegate(CGROUP_ROOT);
		return;
	}
	if (access("/proc/cgroups", R_OK) == 0 && cgroups_mount_v1())
		g->cgroup_version = 1;
}

/* v1: the hierarchy of "memory.max" is "memory". */
static int cgroups_controller(const char *file, char *controller, size_t size)
{
	const char *dot = strchr(file, '.');

	if (!dot || (size_t)(dot - file) >= size) {
		errno = EINVAL;
		return -1;
	}
	memcpy(controller, file, (size_t)(dot - file));
	controller[dot - file] = '\0';
	return 0;
}

static int cgroups_path(char *path, size_t size, int n)
{
	if (n >= 0 && (size_t)n < size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* Of v1 alone: rather than "no such file", the case is told of the version. */
static bool cgroups_is_v1_name(const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(v1_names); i++)
		if (v1_names[i].v1 && strcmp(file, v1_names[i].v1) == 0)
			return strcmp(file, v1_names[i].v2) != 0;
	return false;
}

int cgroups_file(const struct guest *g, const char *name, const char *file, char *path, size_t size)
{
	char controller[64];

	if (g->cgroup_version == 0) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (g->cgroup_version == 2) {
		if (cgroups_is_v1_name(file)) {
			errno = EOPNOTSUPP;
			return -1;
		}
		return cgroups_path(path, size,
				    snprintf(path, size, CGROUP_ROOT "/%s/%s", name, file));
	}
	if (cgroups_controller(file, controller, sizeof(controller)))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(v1_names); i++) {
		if (strcmp(file, v1_names[i].v2) != 0)
			continue;
		if (!v1_names[i].v1) {
			errno = EOPNOTSUPP;
			return -1;
		}
		file = v1_names[i].v1;
		break;
	}
	return cgroups_path(path, size,
			    snprintf(path, size, CGROUP_ROOT "/%s/%s/%s", controller, name, file));
}

static int cgroups_make_v2(struct guest *g, const char *name)
{
	char path[PATH_MAX];
	size_t root = strlen(CGROUP_ROOT);

	if (cgroups_path(path, sizeof(path), snprintf(path, sizeof(path), CGROUP_ROOT "/%s", name)))
		return step_fail(g, errno, "cgroup %s", name);
	/* "a/b": a must hand its controllers on to b. */
	for (char *slash = strchr(path + root + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (io_mkdir_p(path))
			return step_fail(g, errno, "mkdir %s", path);
		cgroups_delegate(path);
		*slash = '/';
	}
	if (io_mkdir_p(path))
		return step_fail(g, errno, "mkdir %s", path);
	return 0;
}

/* Calls fn(path) with the group's folder in each v1 hierarchy, until one fails. */
static int cgroups_each_v1(const char *name, int (*fn)(const char *path), char *path, size_t size)
{
	char text[2048];
	char *rest = text;
	char *line;

	if (io_read_text("/proc/cgroups", text, sizeof(text)))
		return -1;
	while ((line = strsep(&rest, "\n"))) {
		struct stat st;

		line[strcspn(line, "\t")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		/* Not mounted: the controller is off, or v2 has it. */
		snprintf(path, size, CGROUP_ROOT "/%s/cgroup.procs", line);
		if (stat(path, &st))
			continue;
		if (cgroups_path(path, size,
				 snprintf(path, size, CGROUP_ROOT "/%s/%s", line, name)) ||
		    fn(path))
			return -1;
	}
	return 0;
}

int cgroups_make(struct guest *g, const char *name)
{
	char path[PATH_MAX];

	if (g->cgroup_version == 0)
		return step_fail(g, EOPNOTSUPP, "the kernel has no control groups");
	if (g->cgroup_version == 2)
		return cgroups_make_v2(g, name);
	if (cgroups_each_v1(name, io_mkdir_p, path, sizeof(path)))
		return step_fail(g, errno, "mkdir %s", path);
	return 0;
}

static int cgroups_enter_folder(const char *folder)
{
	char path[PATH_MAX];

	if (cgroups_path(path, sizeof(path),
			 snprintf(path, sizeof(path), "%s/cgroup.procs", folder)))
		return -1;
	return io_write_value(path, "0", 0);
}

int cgroups_enter(const struct guest *g, const char *name)
{
	char path[PATH_MAX];

	if (g->cgroup_version == 1)
		return cgroups_each_v1(name, cgroups_enter_folder, path, sizeof(path));
	if (cgroups_path(path, sizeof(path), snprintf(path, sizeof(path), CGROUP_ROOT "/%s", name)))
		return -1;
	return cgroups_enter_folder(path);
}
