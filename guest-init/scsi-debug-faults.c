// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What scsi_debug injects, and how often. The driver counts commands, but not
 * what it made of them. The SCSI layer does, for each disk: commands that came
 * back with anything but "good" (ioerr_cnt), and those that timed out
 * (iotmo_cnt). A command that is refused because the host is busy, or done in
 * part, is put back into its queue: that is a trace event of the block layer. An
 * abort is a call of blk_abort_request(), which hardly anybody else ever calls.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/counters.h"
#include "guest-init/faults.h"
#include "guest-init/io.h"
#include "guest-init/panic.h"
#include "guest-init/scsi-debug.h"
#include "guest-init/verbs.h"

/* drivers/scsi/scsi_debug.c, SDEBUG_OPT_*: the places of the names in the step table. */
enum {
	OPT_MEDIUM_ERR = 0x2,
	OPT_TIMEOUT = 0x4,
	OPT_RECOVERED_ERR = 0x8,
	OPT_TRANSPORT_ERR = 0x10,
	OPT_DIF_ERR = 0x20,
	OPT_DIX_ERR = 0x40,
	OPT_MAC_TIMEOUT = 0x80,
	OPT_SHORT_TRANSFER = 0x100,
	OPT_RARE_TSF = 0x800,
	OPT_HOST_BUSY = 0x8000,
	OPT_CMD_ABORT = 0x10000,
	OPTS_ERRORS = OPT_MEDIUM_ERR | OPT_RECOVERED_ERR | OPT_TRANSPORT_ERR | OPT_DIF_ERR |
		      OPT_DIX_ERR | OPT_RARE_TSF,
	OPTS_TIMEOUTS = OPT_TIMEOUT | OPT_MAC_TIMEOUT,
	OPTS_REQUEUES = OPT_SHORT_TRANSFER | OPT_HOST_BUSY,
	OPTS_INJECTING = OPTS_ERRORS | OPTS_TIMEOUTS | OPTS_REQUEUES | OPT_CMD_ABORT,
	/* What the driver only does to commands that it answers later. */
	OPTS_NEED_DELAY = OPT_TRANSPORT_ERR | OPT_RARE_TSF | OPT_CMD_ABORT,
};

#define FAULT "scsi_debug"
#define DISKS "/sys/bus/pseudo/devices/adapter*/host*/target*/*:*:*:*/"

static const struct {
	const char *file;
	int opts; /* that it counts the effect of; 0: how often it was asked */
} counts[] = {
	{ "iorequest_cnt", 0 },
	{ "ioerr_cnt", OPTS_ERRORS },
	{ "iotmo_cnt", OPTS_TIMEOUTS },
};

struct account {
	int64_t opts;
	int64_t before[ARRAY_SIZE(counts)];
	struct bio_counts bios[GUEST_MAX_DEVICES]; /* OPTS_REQUEUES only */
	size_t bio_count;
	struct counter *aborts; /* OPT_CMD_ABORT only */
};

/* The sum over all disks of the driver. 0, or -1 with errno: one of them has no such count. */
static int read_count(const struct guest *g, const char *file, int64_t *sum)
{
	char pattern[PATH_MAX];
	int result, failed = 0;
	glob_t all;

	*sum = 0;
	snprintf(pattern, sizeof(pattern), "%s" DISKS "%s", guest_root(g), file);
	result = glob(pattern, 0, NULL, &all);
	if (result) {
		errno = result == GLOB_NOMATCH ? ENOENT : ENOMEM;
		return -1;
	}
	for (size_t i = 0; i < all.gl_pathc && !failed; i++) {
		int64_t value;

		failed = io_read_number(all.gl_pathv[i], &value);
		if (!failed)
			*sum += value;
	}
	globfree(&all);
	return failed;
}

/* A disk that vanished took its counts along: what was seen of them stands. */
static void raise_to(int64_t *count, int64_t seen)
{
	if (seen > *count)
		*count = seen;
}

static int account_count(struct guest *g, struct fault *fault)
{
	struct account *account = fault->context;
	int64_t fired = 0, value;

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (counts[i].opts && !(counts[i].opts & account->opts))
			continue;
		if (read_count(g, counts[i].file, &value)) {
			if (errno == ENOENT)
				return 0; /* all disks are gone */
			guest_say("read %s of the disks: %s", counts[i].file, strerror(errno));
			return -1;
		}
		if (counts[i].opts)
			fired += value - account->before[i];
		else
			raise_to(&fault->asked, value - account->before[i]);
	}
	for (size_t i = 0; i < account->bio_count; i++) {
		if (counter_read(account->bios[i].requeued, &value)) {
			guest_say("read a count of requeued requests: %s", strerror(errno));
			return -1;
		}
		fired += value;
	}
	if (account->aborts) {
		if (counter_read(account->aborts, &value)) {
			guest_say("read a count of aborted requests: %s", strerror(errno));
			return -1;
		}
		fired += value;
	}
	raise_to(&fault->fired, fired);
	return 0;
}

