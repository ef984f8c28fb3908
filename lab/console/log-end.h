/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line with which init ends the kernel's log (docs/formats.md, "Frames"). A console that has
 * it shows what the kernel said before it; one that lacks it was cut, was turned off, or leaves
 * out lines by their level. Pure.
 */
#ifndef KLAB_CONSOLE_LOG_END_H
#define KLAB_CONSOLE_LOG_END_H

#include <stdbool.h>
#include <stddef.h>

enum { LOG_END_BYTES = 64 };

struct console_log_end {
	bool found;
	char line[LOG_END_BYTES]; /* what is looked for */
	size_t length;
	char tail[2 * LOG_END_BYTES]; /* the last bytes, where it may have begun */
	size_t held;
};

void console_log_end_init(struct console_log_end *e, const char *nonce);
/* Any cut of the bytes gives the same answer. */
void console_log_end_feed(struct console_log_end *e, const char *bytes, size_t length);

#endif
