// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many literals in one pass: Wu and Manber's method ("A fast algorithm for
 * multi-pattern searching", 1994) with blocks of two bytes. All literals count
 * with their first bytes only, as many as the shortest has; most pairs of bytes
 * occur in none of those, so that the scan jumps by nearly that many bytes.
 */
#include <assert.h>
#include <string.h>

#include "report/internal.h"

#define SCAN_MIN 4 /* shortest literal, bytes */

struct scanner {
	uint8_t shift[65536];	/* by pair: how far the window may move; 0: it may end here */
	uint16_t bucket[65536]; /* by pair: first of `order`, from 1; 0: none */
	uint16_t *next;		/* the next literal with the same last pair */
	const char *const *literals;
	uint8_t *lengths;
};

static unsigned pair_at(const char *p)
{
	uint16_t pair;

	memcpy(&pair, p, sizeof(pair));
	return pair;
}

struct scanner *scanner_new(const char *const *literals, size_t count)
{
	struct scanner *s = xcalloc(1, sizeof(*s));

	s->literals = literals;
	s->lengths = xcalloc(count, 1);
	s->next = xcalloc(count + 1, sizeof(*s->next));
	memset(s->shift, SCAN_MIN - 1, sizeof(s->shift));
	for (size_t i = count; i-- > 0;) {
		size_t length = strlen(literals[i]);
		unsigned last = pair_at(literals[i] + SCAN_MIN - 2);

		assert(length >= SCAN_MIN && length < 256);
		s->lengths[i] = length;
		for (unsigned k = 0; k + 2 <= SCAN_MIN; k++) {
			unsigned pair = pair_at(literals[i] + k);

			if (s->shift[pair] > SCAN_MIN - 2 - k)
				s->shift[pair] = SCAN_MIN - 2 - k;
		}
		s->next[i + 1] = s->bucket[last];
		s->bucket[last] = i + 1;
	}
	return s;
}

void scanner_free(struct scanner *s)
{
	if (!s)
		return;
	free(s->lengths);
	free(s->next);
	free(s);
}

int scanner_find(const struct scanner *s, const char *p, const char *end, const char **at)
{
	if (end - p < SCAN_MIN)
		return -1;
	/* p is where the window's last pair begins. */
	for (p += SCAN_MIN - 2; p + 2 <= end;) {
		unsigned pair = pair_at(p);
		unsigned shift = s->shift[pair];

		if (shift) {
			p += shift;
			continue;
		}
		for (unsigned i = s->bucket[pair]; i; i = s->next[i]) {
			const char *start = p - (SCAN_MIN - 2);

			if ((size_t)(end - start) >= s->lengths[i - 1] &&
			    memcmp(start, s->literals[i - 1], s->lengths[i - 1]) == 0) {
				*at = start;
				return i - 1;
			}
		}
		p++;
	}
	return -1;
}

uint64_t scan_count_newlines(const char *p, const char *end)
{
	const uint64_t ones = 0x0101010101010101u, low7 = 0x7f7f7f7f7f7f7f7fu;
	uint64_t count = 0;

	for (; end - p >= 8; p += 8) {
		uint64_t word, zero;

		memcpy(&word, p, 8);
		word ^= '\n' * ones;
		/* The top bit of each byte of `zero` is set where the byte is 0. */
		zero = ~(((word & low7) + low7) | word | low7);
		count += __builtin_popcountll(zero);
	}
	for (; p < end; p++)
		count += *p == '\n';
	return count;
}
