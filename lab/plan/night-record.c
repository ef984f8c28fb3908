// SPDX-License-Identifier: GPL-2.0-or-later
/* Jobs as JSON and back: what a night that was killed goes on with. */
#include <stdlib.h>

#include "base/json.h"
#include "plan/night.h"

static const char *const why_names[] = {
	[NIGHT_FAILED_LAST] = "failed last time",
	[NIGHT_NEW] = "new",
	[NIGHT_AGAIN] = "again",
};

const char *night_why_name(enum night_why why)
{
	return why_names[why];
}

static json_t *kernel_json(const struct night_kernel *kernel)
{
	json_t *j = json_object();

	json_set_str(j, "source", kernel->source);
	json_set_str(j, "spec", kernel->spec);
	json_object_set_new(j, "fragments", json_strv(&kernel->fragments));
	json_set_str(j, "kconfig", kernel->kconfig);
	json_set_int(j, "build_ms", (int64_t)kernel->build_ms);
	return j;
}

static json_t *job_json(const struct night_job *job)
{
	json_t *j = json_object();

	json_set_str(j, "id", job->id);
	json_set_str(j, "series", job->series);
	json_set_str(j, "case", job->case_name);
	json_set_str(j, "path", job->case_path);
	json_set_int(j, "kernel", (int64_t)job->kernel);
	json_set_str(j, "mode", plan_mode_name(job->mode));
	json_set_int(j, "seed", (int64_t)job->seed);
	json_set_int(j, "round", job->round);
	json_set_int(j, "cpus", job->cpus);
	json_set_int(j, "memory_bytes", (int64_t)job->memory_bytes);
	json_set_int(j, "timeout_ms", (int64_t)job->timeout_ms);
	json_set_int(j, "most_ms", (int64_t)job->most_ms);
	json_set_str(j, "why", night_why_name(job->why));
	json_set_int(j, "cost_ms", (int64_t)job->cost_ms);
	json_set_bool(j, "cost_known", job->cost_known);
	return j;
}

json_t *night_jobs_to_json(const struct night_jobs *jobs)
{
	json_t *record = json_object(), *kernels = json_array(), *list = json_array();

	for (size_t i = 0; i < jobs->kernel_count; i++)
		json_array_append_new(kernels, kernel_json(&jobs->kernels[i]));
	for (size_t i = 0; i < jobs->count; i++)
		json_array_append_new(list, job_json(&jobs->list[i]));
	json_object_set_new(record, "kernels", kernels);
	json_object_set_new(record, "jobs", list);
	return record;
}

static uint64_t get_u64(const json_t *j, const char *key)
{
	int64_t v = json_get_int(j, key, 0);

	return v > 0 ? (uint64_t)v : 0;
}

static void kernel_of_json(struct night_kernel *kernel, const json_t *j)
{
	kernel->source = xstrdup(json_get_str(j, "source", NIGHT_DEFAULT_SOURCE));
	kernel->spec = xstrdup(json_get_str(j, "spec", NULL));
	json_to_strv(json_get_array(j, "fragments"), &kernel->fragments);
	kernel->kconfig = xstrdup(json_get_str(j, "kconfig", ""));
	kernel->build_ms = get_u64(j, "build_ms");
}

static int job_of_json(struct night_job *job, const json_t *j, size_t kernel_count, struct err *err)
{
	const char *why = json_get_str(j, "why", "");

	job->id = xstrdup(json_get_str(j, "id", ""));
	job->series = xstrdup(json_get_str(j, "series", ""));
	job->case_name = xstrdup(json_get_str(j, "case", ""));
	job->case_path = xstrdup(json_get_str(j, "path", ""));
	job->kernel = get_u64(j, "kernel");
	job->seed = get_u64(j, "seed");
	job->round = (unsigned)get_u64(j, "round");
	job->cpus = (int)get_u64(j, "cpus");
	job->memory_bytes = get_u64(j, "memory_bytes");
	job->timeout_ms = get_u64(j, "timeout_ms");
	job->most_ms = get_u64(j, "most_ms");
	job->cost_ms = get_u64(j, "cost_ms");
	job->cost_known = json_get_bool(j, "cost_known", false);
	for (size_t i = 0; i < ARRAY_SIZE(why_names); i++)
		if (str_eq(why, why_names[i]))
			job->why = (enum night_why)i;
	if (!*job->id || !*job->case_path || job->kernel >= kernel_count || job->cpus < 1)
		return err_set(err, ERR_INPUT, "its job `%s` is not whole", job->id);
	return plan_mode_parse(json_get_str(j, "mode", ""), &job->mode, err);
}

int night_jobs_of_json(struct night_jobs *jobs, const json_t *record, struct err *err)
{
	const json_t *j;
	size_t i;

	json_array_foreach (json_get_array(record, "kernels"), i, j)
		kernel_of_json(
			vec_push(&jobs->kernels, &jobs->kernel_count, &jobs->kernel_capacity), j);
	json_array_foreach (json_get_array(record, "jobs"), i, j)
		if (job_of_json(vec_push(&jobs->list, &jobs->count, &jobs->capacity), j,
				jobs->kernel_count, err) < 0)
			return -1;
	night_jobs_number(jobs);
	return jobs->count ? 0 : err_set(err, ERR_INPUT, "it has no jobs");
}

void night_jobs_clear(struct night_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		free(jobs->list[i].id);
		free(jobs->list[i].series);
		free(jobs->list[i].case_name);
		free(jobs->list[i].case_path);
	}
	for (size_t i = 0; i < jobs->kernel_count; i++) {
		free(jobs->kernels[i].source);
		free(jobs->kernels[i].spec);
		free(jobs->kernels[i].kconfig);
		strv_clear(&jobs->kernels[i].fragments);
	}
	free(jobs->list);
	free(jobs->kernels);
	*jobs = (struct night_jobs){ 0 };
}
