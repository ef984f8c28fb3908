// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/posterior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* A value that a rate may have, and how probable it is beforehand. */
struct rate_value {
	double rate, prior;
};

/*
 * Most regressions show always. The others are spread so that each halving of the rate is
 * about as probable as the next, down to one run in a thousand.
 */
static const struct rate_value show_values[POSTERIOR_SHOWS] = {
	{ 1, 12 },   { 0.99, 2 },  { 0.98, 2 },	 { 0.95, 3 },  { 0.92, 3 },  { 0.9, 3 },
	{ 0.85, 3 }, { 0.8, 2 },   { 0.75, 2 },	 { 0.7, 2 },   { 0.6, 3 },   { 0.5, 4 },
	{ 0.4, 4 },  { 0.3, 3 },   { 0.25, 2 },	 { 0.2, 2 },   { 0.15, 2 },  { 0.12, 1 },
	{ 0.1, 2 },  { 0.07, 2 },  { 0.05, 2 },	 { 0.03, 2 },  { 0.02, 2 },  { 0.015, 1 },
	{ 0.01, 2 }, { 0.007, 1 }, { 0.005, 1 }, { 0.003, 1 }, { 0.002, 1 }, { 0.001, 1 },
};
/*
 * One false positive in 20 to 200 runs weighs more than there are such bugs: who does not expect
 * it takes the first one for the bug, and answers wrongly more often than asked for; who
 * expects it in vain runs a few percent more.
 */
static const struct rate_value false_values[POSTERIOR_FALSE] = {
	{ 0, 4 },    { 0.0005, 1 }, { 0.001, 1 }, { 0.002, 1 }, { 0.005, 4 },
	{ 0.01, 6 }, { 0.02, 6 },   { 0.05, 6 },  { 0.1, 2 },	{ 0.2, 1 },
	{ 0.3, 1 },  { 0.4, 1 },    { 0.5, 1 },
};

/* log(rate), log(1 - rate), log(prior) of each value; -INFINITY for what cannot be. */
struct rate_logs {
	double show, silent, prior;
};
static struct rate_logs show_logs[POSTERIOR_SHOWS], false_logs[POSTERIOR_FALSE];

static void take_logs(const struct rate_value *values, struct rate_logs *logs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		logs[i] = (struct rate_logs){ log(values[i].rate), log1p(-values[i].rate),
					      log(values[i].prior) };
}

/* Shares what vertex 0 leaves evenly among those that may be. */
static void share_prior(struct posterior *p, const bool *suspects)
{
	size_t vertices = p->graph->count, count = 0;

	for (size_t v = 1; v < vertices; v++)
		count += !suspects || suspects[v];
	for (size_t v = 1; v < vertices; v++)
		p->prior[v] = !suspects || suspects[v] ? (1 - p->prior[0]) / (double)count : 0;
}

void posterior_init(struct posterior *p, const struct commit_graph *graph, double older)
{
	take_logs(show_values, show_logs, POSTERIOR_SHOWS);
	take_logs(false_values, false_logs, POSTERIOR_FALSE);
	*p = (struct posterior){ .graph = graph, .group_count = 1, .group_room = 16 };
	p->tested = xcalloc(POSTERIOR_TESTED_MAX, sizeof(*p->tested));
	p->groups = xcalloc(p->group_room, sizeof(*p->groups));
	p->groups[0].prior = 1;
	p->group_of = xcalloc(graph->count, sizeof(*p->group_of));
	p->prior = xcalloc(graph->count, sizeof(*p->prior));
	p->prior[0] = older;
	share_prior(p, NULL);
	p->like = xcalloc(graph->count, sizeof(*p->like));
	for (size_t v = 0; v < graph->count; v++)
		p->like[v] = v;
}

void posterior_clear(struct posterior *p)
{
	if (!p)
		return;
	free(p->tested);
	free(p->groups);
	free(p->group_of);
	free(p->prior);
	free(p->like);
	*p = (struct posterior){ 0 };
}

double posterior_probability(const struct posterior *p, size_t vertex)
{
	const struct suspect_group *g = &p->groups[p->group_of[vertex]];

	return g->prior > 0 ? g->probability * p->prior[vertex] / g->prior : 0;
}

static bool is_affected(const struct suspect_group *g, size_t tested)
{
	return g->affected[tested / 64] >> (tested % 64) & 1;
}

static void set_affected(struct suspect_group *g, size_t tested)
{
	g->affected[tested / 64] |= UINT64_C(1) << (tested % 64);
}

