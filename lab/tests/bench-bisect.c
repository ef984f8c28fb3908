// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bisects of histories that a generator of known seed makes: how often the answer is right, how
 * sure it claims to be, and how many runs it took, where builds cost time and where they cost none
 * (all in the store: then runs are all there is to save); beside it git's way, halving, with a
 * fixed number of runs a step, of both ends too: the fewest that one needs who knows the rate
 * beforehand, ten whatever it is, and as many as are enough at the lowest rate, which is what one
 * needs who does not know it.
 *
 *	bench-bisect HISTORIES [SEED [SHOWS FALSELY]]
 *
 * So many histories in all, or all at these rates (1, 0.02), linear and with merges, of 16 to 10000
 *commits, in a fifth of them a range of commits that cannot be tested (for git's way none). Exit 1
 *when a figure is beyond its limit: right less often than CONFIDENCE, or claimed more than
 *CALIBRATION too much; by more than what chance gives (two standard errors).
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>
#include "base/str.h"
#include "bisect/bisect.h"
#include "tests/random.h"

enum { RUNS_MAX = 200000 };
/* As many as syzkaller does at least (its docs say 10 to 20), whatever it knows. */
enum { MANY_REPEAT = 10 };
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
	unsigned histories, right;
	double claimed, runs, builds; /* sums */
};

/* verdict.json and reports.json of a run without the bug, and of one with it. */
static json_t *passed, *failed, *no_reports;
static struct strv bug;

static void test_commit(struct world *w, struct bisect *b, const struct bisect_step *step,
			double build_s)
{
	bool shown = false;

	if (is_broken(w, step->vertex)) {
		w->builds++;
		bisect_add_unbuildable(b, step->vertex, "broken", build_s);
		return;
	}
	if (!b->built[step->vertex])
		bisect_add_kernel(b, step->vertex, "", NULL, build_s);
	for (unsigned i = 0; i < step->runs && !shown; i++) {
		shown = run(w, step->vertex);
		bisect_add_run(b, step->vertex, NULL, shown ? failed : passed, no_reports, RUN_S);
	}
}

