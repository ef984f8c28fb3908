// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/next-test.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/*
 * Culprits are represented by so many of them, evenly spaced over their summed probability in
 * the order of the commits: which of them a commit has as ancestors is a set of bits, handed down
 * the graph, exact with merges, in one pass over 50000 commits.
 */
enum { SAMPLES = 512, SAMPLE_WORDS = SAMPLES / 64 };

/* A group that samples are of: all of them say the same of 2^k runs without and with the bug. */
struct sampled_group {
	uint64_t members[SAMPLE_WORDS];
	struct runs_outlook outlook[2];
	double entropy[2][POSTERIOR_RUNS];
};

struct sampling {
	size_t vertex[SAMPLES];
	double weight[2];	      /* of each sample of the first half, of the second */
	struct sampled_group *groups; /* owned */
	size_t group_count;
	uint64_t (*reach)[SAMPLE_WORDS]; /* owned, by vertex: samples among its ancestors */
};

static double entropy(double p)
{
	return p <= 0 || p >= 1 ? 0 : -(p * log2(p) + (1 - p) * log2(1 - p));
}

/* Samples `from` to `to` of all suspects but one (of all: none), of which the probability is
 * `total`. */
static void sample(const struct posterior *p, struct sampling *s, size_t from, size_t to,
		   size_t without, double total)
{
	size_t next = from, last = without;
	double sum = 0;

	for (size_t v = 0; v < p->graph->count; v++) {
		double probability = v == without ? 0 : posterior_probability(p, v);

		if (probability > 0)
			last = v;
		sum += probability;
		while (next < to && (double)(next - from) + 0.5 < sum / total * (double)(to - from))
			s->vertex[next++] = v;
	}
	while (next < to) /* the sum was rounded */
		s->vertex[next++] = last;
}

/*
 * One that is likelier than all others has a half of the samples for itself: however sure it is,
 * the other half are of what else it may be, and tell which test would show that.
 */
static void pick_samples(const struct posterior *p, struct sampling *s)
{
	const size_t half = SAMPLES / 2;
	double most = 0;
	size_t best = 0;

	for (size_t v = 0; v < p->graph->count; v++)
		if (posterior_probability(p, v) > most) {
			most = posterior_probability(p, v);
			best = v;
		}
	if (most <= 0.5 || most >= 1) {
		s->weight[0] = s->weight[1] = 1.0 / SAMPLES;
		sample(p, s, 0, SAMPLES, p->graph->count, 1);
		return;
	}
	s->weight[0] = most / (double)half;
	s->weight[1] = (1 - most) / (double)half;
	for (size_t i = 0; i < half; i++)
		s->vertex[i] = best;
	sample(p, s, half, SAMPLES, best, 1 - most);
}

static void work_out_group(const struct suspect_group *g, struct sampled_group *out)
{
	for (int affected = 0; affected < 2; affected++) {
		suspect_group_look_out(g, affected, &out->outlook[affected]);
		for (size_t k = 0; k < POSTERIOR_RUNS; k++)
			out->entropy[affected][k] = entropy(out->outlook[affected].silent[k]);
	}
}

static void group_samples(const struct posterior *p, struct sampling *s)
{
	_cleanup_free_ size_t *place = xcalloc(p->group_count, sizeof(*place)); /* from 1 */

	s->groups = xcalloc(SAMPLES, sizeof(*s->groups));
	for (size_t i = 0; i < SAMPLES; i++) {
		size_t g = p->group_of[s->vertex[i]];

		if (!place[g]) {
			work_out_group(&p->groups[g], &s->groups[s->group_count]);
			place[g] = ++s->group_count;
		}
		s->groups[place[g] - 1].members[i / 64] |= UINT64_C(1) << (i % 64);
	}
}

static void hand_down(const struct commit_graph *g, struct sampling *s)
{
	s->reach = xcalloc(g->count, sizeof(*s->reach));
	for (size_t i = 0; i < SAMPLES; i++)
		s->reach[s->vertex[i]][i / 64] |= UINT64_C(1) << (i % 64);
	for (size_t v = 1; v < g->count; v++)
		for (size_t i = g->first[v]; i < g->first[v + 1]; i++)
			for (size_t w = 0; w < SAMPLE_WORDS; w++)
				s->reach[v][w] |= s->reach[g->parents[i]][w];
}

