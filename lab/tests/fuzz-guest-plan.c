// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target for the guest's plan reader. As the header of a plan is
 * beyond a fuzzer's patience, each input is also read behind a good one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/plan.h"

#define HEAD "klab-plan 1\nnonce 6f0c00112233aabb\nseed 1\n"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void touch(const struct guest_plan *plan)
{
	size_t args = 0;

	if (strlen(plan->nonce) != PLAN_NONCE_SIZE - 1)
		abort();
	for (size_t i = 0; i < plan->fact_count; i++)
		if (plan->facts[i].path[0] != '/' || !strstr(plan->facts[i].text, " /") ||
		    (plan->facts[i].kind == FACT_EQUALS) != (plan->facts[i].value != NULL))
			abort();
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];

		if (step->index != (int)i || !*step->verb || step->args != plan->args + args)
			abort();
		args += step->arg_count;
		for (size_t a = 0; a < step->arg_count; a++)
			if (!plan_arg(step, step->args[a].name) ||
			    strlen(step->args[a].value) > PLAN_MAX_BYTES)
				abort();
	}
	if (args != plan->arg_count)
		abort();
}

static void check(const char *bytes, size_t length)
{
	struct guest_plan plan;
	struct plan_error error;

	if (guest_plan_parse(&plan, bytes, length, &error) == 0)
		touch(&plan);
	else if (!error.what[0] || plan.strings)
		abort();
	guest_plan_clear(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	size_t head = strlen(HEAD);
	char *with_head = malloc(head + length + 4);

	check((const char *)bytes, length);
	memcpy(with_head, HEAD, head);
	memcpy(with_head + head, bytes, length);
	memcpy(with_head + head + length, "end\n", 4);
	check(with_head, head + length + 4);
	free(with_head);
	return 0;
}