static int account_disarm(struct guest *g, struct fault *fault)
{
	int64_t opts;
	char text[24];

	if (scsi_debug_put(g, "every_nth", "0") || scsi_debug_get(g, "opts", &opts))
		return -1;
	snprintf(text, sizeof(text), "%lld", (long long)(opts & ~(int64_t)OPTS_INJECTING));
	return scsi_debug_put(g, "opts", text);
}

static void account_release(struct fault *fault)
{
	struct account *account = fault->context;

	for (size_t i = 0; i < account->bio_count; i++)
		bio_counts_close(&account->bios[i]);
	counter_close(account->aborts);
	free(account);
}

static const struct fault_ops account_ops = { account_count, account_disarm, account_release };

/* ---- arming ---- */

static bool is_ours(const struct device *device)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/class/block/%s", device->kernel);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	return strstr(target, "/adapter") != NULL;
}

static int account_begin(struct guest *g, struct account *account)
{
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		if ((!counts[i].opts || (counts[i].opts & account->opts)) &&
		    read_count(g, counts[i].file, &account->before[i]))
			return step_fail(g, errno,
					 "no %s of the disks: what is injected cannot be counted",
					 counts[i].file);
	for (size_t i = 0; i < g->device_count && (account->opts & OPTS_REQUEUES); i++)
		if (is_ours(&g->devices[i]) &&
		    bio_counts_open(g, &g->devices[i], &account->bios[account->bio_count++]))
			return -1;
	if (account->opts & OPT_CMD_ABORT) {
		account->aborts = counter_open_return(g, "blk_abort_request", NULL);
		if (!account->aborts)
			return -1;
	}
	return 0;
}

/* Names of the driver's disks: it injects into all of them. */
static void disk_names(const struct guest *g, char *names, size_t size)
{
	size_t length = 0;

	names[0] = '\0';
	for (size_t i = 0; i < g->device_count && length < size; i++)
		if (is_ours(&g->devices[i]))
			length += (size_t)snprintf(names + length, size - length, "%s%s",
						   length ? "," : "", g->devices[i].name);
}

static int account_open(struct guest *g, const struct plan_step *step, int64_t opts,
			struct fault **fault)
{
	struct account *account = calloc(1, sizeof(*account));
	char names[sizeof((*fault)->devices)];

	if (!account)
		return step_fail(g, ENOMEM, "an account of %s", FAULT);
	account->opts = opts;
	disk_names(g, names, sizeof(names));
	*fault = fault_open(g, step, FAULT, names, &account_ops, account);
	if (*fault)
		return account_begin(g, account);
	free(account);
	return -1;
}

/* Given by the step, else as it is. */
static int wanted(struct guest *g, const struct plan_step *step, const char *name, int64_t *value)
{
	if (plan_arg(step, name)) {
		*value = plan_arg_int(step, name, 0);
		return 0;
	}
	return scsi_debug_get(g, name, value);
}

static int check_delay(struct guest *g, int64_t opts)
{
	int64_t delay, ndelay;

	if (!(opts & OPTS_NEED_DELAY))
		return 0;
	if (scsi_debug_get(g, "delay", &delay) || scsi_debug_get(g, "ndelay", &ndelay))
		return -1;
	if (delay == 0 && ndelay == 0)
		return step_fail(g, 0,
				 "transport_err, rare_tsf and cmd_abort need a delay: what the "
				 "driver answers at once it answers well");
	return 0;
}

/* ndelay before delay: the driver sets the one when it is given the other. */
static const char *const early[] = { "ndelay", "delay", "medium_error_start",
				     "medium_error_count" };

static int put_number(struct guest *g, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	return scsi_debug_put(g, name, text);
}

int scsi_debug_apply(struct guest *g, const struct plan_step *step)
{
	struct fault *fault = fault_find_open(g, FAULT, NULL);
	int64_t opts, every_nth;
	bool injects;

	if (wanted(g, step, "opts", &opts) || wanted(g, step, "every_nth", &every_nth))
		return -1;
	if (fault)
		fault_close(g, fault);
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		if (plan_arg(step, early[i]) && !(i == 1 && plan_arg_int(step, "ndelay", 0)) &&
		    scsi_debug_put(g, early[i], plan_arg(step, early[i])))
			return -1;
	/* Errors of the medium need no every_nth; all the others do nothing without. */
	injects = every_nth || (opts & OPT_MEDIUM_ERR);
	if (injects && (check_delay(g, opts) || account_open(g, step, opts, &fault)))
		return -1;
	if (put_number(g, "opts", opts) || put_number(g, "every_nth", every_nth))
		return -1;
	if (injects)
		fault_armed(g, fault);
	return 0;
}

int verb_scsi_debug_set(struct guest *g, const struct plan_step *step)
{
	return scsi_debug_put_others(g, step) ? -1 : scsi_debug_apply(g, step);
}
