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
#include <stdlib.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/fault-filters.h"
#include "guest-init/io.h"
#include "guest-init/mounts.h"
#include "guest-init/panic.h"
#include "guest-init/verbs.h"

#define TIMES_ENDLESS 1000000000

/* One attribute set; what changes is in the guest's fault_attrs, in the same order. */
struct fault_attr {
	const char *verb;	 /* its step, its name and its folder in debugfs */
	const char *needs;	 /* beside FAULT_INJECTION_DEBUG_FS */
	const char *device_file; /* below /sys/class/block/DEVICE: makes it eligible */
	bool functions;		 /* `inject` and FUNCTION/retval make one eligible */
};

static const struct fault_attr attrs[] = {
	{ "fail_make_request", "FAIL_MAKE_REQUEST", "make-it-fail" },
	{ "fail_io_timeout", "FAIL_IO_TIMEOUT", "io-timeout-fail" },
	{ "failslab", "FAILSLAB", NULL },
	{ "fail_page_alloc", "FAIL_PAGE_ALLOC", NULL },
	{ "fail_usercopy", "FAULT_INJECTION_USERCOPY", NULL },
	{ "fail_futex", "FAIL_FUTEX", NULL },
	{ "fail_sunrpc", "FAIL_SUNRPC", NULL },
	{ "fail_function", "FAIL_FUNCTION", NULL, true },
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

static const char *attr_path(const struct guest *g, const struct fault_attr *attr, const char *file,
			     char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s" MOUNTS_DEBUGFS "/%s/%s", guest_root(g), attr->verb, file);
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

static int device_make_eligible(struct guest *g, const struct fault_attr *attr, const char *name,
				int value)
{
	const struct device *device = device_find(g, name);
	char path[PATH_MAX];

	/* Not /sys/block: a partition is below its disk there. */
	snprintf(path, sizeof(path), "%s/sys/class/block/%s/%s", guest_root(g), device->kernel,
		 attr->device_file);
	return io_write_number(path, value);
}

static int function_make_eligible(const struct guest *g, const struct fault_attr *attr,
				  const char *name, bool on)
{
	char path[PATH_MAX], text[160];

	snprintf(text, sizeof(text), "%s%s", on ? "" : "!", name);
	return io_write_value(attr_path(g, attr, "inject", path), text, 0);
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
	for (size_t i = 0; i < state->target_count; i++) {
		const char *name = state->targets[i].name;

		if (attr->functions ? function_make_eligible(g, attr, name, false)
				    : device_make_eligible(g, attr, name, 0))
			guest_say("disarm %s on %s: %s", attr->verb, name, strerror(errno));
	}
	state->target_count = 0;
	fault_filters_clear(g, attr_path(g, attr, "", path), state);
	return 0;
}

static const struct fault_ops attr_ops = { attr_count, attr_disarm, NULL };

/* ---- arming ---- */

/* Names of what is eligible, for the account; the kernel counts for all of them together. */
static void attr_target_names(const struct fault_attr_state *state, char *names, size_t size)
{
	size_t length = 0;

	names[0] = '\0';
	for (size_t i = 0; i < state->target_count && length < size; i++)
		length += (size_t)snprintf(names + length, size - length, "%s%s", i > 0 ? "," : "",
					   state->targets[i].name);
}

/* Takes the step's device or function in beside those of steps before. */
static int attr_add_target(struct guest *g, const struct fault_attr *attr,
			   const struct plan_step *step)
{
	struct fault_attr_state *state = attr_state(g, attr);
	const struct device *device;
	const char *name;
	size_t i = 0;

	if (!attr->functions && !attr->device_file)
		return 0;
	if (attr->functions) {
		name = step_need(g, step, "function");
	} else {
		device = device_of_step(g, step);
		name = device ? device->name : NULL;
	}
	if (!name)
		return -1;
	while (i < state->target_count && strcmp(state->targets[i].name, name) != 0)
		i++;
	if (i == ARRAY_SIZE(state->targets))
		return step_fail(g, 0, "%s on more than %zu at once", attr->verb, i);
	state->targets[i].name = name;
	state->targets[i].retval = plan_arg(step, "retval");
	if (i == state->target_count)
		state->target_count++;
	return 0;
}

static int function_arm(struct guest *g, const struct fault_attr *attr, const char *name,
			const char *retval)
{
	char file[160], text[24], path[PATH_MAX];

	if (function_make_eligible(g, attr, name, true)) {
		if (errno == ERANGE)
			return step_fail(g, errno,
					 "%s is not in %s: the kernel does not allow to make it "
					 "fail",
					 name, attr_path(g, attr, "injectable", path));
		if (errno == EINVAL)
			return step_fail(g, errno, "the kernel has no function %s", name);
		return step_fail(g, errno, "write '%s' into %s (the kernel needs %s)", name,
				 attr_path(g, attr, "inject", path), attr->needs);
	}
	if (!retval)
		return 0;
	/* The file takes no sign. */
	snprintf(file, sizeof(file), "%s/retval", name);
	snprintf(text, sizeof(text), "%#llx", (unsigned long long)strtoll(retval, NULL, 10));
	if (io_write_value(attr_path(g, attr, file, path), text, 0) == 0)
		return 0;
	return step_fail(g, errno, "%s cannot be made to return %s%s", name, retval,
			 errno == EINVAL ? ": its kind of errors is in error_injection/list" : "");
}

static int attr_make_eligible(struct guest *g, const struct fault_attr *attr)
{
	const struct fault_attr_state *state = attr_state(g, attr);

	for (size_t i = 0; i < state->target_count; i++) {
		const char *name = state->targets[i].name;

		if (attr->functions && function_arm(g, attr, name, state->targets[i].retval))
			return -1;
		if (attr->device_file && device_make_eligible(g, attr, name, 1))
			return step_fail(g, errno, "write 1 into %s of device %s",
					 attr->device_file, name);
	}
	return 0;
}

/* All but the probability. */
static int attr_set(struct guest *g, const struct fault_attr *attr, const struct plan_step *step)
{
	struct fault_attr_state *state = attr_state(g, attr);
	int64_t times = plan_arg_int(step, "times", -1);
	char text[24], path[PATH_MAX];

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
	return fault_filters_set(g, step, attr_path(g, attr, "", path), state);
}

/* Ends the account before, if it is open, and keeps what it was armed on for the next one. */
static void attr_close_last(struct guest *g, const struct fault_attr *attr)
{
	struct fault *last = fault_find_open(g, attr->verb, NULL);
	size_t count = attr_state(g, attr)->target_count;

	if (!last)
		return;
	fault_close(g, last);
	attr_state(g, attr)->target_count = count;
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
	if (attr_add_target(g, attr, step))
		return -1;
	attr_target_names(attr_state(g, attr), names, sizeof(names));
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
