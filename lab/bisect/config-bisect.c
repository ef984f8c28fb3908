// SPDX-License-Identifier: GPL-2.0-or-later
/* What the configurations show, and what to try next. */
#include "bisect/config-bisect-internal.h"
#include "bisect/posterior.h"

/* Beforehand it is rare that the good side has the bug. */
static const double good_has_it = 0.02;
/* Of the error that is allowed for, this part may be that it has. */
static const double good_part = 0.25;

/* ---- how probable it is that a configuration shows the bug ---- */

/* With the counts of none, a vertex stays untested. */
static void add_counts(struct posterior *p, size_t vertex, const struct config_try *try)
{
	if (try && try->runs)
		posterior_add(p, vertex, try->runs, try->hits);
}

/*
 * Three commits in a row: the good side, this configuration, the bad side. If the second is the
 * culprit this one has the bug, if the third is, it has not; if the first is, the good side
 * has it.
 */
static void judge(const struct config_bisect *b, const struct config_try *try, double odds[3])
{
	const struct config_try *good = config_bisect_end(b, false);
	const struct config_try *bad = config_bisect_end(b, true);
	struct commit_graph graph;
	struct posterior p;
	size_t middle;

	commit_graph_init(&graph, 3);
	middle = commit_graph_add(&graph, NULL, 0);
	commit_graph_add(&graph, &middle, 1);
	posterior_init(&p, &graph, b->minimize ? 0 : good_has_it);
	if (!b->minimize && good)
		add_counts(&p, 0, config_bisect_counts(b, good));
	add_counts(&p, 1, try ? config_bisect_counts(b, try) : NULL);
	add_counts(&p, 2, config_bisect_counts(b, bad));
	posterior_update(&p);
	for (size_t v = 0; v < 3; v++)
		odds[v] = posterior_probability(&p, v);
	posterior_clear(&p);
	commit_graph_clear(&graph);
}

/* After each run: what was seen of a side counts for all. */
static void update(struct config_bisect *b)
{
	double odds[3];

	for (size_t i = 0; i < b->try_count; i++) {
		if (!b->tries[i].runs)
			continue;
		judge(b, &b->tries[i], odds);
		b->tries[i].even = odds[1] / (odds[1] + odds[2]);
	}
	judge(b, NULL, odds);
	b->good_has_it = b->minimize ? 0 : odds[0];
}

/*
 * Of a configuration that is neither end. Beforehand it is no more probable that it shows
 * the bug than that one culprit, which could be any option, is in it.
 */
static double sure_of(const struct config_bisect *b, const struct config_try *try, bool shown)
{
	const struct config_try *good = config_bisect_end(b, false);
	size_t least = good ? delta_size(good->set, b->options->count) : 0;
	size_t size = delta_size(try->set, b->options->count);
	double even = config_bisect_counts(b, try)->even, prior;

	if (!shown)
		return 1 - even;
	prior = (double)(size > least ? size - least + 1 : 1) /
		(double)(b->options->count - least + 1);
	return prior >= 0.5 ? even : even * prior / (even * prior + (1 - even) * (1 - prior));
}

static enum delta_answer answer_of(const struct config_bisect *b, const struct config_try *try)
{
	const struct config_try *counts = config_bisect_counts(b, try);

	if (config_is_end(b, try, true))
		return DELTA_SHOWN;
	if (!b->minimize && config_is_end(b, try, false))
		return DELTA_ABSENT;
	if (counts->runs && sure_of(b, try, true) >= b->confidence)
		return DELTA_SHOWN;
	if (counts->runs && sure_of(b, try, false) >= b->confidence)
		return DELTA_ABSENT;
	return try->barred || counts->barred ? DELTA_CANNOT_TELL : DELTA_UNKNOWN;
}

enum delta_answer config_bisect_look(const struct config_bisect *b, const bool *set,
				     const struct config_try **try)
{
	const struct config_asked *asked = config_find_asked(b, set);
	size_t index = config_try_of(b, set);

	*try = index != CONFIG_LOST ? &b->tries[index] : NULL;
	if (*try)
		return answer_of(b, *try);
	return asked ? DELTA_CANNOT_TELL : DELTA_UNKNOWN;
}

const char *config_bisect_why(const struct config_bisect *b, const bool *set)
{
	const struct config_asked *asked = config_find_asked(b, set);
	size_t index = config_try_of(b, set);

	if (index != CONFIG_LOST)
		return b->tries[index].why ? b->tries[index].why
					   : config_bisect_counts(b, &b->tries[index])->why;
	return asked ? asked->why : NULL;
}

/* ---- what to do next ---- */

/* A run of this one; or of a side that was run less: what a bug's absence says depends on how
 * often it shows. */
