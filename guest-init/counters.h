/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts of the kernel's own trace events, by perf_event_open(2): what no driver
 * counts for us is counted where it happens, without reading any trace. Needs
 * PERF_EVENTS and EVENT_TRACING of the kernel, and KPROBE_EVENTS for functions.
 */
#ifndef GUEST_COUNTERS_H
#define GUEST_COUNTERS_H

#include "guest-init/guest.h"

struct counter;

/*
 * Counts an event, such as "block/block_bio_complete", from now on and on all
 * processors that are there; `filter` as in the event's filter file, or NULL.
 * NULL with step_fail().
 */
struct counter *counter_open(struct guest *g, const char *event, const char *filter);
/*
 * The same for the returns of a kernel function: "ret" in the filter is what it
 * returns, as a signed 32-bit number. The kernel may know it by a longer name,
 * as compilers make them (FUNCTION.isra.0). Of "a|b" the first that it has is meant.
 */
struct counter *counter_open_return(struct guest *g, const char *function, const char *filter);
/* 0 with the count so far, or -1 with errno. */
int counter_read(const struct counter *counter, int64_t *count);
void counter_close(struct counter *counter); /* NULL-safe */

/* What becomes of the bios of one block device. */
struct bio_counts {
	struct counter *done, *failed, *requeued;
};

/* 0, or -1 with step_fail(), and then nothing is left open. */
int bio_counts_open(struct guest *g, const struct device *device, struct bio_counts *counts);
void bio_counts_close(struct bio_counts *counts);

#endif
