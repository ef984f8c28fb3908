// SPDX-License-Identifier: GPL-2.0-or-later
/* dm_flakey, and whether the kernel's does what it is asked for. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest-init/devices.h"
#include "guest-init/dm-faults.h"
#include "guest-init/verbs.h"

/* "3 drop_writes corrupt_bio_byte 32 r 1 0": how many words follow, and the words. */
static void flakey_features(const struct plan_step *step, int64_t features, char *text, size_t size)
{
	static const char *const names[] = { "drop_writes", "error_writes", "error_reads" };
	int64_t byte = plan_arg_int(step, "corrupt_byte", 0);
	const char *on = plan_arg(step, "corrupt_on");
	size_t length = 0;
	char words[256] = "";
	int count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (features & (1 << i)) {
			length += (size_t)snprintf(words + length, sizeof(words) - length, " %s",
						   names[i]);
			count++;
		}
	if (byte > 0) {
		snprintf(words + length, sizeof(words) - length,
			 " corrupt_bio_byte %" PRId64 " %c %" PRId64 " %" PRId64, byte,
			 on && *on == 'w' ? 'w' : 'r', plan_arg_int(step, "corrupt_value", 0),
			 plan_arg_int(step, "corrupt_flags", 0));
		count += 5;
	}
	snprintf(text, size, "%d%s", count, words);
}

#define PROBE_BYTES (64 * 1024)

struct probe {
	const char *path;
	int64_t byte; /* from 1 */
	unsigned char found;
};

/* One byte of the beginning, past the page cache. */
static int probe_read(struct guest *g, struct probe *probe)
{
	int fd = open(probe->path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	void *buffer = NULL;
	int result = -1;

	if (fd >= 0 && posix_memalign(&buffer, 4096, PROBE_BYTES) == 0 &&
	    pread(fd, buffer, PROBE_BYTES, 0) >= probe->byte) {
		probe->found = ((unsigned char *)buffer)[probe->byte - 1];
		result = 0;
	} else {
		step_fail(g, errno, "read %s", probe->path);
	}
	free(buffer);
	if (fd >= 0)
		close(fd);
	return result;
}

/*
 * Linux 6.1 walks over the data of a read that is done already, finds nothing left
 * of it, and corrupts nothing (flakey_end_io()): whether this kernel does what is
 * asked is seen on a table that always does.
 */
static int check_corrupts_reads(struct guest *g, const struct plan_step *step,
				const struct device *device, const struct device *below,
				const char *rest)
{
	struct probe probe = { below->path, plan_arg_int(step, "corrupt_byte", 0), 0 };
	struct dm_table table = { 0 };
	unsigned char other;
	int result;

	if (probe.byte > PROBE_BYTES)
		return 0;
	if (probe_read(g, &probe))
		return -1;
	other = probe.found ^ 0xff;
	result = dm_table_add(g, &table,
			      "0 %" PRIu64 " flakey %s 0 0 1 5 corrupt_bio_byte %" PRId64 " r %d 0",
			      dm_sectors(below), below->path, probe.byte, other) ||
		 dm_reload(g, step, device->name, &table);
	dm_table_clear(&table);
	probe.path = device->path;
	if (result || probe_read(g, &probe))
		return -1;
	if (probe.found == other) {
		/* Its own table, from the beginning of its first interval. */
		result = dm_table_add(g, &table, "0 %" PRIu64 " flakey %s 0 %s", dm_sectors(below),
				      below->path, rest) ||
			 dm_reload(g, step, device->name, &table);
		dm_table_clear(&table);
		return result;
	}
	return step_fail(g, 0,
			 "dm-flakey of this kernel does not corrupt reads: one that it should "
			 "have changed came back as it is on %s",
			 below->path);
}

int verb_dm_flakey(struct guest *g, const struct plan_step *step)
{
	const struct device *below = device_of_step(g, step);
	int64_t features = plan_arg_int(step, "features", 0);
	const char *on = plan_arg(step, "corrupt_on");
	const struct device *device;
	char words[300], rest[400];

	if (!below)
		return -1;
	flakey_features(step, features, words, sizeof(words));
	snprintf(rest, sizeof(rest), "%" PRId64 " %" PRId64 " %s",
		 plan_arg_int(step, "up", 0) / 1000, plan_arg_int(step, "down", 0) / 1000, words);
	device = dm_make_over(g, step, below, "flakey", rest);
	if (!device)
		return -1;
	if (plan_arg_int(step, "corrupt_byte", 0)) {
		features |= FLAKEY_CORRUPT;
		if (on && *on == 'r' && check_corrupts_reads(g, step, device, below, rest))
			return -1;
	}
	return dm_arm_over(g, step, device, below, features);
}
