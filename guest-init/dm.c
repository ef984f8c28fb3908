// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest-init/devices.h"
#include "guest-init/tasks.h"

#define CONTROL "/dev/mapper/control"

/* include/uapi/linux/dm-ioctl.h, which is not there for every C library. */
struct dm_ioctl {
	uint32_t version[3];
	uint32_t data_size; /* of all that is passed, this struct included */
	uint32_t data_start;
	uint32_t target_count;
	int32_t open_count;
	uint32_t flags;
	uint32_t event_nr;
	uint32_t padding;
	uint64_t dev;
	char name[128];
	char uuid[129];
	char data[7];
};

struct dm_target_spec {
	uint64_t sector_start;
	uint64_t length;
	int32_t status;
	uint32_t next; /* bytes to the next one: from this, or in answers from the first */
	char target_type[16];
};

struct dm_target_msg {
	uint64_t sector;
	char message[];
};

_Static_assert(sizeof(struct dm_ioctl) == 312, "as the kernel has it");
_Static_assert(sizeof(struct dm_target_spec) == 40, "as the kernel has it");

#define DM_DEV_CREATE	_IOWR(0xfd, 3, struct dm_ioctl)
#define DM_DEV_REMOVE	_IOWR(0xfd, 4, struct dm_ioctl)
#define DM_DEV_SUSPEND	_IOWR(0xfd, 6, struct dm_ioctl)
#define DM_TABLE_LOAD	_IOWR(0xfd, 9, struct dm_ioctl)
#define DM_TABLE_STATUS _IOWR(0xfd, 12, struct dm_ioctl)
#define DM_TARGET_MSG	_IOWR(0xfd, 14, struct dm_ioctl)

#define DM_STATUS_TABLE_FLAG (1u << 4)
#define DM_BUFFER_FULL_FLAG  (1u << 8)
#define DM_DATA_OUT_FLAG     (1u << 16)

#define DM_BYTES (64 * 1024)

/* One exchange with the kernel: the header and what follows it, both ways. */
union dm_exchange {
	struct dm_ioctl header;
	char bytes[DM_BYTES];
};

static union dm_exchange *exchange_new(const char *name)
{
	union dm_exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->header.version[0] = 4;
	x->header.data_size = sizeof(*x);
	x->header.data_start = sizeof(x->header);
	snprintf(x->header.name, sizeof(x->header.name), "%s", name);
	return x;
}

static int exchange(union dm_exchange *x, unsigned long command)
{
	int fd = open(CONTROL, O_RDWR | O_CLOEXEC);
	int result, errno_value;

	if (fd < 0)
		return -1;
	result = ioctl(fd, command, x);
	errno_value = errno;
	close(fd);
	errno = errno_value;
	return result;
}

/* A command that is all in its header. */
static int simple(const char *name, unsigned long command, uint64_t *dev)
{
	union dm_exchange *x = exchange_new(name);
	int result = x ? exchange(x, command) : -1;

	if (result == 0 && dev)
		*dev = x->header.dev;
	free(x);
	return result;
}

/* ---- tables ---- */

int dm_table_add(struct guest *g, struct dm_table *table, const char *fmt, ...)
{
	char line[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (table->count == DM_MAX_LINES)
		return step_fail(g, 0, "a table of more than %d lines", DM_MAX_LINES);
	table->lines[table->count] = strdup(line);
	if (!table->lines[table->count])
		return step_fail(g, ENOMEM, "a table");
	table->count++;
	return 0;
}

void dm_table_clear(struct dm_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->lines[i]);
	table->count = 0;
}

/* One line behind the others; its length, a multiple of 8, or 0 when it is no table's line. */
static size_t spec_put(char *at, size_t room, const char *line)
{
	struct dm_target_spec spec = { 0 };
	char target[17];
	size_t length;
	int start = 0;

	if (sscanf(line, "%" SCNu64 " %" SCNu64 " %16s %n", &spec.sector_start, &spec.length,
		   target, &start) != 3 ||
	    strlen(target) >= sizeof(spec.target_type))
		return 0;
	memcpy(spec.target_type, target, strlen(target));
	length = sizeof(spec) + strlen(line + start) + 1;
	length = (length + 7) / 8 * 8;
	if (length > room)
		return 0;
	spec.next = (uint32_t)length;
	memcpy(at, &spec, sizeof(spec));
	memcpy(at + sizeof(spec), line + start, strlen(line + start) + 1);
	return length;
}

