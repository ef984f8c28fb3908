/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen from outside (RUN/probes.jsonl), as reports of kind `probe`. Pure. */
#ifndef KLAB_REPORT_PROBE_H
#define KLAB_REPORT_PROBE_H

#include <jansson.h>
#include <stddef.h>

/*
 * Adds one report for each hit to an array of reports, each before the first
 * report that begins after what the guest had printed by then. `bytes` are the
 * lines of probes.jsonl; what is none of ours is left out. line_at() says in
 * which line of the console (from 1) an offset is; it is asked for offsets that
 * grow, as the lines of the file do.
 */
void report_add_probes(json_t *reports, const char *bytes, size_t length,
		       int64_t (*line_at)(void *ctx, int64_t offset), void *ctx);

#endif
