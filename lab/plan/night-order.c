// SPDX-License-Identifier: GPL-2.0-or-later
/* Which job comes first, and when the last one will be done. */
#include <stdlib.h>

#include "base/json.h"
#include "plan/night.h"

enum { SECONDS_A_DAY = 24 * 3600 };

/* ---- what is known of earlier nights ---- */

static void recall_job(struct night_job *job, const json_t *series, const json_t *cases)
{
	const json_t *last = json_get_object(series, job->series);
	const char *verdict = json_get_str(last, "verdict", "");
	int64_t wall_ms = json_get_int(last, "wall_ms", 0);

	job->cost_known = wall_ms > 0;
	/* What others of its case took, unless somebody knows better. */
	if (wall_ms <= 0 && job->cost_ms == NIGHT_GUEST_MS)
		wall_ms = json_get_int(cases, job->case_name, 0);
	if (wall_ms > 0)
		job->cost_ms = (uint64_t)wall_ms;
	if (!last)
		return;
	job->last_day = json_get_int(last, "at", 0) / SECONDS_A_DAY;
	job->why = str_eq(verdict, "pass") || str_eq(verdict, "skip") ? NIGHT_AGAIN
								      : NIGHT_FAILED_LAST;
}

void night_jobs_number(struct night_jobs *jobs)
{
	_cleanup_json_ json_t *numbers = json_object();

	for (size_t i = 0; i < jobs->count; i++) {
		const char *series = jobs->list[i].series;

		if (!json_object_get(numbers, series))
			json_set_int(numbers, series, (int64_t)json_object_size(numbers));
		jobs->list[i].series_number = (size_t)json_get_int(numbers, series, 0);
	}
}

void night_jobs_learn(struct night_jobs *jobs, size_t job, uint64_t wall_ms)
{
	const struct night_job *done = &jobs->list[job];

	for (size_t i = 0; i < jobs->count; i++) {
		struct night_job *other = &jobs->list[i];
		bool same = other->series_number == done->series_number;

		if (same || (!other->cost_known && str_eq(other->case_name, done->case_name)))
			other->cost_ms = wall_ms;
		other->cost_known |= same;
	}
}

/* ---- the order ---- */

static int compare_fragments(const struct strv *a, const struct strv *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = strcmp(a->items[i], b->items[i]);

		if (order)
			return order;
	}
	return a->count < b->count ? -1 : a->count > b->count;
}

/* Those that share an object tree after each other, a config before what is toggled in it. */
static int compare_kernels(const struct night_kernel *a, const struct night_kernel *b)
{
	int order;

	if (a->stored != b->stored)
		return a->stored ? -1 : 1;
	order = strcmp(a->source, b->source);
	return order ? order : compare_fragments(&a->fragments, &b->fragments);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_jobs(const void *x, const void *y, void *context)
{
	const struct night_job *a = x, *b = y;
	const struct night_jobs *jobs = context;
	int order = compare_numbers(a->round, b->round);

	if (!order)
		order = compare_numbers(a->why, b->why);
	if (!order && a->why == NIGHT_AGAIN)
		order = compare_numbers((uint64_t)a->last_day, (uint64_t)b->last_day);
	if (!order && a->kernel != b->kernel)
		order = compare_kernels(&jobs->kernels[a->kernel], &jobs->kernels[b->kernel]);
	if (!order)
		order = compare_numbers(a->cost_ms, b->cost_ms);
	return order ? order : compare_numbers(a->place, b->place);
}

void night_jobs_order(struct night_jobs *jobs, const json_t *memory)
{
	const json_t *series = json_get_object(memory, "series");
	const json_t *cases = json_get_object(memory, "cases");

	for (size_t i = 0; i < jobs->count; i++)
		recall_job(&jobs->list[i], series, cases);
	if (jobs->count)
		qsort_r(jobs->list, jobs->count, sizeof(*jobs->list), compare_jobs, jobs);
}

/* ---- the forecast ---- */

/* When each processor is free again. */
struct processors {
	uint64_t *free_ms;
	int count;
};

static int compare_times(const void *a, const void *b)
{
	return compare_numbers(*(const uint64_t *)a, *(const uint64_t *)b);
}

/* The first time from which so many are free; they are then the first ones. */
static uint64_t processors_from(struct processors *p, int wanted)
{
	qsort(p->free_ms, (size_t)p->count, sizeof(*p->free_ms), compare_times);
	return p->free_ms[(wanted < p->count ? wanted : p->count) - 1];
}

static void processors_take(struct processors *p, int wanted, uint64_t until_ms)
{
	for (int i = 0; i < wanted && i < p->count; i++)
		p->free_ms[i] = until_ms;
}

/* When each kernel will be there. */
static uint64_t kernel_from(const struct night_jobs *jobs, const struct night_now *now, size_t k)
{
	if (now)
		return now->kernel_ms[k];
	return jobs->kernels[k].stored ? 0 : UINT64_MAX;
}

struct night_forecast night_jobs_forecast(const struct night_jobs *jobs, int processors,
					  uint64_t budget_ms, const struct night_now *now,
					  bool *fits)
{
	_cleanup_free_ uint64_t *free_ms = xcalloc((size_t)processors, sizeof(*free_ms));
	_cleanup_free_ uint64_t *ready_ms = xcalloc(jobs->kernel_count + 1, sizeof(*ready_ms));
	struct processors p = { .free_ms = free_ms, .count = processors };
	struct night_forecast forecast = { 0 };
	uint64_t built_ms = 0; /* when the last build is done: one at a time */

	for (int i = 0; now && i < processors; i++) {
		free_ms[i] = now->free_ms[i];
		forecast.total_ms = free_ms[i] > forecast.total_ms ? free_ms[i] : forecast.total_ms;
	}
	for (size_t k = 0; k < jobs->kernel_count; k++) {
		ready_ms[k] = kernel_from(jobs, now, k);
		if (ready_ms[k] != UINT64_MAX && ready_ms[k] > built_ms)
			built_ms = ready_ms[k];
	}
	for (size_t i = 0; i < jobs->count; i++) {
		const struct night_job *job = &jobs->list[i];
		bool must_build = ready_ms[job->kernel] == UINT64_MAX;
		uint64_t ready = must_build ? built_ms + jobs->kernels[job->kernel].build_ms
					    : ready_ms[job->kernel];
		uint64_t begin, end;

		if (now && now->done[i])
			continue;
		begin = processors_from(&p, job->cpus);
		begin = begin > ready ? begin : ready;
		end = begin + job->cost_ms;
		if (fits)
			fits[i] = !budget_ms || end <= budget_ms;
		if (budget_ms && end > budget_ms) {
			forecast.beyond++;
			continue;
		}
		if (must_build)
			ready_ms[job->kernel] = built_ms = ready;
		processors_take(&p, job->cpus, end);
		forecast.total_ms = end > forecast.total_ms ? end : forecast.total_ms;
	}
	return forecast;
}
