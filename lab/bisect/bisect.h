/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bisect as a record of what was tried, and the decision what to try next. Knows neither git
 * nor guests. All that it knows is in the record, which is JSON: whoever reads it again goes on
 * where it was.
 */
#ifndef KLAB_BISECT_BISECT_H
#define KLAB_BISECT_BISECT_H

#include <jansson.h>

#include "base/err.h"
#include "bisect/next-test.h"
#include "bisect/target.h"

struct bisect {
	const struct commit_graph *graph; /* borrowed */
	const struct strv *commits;	  /* by vertex; borrowed */
	bool *suspects;			  /* by vertex; NULL: all */
	struct posterior posterior;
	struct target target;
	double confidence;     /* to stop at, 0..1 */
	unsigned first_runs;   /* of the bad end, to see the bug at all */
	json_t *record;	       /* bisect.json's `tests` and `target`; owned */
	bool *built, *barred;  /* by vertex */
	unsigned *silent;      /* by vertex: runs since the last one that told anything */
	bool comes_and_goes;   /* of some kernel a run told something, and another one did not */
	/* By vertex: runs of its kernel, noted where its `like` is; those to verify an answer. */
	unsigned *boots, *fresh_runs, *fresh_hits;
	bool verifying;	       /* an answer was found, and what is run now is to verify it */
	double build_s, run_s; /* sums */
	unsigned builds, runs;
	struct bisect_answer answer;
};

/*
 * An answer is verified on fresh runs: as many as would show the bug with a probability of 95 %.
 * The culprit shows it in one of them, its parents in none; what speaks against it counts as all
 * else does, and the bisect goes on with it.
 */
enum bisect_do {
	BISECT_TEST,	  /* `vertex`, at most `runs` times, until one shows the bug */
	BISECT_FOUND,	  /* `answer` is as probable as was asked for, and verified */
	BISECT_OLDER,	  /* as sure: the good end has the bug already */
	BISECT_NOT_SHOWN, /* the bad end does not show the bug */
	BISECT_NO_END,	  /* an end cannot be tested: `vertex` */
	BISECT_UNSURE,	  /* no test of what can be tested would teach more */
	BISECT_LIMIT,	  /* POSTERIOR_TESTED_MAX commits were tested: it takes in no more */
	BISECT_NONE,	  /* the good end and the bad one give the same kernel */
};

struct bisect_step {
	enum bisect_do what;
	size_t vertex;
	unsigned runs;
};

/*
 * target NULL: what the bad end's first failure shows. `record` NULL: from the beginning; else what
 * another one left, and one that is of other commits is ERR_INPUT.
 */
int bisect_init(struct bisect *b, const struct commit_graph *graph, const struct strv *commits,
		double confidence, const struct target *target, const json_t *record,
		struct err *err);
void bisect_clear(struct bisect *b); /* NULL-safe */

/* Only these commits can be the culprit, by vertex. In no record: whoever reads one says it again. */
void bisect_suspect(struct bisect *b, const bool *suspects);

void bisect_next(struct bisect *b, struct bisect_step *step);

/* What would be next if a step (BISECT_TEST, of a commit that is built) showed the bug, or did not. */
void bisect_foresee(const struct bisect *b, const struct bisect_step *step, bool shown,
		    struct bisect_step *next);

/*
 * What came of a test, for the record. The kernel: a hash of what boots, what of its configuration this
 * commit does not have (texts; NULL: nothing), and how long it took.
 */
void bisect_add_kernel(struct bisect *b, size_t vertex, const char *image, const json_t *left_out,
		       double build_s);
void bisect_add_unbuildable(struct bisect *b, size_t vertex, const char *why, double build_s);
/* After bisect_add_kernel() of the commit. The target is taken from the first that shows any. */
void bisect_add_run(struct bisect *b, size_t vertex, const char *run, const json_t *verdict,
		    const json_t *reports, double run_s);

/* The bad end without the culprit, the answer: what a run of it says, or why there is none. */
void bisect_add_reverted(struct bisect *b, const char *culprit, const char *run,
			 const json_t *verdict, const json_t *reports);
void bisect_add_unrevertable(struct bisect *b, const char *why);
unsigned bisect_reverted_runs(const struct bisect *b);
unsigned bisect_reverted_hits(const struct bisect *b);
/* Another run of it is to tell: until as many told as it takes, it showed the bug, or too many told nothing. */
bool bisect_wants_reverted(const struct bisect *b);

/* A run of this commit that gave this answer, the last one; borrowed, NULL: there is none. */
const char *bisect_run_of(const struct bisect *b, size_t vertex, enum target_answer answer);
/* What of its configuration this commit does not have, as it was added; borrowed, NULL: nothing. */
const json_t *bisect_left_out(const struct bisect *b, size_t vertex);
bool bisect_has_run(const struct bisect *b, const char *run);
/* Of this commit's kernel, whichever commit it was built of: the seed of a further run counts on. */
unsigned bisect_boots(const struct bisect *b, size_t vertex);
/* How many fresh runs verify the answer. */
unsigned bisect_fresh_wanted(const struct bisect *b);
/*
 * What verified the answer, when one commit is it: {culprit {runs, hits}, parents [{vertex, runs,
 * hits}], reverted {runs, hits, cannot_tell, why}}; `reverted` only where it was tried. New
 * reference.
 */
json_t *bisect_verified(const struct bisect *b);
/* The commits that are no answer, most probable first, at most `most`: [{vertex, probability}]. */
json_t *bisect_runners_up(const struct bisect *b, size_t most);

#endif
