// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * null_blk through configfs: a disk of guest memory, or of none at all, whose
 * timing is set exactly. Its bad blocks and its own fault attributes (which only
 * the kernel command line sets: lab/plan/step-append.c) make requests fail, time
 * out or go back into the queue; the block layer traces what became of them.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/counters.h"
#include "guest-init/devices.h"
#include "guest-init/faults.h"
#include "guest-init/io.h"
#include "guest-init/mounts.h"
#include "guest-init/panic.h"
#include "guest-init/verbs.h"

#define FOLDER	   MOUNTS_CONFIGFS "/nullb/"
#define PARAMETERS "/sys/module/null_blk/parameters/"
#define SECTOR	   512

/* Arguments that need no other word than their own. */
static const char *const attributes[] = { "blocksize",	   "completion_nsec", "mbps",
					  "memory_backed", "discard",	      "cache_size",
					  "submit_queues", "hw_queue_depth" };

/* Words and the driver's numbers, which are their places. */
static const struct {
	const char *arg, *words[4];
} choices[] = {
	{ "irqmode", { "none", "softirq", "timer" } },
	{ "queue_mode", { "bio", "rq", "mq" } },
};

static int attribute_write(struct guest *g, const char *item, const char *name, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), FOLDER "%s/%s", item, name);
	return io_write_value(path, value, 0)
		       ? step_fail(g, errno, "write '%s' into %s", value, path)
		       : 0;
}

static int attribute_write_number(struct guest *g, const char *item, const char *name,
				  int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return attribute_write(g, item, name, text);
}

static int set_attributes(struct guest *g, const struct plan_step *step, const char *item)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const char *value = plan_arg(step, attributes[i]);

		if (value && attribute_write(g, item, attributes[i], value))
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		const char *value = plan_arg(step, choices[i].arg);

		for (int k = 0; value && k < 4 && choices[i].words[k]; k++)
			if (strcmp(choices[i].words[k], value) == 0 &&
			    attribute_write_number(g, item, choices[i].arg, k))
				return -1;
	}
	return attribute_write_number(g, item, "size", plan_arg_int(step, "size", 0) >> 20);
}

/* Its disk is called as the item (since Linux 6.4), or nullb and the item's index. */
static void disk_name(const char *item, char *kernel, size_t size)
{
	char path[PATH_MAX];
	int64_t index;

	snprintf(kernel, size, "%s", item);
	snprintf(path, sizeof(path), "/sys/block/%s", item);
	if (access(path, F_OK) == 0)
		return;
	snprintf(path, sizeof(path), FOLDER "%s/index", item);
	if (io_read_number(path, &index) == 0)
		snprintf(kernel, size, "nullb%" PRId64, index);
}

/* "from=1048576 length=4096" of `bad`, as the driver has it: "+2048-2055", or with '-' first. */
static int write_bad(struct guest *g, const struct plan_step *step, const char *item, char sign)
{
	for (size_t i = 0; i < step->arg_count; i++) {
		uint64_t from, length;
		char text[64];

		if (strcmp(step->args[i].name, "bad") != 0 ||
		    sscanf(step->args[i].value, "from=%" SCNu64 " length=%" SCNu64, &from,
			   &length) != 2)
			continue;
		snprintf(text, sizeof(text), "%c%" PRIu64 "-%" PRIu64, sign, from / SECTOR,
			 (from + length) / SECTOR - 1);
		if (attribute_write(g, item, "badblocks", text))
			return -1;
	}
	return 0;
}

/* The driver's own faults are set for all of its disks, at boot: were they? */
static int check_attribute(struct guest *g, const struct plan_step *step, const char *arg,
			   const char *parameter)
{
	int64_t nth = plan_arg_int(step, arg, 0);
	char wanted[64], found[128] = "";

	if (nth == 0)
		return 0;
	snprintf(wanted, sizeof(wanted), "%" PRId64 ",100,0,-1", nth);
	if (nth > 0 &&
	    (io_read_text(parameter, found, sizeof(found)) || strcmp(found, wanted) != 0))
		return step_fail(g, EINVAL,
				 "%s is '%s' where '%s' is wanted: null_blk was not booted so, or "
				 "the kernel lacks BLK_DEV_NULL_BLK_FAULT_INJECTION",
				 parameter, found, wanted);
	return 0;
}

