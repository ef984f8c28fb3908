// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel counts `times` down by one for each failure that it injects, but
 * only when it is not -1 ("no limit"): so a limit too high to be reached stands
 * for none, and what is missing from it is how often the fault fired, exactly.
 */
#include "guest-init/fault-attr.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/mounts.h"
#include "guest-init/panic.h"
#include "guest-init/verbs.h"

#define TIMES_ENDLESS 1000000000

/* One attribute set; what changes is in the guest's fault_attrs, in the same order. */
struct fault_attr {
	const char *verb;	 /* its step, its name and its folder in debugfs */
	const char *needs;	 /* beside FAULT_INJECTION_DEBUG_FS */
	const char *device_file; /* below /sys/block/DEVICE: makes it eligible; NULL: no devices */
};

static const struct fault_attr attrs[] = {
	{ "fail_make_request", "FAIL_MAKE_REQUEST", "make-it-fail" },
	{ "fail_io_timeout", "FAIL_IO_TIMEOUT", "io-timeout-fail" },
	{ "failslab", "FAILSLAB", NULL },
	{ "fail_page_alloc", "FAIL_PAGE_ALLOC", NULL },
	{ "fail_usercopy", "FAULT_INJECTION_USERCOPY", NULL },
	{ "fail_futex", "FAIL_FUTEX", NULL },
	{ "fail_sunrpc", "FAIL_SUNRPC", NULL },
	{ "fail_function", "FAIL_FUNCTION", NULL },
};
_Static_assert(ARRAY_SIZE(attrs) == GUEST_FAULT_ATTRS, "every set needs its state");

/* Arguments that are files of the same meaning; `times` and `probability` need more than a copy. */
static const struct {
	const char *arg, *file;
} files[] = {
	{ "verbose", "verbose" },
	{ "verbose_ratelimit_interval", "verbose_ratelimit_interval_ms" },
	{ "verbose_ratelimit_burst", "verbose_ratelimit_burst" },
	{ "task_filter", "task-filter" },
	{ "interval", "interval" },
	{ "space", "space" },
	{ "ignore_gfp_wait", "ignore-gfp-wait" },
	{ "ignore_gfp_highmem", "ignore-gfp-highmem" },
	{ "cache_filter", "cache-filter" },
	{ "min_order", "min-order" },
	{ "ignore_private", "ignore-private" },
	{ "ignore_client_disconnect", "ignore-client-disconnect" },
	{ "ignore_server_disconnect", "ignore-server-disconnect" },
	{ "ignore_cache_wait", "ignore-cache-wait" },
};

static const struct fault_attr *attr_find(const char *verb)
{
	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++)
		if (strcmp(attrs[i].verb, verb) == 0)
			return &attrs[i];
	return NULL;
}

static struct fault_attr_state *attr_state(struct guest *g, const struct fault_attr *attr)
{
	return &g->fault_attrs[attr - attrs];
}

static const char *root_of(const struct guest *g)
{
	return g->fault_root ? g->fault_root : "";
}

static const char *attr_path(const struct guest *g, const struct fault_attr *attr, const char *file,
			     char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s" MOUNTS_DEBUGFS "/%s/%s", root_of(g), attr->verb, file);
	return path;
}

static int attr_write(struct guest *g, const struct fault_attr *attr, const char *file,
		      const char *value)
{
	char path[PATH_MAX];

	if (io_write_value(attr_path(g, attr, file, path), value, 0) == 0)
		return 0;
	if (errno == ENOENT)
		return step_fail(
			g, errno,
			"write %s (the kernel needs %s and FAULT_INJECTION_DEBUG_FS, and may be "
			"too old for this attribute)",
			path, attr->needs);
	return step_fail(g, errno, "write '%s' into %s", value, path);
}

static int device_make_eligible(const struct guest *g, const struct fault_attr *attr,
				const struct device *device, int value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/block/%s/%s", root_of(g), device->kernel,
		 attr->device_file);
	return io_write_number(path, value);
}

/* ---- the account ---- */

static int attr_count(struct guest *g, struct fault *fault)
{
	struct fault_attr_state *state = fault->context;
	const struct fault_attr *attr = &attrs[state - g->fault_attrs];
	char path[PATH_MAX];
	int64_t left;

	if (io_read_number(attr_path(g, attr, "times", path), &left)) {
		guest_say("read %s: %s", path, strerror(errno));
		return -1;
	}
	/* It only ever counts down: someone else wrote it. */
	if (left < 0 || left > state->times_left) {
		guest_say("%s was changed under us: the count is lost", path);
		return -1;
	}
	state->times_left = left;
	fault->fired = state->times_written - left;
	return 0;
}

