// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/sample.h"

#include "guest-init/snapshot.h"
#include "guest-init/verbs.h"

static void sample_take(struct guest *g, struct sampler *sampler, uint64_t now_ns)
{
	snapshot_take_all(g, sampler->step, sampler->taken++);
	sampler->next_ns += sampler->every_ns;
	/* What was missed, while init was busy, is not made up for. */
	if (sampler->next_ns <= now_ns)
		sampler->next_ns = now_ns + sampler->every_ns;
}

uint64_t samples_take(struct guest *g)
{
	uint64_t next_ns = UINT64_MAX;

	for (size_t i = 0; i < g->sampler_count; i++) {
		struct sampler *sampler = &g->samplers[i];
		uint64_t now_ns = frame_clock_ns();

		if (sampler->taken < sampler->count && now_ns >= sampler->next_ns)
			sample_take(g, sampler, now_ns);
		if (sampler->taken < sampler->count && sampler->next_ns < next_ns)
			next_ns = sampler->next_ns;
	}
	return next_ns;
}

void samples_stop(struct guest *g)
{
	g->sampler_count = 0;
}

int verb_sample(struct guest *g, const struct plan_step *step)
{
	struct sampler *sampler = &g->samplers[g->sampler_count];

	if (!step_need(g, step, "label") || !step_need(g, step, "every"))
		return -1;
	if (g->sampler_count == GUEST_MAX_SAMPLERS)
		return step_fail(g, 0, "more than %d sample steps in one case", GUEST_MAX_SAMPLERS);
	g->sampler_count++;
	*sampler = (struct sampler){
		.step = step,
		.every_ns = (uint64_t)plan_arg_int(step, "every", 100) * 1000000u,
		.next_ns = frame_clock_ns(),
		.count = (int)plan_arg_int(step, "count", 100),
	};
	/* The first one right now: it is what later ones are held against. */
	samples_take(g);
	return 0;
}
