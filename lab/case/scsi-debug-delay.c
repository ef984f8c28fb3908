// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Some of what scsi_debug injects it only does to commands that it answers later,
 * and what delays them may be set by another step than what injects: so the
 * driver's settings are followed from step to step, as the guest's steps make them.
 */
#include <stdlib.h>

#include "case/reader.h"

#define DEFAULT_DELAY 1	    /* the driver's, which it goes back to when ndelay is taken away */
#define OVERRIDDEN    -9999 /* its delay while ndelay is what counts */

/* By the names of the step table, so that nobody counts bits twice. */
static const char needs_delay[] = "transport_err|rare_tsf|cmd_abort";
static const char needs_no_nth[] = "medium_err";

static const struct arg_def *arg_of(const struct step_def *def, const char *name)
{
	for (size_t i = 0; i < STEP_MAX_ARGS && def->args[i].name; i++)
		if (str_eq(def->args[i].name, name))
			return &def->args[i];
	return NULL;
}

/* The bits of opts that have one of these names; with *first, the first of them in `opts`. */
static int64_t bits_of(const struct step_def *def, const char *wanted, int64_t opts, char **first)
{
	_cleanup_strv_ struct strv names = { 0 }, all = { 0 };
	int64_t bits = 0;

	strv_split(&names, wanted, '|');
	strv_split(&all, arg_of(def, "opts")->choices, '|');
	for (size_t i = 0; i < all.count; i++) {
		int64_t bit = 1ll << i;

		if (!strv_has(&names, all.items[i]))
			continue;
		bits |= bit;
		if (first && !*first && (opts & bit))
			*first = xstrdup(all.items[i]);
	}
	return bits;
}

static bool take(const struct case_step *step, const char *name, int64_t *value)
{
	const char *text = case_step_arg(step, name);

	if (text)
		*value = strtoll(text, NULL, 10);
	return text != NULL;
}

/* As guest-init/scsi-debug-faults.c and the driver's own files have it. */
static void follow_delays(struct scsi_debug_state *state, const struct case_step *step)
{
	int64_t delay, ndelay = 0;

	if (str_eq(step->def->verb, "scsi_debug") && take(step, "delay", &delay)) {
		state->delay = delay;
		state->ndelay = 0;
	}
	if (take(step, "ndelay", &ndelay) && ndelay != state->ndelay) {
		state->delay = ndelay ? OVERRIDDEN : DEFAULT_DELAY;
		state->ndelay = ndelay;
	}
	if (!ndelay && take(step, "delay", &delay)) {
		state->delay = delay;
		state->ndelay = 0;
	}
}

/* What the step itself says of it, for the place of the message. */
static const struct yaml_node *blamed(const struct step_reader *s)
{
	static const char *const names[] = { "opts", "every_nth", "delay", "ndelay" };

	for (size_t k = 0; k < ARRAY_SIZE(names); k++)
		for (size_t i = 0; i < STEP_MAX_ARGS && s->step->def->args[i].name; i++)
			if (s->given[i] && str_eq(s->step->def->args[i].name, names[k]))
				return s->given[i];
	return s->at;
}

void read_check_scsi_debug(struct step_reader *s)
{
	struct scsi_debug_state *state = &s->r->scsi_debug;
	const struct case_step *step = s->step;
	_cleanup_free_ char *name = NULL;
	const struct yaml_node *at;

	if (str_eq(step->def->verb, "disarm")) {
		const char *fault = case_step_arg(step, "fault");

		if (fault && str_eq(fault, "scsi_debug"))
			state->opts = state->every_nth = 0;
		return;
	}
	if (!step->def->fault || !str_eq(step->def->fault, "scsi_debug"))
		return;
	follow_delays(state, step);
	take(step, "opts", &state->opts);
	take(step, "every_nth", &state->every_nth);
	if (!(state->opts & bits_of(step->def, needs_delay, state->opts, &name)) || state->delay ||
	    state->ndelay ||
	    (!state->every_nth && !(state->opts & bits_of(step->def, needs_no_nth, 0, NULL))))
		return;
	at = blamed(s);
	mistakes_add(s->r->m, at->line, at->column,
		     "%s without a delay does nothing: what scsi_debug answers at once it answers "
		     "well; expected `delay` or `ndelay` above 0, here or in a step before",
		     name);
}
