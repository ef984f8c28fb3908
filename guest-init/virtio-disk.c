// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A disk that the host gave the machine (lab/machine/disks.h). Which one is the
 * step's its serial number says, for the kernel may name them in any order.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define SERIAL_PATTERN	"/sys/block/vd*/serial"
#define DISK_TIMEOUT_MS 3000 /* it was found before init began */

/* "vda" of the disk with that serial number. */
static bool find_disk(const char *serial, char *kernel, size_t size)
{
	bool found = false;
	glob_t all;

	if (glob(SERIAL_PATTERN, 0, NULL, &all))
		return false;
	for (size_t i = 0; i < all.gl_pathc && !found; i++) {
		char *path = all.gl_pathv[i];
		char text[64];

		found = io_read_text(path, text, sizeof(text)) == 0 && strcmp(text, serial) == 0;
		if (!found)
			continue;
		*strrchr(path, '/') = '\0';
		snprintf(kernel, size, "%s", strrchr(path, '/') + 1);
	}
	globfree(&all);
	return found;
}

int verb_virtio_disk(struct guest *g, const struct plan_step *step)
{
	uint64_t deadline_ns = frame_clock_ns() + DISK_TIMEOUT_MS * 1000000ull;
	const char *name = step_need(g, step, "as");
	char serial[32], kernel[32];

	if (!name)
		return -1;
	snprintf(serial, sizeof(serial), "klab-%d", step->index);
	while (!find_disk(serial, kernel, sizeof(kernel))) {
		if (frame_clock_ns() > deadline_ns)
			return step_fail(g, ETIMEDOUT,
					 "no virtio disk with the serial number %s appeared within "
					 "%d s (the kernel needs VIRTIO_PCI and VIRTIO_BLK)",
					 serial, DISK_TIMEOUT_MS / 1000);
		guest_pause_ms(g, 2);
	}
	return device_add(g, step, name, kernel);
}
