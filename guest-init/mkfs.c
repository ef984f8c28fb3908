// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/devices.h"
#include "guest-init/filesystem.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

/* linux/fs.h, which clashes with sys/mount.h. */
#define BLKZEROOUT_REQUEST _IO(0x12, 127)

#define MAGIC	    "klabfs1\n"
#define CHUNK_BYTES 65536

struct unpack {
	const char *file;
	const char *device;
};

/* 1: all of them; 0: the file was at its end; -1 with errno: EBADMSG when it ends before. */
static int read_whole(int fd, void *bytes, size_t length)
{
	size_t have = 0;

	while (have < length) {
		ssize_t n = read(fd, (char *)bytes + have, length - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	if (have == length)
		return 1;
	errno = EBADMSG;
	return have == 0 ? 0 : -1;
}

static uint64_t u64_at(const unsigned char *bytes)
{
	uint64_t value = 0;

	for (int i = 8; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

/* What the filesystem leaves empty must be so: the device may have been in use. */
static int make_empty(int device, uint64_t size)
{
	static const char zeros[CHUNK_BYTES];
	uint64_t range[2] = { 0, size };

	if (ioctl(device, (int)BLKZEROOUT_REQUEST, range) == 0)
		return 0;
	for (uint64_t at = 0; at < size;) {
		uint64_t left = size - at;
		ssize_t n = pwrite(device, zeros, left < sizeof(zeros) ? left : sizeof(zeros),
				   (off_t)at);

		if (n <= 0)
			return -1;
		at += (uint64_t)n;
	}
	return 0;
}

static int copy_record(int file, int device, uint64_t offset, uint64_t length)
{
	static char bytes[CHUNK_BYTES];

	while (length > 0) {
		size_t part = length < sizeof(bytes) ? (size_t)length : sizeof(bytes);
		ssize_t n;

		if (read_whole(file, bytes, part) <= 0)
			return -1;
		n = pwrite(device, bytes, part, (off_t)offset);
		if (n != (ssize_t)part) {
			errno = n < 0 ? errno : EIO;
			return -1;
		}
		offset += part;
		length -= part;
	}
	return 0;
}

static int unpack(int file, int device)
{
	unsigned char head[16];
	uint64_t size;
	off_t end;
	int more = read_whole(file, head, sizeof(head));

	if (more <= 0 || memcmp(head, MAGIC, 8) != 0) {
		errno = more < 0 ? errno : EBADMSG;
		return -1;
	}
	size = u64_at(head + 8);
	end = lseek(device, 0, SEEK_END);
	if (end < 0)
		return -1;
	if ((uint64_t)end < size) {
		errno = ENOSPC;
		return -1;
	}
	if (make_empty(device, size))
		return -1;
	while ((more = read_whole(file, head, sizeof(head))) > 0) {
		uint64_t offset = u64_at(head), length = u64_at(head + 8);

		if (offset > size || length > size - offset) {
			errno = EBADMSG;
			return -1;
		}
		if (copy_record(file, device, offset, length))
			return -1;
	}
	/* Written for good: what the case arms next must not hit this. */
	return more < 0 || fsync(device) ? -1 : 0;
}

int filesystem_unpack(const char *file_path, const char *device_path)
{
	int file = open(file_path, O_RDONLY | O_CLOEXEC);
	int device = open(device_path, O_RDWR | O_CLOEXEC);
	int result = 0;

	if (file < 0 || device < 0 || unpack(file, device))
		result = errno;
	if (file >= 0)
		close(file);
	if (device >= 0 && close(device) && !result)
		result = errno;
	return result;
}

static int unpack_in_child(void *argument)
{
	const struct unpack *job = argument;

	return filesystem_unpack(job->file, job->device);
}

int verb_mkfs(struct guest *g, const struct plan_step *step)
{
	const struct device *device = device_of_step(g, step);
	struct unpack job = { 0 };
	char file[64], what[128];

	if (!device)
		return -1;
	snprintf(file, sizeof(file), "/klab/fs/%d", step->index);
	snprintf(what, sizeof(what), "make a filesystem on %s", device->path);
	job.file = file;
	job.device = device->path;
	return guest_call(g, step, what, unpack_in_child, &job);
}
