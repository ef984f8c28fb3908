// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bisects of histories that a generator of known seed makes: how often the answer is right, how
 * sure it claims to be, and how many runs it took, where builds cost time and where they cost none
 * (all in the store: then runs are all there is to save); beside it git's way, halving, with a
 * fixed number of runs a step, of both ends too, by one who knows the rate beforehand.
 *
 *	bench-bisect HISTORIES [SEED]
 *
 * So many histories in all, linear and with merges, of 16 to 10000 commits, in a fifth of them a
 * range of commits that cannot be tested (for git's way none). Exit 1 when a figure is
 * beyond its limit: right less often than CONFIDENCE, or claimed more than CALIBRATION too
 * much; by more than what chance gives (two standard errors).
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>
#include "base/str.h"
#include "bisect/next-test.h"
#include "tests/random.h"

enum { RUNS_MAX = 200000 };
/* What a toggle's worth of objects and the demo's case take on two processors. */
#define BUILD_S	    60
#define RUN_S	    3
#define OLDER	    0.02
#define CONFIDENCE  0.95
#define CALIBRATION 0.02

static size_t pick(size_t count)
{
	return (size_t)(uniform() * (double)count);
}

struct world {
	struct commit_graph graph;
	size_t culprit;
	double shows, falsely;
	size_t broken_from, broken_to; /* commits that cannot be tested */
	bool *has_bug;
	bool *built;
	unsigned runs, builds;
};

enum { HEADS_MAX = 6 };

/* A mainline with branches that are merged again. */
static void make_merges(struct commit_graph *g, size_t count)
{
	size_t heads[HEADS_MAX] = { 0 }, head_count = 1;

	while (g->count < count - HEADS_MAX) {
		double what = uniform();
		size_t h = pick(head_count);

		if (what < 0.05 && head_count < HEADS_MAX) {
			heads[head_count++] = heads[h];
		} else if (what < 0.10 && head_count > 1) {
			size_t other = (h + 1) % head_count, both[2] = { heads[h], heads[other] };

			if (both[0] == both[1])
				continue;
			heads[h] = commit_graph_add(g, both, 2);
			heads[other] = heads[--head_count];
			if (h == head_count)
				heads[other] = heads[h];
		} else {
			heads[h] = commit_graph_add(g, &heads[h], 1);
		}
	}
	while (head_count > 1) {
		size_t both[2] = { heads[head_count - 1], heads[head_count - 2] };

		head_count--;
		if (both[0] != both[1])
			heads[head_count - 1] = commit_graph_add(g, both, 2);
	}
	commit_graph_add(g, &heads[0], 1);
}

static void world_init(struct world *w, double shows, double falsely)
{
	size_t count = (size_t)(16 * pow(10000.0 / 16, uniform()));

	*w = (struct world){ .shows = shows, .falsely = falsely };
	commit_graph_init(&w->graph, count + 1);
	if (uniform() < 0.5)
		make_merges(&w->graph, count);
	else
		for (size_t v = 0; v < count - 1; v++)
			commit_graph_add(&w->graph, &v, 1);
	count = w->graph.count;
	w->culprit = 1 + pick(count - 1);
	if (uniform() < 0.2) {
		size_t length = 1 + pick(count / 10);

		w->broken_from = 1 + pick(count - 1 - length);
		w->broken_to = w->broken_from + length;
	}
	w->has_bug = xcalloc(count, sizeof(*w->has_bug));
	w->built = xcalloc(count, sizeof(*w->built));
	/* The culprit's descendants. */
	w->has_bug[w->culprit] = true;
	for (size_t v = w->culprit + 1; v < count; v++)
		for (size_t i = w->graph.first[v]; i < w->graph.first[v + 1]; i++)
			w->has_bug[v] |= w->has_bug[w->graph.parents[i]];
}

static void world_clear(struct world *w)
{
	commit_graph_clear(&w->graph);
	free(w->has_bug);
	free(w->built);
}

static bool is_broken(const struct world *w, size_t v)
{
	return v >= w->broken_from && v < w->broken_to;
}

static bool run(struct world *w, size_t v)
{
	if (!w->built[v])
		w->builds++;
	w->built[v] = true;
	w->runs++;
	return uniform() < (w->has_bug[v] ? w->shows : w->falsely);
}

/* What came of bisects at one rate. */
struct score {
	unsigned histories, right, given_up;
	double claimed, runs, builds, commits; /* sums */
};

static void test_commit(struct world *w, struct posterior *p, size_t v, unsigned most)
{
	if (is_broken(w, v)) {
		w->builds++;
		posterior_add(p, v, 0, 0);
		return;
	}
	for (unsigned i = 1; i <= most; i++)
		if (run(w, v)) {
			posterior_add(p, v, i, 1);
			return;
		}
	posterior_add(p, v, most, 0);
}

/* As klab bisect searches; it verifies afterwards, on fresh runs. False: given up. */
static bool bisect(struct world *w, struct posterior *p, double build_s,
		   struct bisect_answer *answer)
{
	const struct test_costs costs = { build_s, RUN_S, w->built, NULL };
	struct next_test next = { 0 };
	size_t vertex;

	test_commit(w, p, w->graph.count - 1, RUNS_MAX);
	test_commit(w, p, 0, 1);
	while (w->runs < RUNS_MAX) {
		posterior_update(p);
		bisect_answer_clear(answer);
		bisect_answer_find(p, answer);
		if (answer->probability >= CONFIDENCE) {
			if (!bisect_answer_verify(p, answer, &vertex))
				return true;
			test_commit(w, p, vertex, 1);
			continue;
		}
		if (!next_test_choose(p, &costs, &next))
			return false;
		test_commit(w, p, next.vertex, next.runs);
	}
	return false;
}

static bool is_right(const struct world *w, const struct bisect_answer *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->commits[i] == w->culprit)
			return true;
	return false;
}

