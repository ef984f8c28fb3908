// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fail_make_request through debugfs (Documentation/fault-injection).
 *
 * The kernel counts `times` down by one for each failure that it injects, but
 * only when it is not -1 ("no limit"): so a limit too high to be reached stands
 * for none, and what is missing from it is how often the fault fired, exactly.
 */
#include "guest-init/faults.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/mounts.h"
#include "guest-init/panic.h"
#include "guest-init/verbs.h"

#define FAULT_DIR	    MOUNTS_DEBUGFS "/fail_make_request/"
#define FAULT_TIMES_ENDLESS 1000000000

/* Where `file` of the attribute set is. */
static const char *fault_path(const struct guest *g, const char *file, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s" FAULT_DIR "%s", g->fault.root ? g->fault.root : "", file);
	return path;
}

/* How often the last arming fired; -1: nobody can know, and the console has why. */
static int64_t fault_fired_now(struct guest *g)
{
	const struct fault_state *fault = &g->fault;
	char path[PATH_MAX];
	int64_t left;

	if (fault->times_written == 0)
		return 0;
	if (io_read_number(fault_path(g, "times", path), &left)) {
		guest_say("read %s: %s", path, strerror(errno));
		return -1;
	}
	/* It only ever counts down: someone else wrote it. */
	if (left < 0 || left > fault->times_left) {
		guest_say("%s was changed under us: the count is lost", path);
		return -1;
	}
	g->fault.times_left = left;
	return fault->times_written - left;
}

/* Adds up what fired since `times` was written; a count that is lost once stays lost. */
static void fault_count(struct guest *g)
{
	struct fault_state *fault = &g->fault;
	int64_t fired = fault->lost ? -1 : fault_fired_now(g);

	fault->lost = fired < 0;
	fault->fired = fault->lost ? 0 : fault->fired_before + fired;
}

/* final: no more can fire. A count that is lost is not said, and never final. */
static void fault_send(struct guest *g, bool final)
{
	const struct fault_state *fault = &g->fault;
	char names[512] = "";
	size_t length = 0;

	fault_count(g);
	for (size_t i = 0; i < fault->device_count && length < sizeof(names); i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   i > 0 ? "," : "", fault->devices[i]->name);
	frame_begin(&g->frames, "fault");
	frame_int(&g->frames, "i", fault->step);
	frame_str(&g->frames, "fault", "fail_make_request");
	frame_str(&g->frames, "device", names);
	frame_bool(&g->frames, "armed", fault->armed);
	if (!fault->lost)
		frame_int(&g->frames, "fired", fault->fired);
	frame_bool(&g->frames, "disarmed", final && !fault->lost);
	frame_end(&g->frames);
}

void faults_report(struct guest *g)
{
	if (g->fault.used)
		fault_send(g, false);
}

static int device_make_it_fail(const struct guest *g, const struct device *device, int value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/block/%s/make-it-fail",
		 g->fault.root ? g->fault.root : "", device->kernel);
	return io_write_number(path, value);
}

void faults_disarm(struct guest *g)
{
	struct fault_state *fault = &g->fault;
	char path[PATH_MAX];
	bool quiet;

	if (!fault->used)
		return;
	/* This alone ends it: the devices are one condition more. */
	quiet = io_write_number(fault_path(g, "probability", path), 0) == 0 || errno == ENOENT;
	if (!quiet)
		guest_say("disarm fail_make_request: %s", strerror(errno));
	for (size_t i = 0; i < fault->device_count; i++)
		if (device_make_it_fail(g, fault->devices[i], 0))
			guest_say("disarm %s: %s", fault->devices[i]->path, strerror(errno));
	fault->armed = false;
	fault_send(g, quiet);
	fault->used = false;
}

/* The arguments that are files of the same meaning; the others need more than a copy. */
static const struct {
	const char *arg, *file;
} attributes[] = {
	{ "verbose", "verbose" },
	{ "verbose_ratelimit_interval", "verbose_ratelimit_interval_ms" },
	{ "verbose_ratelimit_burst", "verbose_ratelimit_burst" },
	{ "task_filter", "task-filter" },
	{ "interval", "interval" },
	{ "space", "space" },
};

static int fault_write(struct guest *g, const char *file, const char *value)
{
	char path[PATH_MAX];

	if (io_write_value(fault_path(g, file, path), value, 0) == 0)
		return 0;
	if (errno == ENOENT)
		return step_fail(g, errno,
				 "write %s (the kernel needs FAIL_MAKE_REQUEST and "
				 "FAULT_INJECTION_DEBUG_FS)",
				 path);
	return step_fail(g, errno, "write '%s' into %s", value, path);
}

/* Takes the device in. The kernel counts for all of them together: a further one opens a new
 * account. */
static int fault_add_device(struct guest *g, struct device *device)
{
	struct fault_state *fault = &g->fault;
	size_t i = 0;

	while (i < fault->device_count && fault->devices[i] != device)
		i++;
	if (i < fault->device_count)
		return 0;
	if (fault->armed) {
		fault_send(g, true);
		fault->fired_before = 0;
		fault->times_written = 0;
	}
	if (device_make_it_fail(g, device, 1))
		return step_fail(g, errno, "write 1 into /sys/block/%s/make-it-fail",
				 device->kernel);
	fault->devices[fault->device_count++] = device;
	return 0;
}

/* All but the probability. What fired so far is kept before `times` starts anew. */
static int fault_set(struct guest *g, const struct plan_step *step)
{
	struct fault_state *fault = &g->fault;
	int64_t times = plan_arg_int(step, "times", -1);
	char text[24];

	fault_count(g);
	fault->fired_before = fault->fired;
	fault->times_written = 0;
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const char *value = plan_arg(step, attributes[i].arg);

		if (value && fault_write(g, attributes[i].file, value))
			return -1;
	}
	if (times < 0 || times > FAULT_TIMES_ENDLESS)
		times = FAULT_TIMES_ENDLESS;
	snprintf(text, sizeof(text), "%lld", (long long)times);
	if (fault_write(g, "times", text))
		return -1;
	fault->times_written = times;
	fault->times_left = times;
	fault->task_filter = plan_arg_int(step, "task_filter", 0) != 0;
	return 0;
}

int verb_fail_make_request(struct guest *g, const struct plan_step *step)
{
	struct fault_state *fault = &g->fault;
	const char *probability = step_need(g, step, "probability");
	struct device *device = device_of_step(g, step);

	if (!probability || !device)
		return -1;
	fault->used = true;
	/* Quiet while it is changed; only then is the step the one that is told of. */
	if (fault_write(g, "probability", "0") || fault_add_device(g, device))
		return -1;
	fault->step = step->index;
	if (fault_set(g, step) || fault_write(g, "probability", probability))
		return -1;
	fault->armed = true;
	faults_report(g);
	return 0;
}
