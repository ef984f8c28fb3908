// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/delta.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

size_t delta_size(const bool *set, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += set[i];
	return size;
}

size_t delta_distance(const bool *a, const bool *b, size_t count)
{
	size_t distance = 0;

	for (size_t i = 0; i < count; i++)
		distance += a[i] != b[i];
	return distance;
}

/* Where ddmin is: `now` shows the bug, and is cut into `parts`. */
struct state {
	const struct delta_oracle *oracle;
	size_t count;
	const bool *last;
	bool *now, *try; /* owned by delta_next() */
	size_t size, parts;
	bool *ask; /* the question, once there is one */
	size_t ask_distance;
	bool asks;
};

/* Part number `part` of `now`, or all of it but that. */
static void cut(struct state *s, size_t part, bool complement)
{
	size_t from = part * s->size / s->parts, to = (part + 1) * s->size / s->parts, seen = 0;

	for (size_t i = 0; i < s->count; i++) {
		s->try[i] = false;
		if (!s->now[i])
			continue;
		s->try[i] = (seen >= from && seen < to) != complement;
		seen++;
	}
}

static void note_question(struct state *s, const bool *set)
{
	size_t distance = s->last ? delta_distance(set, s->last, s->count) : 0;

	if (s->asks && distance >= s->ask_distance)
		return;
	s->asks = true;
	s->ask_distance = distance;
	memcpy(s->ask, set, s->count * sizeof(*set));
}

/* Is there a smaller set that shows the bug? Then it is `now`. */
static bool reduce_to(struct state *s)
{
	const bool *grown = s->try;
	enum delta_answer answer = s->oracle->look(s->oracle->arg, s->try, &grown);
	size_t size = delta_size(grown, s->count);

	/* One that needs all the rest, or more, leads nowhere. */
	if (answer == DELTA_UNKNOWN && size < s->size)
		note_question(s, s->try);
	if (answer != DELTA_SHOWN || size >= s->size)
		return false;
	memmove(s->now, grown, s->count * sizeof(*grown));
	s->size = size;
	return true;
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* One round of ddmin. True: `now` became smaller. */
static bool reduce(struct state *s)
{
	for (size_t part = 0; part < s->parts; part++) {
		cut(s, part, false);
		if (!reduce_to(s))
			continue;
		s->parts = at_most(2, s->size);
		return true;
	}
	/* Of two parts each is the other's complement. */
	for (size_t part = 0; part < s->parts && s->parts != 2 && !s->asks; part++) {
		cut(s, part, true);
		if (!reduce_to(s))
			continue;
		s->parts = at_most(s->parts - 1 > 2 ? s->parts - 1 : 2, s->size);
		return true;
	}
	return false;
}

/* The empty set is not among ddmin's: it is looked at first. */
static bool look_at_none(struct state *s)
{
	memset(s->try, 0, s->count * sizeof(*s->try));
	return reduce_to(s);
}

bool delta_next(const struct delta_oracle *oracle, size_t count, const bool *last, bool *set)
{
	_cleanup_free_ bool *now = xcalloc(count + 1, sizeof(*now));
	_cleanup_free_ bool *try = xcalloc(count + 1, sizeof(*try));
	struct state s = {
		.oracle = oracle,
		.count = count,
		.last = last,
		.now = now,
		.try = try,
		.size = count,
		.ask = set,
	};

	memset(now, true, count * sizeof(*now));
	look_at_none(&s);
	s.parts = at_most(2, s.size);
	while (!s.asks && s.size) {
		if (reduce(&s)) {
			s.asks = false; /* of what was larger */
		} else if (!s.asks) {
			if (s.parts >= s.size)
				break;
			s.parts = at_most(2 * s.parts, s.size);
		}
	}
	if (!s.asks)
		memcpy(set, now, count * sizeof(*now));
	return s.asks;
}
