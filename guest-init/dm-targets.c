// SPDX-License-Identifier: GPL-2.0-or-later
/* Mapped devices over another one that fail or wait on demand: dm_dust, dm_delay, dm_error. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/dm-faults.h"
#include "guest-init/verbs.h"

uint64_t dm_sectors(const struct device *device)
{
	return device->size_bytes / DM_SECTOR;
}

/* All of the device below, as it is. */
static int table_linear(struct guest *g, struct dm_table *table, const struct device *below)
{
	return dm_table_add(g, table, "0 %" PRIu64 " linear %s 0", dm_sectors(below), below->path);
}

struct device *dm_make_over(struct guest *g, const struct plan_step *step,
			    const struct device *below, const char *target, const char *rest)
{
	const char *name = step_need(g, step, "as");
	struct dm_table table = { 0 };
	struct device *device = NULL;

	if (name && dm_table_add(g, &table, "0 %" PRIu64 " %s %s 0 %s", dm_sectors(below), target,
				 below->path, rest) == 0)
		device = dm_create(g, step, name, &table);
	dm_table_clear(&table);
	return device;
}

int dm_arm_over(struct guest *g, const struct plan_step *step, const struct device *device,
		const struct device *below, int64_t features)
{
	struct dm_table quiet = { 0 };
	int result;

	result = table_linear(g, &quiet, below) ||
		 dm_fault_arm(g, step, step->verb, device, features, &quiet);
	dm_table_clear(&quiet);
	return result ? -1 : 0;
}

static int add_bad_blocks(struct guest *g, const struct plan_step *step, const char *name)
{
	int64_t write_fails = plan_arg_int(step, "write_fails", 0);

	for (size_t i = 0; i < step->arg_count; i++) {
		char message[128];

		if (strcmp(step->args[i].name, "bad") != 0)
			continue;
		snprintf(message, sizeof(message), "addbadblock %s", step->args[i].value);
		if (write_fails > 0)
			snprintf(message, sizeof(message), "addbadblock %s %" PRId64,
				 step->args[i].value, write_fails);
		if (dm_tell(g, name, message))
			return -1;
	}
	return 0;
}

int verb_dm_dust(struct guest *g, const struct plan_step *step)
{
	const struct device *below = device_of_step(g, step);
	const struct device *device;
	char rest[32];

	if (!below)
		return -1;
	snprintf(rest, sizeof(rest), "%" PRId64, plan_arg_int(step, "block_size", DM_SECTOR));
	device = dm_make_over(g, step, below, "dust", rest);
	if (!device)
		return -1;
	if (plan_arg_int(step, "quiet", 0) && dm_tell(g, device->name, "quiet"))
		return -1;
	if (add_bad_blocks(g, step, device->name))
		return -1;
	if (!plan_arg_int(step, "enabled", 0))
		return 0;
	if (dm_fault_arm(g, step, step->verb, device, 0, NULL))
		return -1;
	return dm_tell(g, device->name, "enable");
}

int verb_dm_delay(struct guest *g, const struct plan_step *step)
{
	const struct device *below = device_of_step(g, step);
	const struct device *device;
	char rest[256];

	if (!below)
		return -1;
	snprintf(rest, sizeof(rest), "%" PRId64 " %s 0 %" PRId64 " %s 0 %" PRId64,
		 plan_arg_int(step, "read", 0), below->path, plan_arg_int(step, "write", 0),
		 below->path, plan_arg_int(step, "flush", 0));
	device = dm_make_over(g, step, below, "delay", rest);
	return device ? dm_arm_over(g, step, device, below, 0) : -1;
}

/* The device below, with a hole of `length` at `from` where everything fails. */
static int table_with_hole(struct guest *g, const struct plan_step *step, struct dm_table *table,
			   const struct device *below)
{
	uint64_t all = dm_sectors(below);
	uint64_t from = (uint64_t)plan_arg_int(step, "from", 0) / DM_SECTOR;
	uint64_t length = (uint64_t)plan_arg_int(step, "length", 0) / DM_SECTOR;

	if (from >= all || length > all - from)
		return step_fail(g, EINVAL, "%s has %" PRIu64 " sectors only", below->path, all);
	if (length == 0)
		length = all - from;
	if (from > 0 && dm_table_add(g, table, "0 %" PRIu64 " linear %s 0", from, below->path))
		return -1;
	if (dm_table_add(g, table, "%" PRIu64 " %" PRIu64 " error", from, length))
		return -1;
	if (from + length == all)
		return 0;
	return dm_table_add(g, table, "%" PRIu64 " %" PRIu64 " linear %s %" PRIu64, from + length,
			    all - from - length, below->path, from + length);
}

int verb_dm_error(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "as");
	const struct device *below = device_of_step(g, step);
	const struct device *device = NULL;
	struct dm_table table = { 0 };

	if (!name || !below)
		return -1;
	if (table_with_hole(g, step, &table, below) == 0)
		device = dm_create(g, step, name, &table);
	dm_table_clear(&table);
	return device ? dm_arm_over(g, step, device, below, 0) : -1;
}
