/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a run's page that shows what the guest found and wrote: in short
 * what fits, with `verbose` all of it up to a limit.
 */
#ifndef KLAB_PAGE_RUN_DATA_H
#define KLAB_PAGE_RUN_DATA_H

#include "page/layout.h"

/* A task's own numbers, below its line. */
void run_page_results(struct page *p, const struct run_facts *run, const char *task);
/* What tasks and scripts wrote, by step. */
void run_page_output(struct page *p, const struct run_facts *run);
void run_page_snapshots(struct page *p, const struct run_facts *run);
/* How many of the kernel's functions ran, where somebody asked. */
void run_page_coverage(struct page *p, const struct run_facts *run);

#endif