/* 0, or -1 with errno. */
static int load(const char *name, const struct dm_table *table)
{
	union dm_exchange *x = exchange_new(name);
	size_t used = sizeof(struct dm_ioctl);
	int result = x ? 0 : -1;

	for (size_t i = 0; i < table->count && result == 0; i++) {
		size_t length = spec_put(x->bytes + used, sizeof(*x) - used, table->lines[i]);

		used += length;
		if (length == 0) {
			errno = EINVAL;
			result = -1;
		}
	}
	if (result == 0) {
		x->header.target_count = (uint32_t)table->count;
		result = exchange(x, DM_TABLE_LOAD);
	}
	free(x);
	return result;
}

struct device *dm_create(struct guest *g, const struct plan_step *step, const char *name,
			 const struct dm_table *table)
{
	struct device *device = NULL;
	char kernel[32];
	uint64_t dev = 0;

	if (simple(name, DM_DEV_CREATE, &dev)) {
		step_fail(g, errno, "make the mapped device %s (the kernel needs BLK_DEV_DM)",
			  name);
		return NULL;
	}
	/* The kernel's huge_encode_dev(): 20 bits of minor around 12 of major. */
	snprintf(kernel, sizeof(kernel), "dm-%u",
		 (unsigned int)((dev & 0xff) | ((dev >> 12) & ~0xffu)));
	if (load(name, table))
		step_fail(g, errno, "load the table '%s'%s (the console has the target's word)",
			  table->count ? table->lines[0] : "", table->count > 1 ? "..." : "");
	else if (simple(name, DM_DEV_SUSPEND, NULL))
		step_fail(g, errno, "resume the mapped device %s", name);
	else if (device_add(g, step, name, kernel) == 0)
		device = device_find(g, name);
	if (!device)
		simple(name, DM_DEV_REMOVE, NULL);
	return device;
}

struct reload {
	const char *name;
	const struct dm_table *table;
};

/* Waits for what is in flight, which may be long: in a child. */
static int call_reload(void *argument)
{
	const struct reload *reload = argument;

	if (load(reload->name, reload->table) || simple(reload->name, DM_DEV_SUSPEND, NULL))
		return errno;
	return 0;
}

int dm_reload(struct guest *g, const struct plan_step *step, const char *name,
	      const struct dm_table *table)
{
	struct reload reload = { name, table };
	char what[512];

	snprintf(what, sizeof(what), "give %s the table '%s'%s", name,
		 table->count ? table->lines[0] : "", table->count > 1 ? "..." : "");
	return guest_call(g, step, what, call_reload, &reload);
}

/* ---- asking ---- */

int dm_message(const char *name, const char *message, char answer[DM_ANSWER_BYTES])
{
	union dm_exchange *x = exchange_new(name);
	struct dm_target_msg *msg;
	int result;

	answer[0] = '\0';
	if (!x)
		return -1;
	msg = (struct dm_target_msg *)(x->bytes + sizeof(struct dm_ioctl));
	snprintf(msg->message, sizeof(*x) - sizeof(struct dm_ioctl) - sizeof(*msg), "%s", message);
	result = exchange(x, DM_TARGET_MSG);
	if (result == 0 && (x->header.flags & DM_DATA_OUT_FLAG))
		snprintf(answer, DM_ANSWER_BYTES, "%s", x->bytes + x->header.data_start);
	free(x);
	return result;
}

int dm_tell(struct guest *g, const char *name, const char *message)
{
	char answer[DM_ANSWER_BYTES];

	if (dm_message(name, message, answer))
		return step_fail(g, errno, "message '%s' to %s (the console has the target's word)",
				 message, name);
	return 0;
}

/* The answer's lines, as they fit. */
static void print_specs(const union dm_exchange *x, char *answer)
{
	const char *first = x->bytes + x->header.data_start;
	size_t at = 0, used = 0;

	for (uint32_t i = 0; i < x->header.target_count && used < DM_ANSWER_BYTES; i++) {
		struct dm_target_spec spec;

		if (x->header.data_start + at + sizeof(spec) >= sizeof(*x))
			return;
		memcpy(&spec, first + at, sizeof(spec));
		used += (size_t)snprintf(answer + used, DM_ANSWER_BYTES - used,
					 "%" PRIu64 " %" PRIu64 " %.16s %s\n", spec.sector_start,
					 spec.length, spec.target_type, first + at + sizeof(spec));
		at = spec.next;
	}
}

int dm_status(const char *name, bool table, char answer[DM_ANSWER_BYTES])
{
	union dm_exchange *x = exchange_new(name);
	int result;

	answer[0] = '\0';
	if (!x)
		return -1;
	x->header.flags = table ? DM_STATUS_TABLE_FLAG : 0;
	result = exchange(x, DM_TABLE_STATUS);
	if (result == 0 && (x->header.flags & DM_BUFFER_FULL_FLAG)) {
		errno = EOVERFLOW;
		result = -1;
	}
	if (result == 0)
		print_specs(x, answer);
	free(x);
	return result;
}
