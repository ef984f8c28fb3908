/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the pages of a comparison say of what is in it (docs/formats.md), the same in all
 * their formats. Plain text, not made harmless yet; each that is no const is the caller's.
 */
#ifndef KLAB_PAGE_COMPARE_SAY_H
#define KLAB_PAGE_COMPARE_SAY_H

#include <jansson.h>

#include "page/layout.h"

#define COMPARE_ABSENT "absent" /* a symbol that a .config does not have at all */

json_t *compare_say_side(const json_t *comparison, size_t side); /* borrowed; NULL: none */
const char *compare_say_name(const json_t *comparison, size_t side);
/* The cell of a row that has one a side. Borrowed. */
json_t *compare_say_cell(const json_t *row, size_t side);
/* The name of the side that entry `at` of the row's `sides`, which are indexes, stands for. */
const char *compare_say_name_of(const json_t *comparison, const json_t *row, size_t at);

char *compare_say_verdicts(const json_t *side);			/* "pass 9×, fail 1×" */
/* Of more than two sides which pairs came to what, a line a word, the worst first: "broken: a and
 * b; a and c". Where all pairs came to the word of the comparison, none. */
void compare_say_pairs(const json_t *comparison, struct strv *out);
/* Why the runs of a side that did not pass did not, the most frequent first: "fail 4×: ..." each. */
void compare_say_causes(const json_t *side, struct strv *out);
char *compare_say_kernel(const json_t *side);			/* "6.1.192 base+fault" */
char *compare_say_ends(const json_t *side, const json_t *cell); /* of a task */
char *compare_say_counts(const json_t *counts);			/* "7", "3..9" of several runs */
char *compare_say_injection(const json_t *row);			/* "fail_make_request on disk" */

/* Numbers: those that were tested, or where nothing was those that differ. "-" for what is none. */
const json_t *compare_say_numbers(const json_t *comparison); /* rows, borrowed */
char *compare_say_numbers_sum(const json_t *comparison);     /* how many differ */
/* Of tested ones: how many of those that vary with no sure difference are beyond the first `shown`
 * rows, and where they are; NULL: none. */
char *compare_say_numbers_rest(const json_t *comparison, size_t shown, const char *where);
char *compare_say_number_name(const json_t *comparison, const json_t *row);
void compare_say_number(double v, char out[32]);
char *compare_say_value(const json_t *value); /* "12", or "12 (3..40)" of runs that do not agree */
char *compare_say_change(const json_t *row);  /* from the first side to the second: "+1.1 %" */

/* What was tested. Of a cell without a test NULL. */
char *compare_say_sureness(const json_t *comparison);
char *compare_say_rate_name(const json_t *row);
char *compare_say_rate(const json_t *cell); /* "9/20  26..66 %" */
char *compare_say_rate_test(const json_t *cell);

/* What was tested in a row: each further side against the first, and of crossed sides more. */
struct compare_test {
	const json_t *cell; /* borrowed */
	size_t base, side;
};
enum { COMPARE_SAY_MAX_TESTS = 64 };
size_t compare_say_tests(const json_t *row, struct compare_test out[COMPARE_SAY_MAX_TESTS]);
/* Of a rate, or a number; NULL: it was not tested. */
char *compare_say_test(const json_t *row, const struct compare_test *test, bool of_rate);
/* "b", where that is held against the first, "b against a"; "" of two sides. */
char *compare_say_test_name(const json_t *comparison, const struct compare_test *test);

/* Whether the toggle was real. */
const char *compare_say_toggle(const json_t *comparison, enum tone *tone);
char *compare_say_fact(const json_t *fact, enum tone *tone);
/* "the kernels differ in 127 functions: ..." of a row of `code`. */
char *compare_say_code(const json_t *row);
/* "a against b", of more than two sides; else "". */
char *compare_say_code_pair(const json_t *comparison, const json_t *row);
/* Where an earlier row is of the same two kernels: that, and how many the case ran here; else NULL,
 * and the row is told in full. */
char *compare_say_code_again(const json_t *comparison, const json_t *row);
/* How many of them the case ran, and in how many runs; NULL: nobody knows. */
char *compare_say_ran(const json_t *comparison, const json_t *row);
/* Adds what makes that, or the row itself, less than sure. */
void compare_say_ran_doubts(const json_t *comparison, const json_t *row, struct strv *out);
/* There are functions, and nobody asked which of them the case ran. */
bool compare_say_ran_unasked(const json_t *comparison, const json_t *row);
/* Did the case run this one of its `functions`, on any side? False where nobody knows. */
bool compare_say_case_ran(const json_t *function);

/*
 * How the trace `at` of the comparison stands to its counterpart. Where traces are equal, all
 * sides that go the same way are told once: NULL, it was told with one before.
 */
char *compare_say_trace(const json_t *comparison, size_t at);
/* Of a trace of one bug under two titles, how the other side calls it; NULL: both call it so. */
char *compare_say_other_title(const json_t *comparison, const json_t *trace);
/* How many of the trace's rows from here on are the same and far from any difference, when they are
 * so many that a page folds them; else 0. */
size_t compare_say_fold(const json_t *rows, size_t at);
/* What became of the lines of `what`, "console" or "frames", in a row of `exact`. */
char *compare_say_exact(const json_t *comparison, const json_t *row, const char *what,
			enum tone *tone);

#endif
