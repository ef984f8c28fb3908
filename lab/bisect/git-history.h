/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commits between good and bad ones of a git repository, as a graph. */
#ifndef KLAB_BISECT_GIT_HISTORY_H
#define KLAB_BISECT_GIT_HISTORY_H

#include "base/err.h"
#include "base/str.h"
#include "bisect/commit-graph.h"

struct git_history {
	char *repo;	     /* absolute */
	struct strv commits; /* by vertex, full names; [0] is the first of the good ones */
	struct strv trusted; /* the other good ones, by their full names: nobody looks at them */
	/* By vertex: its parents are older than good ones, and in the graph [0] stands for them. */
	bool *is_root;
	struct commit_graph graph;
};

/*
 * All ancestors of `bad` that are no ancestors of a good one. A revision that is not there, a good
 * one that is no ancestor of the bad one, nothing between them, or a shallow clone in which not all of
 * these are: ERR_INPUT.
 */
int git_history_open(struct git_history *h, const char *repo, const struct strv *good,
		     const char *bad, struct err *err);
void git_history_clear(struct git_history *h); /* NULL-safe */

/* marks[v] (graph.count of them) is set where the commit is in the range: A..B, or one commit. ERR_INPUT: there is none. */
int git_history_mark(const struct git_history *h, const char *range, bool *marks, struct err *err);

/* "0123456789ab subject", not yet harmless; yours, NULL on error. */
char *git_history_line(const struct git_history *h, size_t vertex, struct err *err);
/* What takes a commit's changes back, as `git apply --3way` takes it: of a merge those to its first parent. */
char *git_history_revert(const struct git_history *h, size_t vertex, struct err *err);
/* The version that its makefile says, "6.1.12"; yours. NULL: it says none. */
char *git_history_version(const struct git_history *h, size_t vertex);
/* As `git bisect` shows the first bad commit: header, message, what it changes. As above. */
char *git_history_show(const struct git_history *h, size_t vertex, struct err *err);

#endif
