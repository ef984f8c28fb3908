/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which commits change what a kernel is built of: the others cannot be the culprit, and need
 * neither build nor boot to know it.
 */
#ifndef KLAB_BISECT_CHANGES_H
#define KLAB_BISECT_CHANGES_H

#include "bisect/git-history.h"

/*
 * Can a change of this file change a kernel that was built of `inputs` (sorted)? Of C, assembly,
 * device trees and documentation it is known that only those that were read can, unless they
 * come or go in between (`unsteady`, sorted); of all else (makefiles, Kconfig, scripts) it is not.
 */
bool changes_may_matter(const struct strv *inputs, const struct strv *unsteady, const char *path);

/*
 * suspects[v] (h->graph.count of them): the commit may change a kernel of these inputs, those of
 * both ends together. Merges may always: what they bring together may not fit.
 */
int changes_find_suspects(const struct git_history *h, const struct strv *inputs, bool *suspects,
			  struct err *err);

#endif
