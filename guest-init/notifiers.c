// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notifiers that refuse what is going to happen: the steps notifier_error
 * (Documentation/fault-injection/notifier-error-inject.rst) and cpu_hotplug_fail,
 * as the notifier of processors is gone since Linux 4.10.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/faults.h"
#include "guest-init/io.h"
#include "guest-init/kernel-log.h"
#include "guest-init/mounts.h"
#include "guest-init/panic.h"
#include "guest-init/verbs.h"

#define NOTIFIERS "notifier-error-inject"

/* ---- notifier_error ------------------------------------------------------- */

struct notifier {
	const char *chain, *action; /* the plan's */
	char file[PATH_MAX];
	char message[160]; /* what the kernel says each time, at KERN_INFO */
	struct kernel_log log;
	int64_t count;
};
/* One for each fault of the guest, at the same place, and one for which there is no room. */
static struct notifier notifiers[GUEST_MAX_FAULTS + 1];

/* The kernel keeps no count, but it tells of each refusal, without a rate limit. */
static int notifier_count(struct guest *g, struct fault *fault)
{
	struct notifier *n = fault->context;

	(void)g;
	if (kernel_log_count(&n->log, n->message, &n->count)) {
		guest_say("read the kernel's log: %s", strerror(errno));
		return -1;
	}
	fault->fired = n->count;
	return 0;
}

static int notifier_disarm(struct guest *g, struct fault *fault)
{
	const struct notifier *n = fault->context;

	(void)g;
	return io_write_value(n->file, "0", 0) && errno != ENOENT ? -1 : 0;
}

static const struct fault_ops notifier_ops = { notifier_count, notifier_disarm };

/* The kernel has one error for each action: a second step would end the first one's. */
static struct fault *notifier_armed(struct guest *g, const char *file)
{
	for (size_t i = 0; i < g->fault_count; i++) {
		const struct notifier *n = g->faults[i].context;

		if (g->faults[i].ops == &notifier_ops && !g->faults[i].closed &&
		    strcmp(n->file, file) == 0)
			return &g->faults[i];
	}
	return NULL;
}

static int notifier_arm(struct guest *g, struct notifier *n, long long error)
{
	char text[24], path[PATH_MAX];

	snprintf(path, sizeof(path), "%s" KERNEL_LOG_PATH, guest_root(g));
	if (kernel_log_open(&n->log, path))
		return step_fail(g, errno, "open %s", path);
	snprintf(n->message, sizeof(n->message), "Injecting error (%lld) to %s", error, n->action);
	snprintf(text, sizeof(text), "%lld", error);
	if (io_write_value(n->file, text, 0) == 0)
		return 0;
	return step_fail(g, errno, "write %s into %s%s", text, n->file,
			 errno == ENOENT ? " (no such chain or action; the kernel needs "
					   "NOTIFIER_ERROR_INJECTION and the chain's own option)"
					 : "");
}

int verb_notifier_error(struct guest *g, const struct plan_step *step)
{
	const char *chain = step_need(g, step, "chain");
	const char *action = step_need(g, step, "action");
	struct notifier *n;
	struct fault *fault;
	char file[PATH_MAX];

	if (!chain || !action)
		return -1;
	snprintf(file, sizeof(file), "%s" MOUNTS_DEBUGFS "/" NOTIFIERS "/%s/actions/%s/error",
		 guest_root(g), chain, action);
	fault = notifier_armed(g, file);
	if (fault)
		fault_close(g, fault);
	n = &notifiers[g->fault_count];
	fault = fault_open(g, step, "notifier_error", action, &notifier_ops, n);
	if (!fault)
		return -1;
	*n = (struct notifier){ .chain = chain, .action = action, .log.fd = -1 };
	snprintf(n->file, sizeof(n->file), "%s", file);
	if (notifier_arm(g, n, plan_arg_int(step, "error", -EINVAL)))
		return -1;
	fault_armed(g, fault);
	return 0;
}

