// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "guest-init/tasks.h"

/* Guest time for a node to appear after its disk did. */
#define DEVICE_NODE_TIMEOUT_MS 5000

struct device *device_find(struct guest *g, const char *name)
{
	for (size_t i = 0; i < g->device_count; i++)
		if (strcmp(g->devices[i].name, name) == 0)
			return &g->devices[i];
	return NULL;
}

struct device *device_of_step(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "device");
	struct device *device;

	if (!name)
		return NULL;
	device = device_find(g, name);
	if (!device)
		step_fail(g, 0, "no step before made a device '%s'", name);
	return device;
}

/* 0 with the size, 1 when it is not there yet, -1 with errno. */
static int device_look(const char *path, uint64_t *size_bytes, dev_t *number)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int result = -1;

	if (fd < 0)
		return errno == ENOENT || errno == ENXIO || errno == ENODEV ? 1 : -1;
	if (fstat(fd, &st) == 0) {
		if (!S_ISBLK(st.st_mode)) {
			errno = ENOTBLK;
		} else if (ioctl(fd, BLKGETSIZE64, size_bytes) == 0) {
			*number = st.st_rdev;
			result = *size_bytes == 0;
		}
	}
	close(fd);
	return result;
}

int device_add(struct guest *g, const struct plan_step *step, const char *name, const char *kernel)
{
	struct device *device = &g->devices[g->device_count];
	uint64_t deadline_ns = frame_clock_ns() + DEVICE_NODE_TIMEOUT_MS * 1000000ull;
	dev_t number = 0;
	int found;

	if (g->device_count == GUEST_MAX_DEVICES)
		return step_fail(g, 0, "more than %d devices", GUEST_MAX_DEVICES);
	device->name = name;
	snprintf(device->kernel, sizeof(device->kernel), "%s", kernel);
	snprintf(device->path, sizeof(device->path), "/dev/%s", kernel);
	while ((found = device_look(device->path, &device->size_bytes, &number)) == 1) {
		if (frame_clock_ns() > deadline_ns)
			return step_fail(g, ETIMEDOUT, "%s: no such disk, or one of size 0",
					 device->path);
		guest_pause_ms(g, 1);
	}
	if (found < 0)
		return step_fail(g, errno, "open %s", device->path);
	g->device_count++;

	frame_begin(&g->frames, "device");
	frame_int(&g->frames, "i", step->index);
	frame_str(&g->frames, "name", name);
	frame_str(&g->frames, "kernel", device->kernel);
	frame_int(&g->frames, "major", (int64_t)major(number));
	frame_int(&g->frames, "minor", (int64_t)minor(number));
	frame_int(&g->frames, "size_bytes", (int64_t)device->size_bytes);
	frame_end(&g->frames);
	return 0;
}

/* The device that "{NAME}..." at `at` stands for, or NULL; *length: of "{NAME}". */
static const struct device *device_at(struct guest *g, const char *at, bool any, size_t *length)
{
	const char *close_at = strchr(at, '}');
	size_t name_length;

	if (!close_at)
		return NULL;
	name_length = (size_t)(close_at - at) - 1;
	*length = name_length + 2;
	for (size_t i = 0; i < g->device_count; i++)
		if (strlen(g->devices[i].name) == name_length &&
		    strncmp(g->devices[i].name, at + 1, name_length) == 0)
			return &g->devices[i];
	if (any && g->device_count > 0 && name_length == 4 && strncmp(at + 1, "disk", 4) == 0)
		return &g->devices[0];
	return NULL;
}

int device_expand(struct guest *g, const char *text, bool any, char *out, size_t size)
{
	size_t length = 0;

	while (*text) {
		const struct device *device = NULL;
		size_t taken = 1;
		const char *add = text;
		size_t add_length = 1;

		if (*text == '{')
			device = device_at(g, text, any, &taken);
		if (device) {
			add = device->kernel;
			add_length = strlen(add);
		} else {
			taken = 1;
		}
		if (length + add_length >= size) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(out + length, add, add_length);
		length += add_length;
		text += taken;
	}
	out[length] = '\0';
	return 0;
}
