// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/panic.h"
#include "guest-init/verbs.h"

static void fault_count(struct guest *g, struct fault *fault)
{
	if (fault->lost || !fault->armed)
		return;
	/* A count that is lost once stays lost. */
	fault->lost = fault->ops->count(g, fault) != 0;
}

/* final: no more can fire. A count that is lost is not said, and never final. */
static void fault_send(struct guest *g, const struct fault *fault, bool armed, bool final)
{
	frame_begin(&g->frames, "fault");
	frame_int(&g->frames, "i", fault->step);
	frame_str(&g->frames, "fault", fault->name);
	frame_str(&g->frames, "device", fault->devices);
	frame_str(&g->frames, "how", fault->how);
	frame_bool(&g->frames, "armed", armed);
	frame_str(&g->frames, "ceased", fault->ceased);
	if (!fault->lost) {
		if (fault->asked >= 0)
			frame_int(&g->frames, "asked", fault->asked);
		frame_int(&g->frames, "fired", fault->fired);
	}
	frame_bool(&g->frames, "disarmed", final && !fault->lost);
	frame_end(&g->frames);
}

struct fault *fault_open(struct guest *g, const struct plan_step *step, const char *name,
			 const char *devices, const struct fault_ops *ops, void *context)
{
	struct fault *fault = &g->faults[g->fault_count];

	if (g->fault_count == GUEST_MAX_FAULTS) {
		step_fail(g, 0, "more than %d faults in one case", GUEST_MAX_FAULTS);
		return NULL;
	}
	g->fault_count++;
	*fault = (struct fault){
		.ops = ops, .name = name, .step = step->index, .asked = -1, .context = context
	};
	snprintf(fault->devices, sizeof(fault->devices), "%s", devices ? devices : "");
	return fault;
}

void fault_armed(struct guest *g, struct fault *fault)
{
	fault->armed = true;
	fault_count(g, fault);
	fault_send(g, fault, true, false);
}

void fault_close(struct guest *g, struct fault *fault)
{
	bool quiet;

	if (fault->closed)
		return;
	quiet = fault->ops->disarm(g, fault) == 0;
	if (!quiet)
		guest_say("disarm %s: %s", fault->name, strerror(errno));
	fault_count(g, fault);
	fault_send(g, fault, false, quiet);
	fault->closed = true;
	if (fault->ops->release)
		fault->ops->release(fault);
}

struct fault *fault_find_open(struct guest *g, const char *name, const char *devices)
{
	for (size_t i = g->fault_count; i-- > 0;) {
		struct fault *fault = &g->faults[i];

		if (!fault->closed && strcmp(fault->name, name) == 0 &&
		    (!devices || strcmp(fault->devices, devices) == 0))
			return fault;
	}
	return NULL;
}

const char *faults_newly_fired(struct guest *g, const struct fault *except)
{
	const char *name = NULL;

	for (size_t i = 0; i < g->fault_count; i++) {
		struct fault *fault = &g->faults[i];
		int64_t before = fault->fired;

		if (fault == except || fault->closed || !fault->armed)
			continue;
		fault_count(g, fault);
		if (fault->fired > before && !name)
			name = fault->name;
	}
	return name;
}

void faults_report(struct guest *g)
{
	for (size_t i = 0; i < g->fault_count; i++) {
		struct fault *fault = &g->faults[i];

		if (!fault->closed && fault->armed) {
			fault_count(g, fault);
			fault_send(g, fault, true, false);
		}
	}
}

void faults_disarm(struct guest *g)
{
	for (size_t i = g->fault_count; i-- > 0;)
		fault_close(g, &g->faults[i]);
}

/* The step: nothing of that name armed is a mistake in the case, and parsed as one already. */
int verb_disarm(struct guest *g, const struct plan_step *step)
{
	const char *name = step_need(g, step, "fault");
	const char *device = plan_arg(step, "device") ?: plan_arg(step, "function");
	struct fault *fault;
	bool any = false;

	if (!name)
		return -1;
	while ((fault = fault_find_open(g, name, device))) {
		fault_close(g, fault);
		any = true;
	}
	return any ? 0
		   : step_fail(g, 0, "%s is not armed%s%s", name, device ? " on " : "",
			       device ? device : "");
}
