// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/rates.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

/* All ways to split the hits: how many a may have, and the probability of each. */
struct splits {
	unsigned least; /* hits of a in weights[0] */
	size_t count;
	double *weights; /* owned */
};

static void splits_make(struct splits *s, unsigned a_runs, unsigned b_runs, unsigned hits)
{
	unsigned most = hits < a_runs ? hits : a_runs;
	double all = log_choose(a_runs + b_runs, hits);

	s->least = hits > b_runs ? hits - b_runs : 0;
	s->count = most - s->least + 1;
	s->weights = xcalloc(s->count, sizeof(*s->weights));
	for (size_t i = 0; i < s->count; i++) {
		unsigned x = s->least + (unsigned)i;

		s->weights[i] = exp(log_choose(a_runs, x) + log_choose(b_runs, hits - x) - all);
	}
}

static double splits_p(const struct splits *s, unsigned a_hits)
{
	double here = s->weights[a_hits - s->least] * (1 + P_TOLERANCE), p = 0;

	for (size_t i = 0; i < s->count; i++)
		p += s->weights[i] <= here ? s->weights[i] : 0;
	return fmin(p, 1);
}

double rate_test(struct rate a, struct rate b, struct p_ladder *ladder)
{
	struct splits s;
	double p;

	splits_make(&s, a.runs, b.runs, a.hits + b.hits);
	p = splits_p(&s, a.hits);
	if (ladder) {
		_cleanup_free_ double *rank = xcalloc(s.count, sizeof(*rank));

		for (size_t i = 0; i < s.count; i++)
			rank[i] = -s.weights[i];
		p_ladder_make(ladder, s.weights, rank, s.count);
	}
	free(s.weights);
	return p;
}

struct interval rate_interval(struct rate r, double confidence)
{
	double z = normal_quantile(1 - (1 - confidence) / 2), n = r.runs;
	double p = n ? r.hits / n : 0;
	double middle = p + z * z / (2 * n), scale = 1 + z * z / n;
	double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

	if (!r.runs)
		return (struct interval){ 0, 1 };
	return (struct interval){
		.low = r.hits ? fmax((middle - half) / scale, 0) : 0,
		.high = r.hits < r.runs ? fmin((middle + half) / scale, 1) : 1,
	};
}

struct interval rate_difference_interval(struct rate a, struct rate b, double confidence)
{
	struct interval of_a = rate_interval(a, confidence), of_b = rate_interval(b, confidence);
	double pa, pb;

	if (!a.runs || !b.runs)
		return (struct interval){ -1, 1 };
	pa = (double)a.hits / a.runs;
	pb = (double)b.hits / b.runs;
	return (struct interval){
		.low = pb - pa - hypot(pb - of_b.low, of_a.high - pa),
		.high = pb - pa + hypot(of_b.high - pb, pa - of_a.low),
	};
}

/* What rate_test() finds, for each number of hits of a (rows) and of b. */
struct region {
	unsigned a_runs, b_runs;
	bool *found; /* owned: (a_runs + 1) * (b_runs + 1) */
};

/* Which splits have a p within the level, from both ends inwards: they become more likely there. */
static void splits_find(const struct splits *s, double level, bool *found)
{
	size_t low = 0, high = s->count;
	double p = 0;

	while (low < high && p <= level) {
		double here = fmin(s->weights[low], s->weights[high - 1]) * (1 + P_TOLERANCE);
		size_t from = low, until = high;

		while (low < high && s->weights[low] <= here)
			p += s->weights[low++];
		while (low < high && s->weights[high - 1] <= here)
			p += s->weights[--high];
		for (size_t i = from; i < until; i++)
			if (i < low || i >= high)
				found[i] = p <= level;
	}
}

static void region_make(struct region *r, double level)
{
	size_t width = (size_t)r->b_runs + 1;
	_cleanup_free_ bool *found = xcalloc(width + r->a_runs, sizeof(*found));

	r->found = xcalloc((r->a_runs + 1) * width, sizeof(*r->found));
	for (unsigned hits = 0; hits <= r->a_runs + r->b_runs; hits++) {
		struct splits s;

		splits_make(&s, r->a_runs, r->b_runs, hits);
		memset(found, 0, s.count * sizeof(*found));
		splits_find(&s, level, found);
		for (size_t i = 0; i < s.count; i++) {
			unsigned x = s.least + (unsigned)i;

			r->found[x * width + hits - x] = found[i];
		}
		free(s.weights);
	}
}

static double region_power(const struct region *r, double rate_a, double rate_b)
{
	size_t width = (size_t)r->b_runs + 1;
	_cleanup_free_ double *of_b = xcalloc(width, sizeof(*of_b));
	double power = 0;

	for (unsigned y = 0; y <= r->b_runs; y++)
		of_b[y] = binomial(r->b_runs, y, rate_b);
	for (unsigned x = 0; x <= r->a_runs; x++) {
		double of_a = binomial(r->a_runs, x, rate_a), found = 0;

		for (unsigned y = 0; y <= r->b_runs; y++)
			if (r->found[x * width + y])
				found += of_b[y];
		power += of_a * found;
	}
	return power;
}

double rate_detectable(unsigned a_runs, unsigned b_runs, double base, double level, double power)
{
	enum { STEPS = 1000, RUNS_MAX = 2000 };
	struct region region = {
		.a_runs = a_runs < RUNS_MAX ? a_runs : RUNS_MAX,
		.b_runs = b_runs < RUNS_MAX ? b_runs : RUNS_MAX,
	};
	double near = base > 0.5 ? 1 - base : base; /* as a rate of not having it */
	unsigned low = 0, high = (unsigned)ceil((1 - near) * STEPS);
	bool any;

	region_make(&region, level);
	any = region_power(&region, near, 1) >= power;
	while (any && high - low > 1) {
		unsigned middle = (low + high) / 2;

		if (region_power(&region, near, fmin(near + (double)middle / STEPS, 1)) >= power)
			high = middle;
		else
			low = middle;
	}
	free(region.found);
	return any ? fmin((double)high / STEPS, 1 - near) : NAN;
}
