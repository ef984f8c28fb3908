// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/dropped.h"

#include <stdlib.h>
#include <string.h>

/* User space may write such a line too: it costs only itself a pass. */
static void take_line(struct console_dropped *d)
{
	static const char stars[] = "** ", words[] = " printk messages dropped **";
	const char *at = memmem(d->line, d->length, words, strlen(words));
	const char *from = at;
	uint64_t n;

	d->length = 0;
	while (from && from > d->line && from[-1] >= '0' && from[-1] <= '9')
		from--;
	if (!at || from == at || from - d->line < (long)strlen(stars) ||
	    memcmp(from - strlen(stars), stars, strlen(stars)) != 0)
		return;
	n = strtoull(from, NULL, 10);
	if (__builtin_add_overflow(d->messages, n ? n : 1, &d->messages))
		d->messages = UINT64_MAX;
}

void console_dropped_feed(struct console_dropped *d, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t n = (size_t)((newline ? newline : end) - bytes);
		size_t room = sizeof(d->line) - d->length;

		memcpy(d->line + d->length, bytes, n < room ? n : room);
		d->length += n < room ? n : room;
		if (!newline)
			return;
		take_line(d);
		bytes = newline + 1;
	}
}

void console_dropped_end(struct console_dropped *d)
{
	take_line(d);
}
