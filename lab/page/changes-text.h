/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLAB_PAGE_CHANGES_TEXT_H
#define KLAB_PAGE_CHANGES_TEXT_H

#include "page/layout.h"

/* A section of `changes` of docs/formats.md, "A night"; nothing where nothing changed, or NULL. */
void page_add_changes(struct page *p, const json_t *changes);

#endif