static int attr_disarm(struct guest *g, struct fault *fault)
{
	struct fault_attr_state *state = fault->context;
	const struct fault_attr *attr = &attrs[state - g->fault_attrs];
	char path[PATH_MAX];

	/* This alone ends it: devices are one condition more, which later steps may want. */
	if (io_write_value(attr_path(g, attr, "probability", path), "0", 0) && errno != ENOENT)
		return -1;
	for (size_t i = 0; i < state->device_count; i++)
		if (device_make_eligible(g, attr, state->devices[i], 0))
			guest_say("disarm %s on %s: %s", attr->verb, state->devices[i]->path,
				  strerror(errno));
	state->device_count = 0;
	return 0;
}

static const struct fault_ops attr_ops = { attr_count, attr_disarm };

/* ---- arming ---- */

/* Names of what is eligible, for the account; the kernel counts for all of them together. */
static void attr_device_names(const struct fault_attr_state *state, char *names, size_t size)
{
	size_t length = 0;

	names[0] = '\0';
	for (size_t i = 0; i < state->device_count && length < size; i++)
		length += (size_t)snprintf(names + length, size - length, "%s%s", i > 0 ? "," : "",
					   state->devices[i]->name);
}

/* Takes the step's device in beside those of steps before. */
static int attr_add_device(struct guest *g, const struct fault_attr *attr,
			   const struct plan_step *step)
{
	struct fault_attr_state *state = attr_state(g, attr);
	struct device *device;
	size_t i = 0;

	if (!attr->device_file)
		return 0;
	device = device_of_step(g, step);
	if (!device)
		return -1;
	while (i < state->device_count && state->devices[i] != device)
		i++;
	if (i == state->device_count)
		state->devices[state->device_count++] = device;
	return 0;
}

static int attr_make_eligible(struct guest *g, const struct fault_attr *attr)
{
	const struct fault_attr_state *state = attr_state(g, attr);

	for (size_t i = 0; i < state->device_count; i++)
		if (device_make_eligible(g, attr, state->devices[i], 1))
			return step_fail(g, errno, "write 1 into /sys/block/%s/%s",
					 state->devices[i]->kernel, attr->device_file);
	return 0;
}

/* All but the probability. */
static int attr_set(struct guest *g, const struct fault_attr *attr, const struct plan_step *step)
{
	struct fault_attr_state *state = attr_state(g, attr);
	int64_t times = plan_arg_int(step, "times", -1);
	char text[24];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *value = plan_arg(step, files[i].arg);

		if (value && attr_write(g, attr, files[i].file, value))
			return -1;
	}
	if (times < 0 || times > TIMES_ENDLESS)
		times = TIMES_ENDLESS;
	snprintf(text, sizeof(text), "%lld", (long long)times);
	if (attr_write(g, attr, "times", text))
		return -1;
	state->times_written = state->times_left = times;
	if (plan_arg_int(step, "task_filter", 0))
		g->fault_task_filter = true;
	return 0;
}

/* Ends the account before, if it is open, and keeps its devices for the next one. */
static void attr_close_last(struct guest *g, const struct fault_attr *attr)
{
	struct fault *last = fault_find_open(g, attr->verb, NULL);
	size_t count = attr_state(g, attr)->device_count;

	if (!last)
		return;
	fault_close(g, last);
	attr_state(g, attr)->device_count = count;
}

int fault_attr_arm(struct guest *g, const struct plan_step *step, const char *verb,
		   int (*prepare)(struct guest *g, const struct plan_step *step))
{
	const char *probability = step_need(g, step, "probability");
	const struct fault_attr *attr = attr_find(verb);
	char names[sizeof(((struct fault *)NULL)->devices)];
	struct fault *fault;

	if (!attr)
		return step_fail(g, 0, "no fault attributes '%s'", verb);
	if (!probability)
		return -1;
	attr_close_last(g, attr);
	if (attr_add_device(g, attr, step))
		return -1;
	attr_device_names(attr_state(g, attr), names, sizeof(names));
	fault = fault_open(g, step, attr->verb, names, &attr_ops, attr_state(g, attr));
	/* Quiet while it is changed. */
	if (!fault || attr_write(g, attr, "probability", "0") || attr_make_eligible(g, attr) ||
	    attr_set(g, attr, step) || (prepare && prepare(g, step)) ||
	    attr_write(g, attr, "probability", probability))
		return -1;
	fault_armed(g, fault);
	return 0;
}

/* For every set that needs nothing beside its attributes. */
int verb_fault_attr(struct guest *g, const struct plan_step *step)
{
	return fault_attr_arm(g, step, step->verb, NULL);
}