/* Another one to test is its parent, which teaches the same. */
static bool is_like_its_parent(const struct commit_graph *g, const struct sampling *s, size_t v)
{
	for (size_t i = g->first[v]; i < g->first[v + 1]; i++)
		if (!memcmp(s->reach[v], s->reach[g->parents[i]], sizeof(*s->reach)))
			return true;
	return false;
}

/* How probable it is that it is one of the group that reaches there; reach NULL: one of the group.
 */
static double weigh_members(const struct sampling *s, const struct sampled_group *g,
			    const uint64_t *reach)
{
	unsigned count[2] = { 0 };

	for (size_t w = 0; w < SAMPLE_WORDS; w++)
		count[w >= SAMPLE_WORDS / 2] += (unsigned)__builtin_popcountll(
			g->members[w] & (reach ? reach[w] : UINT64_MAX));
	return count[0] * s->weight[0] + count[1] * s->weight[1];
}

/* For each number of runs: the mutual information of culprit and outcome, and how many it takes. */
struct test_worth {
	double gain[POSTERIOR_RUNS], runs[POSTERIOR_RUNS];
};

static void work_out_worth(const struct sampling *s, size_t v, struct test_worth *worth)
{
	double silent[POSTERIOR_RUNS] = { 0 }, noise[POSTERIOR_RUNS] = { 0 };

	*worth = (struct test_worth){ 0 };
	for (size_t i = 0; i < s->group_count; i++) {
		const struct sampled_group *g = &s->groups[i];
		double with = weigh_members(s, g, s->reach[v]);
		double part[2] = { weigh_members(s, g, NULL) - with, with };

		for (int affected = 0; affected < 2; affected++)
			for (size_t k = 0; k < POSTERIOR_RUNS; k++) {
				silent[k] += part[affected] * g->outlook[affected].silent[k];
				noise[k] += part[affected] * g->entropy[affected][k];
				worth->runs[k] += part[affected] * g->outlook[affected].runs[k];
			}
	}
	for (size_t k = 0; k < POSTERIOR_RUNS; k++)
		worth->gain[k] = entropy(silent[k]) - noise[k];
}

/*
 * By vertex, how probable it is that it can be tested. What cannot lies together (a range
 * does not build): between a commit that can and one that cannot, in the order of the
 * commits, by how near it is to each.
 */
static double *work_out_testable(const struct posterior *p)
{
	size_t count = p->graph->count;
	double *testable = xcalloc(count, sizeof(*testable));
	const size_t far = 2 * count;
	size_t can = 0, cannot = far; /* distances to the last one of each; the ends are known */

	for (size_t v = 0; v < count; v++)
		testable[v] = NAN;
	for (size_t i = 0; i < p->tested_count; i++)
		testable[p->tested[i].vertex] = p->tested[i].runs ? 1 : 0;
	_cleanup_free_ size_t *behind_can = xcalloc(count, sizeof(*behind_can));
	_cleanup_free_ size_t *behind_cannot = xcalloc(count, sizeof(*behind_cannot));

	for (size_t v = 0; v < count; v++) {
		can = testable[v] == 1 ? 0 : can + 1;
		cannot = testable[v] == 0 ? 0 : cannot + 1;
		behind_can[v] = can;
		behind_cannot[v] = cannot;
	}
	can = 0;
	cannot = far;
	for (size_t v = count; v-- > 0;) {
		double near_can, near_cannot;

		can = testable[v] == 1 ? 0 : can + 1;
		cannot = testable[v] == 0 ? 0 : cannot + 1;
		near_can = (double)(can < behind_can[v] ? can : behind_can[v]);
		near_cannot = (double)(cannot < behind_cannot[v] ? cannot : behind_cannot[v]);
		if (isnan(testable[v]))
			testable[v] = near_cannot >= (double)count
					      ? 1
					      : near_cannot / (near_can + near_cannot);
	}
	return testable;
}

