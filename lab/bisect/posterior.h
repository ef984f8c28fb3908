/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How probable each commit is to be the first one with the bug, by Bayes' rule, from how often
 * the bug showed where it was looked for. Pure: counts in, probabilities out.
 *
 * A run of a commit that has the bug (the culprit is it, or an ancestor of it) shows it with
 * probability p, a run of another one with probability q < p: a false positive. p and q
 * are the same for all commits, and unknown: they are integrated out over a grid, with a part of
 * its own for p = 1 and for q = 0. That is what git_bayesect does for rates with
 * Beta priors; a grid takes the condition q < p, and priors of any shape.
 *
 * That the good end has the bug already (the culprit is older than all commits here) is
 * one of the possibilities: vertex 0.
 */
#ifndef KLAB_BISECT_POSTERIOR_H
#define KLAB_BISECT_POSTERIOR_H

#include <stdint.h>

#include "bisect/commit-graph.h"

enum {
	POSTERIOR_TESTED_MAX = 1024, /* commits that can be tested in one bisect */
	POSTERIOR_SHOWS = 30,	     /* values of p */
	POSTERIOR_FALSE = 13,	     /* values of q */
	POSTERIOR_RUNS = 10,	     /* 1, 2, 4 ... 512 runs of a commit in one go */
};

struct tested_commit {
	size_t vertex;
	unsigned runs, hits; /* none: it cannot be tested (does not build, does not boot) */
};

/* Commits that no test so far told apart. */
struct suspect_group {
	double prior;	       /* of all its commits */
	double probability;    /* of all its commits, after posterior_update() */
	unsigned runs[2], hits[2]; /* of tested commits without, with the bug were it one of these */
	/* What p and q are then: probabilities of each value, sum 1. */
	double shows[POSTERIOR_SHOWS], falsely[POSTERIOR_FALSE];
	uint64_t affected[POSTERIOR_TESTED_MAX / 64]; /* which of tested[] would have the bug */
};

struct posterior {
	const struct commit_graph *graph; /* borrowed */
	struct tested_commit *tested;
	size_t tested_count;
	struct suspect_group *groups;
	size_t group_count, group_room;
	unsigned *group_of; /* by vertex */
	double *prior;	    /* by vertex; the sum of all was 1 at the beginning */
	size_t *like;	    /* by vertex: an earlier one whose kernel is the same; else itself */
};

/*
 * `older`: how probable it is beforehand that the good end has the bug, 0 <= older < 1. All other
 * commits are equally probable.
 */
void posterior_init(struct posterior *p, const struct commit_graph *graph, double older);
/* Beforehand only commits with suspects[v] may be the culprit, equally probable. */
void posterior_suspect(struct posterior *p, const bool *suspects);
void posterior_clear(struct posterior *p); /* NULL-safe */

/*
 * `runs` more runs of a commit, of which `hits` showed the bug; runs 0: it cannot be tested. False
 * when POSTERIOR_TESTED_MAX commits were tested already, and nothing is taken in.
 */
bool posterior_add(struct posterior *p, size_t vertex, unsigned runs, unsigned hits);
/*
 * `vertex` gives the very kernel that `other` gives: what is seen of one is seen of both, and no
 * culprit can be an ancestor of just one of them. Before either of them is added to alone.
 */
void posterior_same(struct posterior *p, size_t vertex, size_t other);
/* Works out the probabilities. Before the first of them is asked for, and after posterior_add() and
 * posterior_same(). False: nothing is left that could be the culprit. */
bool posterior_update(struct posterior *p);

double posterior_probability(const struct posterior *p, size_t vertex);
/* How probable it is that so many runs of a commit (up to 2^(POSTERIOR_RUNS - 1), rounded up to a
 * power of two) would not show the bug once. */
double posterior_silent(const struct posterior *p, size_t vertex, unsigned runs);
/* What was seen of a commit; NULL: nothing. Borrowed. */
const struct tested_commit *posterior_tested(const struct posterior *p, size_t vertex);
static inline bool tested_cannot_be(const struct tested_commit *t)
{
	return t && !t->runs;
}

/* What comes of at most 2^k runs of a commit in a row, until one shows the bug. */
struct runs_outlook {
	double silent[POSTERIOR_RUNS]; /* how probable it is that none does */
	double runs[POSTERIOR_RUNS];   /* how many that takes, on average */
};
/* Were the culprit in this group, and the commit one that then has the bug (affected) or has not. */
void suspect_group_look_out(const struct suspect_group *g, bool affected, struct runs_outlook *o);

#endif
