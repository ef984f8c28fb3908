/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of perf_event_open(2): a trace event that is counted, the entry of a
 * function with a BPF program on it. All return a file descriptor or 0, or -1 with
 * errno. Needs PERF_EVENTS of the kernel.
 */
#ifndef GUEST_PERF_H
#define GUEST_PERF_H

#include <stdint.h>

/* Counts a trace event by its id, on one processor; `filter` as in its filter file, or NULL. */
int perf_open_tracepoint(int64_t id, int cpu, const char *filter);
/* The entry of a function, wherever it is called; nothing happens there yet. Needs KPROBE_EVENTS. */
int perf_open_kprobe(const char *function);
/* Has the program run from now on. EINVAL: it overrides, and the function is not on the kernel's list. */
int perf_attach_bpf(int event, int program);

#endif