/* Takes what teaches more a second than the best so far. */
static void consider(const struct test_costs *costs, size_t v, const struct test_worth *worth,
		     double testable, double *best, struct next_test *out)
{
	double build_s = costs->built[v] ? 0 : costs->build_s;

	for (size_t k = 0; k < POSTERIOR_RUNS; k++) {
		double cost_s = build_s + testable * costs->run_s * worth->runs[k];
		double rate = testable * worth->gain[k] / cost_s;

		if (rate <= *best)
			continue;
		*best = rate;
		*out = (struct next_test){ v, 1U << k, worth->gain[k], cost_s };
	}
}

bool next_test_choose(const struct posterior *p, const struct test_costs *costs,
		      struct next_test *out)
{
	struct sampling s = { .groups = NULL };
	_cleanup_free_ double *testable = work_out_testable(p);
	double best = 0;

	pick_samples(p, &s);
	group_samples(p, &s);
	hand_down(p->graph, &s);
	for (size_t v = 0; v < p->graph->count; v++) {
		struct test_worth worth;

		if (testable[v] <= 0 || (costs->barred && costs->barred[v]) ||
		    (!costs->built[v] && is_like_its_parent(p->graph, &s, v)))
			continue;
		work_out_worth(&s, v, &worth);
		consider(costs, v, &worth, testable[v], &best, out);
	}
	free(s.groups);
	free(s.reach);
	return best > 0 && out->gain_bits > 1e-6;
}

/*
 * By vertex, a commit that stands for all that cannot be told from it: those whose first
 * descendants that can be tested are the same. Where they part over branches, each is by itself.
 */
static size_t *find_classes(const struct posterior *p)
{
	const struct commit_graph *g = p->graph;
	size_t *class = xcalloc(g->count, sizeof(*class));
	const size_t none = g->count;

	for (size_t v = 0; v < g->count; v++)
		class[v] = none;
	for (size_t v = g->count; v-- > 0;) {
		if (!tested_cannot_be(posterior_tested(p, v)) || class[v] == none)
			class[v] = v;
		for (size_t i = g->first[v]; i < g->first[v + 1]; i++) {
			size_t parent = g->parents[i];

			/* Until it is its turn: what all its children say; itself where they
			 * differ. */
			if (class[parent] == none)
				class[parent] = class[v];
			else if (class[parent] != class[v])
				class[parent] = parent;
		}
	}
	return class;
}

void bisect_answer_find(const struct posterior *p, struct bisect_answer *out)
{
	size_t count = p->graph->count, best = 0;
	_cleanup_free_ size_t *class = find_classes(p);
	_cleanup_free_ double *sum = xcalloc(count, sizeof(*sum));

	*out = (struct bisect_answer){ 0 };
	for (size_t v = 0; v < count; v++)
		sum[class[v]] += posterior_probability(p, v);
	for (size_t v = 0; v < count; v++)
		if (sum[v] > sum[best])
			best = v;
	out->commits = xcalloc(count, sizeof(*out->commits));
	for (size_t v = 0; v < count; v++)
		if (class[v] == best && posterior_probability(p, v) > 0)
			out->commits[out->count++] = v;
	out->probability = sum[best];
}

void bisect_answer_clear(struct bisect_answer *a)
{
	if (!a)
		return;
	free(a->commits);
	*a = (struct bisect_answer){ 0 };
}

static bool is_in(const struct bisect_answer *a, size_t vertex)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->commits[i] == vertex)
			return true;
	return false;
}

bool bisect_answer_verify(const struct posterior *p, const struct bisect_answer *a, size_t *vertex)
{
	const struct commit_graph *g = p->graph;

	for (size_t i = 0; i < a->count; i++) {
		size_t v = a->commits[i];
		const struct tested_commit *seen = posterior_tested(p, v);

		*vertex = v;
		if (!tested_cannot_be(seen) && (!seen || !seen->hits))
			return true;
		for (size_t e = g->first[v]; v && e < g->first[v + 1]; e++) {
			*vertex = g->parents[e];
			if (!is_in(a, *vertex) && !posterior_tested(p, *vertex))
				return true;
		}
	}
	return false;
}
