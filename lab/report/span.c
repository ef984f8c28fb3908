// SPDX-License-Identifier: GPL-2.0-or-later
/* Borrowed bytes: the parser's only kind of string until a report is made. */
#include <limits.h>
#include <string.h>

#include "report/internal.h"

ptrdiff_t span_find(struct span s, const char *text)
{
	const char *at = s.n ? memmem(s.p, s.n, text, strlen(text)) : NULL;

	return at ? at - s.p : -1;
}

struct span span_after(struct span s, size_t skip)
{
	if (skip > s.n)
		skip = s.n;
	return (struct span){ s.p + skip, s.n - skip };
}

struct span span_trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_after(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

struct span span_cut(struct span *s, char stop)
{
	const char *at = s->n ? memchr(s->p, stop, s->n) : NULL;
	struct span head = *s;

	if (!at) {
		*s = span_after(*s, s->n);
		return head;
	}
	head.n = at - s->p;
	*s = span_after(*s, head.n + 1);
	return head;
}

bool span_take_u64(struct span *s, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < s->n && is_digit(s->p[i]); i++) {
		unsigned digit = s->p[i] - '0';

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (!i)
		return false;
	*s = span_after(*s, i);
	*out = value;
	return true;
}

bool span_take_hex(struct span *s, uint64_t *out)
{
	struct span rest = *s;
	uint64_t value = 0;
	size_t i = 0;

	if (span_starts(rest, "0x"))
		rest = span_after(rest, 2);
	for (; i < rest.n && is_hex(rest.p[i]); i++) {
		if (value >> 60)
			return false;
		value = value << 4 | (is_digit(rest.p[i]) ? rest.p[i] - '0' : rest.p[i] - 'a' + 10);
	}
	if (!i)
		return false;
	*s = span_after(rest, i);
	*out = value;
	return true;
}

bool span_u64_after(struct span s, const char *key, uint64_t *out)
{
	ptrdiff_t at = span_find(s, key);

	if (at < 0)
		return false;
	s = span_trim(span_after(s, at + strlen(key)));
	return span_take_u64(&s, out);
}

bool span_i64_after(struct span s, const char *key, int64_t *out)
{
	ptrdiff_t at = span_find(s, key);
	bool negative;
	uint64_t value;

	if (at < 0)
		return false;
	s = span_trim(span_after(s, at + strlen(key)));
	negative = span_starts(s, "-");
	s = span_after(s, negative);
	if (!span_take_u64(&s, &value) || value > INT64_MAX)
		return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

struct span span_word_after(struct span s, const char *key)
{
	ptrdiff_t at = span_find(s, key);
	size_t i = 0;

	if (at < 0)
		return (struct span){ s.p, 0 };
	s = span_trim(span_after(s, at + strlen(key)));
	while (i < s.n && s.p[i] != ' ' && s.p[i] != ',')
		i++;
	s.n = i;
	return s;
}