/* ---- cpu_hotplug_fail ------------------------------------------------------- */

struct hotplug {
	char file[PATH_MAX];
	int64_t state;
	bool taken_back; /* by us: what the file holds then says nothing */
};
static struct hotplug hotplugs[GUEST_MAX_FAULTS + 1];

/* It is for once: the kernel takes the state away when it has failed there. */
static int hotplug_count(struct guest *g, struct fault *fault)
{
	const struct hotplug *h = fault->context;
	int64_t state;

	(void)g;
	if (fault->fired > 0 || h->taken_back)
		return 0;
	if (io_read_number(h->file, &state)) {
		guest_say("read %s: %s", h->file, strerror(errno));
		return -1;
	}
	if (state != h->state && state >= 0) {
		guest_say("%s was changed under us: the count is lost", h->file);
		return -1;
	}
	fault->fired = state != h->state;
	return 0;
}

/* Counts first: what is written then looks like what the kernel leaves behind. */
static int hotplug_disarm(struct guest *g, struct fault *fault)
{
	struct hotplug *h = fault->context;

	if (!fault->armed || fault->lost)
		return 0;
	if (hotplug_count(g, fault)) {
		fault->lost = true;
		return 0;
	}
	if (fault->fired > 0)
		return 0;
	h->taken_back = true;
	return io_write_value(h->file, "-1", 0);
}

static const struct fault_ops hotplug_ops = { hotplug_count, hotplug_disarm };

/* " 43: workqueue:online" in .../cpu/hotplug/states; -1: no such state. */
static int64_t hotplug_state(const char *states, const char *name)
{
	size_t length;

	for (const char *line = states; *line; line += length + (line[length] == '\n')) {
		const char *colon = strchr(line, ':');

		length = strcspn(line, "\n");
		if (!colon || colon > line + length || colon[1] != ' ')
			continue;
		colon += 2;
		if ((size_t)(line + length - colon) == strlen(name) &&
		    strncmp(colon, name, strlen(name)) == 0)
			return strtoll(line, NULL, 10);
	}
	return -1;
}

static int hotplug_arm(struct guest *g, struct hotplug *h, const char *name)
{
	char path[PATH_MAX], *states, *end;
	size_t length;

	h->state = strtoll(name, &end, 10);
	if (*end) {
		snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/hotplug/states",
			 guest_root(g));
		states = io_read_file(path, 65536, &length);
		if (!states)
			return step_fail(g, errno, "read %s (the kernel needs HOTPLUG_CPU and SMP)",
					 path);
		h->state = hotplug_state(states, name);
		free(states);
		if (h->state < 0)
			return step_fail(g, 0, "no state '%s' in %s", name, path);
	}
	if (io_write_number(h->file, h->state) == 0)
		return 0;
	return step_fail(g, errno, "write %lld into %s%s", (long long)h->state, h->file,
			 errno == EINVAL ? " (nothing can fail at that state)"
			 : errno == ENOENT
				 ? " (no such processor, or the kernel lacks HOTPLUG_CPU and SMP)"
				 : "");
}

int verb_cpu_hotplug_fail(struct guest *g, const struct plan_step *step)
{
	const char *cpu = step_need(g, step, "cpu");
	const char *state = step_need(g, step, "state");
	struct hotplug *h = &hotplugs[g->fault_count];
	struct fault *fault;

	if (!cpu || !state)
		return -1;
	fault = fault_open(g, step, "cpu_hotplug_fail", state, &hotplug_ops, h);
	if (!fault)
		return -1;
	*h = (struct hotplug){ 0 };
	snprintf(h->file, sizeof(h->file), "%s/sys/devices/system/cpu/cpu%s/hotplug/fail",
		 guest_root(g), cpu);
	if (hotplug_arm(g, h, state))
		return -1;
	fault_armed(g, fault);
	return 0;
}
