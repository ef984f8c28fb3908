// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scsi_debug, built into the kernel. What can only be said at boot (the size,
 * that no disk is there at first) the host puts on the kernel command line, see
 * lab/plan/step-append.h; this step checks that it was, and sets the rest.
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/scsi-debug.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define PARAMETERS	"/sys/module/scsi_debug/parameters/"
#define DRIVER		"/sys/bus/pseudo/drivers/scsi_debug/"
#define DISK_PATTERN	"/sys/bus/pseudo/devices/adapter*/host*/target*/*/block/*"
#define DISK_TIMEOUT_MS 10000
#define BUSY_TIMEOUT_MS 5000

/* Y and 1 are the same, and so are 16 and 0x10. */
static bool same_value(const char *a, const char *b)
{
	char *end_a, *end_b;
	long long number_a, number_b;

	if (strcmp(a, b) == 0)
		return true;
	if (strcmp(a, "Y") == 0 || strcmp(a, "N") == 0)
		a = *a == 'Y' ? "1" : "0";
	number_a = strtoll(a, &end_a, 0);
	number_b = strtoll(b, &end_b, 0);
	return *a && *b && !*end_a && !*end_b && number_a == number_b;
}

/* Whether a parameter has a value now; a parameter that is not there is a failed step (-1). */
static int parameter_has(struct guest *g, const char *name, const char *value)
{
	char path[PATH_MAX], text[256];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	if (io_read_text(path, text, sizeof(text)))
		return step_fail(g, errno, "scsi_debug has no attribute '%s'", name);
	return same_value(text, value);
}

/* The driver's own attribute where there is one: it checks, and a parameter's file does not. */
static int parameter_write(struct guest *g, const char *name, const char *value)
{
	uint64_t deadline_ns = frame_clock_ns() + BUSY_TIMEOUT_MS * 1000000ull;
	char path[PATH_MAX];
	int result;

	snprintf(path, sizeof(path), DRIVER "%s", name);
	result = io_write_value(path, value, 0);
	if (result && errno == ENOENT) {
		snprintf(path, sizeof(path), PARAMETERS "%s", name);
		result = io_write_value(path, value, 0);
	}
	/* A delay cannot be changed while commands wait for theirs to pass. */
	while (result && errno == EBUSY && frame_clock_ns() < deadline_ns) {
		guest_pause_ms(g, 1);
		result = io_write_value(path, value, 0);
	}
	if (result == 0)
		return 0;
	if (errno == EACCES || errno == EPERM)
		return step_fail(g, errno,
				 "%s can only be set at boot: scsi_debug.%s=%s is not on the "
				 "kernel command line",
				 path, name, value);
	return step_fail(g, errno, "write '%s' into %s", value, path);
}

int scsi_debug_get(struct guest *g, const char *name, int64_t *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	return io_read_number(path, value) ? step_fail(g, errno, "read %s", path) : 0;
}

int scsi_debug_put(struct guest *g, const char *name, const char *value)
{
	int has = parameter_has(g, name, value);

	if (has)
		return has > 0 ? 0 : -1;
	return parameter_write(g, name, value);
}

/* The size is the same for all disks of a boot. */
static int check_size(struct guest *g, const struct plan_step *step)
{
	int64_t size_bytes = plan_arg_int(step, "size", -1);
	int64_t booted_mb;

	if (size_bytes <= 0 || size_bytes % (1 << 20))
		return step_fail(g, EINVAL, "size %" PRId64 " is no multiple of 1M", size_bytes);
	if (io_read_number(PARAMETERS "dev_size_mb", &booted_mb))
		return step_fail(g, errno, "read %sdev_size_mb (the kernel needs SCSI_DEBUG)",
				 PARAMETERS);
	if (booted_mb != size_bytes >> 20)
		return step_fail(g, EINVAL,
				 "scsi_debug was booted with disks of %" PRId64 " MB: "
				 "scsi_debug.dev_size_mb=%" PRId64
				 " is not on the kernel command line",
				 booted_mb, size_bytes >> 20);
	return 0;
}

/* The first disk that is not in `before`, as "sda"; false when there is none yet. */
static bool find_new_disk(const glob_t *before, char *kernel, size_t size)
{
	glob_t now;
	bool found = false;

	if (glob(DISK_PATTERN, 0, NULL, &now))
		return false;
	for (size_t i = 0; i < now.gl_pathc && !found; i++) {
		bool known = false;

		for (size_t j = 0; j < before->gl_pathc; j++)
			known |= strcmp(now.gl_pathv[i], before->gl_pathv[j]) == 0;
		if (!known) {
			snprintf(kernel, size, "%s", strrchr(now.gl_pathv[i], '/') + 1);
			found = true;
		}
	}
	globfree(&now);
	return found;
}

/* Adds a host, hence a disk. The first uses the store made at boot, others get their own. */
static int add_disk(struct guest *g, char *kernel, size_t size)
{
	uint64_t deadline_ns = frame_clock_ns() + DISK_TIMEOUT_MS * 1000000ull;
	glob_t before = { 0 };
	bool found;
	int result;

	result = glob(DISK_PATTERN, 0, NULL, &before);
	if (result && result != GLOB_NOMATCH)
		return step_fail(g, ENOMEM, "look for disks of scsi_debug");
	if (scsi_debug_put(g, "per_host_store", before.gl_pathc > 0 ? "1" : "0") ||
	    parameter_write(g, "add_host", "1")) {
		globfree(&before);
		return -1;
	}
	while (!(found = find_new_disk(&before, kernel, size)) && frame_clock_ns() < deadline_ns)
		guest_pause_ms(g, 2);
	globfree(&before);
	if (!found)
		return step_fail(g, ETIMEDOUT, "no disk of scsi_debug appeared within %d s",
				 DISK_TIMEOUT_MS / 1000);
	return 0;
}

int scsi_debug_put_others(struct guest *g, const struct plan_step *step)
{
	/* Those that scsi_debug_apply() sets in its order, and the disk's own. */
	static const char *const own[] = { "as",
					   "size",
					   "delay",
					   "ndelay",
					   "opts",
					   "every_nth",
					   "medium_error_start",
					   "medium_error_count" };

	for (size_t i = 0; i < step->arg_count; i++) {
		const struct plan_arg *arg = &step->args[i];
		size_t k = 0;

		while (k < ARRAY_SIZE(own) && strcmp(own[k], arg->name) != 0)
			k++;
		if (k == ARRAY_SIZE(own) && scsi_debug_put(g, arg->name, arg->value))
			return -1;
	}
	return 0;
}

int verb_scsi_debug(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "as");
	const char *delay = step_need(g, step, "delay");
	char kernel[32];

	/* What shapes a disk was set at boot, and is only checked; what makes commands fail comes
	 * last, so that the kernel finds a healthy disk. */
	if (!name || !delay || check_size(g, step) || scsi_debug_put(g, "delay", delay) ||
	    add_disk(g, kernel, sizeof(kernel)) || device_add(g, step, name, kernel) ||
	    scsi_debug_put_others(g, step))
		return -1;
	return scsi_debug_apply(g, step);
}
