// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records of /dev/kmsg, "4,1234,5678901,-,caller=T12;text", as who reads that file keeps them:
 * level and facility, sequence number, microseconds, a flag, what newer kernels add. The text
 * has \x0a where the record goes on with another line, and \xNN for all that is not printable
 * (kernel/printk/printk.c, info_print_ext_header() and msg_add_ext_text()). Each line of it
 * becomes the one that the console would have had; the dictionary behind it (" SUBSYSTEM=block",
 * on lines of its own) has no prefix and is nobody's.
 */
#include <stdio.h>

#include "report/internal.h"

#define HEAD_MAX 128 /* bytes up to the semicolon */

/* The number up to the comma at the start of *s, which moves behind both. */
static bool take_field(struct span *s, uint64_t *out)
{
	if (!span_take_u64(s, out) || !span_starts(*s, ","))
		return false;
	*s = span_after(*s, 1);
	return true;
}

bool kmsg_open(struct span raw, struct kmsg *k)
{
	uint64_t priority, sequence, time_us;
	struct span head, caller;

	if (!raw.n || !is_digit(raw.p[0]))
		return false;
	if (!take_field(&raw, &priority) || !take_field(&raw, &sequence) ||
	    !take_field(&raw, &time_us))
		return false;
	head = span_first(raw, HEAD_MAX);
	if (span_find(head, ";") < 1 || (head.p[0] != '-' && head.p[0] != 'c' && head.p[0] != '+'))
		return false;
	head = span_cut(&raw, ';');
	if (head.n > 1 && head.p[1] != ',')
		return false;
	caller = span_first(span_word_after(head, ",caller="), 16);
	snprintf(k->prefix, sizeof(k->prefix), "<%u>[%5llu.%06llu]%s%.*s%s ",
		 (unsigned)(priority & 7), (unsigned long long)(time_us / 1000000),
		 (unsigned long long)(time_us % 1000000), caller.n ? "[" : "", (int)caller.n,
		 caller.p ? caller.p : "", caller.n ? "]" : "");
	while (raw.n && raw.p[raw.n - 1] == '\r')
		raw.n--;
	k->rest = raw;
	k->more = true;
	return true;
}

/* The byte that "\xNN" at the start of s stands for, -1: it is none. */
static int escaped(struct span s)
{
	struct span digits = span_first(span_after(s, 2), 2);
	uint64_t value;

	if (s.n < 4 || s.p[0] != '\\' || s.p[1] != 'x' || !span_take_hex(&digits, &value) ||
	    digits.n)
		return -1;
	return value;
}

bool kmsg_next(struct kmsg *k, struct strbuf *out)
{
	if (!k->more)
		return false;
	k->more = false;
	strbuf_reset(out);
	strbuf_adds(out, k->prefix);
	while (k->rest.n) {
		int byte = escaped(k->rest);
		size_t n = byte < 0 ? 1 : 4;

		if (byte < 0)
			byte = (unsigned char)k->rest.p[0];
		k->rest = span_after(k->rest, n);
		if (n > 1 && byte == '\n') {
			k->more = true;
			break;
		}
		strbuf_addc(out, byte);
	}
	return true;
}
