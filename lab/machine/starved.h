/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a busy host kept a guest waiting: time that is none of the guest's. */
#ifndef KLAB_MACHINE_STARVED_H
#define KLAB_MACHINE_STARVED_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The most that any thread of the process has been ready to run and had no
 * processor, ms (second field of schedstat, Documentation/scheduler/sched-stats).
 * 0 where the host's kernel does not say. proc: "/proc".
 */
uint64_t starved_ms(const char *proc, pid_t pid);

#endif
