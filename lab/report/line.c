// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * printk's prefix: `<4>[   12.345678][  T123] `, with or without level, time
 * and caller, behind a login prompt, behind "** 12 printk messages dropped **",
 * or with syslog's `Apr  1 07:07:51 host kernel: ` before it. The kernel always
 * prints six decimals (kernel/printk/printk.c, print_time()): firmware that
 * prints times of its own is told apart by that.
 */
#include <string.h>

#include "report/internal.h"

#define VENDOR_MAX     64 /* bytes of what a vendor's kernel puts behind the time */
#define SYSLOG_TAG_MAX 96 /* "kernel:" stands at most so far behind the start */

/* "[   12.345678]" at the start of *s, which moves behind it; "[   12.345678,1]" of some vendors,
 * with the CPU. */
static bool take_time(struct span *s, double *time_s)
{
	uint64_t seconds, micros;
	struct span rest = *s;

	if (rest.n < 10 || rest.p[0] != '[')
		return false;
	rest = span_after(rest, 1);
	while (rest.n && rest.p[0] == ' ')
		rest = span_after(rest, 1);
	if (!span_take_u64(&rest, &seconds) || rest.n < 8 || rest.p[0] != '.')
		return false;
	struct span digits = { rest.p + 1, 6 };

	if (!span_take_u64(&digits, &micros) || digits.n)
		return false;
	rest = span_after(rest, 7);
	if (rest.n > 2 && rest.p[0] == ',' && is_digit(rest.p[1]))
		rest = span_after(rest, 2);
	if (rest.p[0] != ']')
		return false;
	*s = span_after(rest, 1);
	/* Rounded once: the same number as whoever else reads these digits has. */
	*time_s = ((double)seconds * 1e6 + (double)micros) / 1e6;
	return true;
}

/* "[  T123]" or "[    C0]" at the start of *s, which moves behind it. */
static uint32_t take_caller(struct span *s)
{
	struct span rest = *s;
	uint64_t number;
	uint32_t kind;

	if (rest.n < 4 || rest.p[0] != '[')
		return CALLER_UNKNOWN;
	rest = span_after(rest, 1);
	while (rest.n && rest.p[0] == ' ')
		rest = span_after(rest, 1);
	if (!rest.n || (rest.p[0] != 'T' && rest.p[0] != 'C'))
		return CALLER_UNKNOWN;
	kind = rest.p[0] == 'T' ? CALLER_TASK : CALLER_CPU;
	rest = span_after(rest, 1);
	if (!span_take_u64(&rest, &number) || !rest.n || rest.p[0] != ']')
		return CALLER_UNKNOWN;
	*s = span_after(rest, 1);
	return kind | (uint32_t)(number & 0x1fffffff);
}

/*
 * What vendors' kernels put behind the time: "[1:  kworker/1:0:  123] ", "<1>.(1)[123:sh]",
 * "c1    123 ". Not a part of the message; who speaks is not taken from it.
 */
static struct span skip_vendor(struct span s)
{
	struct span rest = span_trim(s);
	uint64_t number;

	if (rest.n > 6 && rest.p[0] == '<' && is_digit(rest.p[1]) && rest.p[2] == '>' &&
	    rest.p[3] == '.' && rest.p[4] == '(') {
		ptrdiff_t end = span_find(rest, "]");

		return end > 0 && end < VENDOR_MAX ? span_after(rest, end + 1) : s;
	}
	if (span_starts(rest, "[")) {
		struct span inner = span_trim(span_after(rest, 1));
		ptrdiff_t end = span_find(inner, "] ");

		if (span_take_u64(&inner, &number) && span_starts(inner, ":") && end > 0 &&
		    end < VENDOR_MAX)
			return span_after(inner, span_find(inner, "] ") + 2);
		return s;
	}
	if (rest.n > 3 && rest.p[0] == 'c' && is_digit(rest.p[1])) {
		rest = span_after(rest, 1);
		if (!span_take_u64(&rest, &number) || !span_starts(rest, " "))
			return s;
		rest = span_trim(rest);
		if (span_take_u64(&rest, &number) && span_starts(rest, " "))
			return span_after(rest, 1);
	}
	return s;
}

/* "<4>" right before the time. */
static int level_before(struct span lead)
{
	if (lead.n >= 3 && lead.p[lead.n - 1] == '>' && is_digit(lead.p[lead.n - 2]) &&
	    (lead.p[lead.n - 3] == '<' || (lead.n >= 4 && lead.p[lead.n - 4] == '<')))
		return lead.p[lead.n - 2] - '0';
	return -1;
}

/* Where syslog's "kernel:" ends within the first bytes, or 0. */
static size_t syslog_tag(struct span raw)
{
	struct span head = { raw.p, raw.n < SYSLOG_TAG_MAX ? raw.n : SYSLOG_TAG_MAX };
	ptrdiff_t at;

	/* A date in front: "Apr  1 07:07:51", "2026-04-01T07:07:51". */
	if (head.n < 20 || !(head.p[3] == ' ' || is_digit(head.p[0])))
		return 0;
	at = span_find(head, "kernel: ");
	if (at < 0)
		at = span_find(head, "KERNEL: ");
	/* "Apr  1 07:07:51 host program: kernel: what it says" is not the kernel. */
	if (at < 0 || span_has((struct span){ head.p, at }, ": "))
		return 0;
	return at + 8;
}

/* "host kernel: " at the start: where it ends, or 0. */
static size_t monotonic_tag(struct span text)
{
	size_t i = 0;

	while (i < text.n && text.p[i] != ' ' && text.p[i] != ':')
		i++;
	return i && span_starts(span_after(text, i), " kernel: ") ? i + 9 : 0;
}

