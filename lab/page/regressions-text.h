/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changed in the nights, for pages that have more to say. */
#ifndef KLAB_PAGE_REGRESSIONS_TEXT_H
#define KLAB_PAGE_REGRESSIONS_TEXT_H

#include "page/layout.h"

/* One alarm of docs/formats.md, "Regressions", and an empty line. */
void page_add_alarm(struct page *p, const json_t *alarm);
/* A command's words, folded so that sh takes them as one line. */
void page_add_command(struct page *p, const json_t *words);

#endif
