/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which object tree a build gets: the rules of tree.h. */
#include <sys/stat.h>

#include "base/file.h"
#include "build/tree.h"

enum {
	WORTH_WAITING = 4, /* so many times nearer than what could be had at once */
	MUCH_PERCENT = 25, /* of a tree's objects, to lose */
};

struct candidate {
	struct tree tree; /* its paths and state */
	bool there, busy;
	struct timespec last_used;
	struct tree_cost cost;
};

static void look_at(struct candidate *c, const char *prefix, int n, const struct source *s,
		    const char *config)
{
	struct stat st;

	tree_describe(&c->tree, prefix, n);
	c->busy = tree_is_busy(&c->tree);
	c->there = path_exists(c->tree.dir);
	if (stat(c->tree.state_path, &st) == 0)
		c->last_used = st.st_mtim;
	if (!c->there)
		c->cost = (struct tree_cost){ .steps = tree_estimate_all(config) };
	else if (c->busy)
		c->cost = tree_cost_later(&c->tree, s, config);
	else
		c->cost = tree_cost(&c->tree, s, config);
}

static bool is_older(const struct candidate *a, const struct candidate *b)
{
	if (a->last_used.tv_sec != b->last_used.tv_sec)
		return a->last_used.tv_sec < b->last_used.tv_sec;
	return a->last_used.tv_nsec < b->last_used.tv_nsec;
}

/* NULL: all are busy. */
static const struct candidate *best_at_once(const struct candidate *list, uint64_t all)
{
	const struct candidate *nearest = NULL, *unused = NULL, *oldest = NULL;

	for (const struct candidate *c = list; c < list + TREES_MAX; c++) {
		if (c->busy)
			continue;
		if (!c->there) {
			unused = unused ? unused : c;
			continue;
		}
		if (!nearest || c->cost.steps < nearest->cost.steps)
			nearest = c;
		if (!oldest || is_older(c, oldest))
			oldest = c;
	}
	if (nearest &&
	    (nearest->cost.steps <= all / 2 || nearest->cost.lost_percent < MUCH_PERCENT))
		return nearest;
	return unused ? unused : oldest;
}

static const struct candidate *best_to_wait_for(const struct candidate *list)
{
	const struct candidate *best = NULL;

	for (const struct candidate *c = list; c < list + TREES_MAX; c++)
		if (c->busy && (!best || c->cost.steps < best->cost.steps))
			best = c;
	return best;
}

int tree_choose(const char *prefix, const struct source *s, const char *config, bool *wait)
{
	struct candidate list[TREES_MAX] = { 0 };
	const struct candidate *at_once, *busy;

	for (int n = 0; n < TREES_MAX; n++)
		look_at(&list[n], prefix, n, s, config);
	at_once = best_at_once(list, tree_estimate_all(config));
	busy = best_to_wait_for(list);
	*wait = !at_once || (busy && busy->cost.steps * WORTH_WAITING <= at_once->cost.steps);
	for (int n = 0; n < TREES_MAX; n++)
		tree_close(&list[n].tree);
	return (int)((*wait ? busy : at_once) - list);
}