/* dmesg -T's "[Tue Apr  1 07:07:51 2026] ", dmesg --time-format iso's
 * "2026-04-01T07:07:51,123456+02:00 ". */
static bool take_date(struct span *s)
{
	static const char iso[] = "0000-00-00T00:00:00,000000";
	size_t i;

	if (s->n > 27 && s->p[0] == '[' && s->p[4] == ' ' && s->p[8] == ' ' && s->p[14] == ':' &&
	    s->p[17] == ':' && s->p[20] == ' ' && s->p[25] == ']' && is_digit(s->p[24])) {
		*s = span_after(*s, 27);
		return true;
	}
	for (i = 0; i < sizeof(iso) - 1 && i < s->n; i++)
		if (iso[i] == '0' ? !is_digit(s->p[i]) : iso[i] != s->p[i])
			return false;
	if (i < sizeof(iso) - 1 || s->n < i + 7 || s->p[i + 6] != ' ')
		return false;
	*s = span_after(*s, i + 7);
	return true;
}

/*
 * What a logger on the host put before each line it read, "2026-04-01T07:07:51.123456Z  ",
 * "[2026-04-01 07:07:51] ": of whatever the machine printed, so that it tells nothing.
 */
static struct span skip_logger(struct span s)
{
	static const char shape[] = "0000-00-00 00:00:00";
	struct span rest = s;
	bool bracket = span_starts(s, "[");
	size_t i;

	if (bracket)
		rest = span_after(rest, 1);
	for (i = 0; i < sizeof(shape) - 1 && i < rest.n; i++) {
		char c = rest.p[i];

		if (shape[i] == '0'   ? !is_digit(c)
		    : shape[i] == ' ' ? c != ' ' && c != 'T'
		    : shape[i] == '-' ? c != '-' && c != '/'
				      : c != shape[i])
			return s;
	}
	if (i < sizeof(shape) - 1)
		return s;
	rest = span_after(rest, i);
	while (rest.n && (is_digit(rest.p[0]) || strchr(".,:+-Z", rest.p[0])))
		rest = span_after(rest, 1);
	if (bracket && !span_starts(rest, "]"))
		return s;
	rest = span_after(rest, bracket);
	/* One space is the logger's own, or two of it. */
	if (!span_starts(rest, " "))
		return s;
	return span_after(rest, span_starts(rest, "  ") && !bracket ? 2 : 1);
}

static bool find_prefix(struct span raw, size_t limit, struct line *out)
{
	bool found = false;
	size_t from = 0;

	while (from < raw.n) {
		const char *at = memchr(raw.p + from, '[', raw.n - from);
		struct span rest;
		double time_s;

		if (!at)
			break;
		from = at - raw.p + 1;
		if (found && from > limit)
			break;
		rest = span_after(raw, from - 1);
		if (!take_time(&rest, &time_s))
			continue;
		out->time_s = time_s;
		out->caller = take_caller(&rest);
		out->level = level_before((struct span){ raw.p, from - 1 });
		out->text = skip_vendor(rest.n && rest.p[0] == ' ' ? span_after(rest, 1) : rest);
		from = raw.n - out->text.n;
		found = true;
		if (from >= limit)
			break;
	}
	return found;
}

/* "<14>" of syslog's protocol before a date; kmsg's "<4>[" and "<4>text" stay. */
static struct span skip_priority(struct span s)
{
	struct span rest = span_after(s, 1);
	uint64_t number;

	if (!span_starts(s, "<") || !span_take_u64(&rest, &number) || !span_starts(rest, ">"))
		return s;
	rest = span_after(rest, 1);
	return syslog_tag(rest) ? rest : s;
}

void line_parse(struct span raw, size_t limit, struct line *out)
{
	const char *start = raw.p;
	size_t tag;

	while (raw.n && raw.p[raw.n - 1] == '\r')
		raw.n--;
	while (raw.n && raw.p[0] == '\r')
		raw = span_after(raw, 1);
	raw = skip_priority(raw);
	limit = limit > (size_t)(raw.p - start) ? limit - (raw.p - start) : 0;
	*out = (struct line){ .text = raw, .level = -1, .time_s = -1 };
	tag = raw.n && raw.p[0] != '[' && raw.p[0] != '<' ? syslog_tag(raw) : 0;
	if (find_prefix(raw, limit, out)) {
		/* journalctl -o short-monotonic: "[   12.345678] host kernel: ". */
		size_t inner = out->text.p == raw.p ? 0 : monotonic_tag(out->text);

		out->text = span_after(out->text, inner);
		if (tag && tag <= raw.n - out->text.n)
			out->caller |= CALLER_SYSLOG;
	} else if (take_date(&raw)) {
		out->text = raw;
		out->caller = CALLER_UNKNOWN;
	} else if (tag) {
		out->text = span_after(raw, tag);
		out->caller = CALLER_UNKNOWN | CALLER_SYSLOG;
	} else if (raw.n > 3 && raw.p[0] == '<' && is_digit(raw.p[1]) && raw.p[2] == '>') {
		/* /dev/kmsg style: a level without a time. */
		out->level = raw.p[1] - '0';
		out->text = span_after(raw, 3);
		out->caller = CALLER_UNKNOWN;
	} else {
		out->text = skip_logger(raw);
	}
}

struct span line_strip_escapes(struct span raw, char *out)
{
	size_t n = 0, i = 0;

	while (i < raw.n) {
		if (raw.p[i] != 0x1b) {
			out[n++] = raw.p[i++];
			continue;
		}
		i++;
		if (i < raw.n && raw.p[i] == '[') {
			i++;
			while (i < raw.n &&
			       (is_digit(raw.p[i]) || raw.p[i] == ';' || raw.p[i] == '?'))
				i++;
		}
		if (i < raw.n)
			i++; /* the letter that ends it */
	}
	return (struct span){ out, n };
}
