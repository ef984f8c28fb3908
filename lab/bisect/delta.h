/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest set of changes that shows a bug, by delta debugging: ddmin of A. Zeller and R.
 * Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE Transactions on Software
 * Engineering 28, 2002, 183-200. Pure: it asks what is known of a set, and says which set to test
 * next; whoever asks again with more known goes on where it was.
 *
 * Some sets cannot be had: one that needs more becomes that larger set, which is then what is
 * tested. Sets are arrays of `count` bools. Neighbours in them are tested together, so that what
 * belongs together should be together.
 */
#ifndef KLAB_BISECT_DELTA_H
#define KLAB_BISECT_DELTA_H

#include <stdbool.h>
#include <stddef.h>

enum delta_answer {
	DELTA_UNKNOWN, /* nobody looked yet */
	DELTA_SHOWN,
	DELTA_ABSENT,
	DELTA_CANNOT_TELL, /* counts as not shown: the set is not taken */
};

struct delta_oracle {
	/*
	 * What is known of a set; the answer is of *grown, which is `set` or a larger one that it
	 * needs (borrowed until the next call).
	 */
	enum delta_answer (*look)(void *arg, const bool *set, const bool **grown);
	void *arg;
};

/*
 * All changes together show the bug: that is not asked for. True: `set` is to be tested next;
 * where the order is free, it is the one nearest to `last` (NULL: none was tested yet). False: `set`
 * is an answer: it shows the bug, and no set that is smaller by one change is known to (1-minimal).
 */
bool delta_next(const struct delta_oracle *oracle, size_t count, const bool *last, bool *set);

/* How many changes are in a set; in how many two sets differ. */
size_t delta_size(const bool *set, size_t count);
size_t delta_distance(const bool *a, const bool *b, size_t count);

#endif
