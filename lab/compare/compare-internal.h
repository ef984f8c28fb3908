/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a comparison. Each gives a JSON value (new reference) of docs/formats.md. */
#ifndef KLAB_COMPARE_INTERNAL_H
#define KLAB_COMPARE_INTERNAL_H

#include "compare/compare.h"
#include "console/frames.h"
#include "verdict/verdict.h"

struct compare_sides {
	const struct compare_side *sides;
	size_t count;
	const struct compare_code *code; /* NULL: nobody looked */
	/* Which sides, and which pairs of them (the smaller index first), no comparison is made of. */
	bool broken_sides[COMPARE_MAX_SIDES];
	bool broken_pairs[COMPARE_MAX_SIDES][COMPARE_MAX_SIDES];
	/* What the next reasons are about: one side, or two; count 0: all. */
	struct {
		size_t sides[2], count;
	} about;
	json_t *reasons; /* array; what speaks for `broken`, then for `different`, then the rest */
	size_t left_out; /* rows that a table had no room for */
	/* Where the runs differ by themselves it decides what is different; NULL: what was seen
	 * does. Borrowed. */
	const json_t *statistics;
	bool cases;	    /* the sides are not all of one case */
	/* Why chance may be behind whatever differs: nothing was tested, or the test cannot be
	 * trusted. NULL: what differs is the sides' doing. Borrowed. */
	const char *chance;
	bool outcomes_same; /* verdicts, task ends, titles; known once the tables are made */
	bool set_aside; /* paired lines differ in times, addresses, sizes or pids */
	bool other_seeds; /* of them some for their seed; known then, too */
	bool unpaired; /* some deterministic run has no counterpart; known once they are paired */
	/* Two sides whose kernels differ, as far as anyone knows, in their files only: the first two,
	 * and all such, by the smaller index first. */
	const struct compare_side *unproven[2];
	bool unproven_pairs[COMPARE_MAX_SIDES][COMPARE_MAX_SIDES];
	const struct compare_side *untoggled[2]; /* the first two that have one kernel */
};

/* reasons.c. Adds {verdict, what, where, sides} in its place, what was said already once; where may be
 * NULL. */
void compare_reason(struct compare_sides *c, const char *word, const char *where, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));

/* Reasons from now on are about this side, about these two, about all of them. */
void compare_about_side(struct compare_sides *c, const struct compare_side *side);
void compare_about_pair(struct compare_sides *c, size_t a, size_t b);
void compare_about_all(struct compare_sides *c);

/* proof.c: "the toggle was real but for a and b, which have one kernel" (yours); and a reason for
 * `broken` for each pair that would be the same were the toggle known to be real. */
char *compare_toggle_text(const struct compare_sides *c, const json_t *out);
void compare_look_at_proof(struct compare_sides *c, const json_t *out);

/* pair-words.c: sets `pairs` in `out`, of more than two sides, once all reasons are there. */
void compare_pair_words(const struct compare_sides *c, json_t *out);
/* The test of a row of `statistics` on these two; NULL: there is none. Borrowed. */
const json_t *compare_pair_test(const json_t *row, const struct fact_pair *pair);
/* Speaks nothing against these two being alike, so far? */
bool compare_pair_is_alike(const struct compare_sides *c, const json_t *out,
			   const struct fact_pair *pair);

/* Adds one before all others. */
void compare_reason_first(struct compare_sides *c, const char *word, const char *what);

/* The word of an outcome that is not the same on all sides. */
const char *compare_difference_word(const struct compare_sides *c);

/* "pass on a and b; fail on c": what is said of each side, by what is said. Yours. */
char *compare_by_side(const struct compare_sides *c, char *const *said);
/* "a, b and c": the sides of which `of` is true. Yours. */
char *compare_names(const struct compare_sides *c, const bool *of);

/* programs.c: did this run have the programs of the first run of all? Else a reason for `broken`. */
void compare_programs(struct compare_sides *c, const struct compare_side *side,
		      const struct run_facts *run);

