// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps on mapped devices of any table: dm, dm_table, dm_message. */
#include <errno.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/dm-faults.h"
#include "guest-init/dm.h"
#include "guest-init/verbs.h"

/* The step's lines, with {NAME} replaced. */
static int table_of_step(struct guest *g, const struct plan_step *step, struct dm_table *table)
{
	for (size_t i = 0; i < step->arg_count; i++) {
		char line[2048];

		if (strcmp(step->args[i].name, "table") != 0)
			continue;
		if (device_expand(g, step->args[i].value, false, line, sizeof(line)))
			return step_fail(g, errno, "table '%s'", step->args[i].value);
		if (dm_table_add(g, table, "%s", line))
			return -1;
	}
	return 0;
}

int verb_dm(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "as");
	struct dm_table table = { 0 };
	int result = -1;

	if (name && table_of_step(g, step, &table) == 0 && dm_create(g, step, name, &table))
		result = 0;
	dm_table_clear(&table);
	return result;
}

/* The table that a device has, so that it can have it again. */
static int table_now(struct guest *g, const char *name, struct dm_table *table)
{
	char answer[DM_ANSWER_BYTES];
	char *line, *rest = answer;

	if (dm_status(name, true, answer))
		return step_fail(g, errno, "read the table of %s (is it a mapped device?)", name);
	while ((line = strsep(&rest, "\n")))
		if (*line && dm_table_add(g, table, "%s", line))
			return -1;
	return 0;
}

int verb_dm_table(struct guest *g, const struct plan_step *step)
{
	const struct device *device = device_of_step(g, step);
	struct dm_table table = { 0 }, before = { 0 };
	struct fault *last;
	int result = -1;

	if (!device)
		return -1;
	/* What the table before made fail is over with it. */
	last = fault_find_open(g, "dm_table", device->name);
	if (last)
		fault_close(g, last);
	if (table_now(g, device->name, &before) == 0 && table_of_step(g, step, &table) == 0 &&
	    (!plan_arg_int(step, "fails", 0) ||
	     dm_fault_arm(g, step, "dm_table", device, 0, &before) == 0))
		result = dm_reload(g, step, device->name, &table);
	dm_table_clear(&table);
	dm_table_clear(&before);
	return result;
}

/* Whether the device is one that dm_dust made, by its table. */
static bool is_dust(const char *name)
{
	char answer[DM_ANSWER_BYTES];

	return dm_status(name, true, answer) == 0 && strstr(answer, " dust ");
}

int verb_dm_message(struct guest *g, const struct plan_step *step)
{
	const struct device *device = device_of_step(g, step);
	struct fault *open;

	if (!device)
		return -1;
	open = fault_find_open(g, "dm_dust", device->name);
	for (size_t i = 0; i < step->arg_count; i++) {
		const char *message = step->args[i].value;

		if (strcmp(step->args[i].name, "message") != 0)
			continue;
		/* From now on its bad blocks fail: that wants an account; or no more. */
		if (strcmp(message, "enable") == 0 && !open && is_dust(device->name)) {
			if (dm_fault_arm(g, step, "dm_dust", device, 0, NULL))
				return -1;
			open = fault_find_open(g, "dm_dust", device->name);
		}
		if (strcmp(message, "disable") == 0 && open) {
			fault_close(g, open);
			open = NULL;
			continue;
		}
		if (dm_tell(g, device->name, message))
			return -1;
	}
	return 0;
}