/* ---- the account ---- */

struct account {
	const struct plan_step *step;
	char item[32];
	struct bio_counts bios;
};

static int account_count(struct guest *g, struct fault *fault)
{
	const struct account *account = fault->context;
	int64_t failed, requeued;

	if (counter_read(account->bios.done, &fault->asked) ||
	    counter_read(account->bios.failed, &failed) ||
	    counter_read(account->bios.requeued, &requeued)) {
		guest_say("count what null_blk did: %s", strerror(errno));
		return -1;
	}
	fault->fired = failed + requeued;
	return 0;
}

/* The driver's own attributes end with the guest: nothing can set them any more. */
static int account_disarm(struct guest *g, struct fault *fault)
{
	const struct account *account = fault->context;

	if (write_bad(g, account->step, account->item, '-') == 0)
		return 0;
	errno = g->failure.errno_value;
	return -1;
}

static void account_release(struct fault *fault)
{
	struct account *account = fault->context;

	bio_counts_close(&account->bios);
	free(account);
}

static const struct fault_ops account_ops = { account_count, account_disarm, account_release };

static int arm(struct guest *g, const struct plan_step *step, const char *item,
	       const struct device *device)
{
	struct account *account = calloc(1, sizeof(*account));
	struct fault *fault;

	if (!account)
		return step_fail(g, ENOMEM, "an account of null_blk");
	account->step = step;
	snprintf(account->item, sizeof(account->item), "%s", item);
	fault = fault_open(g, step, "null_blk", device->name, &account_ops, account);
	if (!fault) {
		free(account);
		return -1;
	}
	if (bio_counts_open(g, device, &account->bios) || write_bad(g, step, item, '+'))
		return -1;
	fault_armed(g, fault);
	return 0;
}

/* ---- the step ---- */

/* *made false, and no error: it failed, as it was to. */
static int make_disk(struct guest *g, const struct plan_step *step, const char *name,
		     const char *item, bool *made)
{
	char path[PATH_MAX], kernel[32];
	int error;

	snprintf(path, sizeof(path), FOLDER "%s", item);
	if (mkdir(path, 0777))
		return step_fail(g, errno,
				 "mkdir %s (the kernel needs BLK_DEV_NULL_BLK and "
				 "CONFIGFS_FS)",
				 path);
	if (set_attributes(g, step, item))
		return -1;
	snprintf(path, sizeof(path), FOLDER "%s/power", item);
	error = io_write_value(path, "1", 0) ? errno : 0;
	*made = error == 0;
	if (step_expect_errno(g, step, error, "write '1' into %s", path))
		return -1;
	if (!*made)
		return 0;
	disk_name(item, kernel, sizeof(kernel));
	return device_add(g, step, name, kernel);
}

int verb_null_blk(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "as");
	bool faulty = plan_arg(step, "bad") || plan_arg_int(step, "timeout_nth", 0) ||
		      plan_arg_int(step, "requeue_nth", 0);
	static int number;
	bool made = false;
	char item[32];

	snprintf(item, sizeof(item), "nullb%d", number++);
	if (!name || check_attribute(g, step, "timeout_nth", PARAMETERS "timeout") ||
	    check_attribute(g, step, "requeue_nth", PARAMETERS "requeue") ||
	    check_attribute(g, step, "init_hctx_nth", PARAMETERS "init_hctx") ||
	    make_disk(g, step, name, item, &made))
		return -1;
	return faulty && made ? arm(g, step, item, device_find(g, name)) : 0;
}