/* How a task that was started ended. Yours. */
char *compare_task_end(const struct frames *frames, const char *name);

/* statistics-word.c: reasons for what the statistics found; a note, behind all reasons, of the runs
 * that could not be judged; what is said where nothing was found (yours). */
void compare_look_at_statistics(struct compare_sides *c);
void compare_note_unjudged(struct compare_sides *c);
char *compare_say_no_difference(const struct compare_sides *c);
/* Does a rate of this kind differ? task and what may be NULL: any. */
bool compare_rate_differs(const json_t *statistics, const char *kind, const char *task,
			  const char *what);

/* cases.c. Are they not all of one case? */
bool compare_cases_differ(const struct compare_side *sides, size_t count);
/* The first side of the same case: whose test this one has to have done. */
const struct compare_side *compare_same_case(const struct compare_sides *c,
					     const struct compare_side *side);
/* "a, b": the cases, each once. Yours. */
char *compare_case_names(const struct compare_side *sides, size_t count);

/* What can be compared of the runs of several cases, in copies of their own; the rest is borrowed. */
struct compare_view {
	struct compare_side *sides;
	size_t count;
};
void compare_view_make(struct compare_view *v, const struct compare_side *sides, size_t count);
void compare_view_clear(struct compare_view *v);
#define _cleanup_view_ _cleanup_(compare_view_clear)

/* Sets `plan` and `plan_same` in `out`, with a note. Whether all ran on one kernel: a note. */
void compare_plans(struct compare_sides *c, json_t *out);
void compare_note_kernels(struct compare_sides *c);

/* side.c: one side's runs, and the tables that go across the sides. */
json_t *compare_side_summary(struct compare_sides *c, const struct compare_side *side);
json_t *compare_tasks(struct compare_sides *c);
json_t *compare_reports(struct compare_sides *c);
json_t *compare_injections(struct compare_sides *c);

/* config.c: symbols whose value is not the same on all sides, {symbol, sides}. */
json_t *compare_config(const struct compare_sides *c);

/* statistics.c: runs that were booted until their results had shown something, and that are looked
 * at now by no plan that was made before them: a test would find too much in them. */
bool compare_was_stopped(const struct compare_side *sides, size_t count,
			 const struct compare_look *look);

/* code.c: is it known that the code of these two kernels differs? */
bool compare_code_differs(const struct compare_sides *c, size_t a, size_t b);
/* Sets `code` and the sides' `coverage`, and adds what they say to the `reasons`; the word stays. */
void compare_code_conclude(const struct compare_sides *c, json_t *out);

/* toggle.c: what the running kernels showed; sets `toggle_real` and `facts` in `out`. */
void compare_toggle(struct compare_sides *c, json_t *out);

/* command-line.c: what is known of the words in which two command lines differ? */
enum compare_words {
	COMPARE_WORDS_KNOWN,   /* their kernels took them */
	COMPARE_WORDS_UNKNOWN, /* or not: one or more is none of the kernel's */
	COMPARE_WORDS_UNTOLD,  /* nobody can say */
};
enum compare_words compare_command_lines(const struct run_facts *a, const struct run_facts *b);

/* numbers.c: sets `numbers`, `numbers_same` and `numbers_left_out` in `out`. */
void compare_numbers(const struct compare_sides *c, json_t *out);

/* Of values, which it sorts; NAN: there is none. */
double compare_median(double *values, size_t count);

/* traces.c: sets `traces` and `traces_left_out` in `out`. */
void compare_traces(const struct compare_sides *c, json_t *out);

/* divergence.c: has each further side a deterministic run that the first has the counterpart of? */
bool compare_is_paired(const struct compare_sides *c);
/* Sets `exact` in `out`, where the runs are deterministic ones. A seed that parts is
 * a reason for `different`, one that could not be laid beside its counterpart for `undecided`. */
void compare_divergence(struct compare_sides *c, json_t *out);

/* An array of `count` nulls, to be filled by side. */
json_t *compare_row(size_t count);

#endif
