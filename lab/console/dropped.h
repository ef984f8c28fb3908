/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages that the kernel itself dropped, since its console was too slow for
 * them: "** 12 printk messages dropped **" stands where they would (kernel/printk/printk.c,
 * console_emit_next_record()). Pure.
 */
#ifndef KLAB_CONSOLE_DROPPED_H
#define KLAB_CONSOLE_DROPPED_H

#include <stddef.h>
#include <stdint.h>

struct console_dropped {
	uint64_t messages; /* so far */
	char line[256];	   /* the beginning of the line that is being read */
	size_t length;
};

/* Any cut of the bytes gives the same number. Start with all zero. */
void console_dropped_feed(struct console_dropped *d, const char *bytes, size_t length);
void console_dropped_end(struct console_dropped *d); /* the last line may lack its newline */

#endif
