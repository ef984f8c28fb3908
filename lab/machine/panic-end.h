/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last line of a kernel that panicked and stays: with panic=0, or where a reset
 * does not work. No more comes from it, and waiting for the deadline shows nothing.
 */
#ifndef KLAB_MACHINE_PANIC_END_H
#define KLAB_MACHINE_PANIC_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PANIC_END_QUIET_MS = 2000, PANIC_END_TAIL_BYTES = 64 };

struct panic_end {
	char tail[PANIC_END_TAIL_BYTES]; /* the last bytes, in which the line may begin */
	size_t tail_length;
	bool seen;
	uint64_t bytes, since_ms; /* that had come in all, and since when it is no more */
};

/* The next bytes of the console. */
void panic_end_feed(struct panic_end *p, const char *bytes, size_t length);
/*
 * Is it over: the line was seen, and for PANIC_END_QUIET_MS nothing came? bytes: of all that
 * the guest said so far on any port; held: it is not let run.
 */
bool panic_end_is_over(struct panic_end *p, uint64_t bytes, bool held, uint64_t now_ms);

#endif
