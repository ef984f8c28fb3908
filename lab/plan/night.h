/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A night: the file that says what runs every night (PLAN.yaml), read and checked, and the jobs
 * that it comes to, in the order in which they are worth their time. Pure but for reading files.
 */
#ifndef KLAB_PLAN_NIGHT_H
#define KLAB_PLAN_NIGHT_H

#include <jansson.h>

#include "case/case.h"
#include "case/field.h"
#include "plan/plan.h"

/* Words that stand for what a plan need not name. */
#define NIGHT_DEFAULT_SOURCE "default" /* the newest installed tarball */
#define NIGHT_OWN_KCONFIG    "own"     /* the case's fragments */
#define NIGHT_NO_TOGGLE	     "none"

struct night_words {
	struct strv words;
	struct case_place *places; /* of each word */
};

/* Each of these with each of those. Empty: not written. */
struct night_matrix {
	struct night_words sources, kconfigs, toggles, cases;
	enum plan_mode mode;
	uint64_t seed, seed_last;
	int repeat;
	struct case_place place;
};

/* What struct night_matrix has to stand first for: one table of fields serves both. */
struct night_plan {
	struct night_matrix matrix;
	struct night_matrix *includes; /* what one leaves out is that of `matrix` */
	size_t include_count, include_capacity;
	struct night_matrix *excludes; /* of these only the words, which are patterns */
	size_t exclude_count, exclude_capacity;
	char *path, *dir; /* relative paths in it begin at `dir`, absolute of a file */
	char *name;
	struct strv append;  /* words of every kernel's command line */
	uint64_t timeout_ms; /* 0: the case's own */
	uint64_t budget_ms;  /* 0: as long as it takes */
	uint64_t memory_bytes; /* for all guests at once; 0: what the host has */
	char *known;	     /* a file of known bugs, as it is written; NULL: none */
	int jobs;	     /* processors that builds and guests share; 0: all */
};

extern const struct field night_field_table[];
/* The first of them make up a matrix, and of those the first name what is excluded. */
extern const size_t night_field_count, night_matrix_field_count, night_axis_field_count;

/* ERR_INPUT with "FILE:LINE:COLUMN: what, expected what", as of case_read(). Yours. */
struct night_plan *night_plan_read(const char *path, struct strv *mistakes, struct err *err);
struct night_plan *night_plan_read_bytes(const char *path, const char *bytes, size_t length,
					 struct strv *mistakes, struct err *err);
/* The file as an absolute path, as the record of a night has it. Yours. */
char *night_plan_absolute(const char *path);
void night_plan_free(struct night_plan *plan); /* NULL-safe */
/* A path that the plan names, from where we are. Yours. */
char *night_plan_path(const struct night_plan *plan, const char *word);
/* `klab help plan`. Yours. */
char *night_plan_help(void);

/* ---- what it comes to ---- */

/* A kernel that jobs share. */
struct night_kernel {
	char *source;	       /* as written: a series goes by it */
	char *spec;	       /* as after --source; NULL: the default */
	struct strv fragments;
	char *kconfig;	       /* "base+fault+wbt-on" */
	bool stored;	       /* it is in the store */
	uint64_t build_ms;     /* what building it will take, as far as is known */
};

enum night_why { NIGHT_FAILED_LAST, NIGHT_NEW, NIGHT_AGAIN };

struct night_job {
	char *id;	 /* no other job of the night has it */
	char *series;	 /* the same in every night, for all of its seeds */
	size_t series_number; /* which of the night's series */
	char *case_name, *case_path;
	size_t kernel;	 /* index */
	enum plan_mode mode;
	uint64_t seed, memory_bytes, timeout_ms;
	uint64_t most_ms; /* its deadline, the plan's or the case's; 0: none is said */
	unsigned round;	 /* how many jobs of its series come before it */
	int cpus;
	enum night_why why;
	uint64_t cost_ms;	/* what it will take, as far as is known */
	bool cost_known;	/* of its series; else of its case, or a guess */
	int64_t last_day;	/* when its series ran last, days since the epoch */
	size_t place;		/* as written */
};

struct night_jobs {
	struct night_job *list;
	size_t count, capacity;
	struct night_kernel *kernels;
	size_t kernel_count, kernel_capacity;
};

/*
 * All jobs, in the order of the plan. A pattern that no case has, a case with mistakes, a
 * fragment that is not there, no job at all: ERR_INPUT, with the place in the plan.
 */
int night_jobs_make(struct night_jobs *jobs, const struct night_plan *plan, const char *data_dir,
		    struct strv *mistakes, struct err *err);
void night_jobs_clear(struct night_jobs *jobs);
#define _cleanup_night_jobs_ _cleanup_(night_jobs_clear)

/* For the record of a night; of_json: ERR_INPUT where it is none. */
json_t *night_jobs_to_json(const struct night_jobs *jobs); /* new reference */
int night_jobs_of_json(struct night_jobs *jobs, const json_t *record, struct err *err);

/*
 * What is known of earlier nights, by series and by case:
 * {"series": {SERIES: {"verdict", "at" (s since the epoch), "wall_ms"}}, "cases": {CASE: wall_ms}}
 */
#define NIGHT_GUEST_MS 15000	/* of a case that never ran */
#define NIGHT_BUILD_MS 120000	/* of a kernel that was never built */

/*
 * The order: first boots of all series before second ones; among them what failed last time,
 * then what is new, then what ran the longest ago; among equals those of one kernel together,
 * kernels that share an object tree after each other, those in the store first; cheap ones first.
 */
void night_jobs_order(struct night_jobs *jobs, const json_t *memory);
const char *night_why_name(enum night_why why);
/* What a job took is what the others of its series will take, and those of its case that never ran. */
void night_jobs_learn(struct night_jobs *jobs, size_t job, uint64_t wall_ms);
/* Numbers the series; for who fills the list. */
void night_jobs_number(struct night_jobs *jobs);

/* ---- what it will take ---- */

struct night_forecast {
	uint64_t total_ms;	/* until the last one that fits is done */
	size_t beyond;		/* jobs that do not fit into the budget */
};

/* Where a night is that goes on. */
struct night_now {
	const bool *done;	   /* of each job: it is done, or runs */
	const uint64_t *kernel_ms; /* of each kernel: when it will be there; UINT64_MAX: once it is built */
	const uint64_t *free_ms;   /* of each processor: when it will be free */
};

/*
 * With so many processors, a build at a time beside the guests; budget_ms 0: none; now NULL: at the
 * beginning. fits[i] (may be NULL) is set of each job that is waiting.
 */
struct night_forecast night_jobs_forecast(const struct night_jobs *jobs, int processors,
					  uint64_t budget_ms, const struct night_now *now,
					  bool *fits);

#endif
