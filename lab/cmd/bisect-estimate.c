// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/bisect-estimate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "build/build.h"
#include "cmd/runs.h"
#include "page/layout.h"

enum { JSON_MAX_BYTES = 64 << 20 };

struct times {
	double *items;
	size_t count, capacity;
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void add_time(struct times *t, double ms)
{
	if (ms > 0)
		*(double *)vec_push(&t->items, &t->count, &t->capacity) = ms;
}

/* Of none: null. */
static json_t *median(struct times *t)
{
	if (!t->count)
		return json_null();
	qsort(t->items, t->count, sizeof(*t->items), by_size);
	return json_real(t->items[t->count / 2]);
}

static int add_builds(const struct session *s, const char *repo, struct times *t, struct err *err)
{
	_cleanup_json_ json_t *kernels = build_store_list(s->env->cache_dir, err);
	const json_t *kernel;
	size_t i;

	if (!kernels)
		return -1;
	json_array_foreach (kernels, i, kernel)
		if (!repo ||
		    str_eq(json_get_str(json_get_object(kernel, "source"), "path", ""), repo))
			add_time(t, json_get_num(kernel, "build_ms", 0));
	return 0;
}

static int add_runs(const struct session *s, struct times *t, struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(s->opt.out_dir, RUNS_RUN, &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++) {
		_cleanup_free_ char *run_path = path_join(dirs.items[i], "run.json");
		_cleanup_free_ char *machine_path = path_join(dirs.items[i], "machine.json");
		_cleanup_json_ json_t *run = json_read_file(run_path, JSON_MAX_BYTES, NULL);
		_cleanup_json_ json_t *machine = json_read_file(machine_path, JSON_MAX_BYTES, NULL);

		if (str_eq(json_get_str(run, "case", ""), s->test->name))
			add_time(t, json_get_num(machine, "wall_ms", 0));
	}
	return 0;
}

json_t *bisect_estimate(const struct session *s, struct err *err)
{
	size_t commits = s->history.graph.count - 1;
	/* Halving, and both ends; each is run until it tells, and the answer once more. */
	double builds = ceil(log2((double)commits)) + 2, runs = builds + 4;
	struct times build = { 0 }, run = { 0 };
	json_t *all = NULL;

	if (add_builds(s, s->history.repo, &build, err) == 0 &&
	    (build.count || add_builds(s, NULL, &build, err) == 0) && add_runs(s, &run, err) == 0) {
		all = json_object();
		json_set_int(all, "commits", (int64_t)commits);
		json_set_int(all, "builds", (int64_t)builds);
		json_set_int(all, "runs", (int64_t)runs);
		json_object_set_new(all, "build_ms", median(&build));
		json_set_int(all, "builds_known", (int64_t)build.count);
		json_object_set_new(all, "run_ms", median(&run));
		json_set_int(all, "runs_known", (int64_t)run.count);
		json_object_set_new(all, "total_ms",
				    build.count && run.count
					    ? json_real(builds * json_get_num(all, "build_ms", 0) +
							runs * json_get_num(all, "run_ms", 0))
					    : json_null());
	}
	free(build.items);
	free(run.items);
	return all;
}

static void print_each(const json_t *all, const char *what, const char *ms_key,
		       const char *count_key)
{
	double ms = json_get_num(all, ms_key, 0);
	char text[24];

	if (!ms) {
		printf("how long a %s takes is not known: there was none yet\n", what);
		return;
	}
	page_format_ms(ms, text);
	printf("a %s takes %s, as the median of %" PRId64 "\n", what, text,
	       json_get_int(all, count_key, 0));
}

void bisect_estimate_print(const json_t *all)
{
	double ms = json_get_num(all, "total_ms", 0);
	char text[24];

	printf("%" PRId64 " commits are between good and bad: about %" PRId64 " builds and %" PRId64
	       " runs when each run tells, more runs when the bug is flaky\n",
	       json_get_int(all, "commits", 0), json_get_int(all, "builds", 0),
	       json_get_int(all, "runs", 0));
	print_each(all, "build", "build_ms", "builds_known");
	print_each(all, "run", "run_ms", "runs_known");
	if (!ms)
		return;
	page_format_ms(ms, text);
	printf("together about %s\n", text);
}
