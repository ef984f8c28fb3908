/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pairs of runs of fixtures/compare, what is said of them, and how to make them exact. */
#ifndef KLAB_TESTS_COMPARE_WORLD_H
#define KLAB_TESTS_COMPARE_WORLD_H

#include "compare/compare.h"

struct compare_pair {
	struct run_facts runs[2];
	struct compare_side sides[2];
};

void compare_pair_load(struct compare_pair *p, const char *a, const char *b);
void compare_pair_clear(struct compare_pair *p);
#define _cleanup_compare_pair_ _cleanup_(compare_pair_clear)
json_t *compare_pair_compare(struct compare_pair *p); /* new reference */

/* What compare_sides() says; the test fails where that is an error. New reference. */
json_t *compare_world_compare(const struct compare_side *sides, size_t count);

/* The run's first frame of that kind, borrowed; index may be NULL. */
json_t *compare_world_frame(struct run_facts *run, const char *k, size_t *index);

/* The comparison has that word, and the first reason that text. */
void compare_world_assert(const json_t *comparison, const char *word, const char *reason);

/* Makes them deterministic runs of one seed whose guests said the same, but for the facts. */
void compare_world_make_exact(struct run_facts *runs, size_t count);

/* Is that text in one of the comparison's reasons for that word? */
bool compare_world_says(const json_t *comparison, const char *word, const char *what);

#endif
