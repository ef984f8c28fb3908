// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/panic-end.h"

#include <string.h>

/* Printed only where the kernel neither waits for its panic= seconds nor resets. */
static const char words[] = "---[ end Kernel panic - not syncing";

enum { WORDS_LENGTH = sizeof(words) - 1 };

void panic_end_feed(struct panic_end *p, const char *bytes, size_t length)
{
	char joint[2 * PANIC_END_TAIL_BYTES];
	size_t head = length < WORDS_LENGTH ? length : WORDS_LENGTH;
	size_t joined = p->tail_length + head, keep;

	if (p->seen)
		return;
	memcpy(joint, p->tail, p->tail_length);
	memcpy(joint + p->tail_length, bytes, head);
	p->seen = memmem(joint, joined, words, WORDS_LENGTH) ||
		  memmem(bytes, length, words, WORDS_LENGTH);
	if (length >= WORDS_LENGTH) {
		memcpy(p->tail, bytes + length - WORDS_LENGTH, WORDS_LENGTH);
		p->tail_length = WORDS_LENGTH;
		return;
	}
	keep = joined < WORDS_LENGTH ? joined : WORDS_LENGTH;
	memcpy(p->tail, joint + joined - keep, keep);
	p->tail_length = keep;
}

bool panic_end_is_over(struct panic_end *p, uint64_t bytes, bool held, uint64_t now_ms)
{
	if (!p->seen)
		return false;
	if (!p->since_ms || held || bytes != p->bytes) {
		p->bytes = bytes;
		p->since_ms = now_ms;
	}
	return now_ms - p->since_ms >= PANIC_END_QUIET_MS;
}
