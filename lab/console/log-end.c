// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/log-end.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

void console_log_end_init(struct console_log_end *e, const char *nonce)
{
	int n;

	*e = (struct console_log_end){ 0 };
	n = snprintf(e->line, sizeof(e->line), "klab-init: end of the log %08" PRIx32,
		     crc32_ieee(0, nonce, strlen(nonce)));
	e->length = (size_t)n;
}

void console_log_end_feed(struct console_log_end *e, const char *bytes, size_t length)
{
	const size_t keep = e->length - 1;
	size_t taken = length < keep ? length : keep;

	if (e->found)
		return;
	/* Across the cut: what is held is less than the line, and so is what is added. */
	memcpy(e->tail + e->held, bytes, taken);
	e->held += taken;
	e->found = memmem(e->tail, e->held, e->line, e->length) ||
		   memmem(bytes, length, e->line, e->length);
	if (length >= keep) {
		memcpy(e->tail, bytes + length - keep, keep);
		e->held = keep;
	} else if (e->held > keep) {
		memmove(e->tail, e->tail + e->held - keep, keep);
		e->held = keep;
	}
}