static unsigned add_group(struct posterior *p, const struct suspect_group *like)
{
	const struct suspect_group copy = *like; /* which the next line may move */

	if (p->group_count == p->group_room) {
		p->group_room *= 2;
		p->groups = xrealloc(p->groups, p->group_room * sizeof(*p->groups));
	}
	p->groups[p->group_count] = copy;
	return (unsigned)p->group_count++;
}

/* Anew: differences of rounded sums would leave a prior where there is none. */
static void sum_priors(struct posterior *p)
{
	for (size_t g = 0; g < p->group_count; g++)
		p->groups[g].prior = 0;
	for (size_t v = 0; v < p->graph->count; v++)
		p->groups[p->group_of[v]].prior += p->prior[v];
}

/* Splits the groups into those of culprits that a tested commit would have, and the others. */
static void split_groups(struct posterior *p, size_t tested)
{
	size_t count = p->graph->count, before = p->group_count;
	_cleanup_free_ bool *marks = xcalloc(count, sizeof(*marks));
	_cleanup_free_ size_t *size = xcalloc(before, sizeof(*size));
	_cleanup_free_ size_t *marked = xcalloc(before, sizeof(*marked));
	_cleanup_free_ unsigned *part = xcalloc(before, sizeof(*part));

	commit_graph_ancestors(p->graph, p->tested[tested].vertex, marks);
	for (size_t v = 0; v < count; v++) {
		size[p->group_of[v]]++;
		marked[p->group_of[v]] += marks[v];
	}
	for (size_t g = 0; g < before; g++) {
		part[g] = (unsigned)g;
		if (marked[g] && marked[g] < size[g])
			part[g] = add_group(p, &p->groups[g]);
		if (marked[g])
			set_affected(&p->groups[part[g]], tested);
	}
	for (size_t v = 0; v < count; v++)
		if (marks[v])
			p->group_of[v] = part[p->group_of[v]];
	sum_priors(p);
}

const struct tested_commit *posterior_tested(const struct posterior *p, size_t vertex)
{
	for (size_t i = 0; i < p->tested_count; i++)
		if (p->tested[i].vertex == p->like[vertex])
			return &p->tested[i];
	return NULL;
}

bool posterior_add(struct posterior *p, size_t vertex, unsigned runs, unsigned hits)
{
	const struct tested_commit *known = posterior_tested(p, vertex);
	size_t at = known ? (size_t)(known - p->tested) : p->tested_count;

	if (at == POSTERIOR_TESTED_MAX)
		return false;
	if (!known)
		p->tested[p->tested_count++].vertex = p->like[vertex];
	if (!runs)
		return true;
	if (!p->tested[at].runs)
		split_groups(p, at);
	p->tested[at].runs += runs;
	p->tested[at].hits += hits;
	for (size_t g = 0; g < p->group_count; g++) {
		p->groups[g].runs[is_affected(&p->groups[g], at)] += runs;
		p->groups[g].hits[is_affected(&p->groups[g], at)] += hits;
	}
	return true;
}

void posterior_suspect(struct posterior *p, const bool *suspects)
{
	share_prior(p, suspects);
	sum_priors(p);
}

void posterior_same(struct posterior *p, size_t vertex, size_t other)
{
	size_t count = p->graph->count;
	_cleanup_free_ bool *marks = xcalloc(count, sizeof(*marks));
	_cleanup_free_ bool *others = xcalloc(count, sizeof(*others));

	commit_graph_ancestors(p->graph, vertex, marks);
	commit_graph_ancestors(p->graph, other, others);
	for (size_t v = 0; v < count; v++)
		if (marks[v] != others[v])
			p->prior[v] = 0;
	p->like[vertex] = p->like[other];
	sum_priors(p);
}

/* The logarithms of prior times likelihood of each value. Gives the largest. */
static double weigh(const struct rate_logs *logs, size_t count, unsigned runs, unsigned hits,
		    double *weights)
{
	double most = -INFINITY;

	for (size_t i = 0; i < count; i++) {
		/* 0 times -INFINITY is none: what cannot be did not happen. */
		weights[i] = logs[i].prior + (hits ? hits * logs[i].show : 0) +
			     (runs > hits ? (runs - hits) * logs[i].silent : 0);
		most = fmax(most, weights[i]);
	}
	return most;
}

/*
 * Sums shows[i] * falsely[j] over all pairs with q < p, and leaves the sum of its pairs at each
 * value. show_values descend and false_values ascend.
 */
