// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps on swap: mkswap, swapon, swapoff. */
#include "guest-init/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#ifndef SWAP_FLAG_PREFER
#define SWAP_FLAG_PREFER 0x8000
#endif

/* The kernel's `union swap_header`, include/linux/swap.h. */
struct swap_info {
	uint32_t version;
	uint32_t last_page;
	uint32_t bad_page_count;
	unsigned char uuid[16];
	char label[16];
};

#define SWAP_INFO_OFFSET 1024
#define SWAP_MAGIC	 "SWAPSPACE2"

/* The same in every guest, so that two runs are. */
static const unsigned char swap_uuid[16] = { 0x6b, 0x6c, 0x61, 0x62, 0x73, 0x77, 0x40, 0x70,
					     0x80, 0,	 0,    0,    0,	   0,	 0,    1 };

/* Writes and syncs; errno. */
static int swap_write_page(int fd, const void *page, size_t page_size)
{
	if (io_write_all(fd, page, page_size) || fsync(fd))
		return errno;
	return 0;
}

int swap_format(const char *path, uint64_t size_bytes)
{
	const size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	const uint64_t pages = size_bytes / page_size;
	struct swap_info info = { .version = 1, .last_page = (uint32_t)(pages - 1) };
	char page[65536] = { 0 };
	int fd, result;

	/* The kernel wants the header and one page at the least, and counts pages in 32 bits. */
	if (page_size > sizeof(page) || pages < 10)
		return ENOSPC;
	if (pages - 1 > UINT32_MAX)
		info.last_page = UINT32_MAX;
	memcpy(info.uuid, swap_uuid, sizeof(info.uuid));
	memcpy(page + SWAP_INFO_OFFSET, &info, sizeof(info));
	memcpy(page + page_size - strlen(SWAP_MAGIC), SWAP_MAGIC, strlen(SWAP_MAGIC));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	result = swap_write_page(fd, page, page_size);
	close(fd);
	return result;
}

struct swap_call {
	const char *path;
	uint64_t size_bytes;
	int flags;
};

/* In children, by guest_call(): each of these can sit in the kernel for long. */
static int call_mkswap(void *argument)
{
	const struct swap_call *call = argument;

	return swap_format(call->path, call->size_bytes);
}

static int call_swapon(void *argument)
{
	const struct swap_call *call = argument;

	return swapon(call->path, call->flags) ? errno : 0;
}

static int call_swapoff(void *argument)
{
	const struct swap_call *call = argument;

	return swapoff(call->path) ? errno : 0;
}

static int swap_do(struct guest *g, const struct plan_step *step, const char *verb,
		   int (*fn)(void *), struct swap_call *call)
{
	char what[PATH_MAX];

	snprintf(what, sizeof(what), "%s %s", verb, call->path);
	return guest_call(g, step, what, fn, call);
}

int verb_mkswap(struct guest *g, const struct plan_step *step)
{
	const struct device *device = device_of_step(g, step);
	struct swap_call call = { 0 };

	if (!device)
		return -1;
	call.path = device->path;
	call.size_bytes = device->size_bytes;
	return swap_do(g, step, "mkswap", call_mkswap, &call);
}

int verb_swapon(struct guest *g, const struct plan_step *step)
{
	const struct device *device = device_of_step(g, step);
	int64_t priority = plan_arg_int(step, "priority", -1);
	struct swap_call call = { 0 };

	if (!device)
		return -1;
	if (plan_arg_int(step, "mkswap", 0) && verb_mkswap(g, step))
		return -1;
	call.path = device->path;
	if (priority >= 0)
		call.flags = SWAP_FLAG_PREFER | (int)(priority & 0x7fff);
	return swap_do(g, step, "swapon", call_swapon, &call);
}

int verb_swapoff(struct guest *g, const struct plan_step *step)
{
	const struct device *device = device_of_step(g, step);
	struct swap_call call = { 0 };

	if (!device)
		return -1;
	call.path = device->path;
	return swap_do(g, step, "swapoff", call_swapoff, &call);
}
