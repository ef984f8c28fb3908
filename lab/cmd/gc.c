/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab gc: brings the store of kernels below its limit. */
#include <stdio.h>

#include "base/json.h"
#include "build/build.h"
#include "cmd/gc-runs.h"
#include "cmd/options.h"
#include "cmd/output.h"

static void print_entries(const char *head, const json_t *entries)
{
	size_t i;
	json_t *entry;

	json_array_foreach (entries, i, entry) {
		char size[16];

		output_format_size((uint64_t)json_get_int(entry, "bytes", 0), size);
		printf("%s %-12s %-18.18s  %8s  last used %s\n", head,
		       json_get_str(entry, "kind", "?"), json_get_str(entry, "name", "?"), size,
		       json_get_str(entry, "last_used", "?"));
	}
}

static int gc_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_json_ json_t *report = NULL;
	struct store_gc_options gc = { 0 };
	char size[16], limit[16];

	if (options_parse(&opt, env, &cmd_gc, argc, argv, 0, 0, err) < 0)
		return -1;
	if (opt.runs)
		return gc_runs(&opt, err);
	gc.dry_run = opt.dry_run;
	report = build_store_gc(env->cache_dir, &gc, err);
	if (!report)
		return -1;
	if (opt.json)
		return output_json(report);
	print_entries(opt.dry_run ? "would remove" : "removed", json_get_array(report, "removed"));
	output_format_size((uint64_t)json_get_int(report, "bytes", 0), size);
	output_format_size((uint64_t)json_get_int(report, "limit_bytes", 0), limit);
	printf("%s of %s in use: %zu kernels, sources and object trees\n", size, limit,
	       json_array_size(json_get_array(report, "kept")));
	return 0;
}

const struct cmd cmd_gc = {
	.name = "gc",
	.args = "[--runs] [--dry-run]",
	.summary = "Makes room: in the cache, or with --runs among old run directories",
	.main = gc_main,
	.needs = CMD_NEEDS_CACHE,
	.options = OPT_DRY_RUN | OPT_JSON | OPT_RUNS | OPT_OUT | OPT_HISTORY | OPT_VERBOSE,
	.details =
		"The limit is 20 GiB, or $KLAB_STORE_LIMIT (as 5G). A kernel that a kept run was\n"
		"made with stays.\n\n"
		"With --runs it is about run directories that are in the history instead. Nights "
		"are\n"
		"counted back from its newest one. What a comparison, a bisect, an alarm or a "
		"report's\n"
		"page links to stays; what the history knows of a run stays there.\n",
};