static double sum_pairs(double *shows, double *falsely)
{
	double falsely_sum[POSTERIOR_FALSE + 1] = { 0 }, shows_sum[POSTERIOR_SHOWS + 1] = { 0 };
	double sum = 0;
	size_t below = POSTERIOR_FALSE, above = POSTERIOR_SHOWS;

	for (size_t j = 0; j < POSTERIOR_FALSE; j++)
		falsely_sum[j + 1] = falsely_sum[j] + falsely[j];
	for (size_t i = 0; i < POSTERIOR_SHOWS; i++)
		shows_sum[i + 1] = shows_sum[i] + shows[i];
	for (size_t i = 0; i < POSTERIOR_SHOWS; i++) {
		while (below && false_values[below - 1].rate >= show_values[i].rate)
			below--;
		shows[i] *= falsely_sum[below];
		sum += shows[i];
	}
	for (size_t j = 0; j < POSTERIOR_FALSE; j++) {
		while (above && show_values[above - 1].rate <= false_values[j].rate)
			above--;
		falsely[j] *= shows_sum[above];
	}
	return sum;
}

/* The logarithm of the likelihood of all that was seen, were the culprit in the group. */
static double group_likelihood(struct suspect_group *g)
{
	double most_shows = weigh(show_logs, POSTERIOR_SHOWS, g->runs[1], g->hits[1], g->shows);
	double most_falsely =
		weigh(false_logs, POSTERIOR_FALSE, g->runs[0], g->hits[0], g->falsely);
	double sum;

	for (size_t i = 0; i < POSTERIOR_SHOWS; i++)
		g->shows[i] = exp(g->shows[i] - most_shows);
	for (size_t j = 0; j < POSTERIOR_FALSE; j++)
		g->falsely[j] = exp(g->falsely[j] - most_falsely);
	sum = sum_pairs(g->shows, g->falsely);
	for (size_t i = 0; i < POSTERIOR_SHOWS && sum > 0; i++)
		g->shows[i] /= sum;
	for (size_t j = 0; j < POSTERIOR_FALSE && sum > 0; j++)
		g->falsely[j] /= sum;
	return most_shows + most_falsely + log(sum);
}

bool posterior_update(struct posterior *p)
{
	double most = -INFINITY, sum = 0;

	for (size_t i = 0; i < p->group_count; i++) {
		struct suspect_group *g = &p->groups[i];

		g->probability = group_likelihood(g) + log(g->prior);
		most = fmax(most, g->probability);
	}
	if (!isfinite(most))
		return false;
	for (size_t i = 0; i < p->group_count; i++)
		sum += p->groups[i].probability = exp(p->groups[i].probability - most);
	for (size_t i = 0; i < p->group_count; i++)
		p->groups[i].probability /= sum;
	return true;
}

void suspect_group_look_out(const struct suspect_group *g, bool affected, struct runs_outlook *o)
{
	const struct rate_value *values = affected ? show_values : false_values;
	const double *weights = affected ? g->shows : g->falsely;
	size_t count = affected ? POSTERIOR_SHOWS : POSTERIOR_FALSE;

	*o = (struct runs_outlook){ 0 };
	for (size_t i = 0; i < count; i++) {
		double rate = values[i].rate, power = 1 - rate;

		for (size_t k = 0; k < POSTERIOR_RUNS; k++) {
			o->silent[k] += weights[i] * power;
			o->runs[k] += weights[i] * (rate > 0 ? (1 - power) / rate : 1 << k);
			power *= power;
		}
	}
}

double posterior_silent(const struct posterior *p, size_t vertex, unsigned runs)
{
	size_t count = p->graph->count, k = 0;
	_cleanup_free_ bool *marks = xcalloc(count, sizeof(*marks));
	_cleanup_free_ double *silent = xcalloc(2 * p->group_count, sizeof(*silent));
	double sum = 0;

	while (k + 1 < POSTERIOR_RUNS && 1U << k < runs)
		k++;
	for (size_t i = 0; i < 2 * p->group_count; i++) {
		struct runs_outlook all;

		suspect_group_look_out(&p->groups[i / 2], i % 2, &all);
		silent[i] = all.silent[k];
	}
	commit_graph_ancestors(p->graph, vertex, marks);
	for (size_t v = 0; v < count; v++)
		sum += posterior_probability(p, v) * silent[2 * p->group_of[v] + marks[v]];
	return sum;
}
