/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of a comparison's sides where there is little room: what tells them apart stays. */
#ifndef KLAB_PAGE_COMPARE_NAMES_H
#define KLAB_PAGE_COMPARE_NAMES_H

#include "base/str.h"

/*
 * The names for columns that wide, harmless, in their order: as they are where all fit; else
 * without the words that all of them have in one place, an ellipsis there, and cut where that
 * does not do; two that differ come out so, where there are 4 columns or more.
 */
void compare_names_fit(const struct strv *names, int columns, struct strv *out);

#endif