static void run_balanced(const struct config_bisect *b, size_t index, struct config_step *step)
{
	const struct config_try *own = config_bisect_counts(b, &b->tries[index]);
	const struct config_asked *end = config_end_asked(b, own->hits == 0);
	const struct config_try *counts;

	step->what = CONFIG_RUN;
	step->try = index;
	if (!end || end->try == CONFIG_LOST || (own->hits && b->minimize))
		return;
	counts = config_bisect_counts(b, &b->tries[end->try]);
	if (!counts->barred && counts->runs < own->runs)
		step->try = end->try;
}

/* An end that kconfig was not asked for yet, or does not give. True: that is the step. */
static bool resolve_end(struct config_bisect *b, bool bad, struct config_step *step)
{
	const struct config_asked *asked = config_end_asked(b, bad);

	memset(b->answer, bad, b->options->count * sizeof(*b->answer));
	*step = (struct config_step){ .what = CONFIG_RESOLVE, .set = b->answer };
	if (!asked)
		return true;
	step->what = CONFIG_NO_END;
	step->why = asked->why;
	return asked->try == CONFIG_LOST && (bad || !b->minimize);
}

static bool look_at_bad(const struct config_bisect *b, struct config_step *step)
{
	size_t index = config_end_asked(b, true)->try;
	const struct config_try *counts = config_bisect_counts(b, &b->tries[index]);

	if (counts->hits)
		return false;
	*step = (struct config_step){ .what = CONFIG_RUN, .try = index };
	if (counts->barred || b->tries[index].barred) {
		step->what = CONFIG_NO_END;
		step->why = b->tries[index].why ? b->tries[index].why : counts->why;
	} else if (counts->runs >= b->first_runs) {
		step->what = CONFIG_NOT_SHOWN;
	}
	return true;
}

static bool look_at_good(const struct config_bisect *b, struct config_step *step)
{
	size_t index = config_end_asked(b, false)->try;
	const struct config_try *good = &b->tries[index], *counts = config_bisect_counts(b, good);
	double has_it = b->good_has_it;

	*step = (struct config_step){ .what = CONFIG_GOOD_SHOWS, .try = index };
	if (config_is_end(b, good, true) || (counts->hits && has_it >= b->confidence))
		return true;
	if (counts->runs && has_it <= good_part * (1 - b->confidence))
		return false;
	step->what = CONFIG_NO_END;
	step->why = good->why ? good->why : counts->why;
	if (!counts->barred && !good->barred)
		run_balanced(b, index, step);
	return true;
}

static enum delta_answer look_for_delta(void *arg, const bool *set, const bool **grown)
{
	const struct config_try *try;
	enum delta_answer answer = config_bisect_look(arg, set, &try);

	if (try)
		*grown = try->set;
	return answer;
}

/* What an answer rests on. */
struct grounds {
	double probability;
	size_t least; /* the one that is least sure and can be run; CONFIG_LOST: none */
	double least_sure;
};

static void add_ground(const struct config_bisect *b, const bool *set, enum delta_answer expected,
		       struct grounds *g)
{
	const struct config_try *try;
	double sure;

	if (config_bisect_look(b, set, &try) != expected || config_is_end(b, try, true) ||
	    (!b->minimize && config_is_end(b, try, false)))
		return;
	sure = sure_of(b, try, expected == DELTA_SHOWN);
	g->probability *= sure;
	if (sure >= g->least_sure || try->barred || config_bisect_counts(b, try)->barred)
		return;
	g->least_sure = sure;
	g->least = (size_t)(try - b->tries);
}

/* That it shows the bug, and that each option that can be left out alone is needed for that. */
static void find_grounds(struct config_bisect *b, struct grounds *g)
{
	_cleanup_free_ bool *without = config_copy_set(b, b->answer);

	*g = (struct grounds){ 1 - b->good_has_it, CONFIG_LOST, 1 };
	add_ground(b, b->answer, DELTA_SHOWN, g);
	for (size_t i = 0; i < b->options->count; i++) {
		if (!b->answer[i])
			continue;
		without[i] = false;
		add_ground(b, without, DELTA_ABSENT, g);
		without[i] = true;
	}
}

static void make_sure(struct config_bisect *b, struct config_step *step)
{
	struct grounds g;

	find_grounds(b, &g);
	b->probability = g.probability;
	if (g.probability >= b->confidence)
		step->what = CONFIG_FOUND;
	else if (g.least == CONFIG_LOST)
		step->what = CONFIG_UNSURE;
	else
		run_balanced(b, g.least, step);
}

void config_bisect_next(struct config_bisect *b, struct config_step *step)
{
	const struct delta_oracle oracle = { look_for_delta, b };

	if (resolve_end(b, true, step) || resolve_end(b, false, step) || look_at_bad(b, step))
		return;
	update(b);
	if (!b->minimize && look_at_good(b, step))
		return;
	*step = (struct config_step){ .what = CONFIG_RESOLVE, .set = b->answer };
	if (!delta_next(&oracle, b->options->count, b->has_last ? b->last : NULL, b->answer))
		make_sure(b, step);
	else if (config_try_of(b, b->answer) != CONFIG_LOST)
		run_balanced(b, config_try_of(b, b->answer), step);
}