/* As klab bisect does it, verification and all. False: given up. */
static bool bisect(struct world *w, struct bisect *b, double build_s)
{
	struct bisect_step step;

	b->first_runs = RUNS_MAX;
	while (w->runs < RUNS_MAX) {
		bisect_next(b, &step);
		if (step.what != BISECT_TEST)
			return step.what == BISECT_FOUND;
		test_commit(w, b, &step, build_s);
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
	const struct target target = { .kind = TARGET_REASON, .names = bug };
	_cleanup_strv_ struct strv names = { 0 };
	struct bisect b;
	struct world w;

	world_init(&w, shows, falsely);
	for (size_t v = 0; v < w.graph.count; v++)
		strv_addf(&names, "%zu", v);
	bisect_init(&b, &w.graph, &names, CONFIDENCE, &target, NULL, NULL);
	score->right += bisect(&w, &b, build_s) && is_right(&w, &b.answer);
	score->histories++;
	score->claimed += b.answer.probability;
	score->runs += w.runs;
	score->builds += w.builds;
	bisect_clear(&b);
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

static void print_way(const char *way, const struct score *s, double build_s)
{
	double runs = s->runs / s->histories, builds = s->builds / s->histories;

	printf("  %-26s %6.1f %%  %8.1f %7.1f %9.0f", way, 100 * right(s), runs, builds,
	       builds * build_s + runs * RUN_S);
}

static const unsigned repeats[] = { 1,	2,  3,	4,  5,	6,   8,	  10,  15,  20,
				    30, 40, 50, 60, 80, 100, 300, 400, 500, 600 };
enum { REPEATS = sizeof(repeats) / sizeof(*repeats) };

static struct score score_fixed(const double rate[2], unsigned repeat, unsigned histories)
{
	struct score s = { 0 };

	for (unsigned n = 0; n < histories; n++)
		measure_fixed(&s, rate[0], rate[1], repeat);
	return s;
}

static void print_fixed(const struct score *s, unsigned repeat, const char *why)
{
	char way[40];

	snprintf(way, sizeof(way), "halving, %u run%s a step", repeat, repeat > 1 ? "s" : "");
	print_way(way, s, BUILD_S);
	printf("  %s\n", why);
}

/* By one who knows the rate: the fewest runs a step that are right as often. */
static void print_fewest(const double rate[2], unsigned histories, double wanted)
{
	double best = 0;

	for (size_t i = 0; i < REPEATS; i++) {
		struct score s;

		/* Fewer would miss it in every other step. */
		if (pow(1 - rate[0], repeats[i]) > 0.1)
			continue;
		s = score_fixed(rate, repeats[i], histories);
		best = fmax(best, right(&s));
		if (right(&s) < wanted && right(&s) > best - 0.1 && i + 1 < REPEATS)
			continue;
		print_fixed(&s, repeats[i],
			    right(&s) < wanted ? "more are no better"
					       : "enough, were the rate known");
		return;
	}
}

/* The fewest runs a step that are right often enough at this rate, and so at all that are higher.
 */
static unsigned find_enough(const double rate[2], unsigned histories)
{
	for (size_t i = 0; i < REPEATS; i++) {
		struct score s = { 0 };

		if (pow(1 - rate[0], repeats[i]) > 0.1)
			continue;
		s = score_fixed(rate, repeats[i], histories);
		if (right(&s) >= CONFIDENCE)
			return repeats[i];
	}
	return repeats[REPEATS - 1];
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
	print_way(way, &s, build_s);
	printf("  claimed %.1f %%%s\n", 100 * claimed, good ? "" : "  <-- beyond its limit");
	return good;
}

/* Beside it git's way, by one who knows the rate, and by two who do not. */
static bool measure_rate(const double rate[2], unsigned histories, unsigned enough)
{
	unsigned fewer = histories / 8 + 1;
	struct score s;
	double wanted;
	bool good;

	printf("shows in %g %% of runs, falsely in %g %%\n", 100 * rate[0], 100 * rate[1]);
	good = measure_posterior("klab, builds are free", rate, 0, histories / 4 + 1, &wanted);
	good &= measure_posterior("klab", rate, BUILD_S, histories, &wanted);
	print_fewest(rate, fewer, wanted);
	s = score_fixed(rate, MANY_REPEAT, fewer);
	print_fixed(&s, MANY_REPEAT, "as many a step, whatever the rate");
	s = score_fixed(rate, enough, fewer);
	print_fixed(&s, enough, "enough at each rate without false ones");
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

static const double rates[][2] = { { 1, 0 },	  { 0.9, 0 },	 { 0.5, 0 },
				   { 0.1, 0 },	  { 0.01, 0 },	 { 1, 0.02 },
				   { 0.9, 0.02 }, { 0.5, 0.02 }, { 0.1, 0.02 } };
enum { RATES = sizeof(rates) / sizeof(*rates), LOWEST = 4 };

static bool measure_all(unsigned histories, unsigned enough)
{
	bool good = true;

	for (size_t i = 0; i < RATES; i++)
		good &= measure_rate(rates[i], histories / RATES, enough);
	return good;
}

int main(int argc, char **argv)
{
	unsigned histories = argc > 1 ? (unsigned)atoi(argv[1]) : 0, enough;
	const double one[2] = { argc > 4 ? atof(argv[3]) : 0, argc > 4 ? atof(argv[4]) : 0 };
	double step_s;
	bool good;

	if (histories < RATES) {
		fprintf(stderr,
			"usage: bench-bisect HISTORIES [SEED [SHOWS FALSELY]], at least %d\n",
			RATES);
		return 2;
	}
	strv_add(&bug, "the bug");
	passed = json_pack("{s:s}", "verdict", "pass");
	failed = json_pack("{s:s, s:[{s:s}]}", "verdict", "fail", "reasons", "what", "the bug");
	no_reports = json_array();
	random_state = 88172645463325252ULL + (argc > 2 ? (uint64_t)atoi(argv[2]) : 0);
	enough = find_enough(rates[LOWEST], histories / RATES / 2 + 1);
	printf("%-28s %8s  %8s %7s %9s\n", "", "right", "runs", "builds", "seconds");
	good = one[0] > 0 ? measure_rate(one, histories, enough) : measure_all(histories, enough);
	step_s = time_step();
	printf("a step among 50000 commits with merges: %.3f s (at most 1)%s\n", step_s,
	       step_s > 1 ? "  <-- beyond its limit" : "");
	return good && step_s <= 1 ? 0 : 1;
}
