/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest set of config options behind a bug, as a record of what was tried and the decision
 * what to try next. Knows neither kconfig nor guests. All that it knows is in the record, which
 * is JSON: whoever reads it again goes on where it was.
 *
 * A set is tested by its configuration: the good one, with these options as the bad one has
 * them. What kconfig makes of that may have more options as the bad one: then it is a test
 * of those too. One that kconfig does not give is none.
 *
 * Whether a configuration shows the bug is decided by runs of it and of both ends, with Bayes' rule
 * (posterior.h, of three commits in a row): each as surely as is asked for, and in the end all that
 * the answer rests on together: that its set shows the bug, and that none of its options can
 * be left out. Of the many sets that are tested most have not the bug, so that a few false
 * positives would find one that seems to: that a set shows it must be surer the smaller it is.
 */
#ifndef KLAB_BISECT_CONFIG_BISECT_H
#define KLAB_BISECT_CONFIG_BISECT_H

#include <jansson.h>

#include "base/err.h"
#include "bisect/delta.h"
#include "bisect/target.h"

/* A configuration as kconfig gave it. */
struct config_try {
	char *config;  /* its SHA-256 */
	bool *set;     /* the options that are as on the bad side */
	size_t same;   /* the first one with the same kernel: itself, or an earlier one */
	unsigned runs; /* that could tell; of `same` alone are all of them */
	unsigned hits; /* that showed the bug */
	unsigned boots;
	unsigned silent; /* runs since the last one that told anything */
	double even;	 /* how probable it is that it shows the bug, were that even beforehand */
	bool built, barred;
	char *why; /* barred; NULL: not known */
};

/* What kconfig said of a set. */
struct config_asked {
	bool *set;
	size_t try;  /* index; CONFIG_LOST */
	char *why;   /* lost */
};
#define CONFIG_LOST SIZE_MAX

struct config_bisect {
	const struct strv *options; /* borrowed; a set is of these */
	bool minimize;	   /* the good side need not be without the bug */
	double confidence; /* 0..1 */
	unsigned first_runs; /* of the bad side, to see the bug at all */
	struct target target;
	bool comes_and_goes; /* of some kernel a run told something, and another one did not */
	struct config_asked *asked;
	size_t asked_count, asked_room;
	struct config_try *tries;
	size_t try_count, try_room;
	bool *last; /* the set that was built last; by option */
	bool has_last;
	unsigned builds, runs;
	bool *answer; /* after CONFIG_FOUND and CONFIG_UNSURE */
	double probability;
	double good_has_it; /* how probable it is that the good side has the bug */
	json_t *record; /* config.json's `tests` and `target`; owned */
};

enum config_do {
	CONFIG_RESOLVE,	   /* what does kconfig make of `set`? */
	CONFIG_RUN,	   /* boot `try`, built first where it is not */
	CONFIG_FOUND,	   /* `answer`, as surely as was asked for */
	CONFIG_NOT_SHOWN,  /* the bad side does not show the bug */
	CONFIG_GOOD_SHOWS, /* the good side shows it too */
	CONFIG_NO_END,	   /* a side cannot be tested: why is in `why` */
	CONFIG_UNSURE,	   /* `answer`, and no run that can be done makes it surer */
};

struct config_step {
	enum config_do what;
	const bool *set; /* borrowed, until the next step */
	size_t try;
	const char *why; /* borrowed */
};

/*
 * target NULL: what the bad side's first failure shows. record NULL: from the beginning; else what
 * another one left, and one of other options is ERR_INPUT.
 */
int config_bisect_init(struct config_bisect *b, const struct strv *options, bool minimize,
		       double confidence, const struct target *target, const json_t *record,
		       struct err *err);
void config_bisect_clear(struct config_bisect *b); /* NULL-safe */

void config_bisect_next(struct config_bisect *b, struct config_step *step);

/* What came of a step, for the record. */
void config_bisect_add_lost(struct config_bisect *b, const bool *set, const char *why);
/* `got`: what is as on the bad side then; config: the SHA-256. */
void config_bisect_add_config(struct config_bisect *b, const bool *set, const bool *got,
			      const char *config);
void config_bisect_add_kernel(struct config_bisect *b, size_t try, const char *image,
			      double build_s);
void config_bisect_add_unbuildable(struct config_bisect *b, size_t try, const char *why,
				   double build_s);
void config_bisect_add_run(struct config_bisect *b, size_t try, const char *run,
			   const json_t *verdict, const json_t *reports, double run_s);

/* What is known of the set, and of which configuration (NULL: none). */
enum delta_answer config_bisect_look(const struct config_bisect *b, const bool *set,
				     const struct config_try **try);
/* Why it cannot tell; NULL: it can, or nobody knows. Borrowed. */
const char *config_bisect_why(const struct config_bisect *b, const bool *set);
/* The last run of the configuration, or of one with the same kernel, that gave this answer; NULL. Borrowed. */
const char *config_bisect_run_of(const struct config_bisect *b, const struct config_try *try,
				 enum target_answer answer);
/* The sides: of no change, and of all. NULL: not known yet. */
const struct config_try *config_bisect_end(const struct config_bisect *b, bool bad);
/* Runs and hits of all with its kernel. */
const struct config_try *config_bisect_counts(const struct config_bisect *b,
					      const struct config_try *try);

#endif
