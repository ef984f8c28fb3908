// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/compare-dry-run.h"

#include <inttypes.h>
#include <stdio.h>

#include "cmd/output.h"
#include "cmd/pipeline.h"

size_t compare_guest_count(const struct options *opt, size_t side_count)
{
	return side_count * ((size_t)options_boot_count(opt) + opt->coverage);
}

/* "seeds 1..3, each 4 times; and one for the coverage": what makes them so many. */
static void add_because(struct strbuf *out, const struct options *opt)
{
	bool seeds = opt->seed_last > opt->seed;

	if (seeds)
		strbuf_addf(out, "; seeds %" PRIu64 "..%" PRIu64, opt->seed, opt->seed_last);
	if (seeds && opt->repeat > 1)
		strbuf_addf(out, ", each %d times", opt->repeat);
	if (opt->coverage)
		strbuf_adds(out, "; and one for the coverage");
}

/* Where runs differ by themselves they end when the answer is sure. */
static void print_guests(const struct options *opt, const char *name, size_t side_count)
{
	bool may_end = options_boot_count(opt) > 1 && opt->mode != PLAN_MODE_DETERMINISTIC;
	size_t a_side = compare_guest_count(opt, 1);
	_cleanup_strbuf_ struct strbuf because = { 0 };

	add_because(&because, opt);
	printf("# %s: %zu sides, %s%zu guest%s a side%s: %s%zu in all\n", name, side_count,
	       may_end ? "at most " : "", a_side, a_side == 1 ? "" : "s",
	       because.length ? because.data : "", may_end ? "at most " : "",
	       compare_guest_count(opt, side_count));
}

int compare_dry_run(const struct cmd_env *env, const struct options *opt,
		    const struct machine_ops *machine, const char *name, struct sides *sides,
		    struct err *err)
{
	print_guests(opt, name, sides->count);
	if (sides_check(sides, env, err) < 0)
		return -1;
	for (size_t i = 0; i < sides->count; i++) {
		const struct side *side = &sides->list[i];
		const struct pipeline_request req = side_request(side, machine);

		printf("# %s: %s\n", side->name,
		       side->kernel->was_stored ? "in the store" : "to be built");
		if (output_command(env, &req, err) < 0)
			return -1;
	}
	return 0;
}
