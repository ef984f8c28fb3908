/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of runs of several sides -> what differs. Pure: reads JSON values, gives one. */
#ifndef KLAB_COMPARE_COMPARE_H
#define KLAB_COMPARE_COMPARE_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"
#include "compare/sequential.h"
#include "symbols/coverage.h"
#include "symbols/kernel-diff.h"
#include "verdict/verdict.h"

/* All that a run directory holds, loaded. What the run never wrote is NULL. */
struct run_facts {
	char *dir;
	json_t *run, *plan, *kernel, *machine, *verdict, *reports, *initramfs, *coverage;
	json_t *frames; /* array, empty where there are none */
	char *config;	/* kernel.config, the resolved .config */
};

/* ERR_INPUT, with file and line, where it is no run directory or one of its files is not what it
 * should be. */
int run_facts_load(struct run_facts *r, const char *run_dir, struct err *err);
void run_facts_clear(struct run_facts *r);
/* What the run kept of its console, read anew: it may be large. Yours; NULL: there is none that can
 * be read. */
char *run_facts_console(const struct run_facts *r, size_t *length);

#define COMPARE_MAX_SIDES 16

struct compare_side {
	const char *name; /* "wbt-on" */
	const struct run_facts *runs;
	size_t run_count;
	/* Of two crossed axes its value on each; NULL: there are not two. */
	const char *axes[2];
};

/* Which look of which plan the runs are there for. A plan without looks, or NULL in the place of
 * this: the only one, at the runs that there are. */
struct compare_look {
	const struct sequential_plan *plan;
	size_t index;
};

/*
 * The comparison as JSON: docs/formats.md, "A comparison". Sides need at least
 * one run each, all of one case: else ERR_INPUT. New reference.
 */
json_t *compare_sides(const struct compare_side *sides, size_t count, struct err *err);
/* In which functions the kernels differ, and which runs say what the case ran of them. Borrowed. */
struct compare_code {
	json_t *rows;	  /* of compare_code_row() and compare_code_unknown() */
	json_t *coverage; /* of each side its `coverage`, or null */
};
/* The same at a look of a plan, knowing this of the code; each may be NULL. */
json_t *compare_sides_at(const struct compare_side *sides, size_t count,
			 const struct compare_look *look, const struct compare_code *code,
			 struct err *err);

/* Its `statistics` alone, for who has to decide whether to go on. New reference; NULL: there is no
 * side with several runs, or they are deterministic ones. */
json_t *compare_statistics(const struct compare_side *sides, size_t count,
			   const struct compare_look *look);

/* At a look: could none of the side's runs be judged? More of them will say no more. */
bool compare_side_says_nothing(const json_t *statistics, size_t side);
/* At a look: is nothing sure yet that more runs could tell? Sides that say nothing leave the others
 * to go on, where there are two of them, the first among them. */
bool compare_goes_on(const json_t *statistics);

/* What the statistics of a look have seen so far, in a line. Yours. */
char *compare_look_text(const json_t *statistics);

/*
 * Rows of a comparison's `code`, two sides (by index) each: in which functions their
 * kernels differ, or why nobody can say. ran: which functions of each side's kernel the case
 * ran; NULL: nobody knows. New reference.
 */
json_t *compare_code_row(size_t first, size_t second, const struct kernel_diff *d,
			 const struct coverage *const ran[2]);
json_t *compare_code_unknown(size_t first, size_t second, const char *why);

/* How many runs say what the case ran on a side, of its JSON. */
int64_t compare_coverage_runs(const json_t *side);

/* A run's word, and whether such a word says nothing of the kernel. */
enum verdict compare_run_word(const struct run_facts *run);
bool compare_is_unjudged(enum verdict word);

/* {name: number} of what numbers a run left, names as observations.h has them. New reference. */
json_t *compare_run_numbers(const struct run_facts *run);

/* Adds a note to the `reasons`, behind all of them. */
void compare_add_note(json_t *comparison, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Exit code of `klab compare`: 0 same, 1 different, 3 anything else. */
int compare_exit_code(const json_t *comparison);

#endif