static void measure(struct score *score, double shows, double falsely, double build_s)
{
	struct world w;
	struct posterior p;
	struct bisect_answer answer = { 0 };

	world_init(&w, shows, falsely);
	posterior_init(&p, &w.graph, OLDER);
	if (!bisect(&w, &p, build_s, &answer))
		score->given_up++;
	score->histories++;
	score->right += is_right(&w, &answer);
	score->claimed += answer.probability;
	score->runs += w.runs;
	score->builds += w.builds;
	score->commits += (double)w.graph.count;
	bisect_answer_clear(&answer);
	posterior_clear(&p);
	world_clear(&w);
}

/* git's way: what is left of the commits. */
struct halving {
	bool *left, *marks;
	size_t remaining;
};

/* How many of those that are left would have to be good were this one bad, and the other way. */
static size_t smaller_half(const struct world *w, struct halving *h, size_t v)
{
	size_t size = 0;

	commit_graph_ancestors(&w->graph, v, h->marks);
	for (size_t u = 1; u < w->graph.count; u++)
		size += h->left[u] && h->marks[u];
	return size < h->remaining - size ? size : h->remaining - size;
}

static size_t nth_left(const struct world *w, const struct halving *h, size_t n)
{
	for (size_t u = 1; u < w->graph.count; u++)
		if (h->left[u] && n-- == 0)
			return u;
	return 0;
}

/* The best of a dozen: the middle in the order of the commits, and some by chance. */
static size_t choose_half(const struct world *w, struct halving *h)
{
	size_t best = 0, most = 0;

	for (int i = 0; i < 12 || !best; i++) {
		size_t v = nth_left(w, h, i ? pick(h->remaining) : h->remaining / 2 - 1);
		size_t half = smaller_half(w, h, v);

		if (half > most) {
			best = v;
			most = half;
		}
	}
	return best;
}

/* So many runs of a commit; one that shows the bug makes it bad. */
static void measure_fixed(struct score *score, double shows, double falsely, unsigned repeat)
{
	struct world w;
	struct halving h;

	world_init(&w, shows, falsely);
	h.left = xcalloc(w.graph.count, sizeof(*h.left));
	h.marks = xcalloc(w.graph.count, sizeof(*h.marks));
	h.remaining = w.graph.count - 1;
	memset(h.left + 1, true, h.remaining);
	while (!run(&w, w.graph.count - 1))
		;
	for (unsigned i = 0; i < repeat; i++)
		run(&w, 0);
	while (h.remaining > 1) {
		size_t v = choose_half(&w, &h);
		bool shown = false;

		for (unsigned i = 0; i < repeat && !shown; i++)
			shown = run(&w, v);
		commit_graph_ancestors(&w.graph, v, h.marks);
		h.remaining = 0;
		for (size_t u = 1; u < w.graph.count; u++)
			h.remaining += h.left[u] = h.left[u] && h.marks[u] == shown;
	}
	score->right += h.left[w.culprit];
	score->histories++;
	score->runs += w.runs;
	score->builds += w.builds;
	free(h.left);
	free(h.marks);
	world_clear(&w);
}

static double right(const struct score *s)
{
	return (double)s->right / s->histories;
}

static void print_way(const char *way, const struct score *s)
{
	double runs = s->runs / s->histories, builds = s->builds / s->histories;

	printf("  %-24s %6.1f %%  %8.1f %7.1f %9.0f", way, 100 * right(s), runs, builds,
	       builds * BUILD_S + runs * RUN_S);
}

