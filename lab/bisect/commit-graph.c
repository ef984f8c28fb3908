// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/commit-graph.h"

#include <string.h>

#include "base/str.h"

void commit_graph_init(struct commit_graph *g, size_t count)
{
	*g = (struct commit_graph){ .count = 1 };
	g->first = xcalloc(count + 1, sizeof(*g->first));
}

size_t commit_graph_add(struct commit_graph *g, const size_t *parents, size_t count)
{
	size_t v = g->count++, used = g->first[v];
	const size_t good_end = 0;

	if (!count) {
		parents = &good_end;
		count = 1;
	}
	if (used + count > g->parent_room) {
		g->parent_room = 2 * (used + count);
		g->parents = xrealloc(g->parents, g->parent_room * sizeof(*g->parents));
	}
	memcpy(g->parents + used, parents, count * sizeof(*parents));
	g->first[v + 1] = used + count;
	return v;
}

void commit_graph_clear(struct commit_graph *g)
{
	if (!g)
		return;
	free(g->first);
	free(g->parents);
	*g = (struct commit_graph){ 0 };
}

void commit_graph_ancestors(const struct commit_graph *g, size_t of, bool *marks)
{
	memset(marks, 0, g->count * sizeof(*marks));
	marks[of] = true;
	for (size_t v = of; v > 0; v--)
		if (marks[v])
			for (size_t i = g->first[v]; i < g->first[v + 1]; i++)
				marks[g->parents[i]] = true;
}
