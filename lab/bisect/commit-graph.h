/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commits between a good and a bad end. Pure: indices, no git.
 *
 * Vertices are in topological order, parents before children: 0 is the good end (all good
 * commits are one), count - 1 the bad one. A commit without a parent among them has 0 as its
 * parent, so that every vertex has 0 as an ancestor and is one of the last.
 */
#ifndef KLAB_BISECT_COMMIT_GRAPH_H
#define KLAB_BISECT_COMMIT_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

struct commit_graph {
	size_t count;	 /* vertices, at least 2 */
	size_t *first;	 /* count + 1: the parents of v are parents[first[v]] .. [first[v + 1] - 1] */
	size_t *parents; /* each smaller than its child */
	size_t parent_room;
};

/* Starts a graph of at most `count` vertices, with the good end in it. */
void commit_graph_init(struct commit_graph *g, size_t count);
/* Adds the next vertex and gives its index. Its parents are older; none: the good end. */
size_t commit_graph_add(struct commit_graph *g, const size_t *parents, size_t count);
void commit_graph_clear(struct commit_graph *g); /* NULL-safe */

/* marks[v]: v is `of`, or an ancestor of it. `marks` has g->count elements. */
void commit_graph_ancestors(const struct commit_graph *g, size_t of, bool *marks);

#endif