/* The fewest runs a step with which git's way is right as often, were the rate known. */
static void print_fixed(double shows, double falsely, unsigned histories, double wanted)
{
	static const unsigned repeats[] = { 1,	2,  3,	4,  5,	6,   8,	  10,  15,  20,
					    30, 40, 50, 60, 80, 100, 300, 400, 500, 600 };
	const size_t count = sizeof(repeats) / sizeof(*repeats);
	double best = 0;

	for (size_t i = 0; i < count; i++) {
		struct score s = { 0 };
		char way[40];

		/* Fewer would miss it in every other step. */
		if (pow(1 - shows, repeats[i]) > 0.1)
			continue;
		for (unsigned n = 0; n < histories; n++)
			measure_fixed(&s, shows, falsely, repeats[i]);
		best = fmax(best, right(&s));
		if (right(&s) < wanted && right(&s) > best - 0.1 && i + 1 < count)
			continue;
		snprintf(way, sizeof(way), "%u runs a step", repeats[i]);
		print_way(way, &s);
		printf("%s\n", right(&s) < wanted ? "  more are no better" : "");
		return;
	}
}

/* False: beyond its limits. *wanted: how often it is right. */
static bool measure_posterior(const char *way, const double rate[2], double build_s,
			      unsigned histories, double *wanted)
{
	double chance = 2 * sqrt(CONFIDENCE * (1 - CONFIDENCE) / histories), claimed;
	struct score s = { 0 };
	bool good;

	for (unsigned n = 0; n < histories; n++)
		measure(&s, rate[0], rate[1], build_s);
	claimed = s.claimed / s.histories;
	*wanted = right(&s);
	good = *wanted >= CONFIDENCE - chance && claimed - *wanted <= CALIBRATION + chance;
	print_way(way, &s);
	printf("  claimed %.1f %%%s\n", 100 * claimed, good ? "" : "  <-- beyond its limit");
	return good;
}

static bool measure_rate(const double rate[2], unsigned histories)
{
	double wanted;
	bool good;

	printf("shows in %g %% of runs, falsely in %g %%\n", 100 * rate[0], 100 * rate[1]);
	good = measure_posterior("builds are free", rate, 0, histories / 4 + 1, &wanted);
	good &= measure_posterior("by posterior", rate, BUILD_S, histories, &wanted);
	print_fixed(rate[0], rate[1], histories / 8 + 1, wanted);
	fflush(stdout);
	return good;
}

/* The slowest choice among 50000 commits, in seconds of CPU: the first tests split nothing yet. */
static double time_step(void)
{
	struct commit_graph g;
	struct posterior p;
	struct next_test next = { 0 };
	bool *built = xcalloc(50002, sizeof(*built));
	const struct test_costs costs = { BUILD_S, RUN_S, built, NULL };
	double slowest = 0;

	commit_graph_init(&g, 50001);
	make_merges(&g, 50000);
	posterior_init(&p, &g, OLDER);
	posterior_add(&p, g.count - 1, 3, 1);
	posterior_add(&p, 0, 3, 0);
	for (int i = 0; i < 30; i++) {
		clock_t began = clock();
		bool more;

		posterior_update(&p);
		more = next_test_choose(&p, &costs, &next);
		slowest = fmax(slowest, (double)(clock() - began) / CLOCKS_PER_SEC);
		if (!more)
			break;
		built[next.vertex] = true;
		posterior_add(&p, next.vertex, next.runs, uniform() < 0.5);
	}
	posterior_clear(&p);
	commit_graph_clear(&g);
	free(built);
	return slowest;
}

int main(int argc, char **argv)
{
	static const double rates[][2] = { { 1, 0 },	  { 0.9, 0 },	 { 0.5, 0 },
					   { 0.1, 0 },	  { 0.01, 0 },	 { 1, 0.02 },
					   { 0.9, 0.02 }, { 0.5, 0.02 }, { 0.1, 0.02 } };
	const size_t count = sizeof(rates) / sizeof(*rates);
	unsigned histories = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	bool good = true;
	double step_s;

	if (histories < count) {
		fprintf(stderr, "usage: bench-bisect HISTORIES [SEED], at least %zu\n", count);
		return 2;
	}
	random_state = 88172645463325252ULL + (argc > 2 ? (uint64_t)atoi(argv[2]) : 0);
	printf("%-26s %8s  %8s %7s %9s\n", "", "right", "runs", "builds", "seconds");
	for (size_t i = 0; i < count; i++)
		good &= measure_rate(rates[i], histories / (unsigned)count);
	step_s = time_step();
	printf("a step among 50000 commits with merges: %.3f s (at most 1)%s\n", step_s,
	       step_s > 1 ? "  <-- beyond its limit" : "");
	return good && step_s <= 1 ? 0 : 1;
}
