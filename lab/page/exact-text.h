/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a run repeated to the byte, as text: a part of its page, or all that replay says. */
#ifndef KLAB_PAGE_EXACT_TEXT_H
#define KLAB_PAGE_EXACT_TEXT_H

#include "page/layout.h"

/* What exact_compare() found; NULL or no object: adds nothing. */
void exact_page_add(struct page *p, const json_t *exact);

#endif
