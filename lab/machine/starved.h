/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a busy host kept a guest waiting: time that is none of the guest's. */
#ifndef KLAB_MACHINE_STARVED_H
#define KLAB_MACHINE_STARVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How long a process has been ready to run and had no processor, ms (second field of
 * schedstat, Documentation/scheduler/sched-stats): its main thread, and the one of the others
 * that had to wait most. Processors of a guest wait for QEMU's main thread, which has its
 * devices and its clock, and are not ready meanwhile; where both waited at once it is too
 * much. 0 where the host's kernel does not say. proc: "/proc".
 */
uint64_t starved_ms(const char *proc, pid_t pid);

enum { STARVED_SAMPLES = 256, STARVED_EVERY_MS = 1000 };

/* When that was: how much it had come to, at times of the run. */
struct starved_log {
	struct starved_sample {
		uint64_t ms, starved_ms; /* since the start, and so far */
	} samples[STARVED_SAMPLES];
	size_t count;
	uint64_t every_ms; /* samples are at least this far apart; 0: STARVED_EVERY_MS */
};

/*
 * Of a long run the samples become fewer. The last word on a time counts, and with `last` the
 * sample is kept however near it is to the one before.
 */
void starved_log_add(struct starved_log *log, uint64_t ms, uint64_t starved_ms, bool last);

#endif
