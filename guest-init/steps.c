// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/steps.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/case-marks.h"
#include "guest-init/errno-name.h"
#include "guest-init/facts.h"
#include "guest-init/faults.h"
#include "guest-init/panic.h"
#include "guest-init/port.h"
#include "guest-init/recovery.h"
#include "guest-init/sample.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

int step_fail(struct guest *g, int errno_value, const char *fmt, ...)
{
	va_list args;

	g->failure.errno_value = errno_value;
	va_start(args, fmt);
	vsnprintf(g->failure.what, sizeof(g->failure.what), fmt, args);
	va_end(args);
	return -1;
}

int step_expect_errno(struct guest *g, const struct plan_step *step, int error, const char *fmt,
		      ...)
{
	int wanted = (int)plan_arg_int(step, "errno", 0);
	char what[400];
	va_list args;

	if (error == wanted)
		return 0;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (wanted == 0)
		return step_fail(g, error, "%s", what);
	return step_fail(g, error, "%s: %s, and was to fail with %s", what,
			 error ? "failed" : "worked", errno_name(wanted));
}

const char *step_need(struct guest *g, const struct plan_step *step, const char *name)
{
	const char *value = plan_arg(step, name);

	if (!value)
		step_fail(g, 0, "the plan gives no '%s'", name);
	return value;
}

static void step_report_begin(struct guest *g, const struct plan_step *step)
{
	frame_begin(&g->frames, "step");
	frame_int(&g->frames, "i", step->index);
	frame_int(&g->frames, "line", step->line);
	frame_str(&g->frames, "verb", step->verb);
	frame_end(&g->frames);
	/* The step may end the guest, and then this is the last that is heard. */
	port_drain(g);
}

static void step_report_end(struct guest *g, const struct plan_step *step, bool ok)
{
	const struct step_failure *failure = &g->failure;
	char error[160] = "";

	if (failure->errno_value)
		snprintf(error, sizeof(error), "%s: %s", errno_name(failure->errno_value),
			 strerror(failure->errno_value));
	frame_begin(&g->frames, "step-end");
	frame_int(&g->frames, "i", step->index);
	frame_int(&g->frames, "line", step->line);
	frame_bool(&g->frames, "ok", ok);
	if (!ok) {
		frame_int(&g->frames, "errno", failure->errno_value);
		frame_str(&g->frames, "error", error);
		frame_str(&g->frames, "what", failure->what);
	}
	if (g->step_output_lost > 0)
		frame_int(&g->frames, "output_lost_bytes", (int64_t)g->step_output_lost);
	frame_end(&g->frames);
	if (!ok)
		guest_say("step %d (line %d, %s) failed: %s%s%s", step->index, step->line,
			  step->verb, failure->what, *error ? ": " : "", error);
}

static bool step_run(struct guest *g, const struct plan_step *step)
{
	const struct verb *verb = verb_find(step->verb);
	int result;

	step_report_begin(g, step);
	memset(&g->failure, 0, sizeof(g->failure));
	g->step_output_lost = 0;
	if (verb)
		result = verb->run(g, step);
	else
		result = step_fail(g, 0, "this init knows no step '%s'", step->verb);
	step_report_end(g, step, result == 0);
	return result == 0;
}

/* Index of the step after which the facts are looked at; -1: before the first. */
static int facts_after(const struct guest_plan *plan)
{
	int last = -1;

	for (size_t i = 0; i < plan->step_count; i++) {
		const struct verb *verb = verb_find(plan->steps[i].verb);

		if (verb && verb->makes_device)
			last = (int)i;
	}
	return last;
}

void steps_run(struct guest *g)
{
	case_begins();
	if (facts_after(&g->plan) < 0)
		facts_check(g);
	for (size_t i = 0; i < g->plan.step_count; i++) {
		if (!step_run(g, &g->plan.steps[i])) {
			g->failed_step = (int)i;
			return;
		}
		g->steps_done++;
		/* Asked anew: a checkpoint may have brought another plan. */
		if ((int)i == facts_after(&g->plan))
			facts_check(g);
	}
}

void steps_cleanup(struct guest *g)
{
	samples_stop(g);
	faults_disarm(g);
	tasks_end(g);
	recovery_check(g, RECOVERY_CHECK_MS, RECOVERY_TOTAL_MS);
}
