// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines that a log has twice. A kernel with two consoles on one port (earlycon stays when the
 * last console= of its command line is not that port) prints each record twice, one right behind
 * the other; a console that comes late gets all of printk's buffer, which an earlier one on the
 * same port has printed before. Neither is another report.
 */
#include <string.h>

#include "report/internal.h"

#define SINGLES_MAX 8 /* records without their copy: it is over */

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * 1099511628211u; /* FNV-1a */
	return hash;
}

/* Of what the line says, who says it and when; never 0. */
static uint64_t hash_of(const struct line *line, uint64_t life)
{
	uint64_t hash = 14695981039346656037u;

	hash = mix(hash, &life, sizeof(life));
	hash = mix(hash, &line->caller, sizeof(line->caller));
	hash = mix(hash, &line->time_s, sizeof(line->time_s));
	hash = mix(hash, line->text.p, line->text.n);
	return hash ? hash : 1;
}

/* Of two records the times differ by what it takes to print one. */
static void begin_record(struct twice *t, double time_s)
{
	t->singles = t->count ? t->singles + 1 : 0;
	if (t->singles >= SINGLES_MAX)
		t->on = false;
	t->count = 0;
	t->time_s = time_s;
}

bool twice_is_copy(struct twice *t, const struct line *line, bool is_header)
{
	uint64_t hash;

	if (line->time_s < 0 || (line->caller & CALLER_SYSLOG))
		return false;
	if (line->time_s != t->time_s)
		begin_record(t, line->time_s);
	hash = hash_of(line, 0);
	/* The same frame twice is no copy; the same header is, and then frames are, too. */
	for (size_t i = 0; i < t->count && (t->on || is_header); i++) {
		if (t->pending[i] != hash)
			continue;
		t->count -= i + 1;
		memmove(t->pending, t->pending + i + 1, t->count * sizeof(*t->pending));
		t->on = true;
		return true;
	}
	if (t->count < ARRAY_SIZE(t->pending))
		t->pending[t->count++] = hash;
	return false;
}

bool twice_was_told(struct twice *t, const struct line *line)
{
	uint64_t hash, *slot;

	if (line->time_s <= 0)
		return false;
	hash = hash_of(line, t->life);
	slot = &t->told[hash % ARRAY_SIZE(t->told)];
	if (*slot == hash)
		return true;
	*slot = hash;
	return false;
}

void twice_note_boot(struct twice *t, bool is_sure)
{
	if (is_sure || t->dead)
		t->life++;
	t->dead = false;
}
