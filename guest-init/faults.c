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
#include <stdio.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/mounts.h"
#include "guest-init/panic.h"
#include "guest-init/verbs.h"

#define FAULT_DIR	    MOUNTS_DEBUGFS "/fail_make_request/"
#define FAULT_TIMES_ENDLESS 1000000000

/* How often the last arming fired. */
static int64_t fault_fired_now(struct guest *g)
{
	const struct fault_state *fault = &g->fault;
	int64_t left;

	if (fault->times_written == 0)
		return 0;
	if (io_read_number(FAULT_DIR "times", &left)) {
		guest_say("read %stimes: %s", FAULT_DIR, strerror(errno));
		return 0;
	}
	/* Someone else wrote it: then nothing is known, and nothing is claimed. */
	if (left < 0 || left > fault->times_written) {
		guest_say("%stimes was changed under us: the count is lost", FAULT_DIR);
		return 0;
	}
	return fault->times_written - left;
}

static void fault_send(struct guest *g, bool disarmed)
{
	const struct fault_state *fault = &g->fault;
	char names[512] = "";
	size_t length = 0;

	for (size_t i = 0; i < fault->device_count && length < sizeof(names); i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   i > 0 ? "," : "", fault->devices[i]->name);
	frame_begin(&g->frames, "fault");
	frame_int(&g->frames, "i", fault->step);
	frame_str(&g->frames, "fault", "fail_make_request");
	frame_str(&g->frames, "device", names);
	frame_bool(&g->frames, "armed", fault->armed);
	frame_int(&g->frames, "fired", fault->fired_before + fault_fired_now(g));
	frame_bool(&g->frames, "disarmed", disarmed);
	frame_end(&g->frames);
}

void faults_report(struct guest *g)
{
	if (g->fault.used)
		fault_send(g, false);
}

static int device_make_it_fail(const struct device *device, int value)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/block/%s/make-it-fail", device->kernel);
	return io_write_number(path, value);
}

void faults_disarm(struct guest *g)
{
	struct fault_state *fault = &g->fault;

	if (!fault->used)
		return;
	if (io_write_number(FAULT_DIR "probability", 0) && errno != ENOENT)
		guest_say("disarm fail_make_request: %s", strerror(errno));
	for (size_t i = 0; i < fault->device_count; i++)
		if (device_make_it_fail(fault->devices[i], 0))
			guest_say("disarm %s: %s", fault->devices[i]->path, strerror(errno));
	fault->armed = false;
	fault_send(g, true);
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
	char path[96];

	snprintf(path, sizeof(path), FAULT_DIR "%s", file);
	if (io_write_value(path, value, 0) == 0)
		return 0;
	if (errno == ENOENT)
		return step_fail(g, errno,
				 "write %s (the kernel needs FAIL_MAKE_REQUEST and "
				 "FAULT_INJECTION_DEBUG_FS)",
				 path);
	return step_fail(g, errno, "write '%s' into %s", value, path);
}

/* All but the probability. What fired so far is kept before `times` starts anew. */
static int fault_set(struct guest *g, const struct plan_step *step)
{
	struct fault_state *fault = &g->fault;
	int64_t times = plan_arg_int(step, "times", -1);
	char text[24];

	if (fault_write(g, "probability", "0"))
		return -1;
	fault->fired_before += fault_fired_now(g);
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
	fault->task_filter = plan_arg_int(step, "task_filter", 0) != 0;
	return 0;
}

int verb_fail_make_request(struct guest *g, const struct plan_step *step)
{
	struct fault_state *fault = &g->fault;
	const char *probability = step_need(g, step, "probability");
	struct device *device = device_of_step(g, step);
	size_t i = 0;

	if (!probability || !device)
		return -1;
	fault->used = true;
	fault->step = step->index;
	if (fault_set(g, step))
		return -1;
	if (device_make_it_fail(device, 1))
		return step_fail(g, errno, "write 1 into /sys/block/%s/make-it-fail",
				 device->kernel);
	while (i < fault->device_count && fault->devices[i] != device)
		i++;
	if (i == fault->device_count)
		fault->devices[fault->device_count++] = device;
	if (fault_write(g, "probability", probability))
		return -1;
	fault->armed = true;
	faults_report(g);
	return 0;
}
