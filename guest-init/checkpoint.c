// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the host may make a snapshot of the guest. The guest that goes on is one
 * of many that were the same until here: what is its own, the rest of the plan,
 * the seed and the nonce of its frames, comes with the word to go on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/chance.h"
#include "guest-init/mailbox.h"
#include "guest-init/panic.h"
#include "guest-init/port.h"
#include "guest-init/verbs.h"

/* Does it go on where this one stands? */
static bool continues(const struct guest_plan *plan, const struct guest_plan *old, int index)
{
	if (plan->mailbox || plan->step_count < old->step_count || plan->exact != old->exact ||
	    (size_t)index >= plan->step_count)
		return false;
	for (int i = 0; i <= index; i++)
		if (strcmp(plan->steps[i].verb, old->steps[i].verb) != 0)
			return false;
	return true;
}

/* Frames of the host's choice of nonce from here on. Without all of it there is no run. */
static void take_plan(struct guest *g, char *message, size_t length, int index)
{
	struct guest_plan plan;
	struct plan_error error;

	if (guest_plan_parse(&plan, message, length, &error))
		guest_die("checkpoint: the plan to go on with, line %d: %s", error.line,
			  error.what);
	if (!continues(&plan, &g->plan, index))
		guest_die("checkpoint: the plan to go on with is not of this case");
	/* The old one stays: devices, tasks and faults have names in it. */
	g->plan = plan;
}

static void report_resume(struct guest *g, int index)
{
	frame_begin(&g->frames, "resume");
	frame_int(&g->frames, "i", index);
	frame_int(&g->frames, "seed", (int64_t)g->plan.seed);
	frame_end(&g->frames);
}

int verb_checkpoint(struct guest *g, const struct plan_step *step)
{
	struct guest_mailbox mailbox;
	const char *why;
	char *message;
	size_t length;

	if (!g->plan.mailbox)
		return 0;
	if (mailbox_open(&mailbox, guest_root(g)))
		return step_fail(g, errno, "no snapshot: this guest does not see its mailbox");
	frame_begin(&g->frames, "checkpoint");
	frame_int(&g->frames, "i", step->index);
	frame_end(&g->frames);
	port_drain(g);
	message = mailbox_wait(&mailbox, g->plan.nonce, &length, &why);
	if (!message)
		guest_die("checkpoint: what the host sent: %s", why);
	mailbox_close(&mailbox);
	take_plan(g, message, length, step->index);
	/* That of the snapshot is shared by all that come from it. */
	chance_apply(g->plan.seed, g->plan.skew);
	memset(message, 0, length);
	free(message);
	report_resume(g, step->index);
	return 0;
}
