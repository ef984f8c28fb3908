/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of a bisect alone, for pages that have more to say. */
#ifndef KLAB_PAGE_BISECT_TEXT_H
#define KLAB_PAGE_BISECT_TEXT_H

#include "page/layout.h"

/* The culprit, or those that it is one of, and why there is none. */
void page_add_bisect_answer(struct page *p, const json_t *result);

#endif
