// SPDX-License-Identifier: GPL-2.0-or-later
/* Disks of guest memory that inject nothing: brd, zram, loop; and partitions of any disk. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/verbs.h"

/* ---- brd ---- */

int verb_brd(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "as");
	int64_t size_bytes = plan_arg_int(step, "size", 0), sectors;
	static int number; /* they are there from the start: the next one */
	char kernel[32], path[PATH_MAX];

	if (!name)
		return -1;
	snprintf(kernel, sizeof(kernel), "ram%d", number++);
	snprintf(path, sizeof(path), "/sys/block/%s/size", kernel);
	if (io_read_number(path, &sectors))
		return step_fail(g, errno,
				 "read %s (the kernel needs BLK_DEV_RAM, and brd.rd_nr on "
				 "its command line)",
				 path);
	if (sectors * 512 != size_bytes)
		return step_fail(g, EINVAL,
				 "%s has %" PRId64 " bytes: brd.rd_size=%" PRId64
				 " is not on the kernel command line",
				 kernel, sectors * 512, size_bytes / 1024);
	return device_add(g, step, name, kernel);
}

/* ---- zram ---- */

int verb_zram(struct guest *g, const struct plan_step *step)
{
	static const char *const settings[][2] = { { "algorithm", "comp_algorithm" },
						   { "limit", "mem_limit" },
						   { "size", "disksize" } };
	const char *name = step_need(g, step, "as");
	char kernel[32], path[PATH_MAX];
	int64_t number;

	if (!name)
		return -1;
	if (io_read_number("/sys/class/zram-control/hot_add", &number))
		return step_fail(g, errno,
				 "read /sys/class/zram-control/hot_add (the kernel needs "
				 "ZRAM)");
	snprintf(kernel, sizeof(kernel), "zram%" PRId64, number);
	/* The size comes last: it makes the disk, with what was set by then. */
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const char *value = plan_arg(step, settings[i][0]);

		snprintf(path, sizeof(path), "/sys/block/%s/%s", kernel, settings[i][1]);
		if (value && io_write_value(path, value, 0))
			return step_fail(g, errno, "write '%s' into %s", value, path);
	}
	return device_add(g, step, name, kernel);
}

/* ---- loop ---- */

/* include/uapi/linux/loop.h, which is not there for every C library. */
#define LOOP_SET_FD	   0x4c00
#define LOOP_SET_DIRECT_IO 0x4c08
#define LOOP_CTL_GET_FREE  0x4c82

static int loop_number(void)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	int errno_value = errno;

	if (control >= 0)
		close(control);
	errno = errno_value;
	return number;
}

/* Binds /dev/NAME to the file. 0, or -1 with step_fail(). */
static int loop_bind(struct guest *g, const char *kernel, const char *file, int64_t size_bytes,
		     bool direct)
{
	char path[48];
	int file_fd, loop_fd, result = -1;

	snprintf(path, sizeof(path), "/dev/%s", kernel);
	file_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	loop_fd = open(path, O_RDWR | O_CLOEXEC);
	if (file_fd < 0 || (size_bytes && ftruncate(file_fd, size_bytes)))
		step_fail(g, errno, "make the file %s", file);
	else if (loop_fd < 0)
		step_fail(g, errno, "open %s", path);
	else if (ioctl(loop_fd, LOOP_SET_FD, file_fd))
		step_fail(g, errno, "bind %s to %s", path, file);
	else if (direct && ioctl(loop_fd, LOOP_SET_DIRECT_IO, 1ul))
		step_fail(g, errno, "direct I/O of %s on %s: its filesystem has none", path, file);
	else
		result = 0;
	if (file_fd >= 0)
		close(file_fd);
	if (loop_fd >= 0)
		close(loop_fd);
	return result;
}

int verb_loop(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "as");
	const char *file = plan_arg(step, "file");
	char kernel[32], own[PATH_MAX];
	int number;

	if (!name)
		return -1;
	number = loop_number();
	if (number < 0)
		return step_fail(g, errno, "ask /dev/loop-control (the kernel needs BLK_DEV_LOOP)");
	snprintf(kernel, sizeof(kernel), "loop%d", number);
	snprintf(own, sizeof(own), "/tmp/%s.img", name);
	if (loop_bind(g, kernel, file ? file : own, plan_arg_int(step, "size", 0),
		      plan_arg_int(step, "direct_io", 0)))
		return -1;
	return device_add(g, step, name, kernel);
}

/* ---- partitions ---- */

/* include/uapi/linux/blkpg.h: tells the kernel of a partition, with no table on the disk. */
struct blkpg_partition {
	long long start, length; /* bytes */
	int number;
	char unused[128];
};

struct blkpg_ioctl {
	int op, flags, data_bytes;
	void *data;
};

#define BLKPG		    0x1269
#define BLKPG_ADD_PARTITION 1
#define MAX_PARTITIONS	    64

/* The first number that is free. 0, or -1 with errno. */
static int add_partition(int fd, struct blkpg_partition *partition)
{
	struct blkpg_ioctl call = { BLKPG_ADD_PARTITION, 0, sizeof(*partition), partition };

	for (partition->number = 1; partition->number < MAX_PARTITIONS; partition->number++)
		if (ioctl(fd, BLKPG, &call) == 0)
			return 0;
		else if (errno != EBUSY || partition->number + 1 == MAX_PARTITIONS)
			return -1;
	return -1;
}

int verb_partition(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "as");
	const struct device *disk = device_of_step(g, step);
	struct blkpg_partition partition = { 0 };
	char kernel[sizeof(disk->kernel) + 8];
	int fd, result;
	char last;

	if (!name || !disk)
		return -1;
	partition.start = plan_arg_int(step, "from", 0);
	partition.length = plan_arg_int(step, "length", 0);
	fd = open(disk->path, O_RDONLY | O_CLOEXEC);
	result = fd < 0 ? -1 : add_partition(fd, &partition);
	if (result)
		step_fail(g, errno,
			  "add a partition of %lld bytes at %lld to %s (EBUSY: it lies over "
			  "another)",
			  partition.length, partition.start, disk->path);
	if (fd >= 0)
		close(fd);
	if (result)
		return -1;
	/* sda1, but nullb0p1. */
	last = disk->kernel[strlen(disk->kernel) - 1];
	snprintf(kernel, sizeof(kernel), "%s%s%d", disk->kernel,
		 last >= '0' && last <= '9' ? "p" : "", partition.number);
	return device_add(g, step, name, kernel);
}
