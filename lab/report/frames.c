// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stack lines of all architectures:
 *
 *   x86, arm64      func+0x1a/0x40 [module build-id]      ? func+0x1a/0x40
 *   symbolised      func+0x1a/0x40 file.c:12              func file.c:12 [inline]
 *   old x86, riscv  [<ffffffff82564f65>] func+0x1a/0x40
 *   powerpc         [c000000012345678] [c000000000123456] func+0x1a/0x40 (unreliable)
 *   s390            ([<0000000012345678>] func+0x1a/0x40)
 *   arm             [<c1abe4cc>] (func) from [<c1abe718>] (caller+0x20/0x24)
 *                   func from caller+0x20/0x24
 *   x86, inner      RIP: 0010:func+0x1a/0x40
 */
#include <string.h>

#include "report/internal.h"

#define SYMBOL_MAX 512 /* bytes; longer is no symbol */

static bool is_symbol(char c)
{
	return is_word(c) || c == '.' || c == '$';
}

/* "[<c1abe4cc>]", "[c000000012345678]" at the start of *s, which moves behind it. */
static bool take_address(struct span *s, uint64_t *address)
{
	struct span rest = *s;

	if (!span_starts(rest, "["))
		return false;
	rest = span_after(rest, 1);
	if (span_starts(rest, "<"))
		rest = span_after(rest, 1);
	if (!span_take_hex(&rest, address))
		return false;
	if (span_starts(rest, ">"))
		rest = span_after(rest, 1);
	if (!span_starts(rest, "]"))
		return false;
	*s = span_after(rest, 1);
	return true;
}

static struct span skip_spaces(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_after(s, 1);
	return s;
}

static struct span take_name(struct span *s, bool (*is)(char))
{
	struct span name = { s->p, 0 };

	while (name.n < s->n && name.n < SYMBOL_MAX && is(s->p[name.n]))
		name.n++;
	*s = span_after(*s, name.n);
	return name;
}

/* "name" and "caller" of "(name) from [<addr>] (caller+..." or "name from caller+...". */
static size_t arm_names(struct span s, struct span out[2])
{
	uint64_t address;
	bool old = take_address(&s, &address);

	if (old && !span_starts(s, " ("))
		return 0;
	s = span_after(s, old ? 2 : 0);
	out[0] = take_name(&s, is_symbol);
	if (!out[0].n || !span_starts(s, old ? ") from " : " from "))
		return 0;
	s = span_after(s, old ? 7 : 6);
	if (old && (!take_address(&s, &address) || !span_starts(s, " (")))
		return 0;
	s = span_after(s, old ? 2 : 0);
	out[1] = take_name(&s, is_word);
	return out[1].n && (span_starts(s, "+") || span_starts(s, ".")) ? 2 : 0;
}

/* Behind the address, or behind a name: arm's "(func) from" and "func from". */
static bool is_arm(struct span s)
{
	return span_starts(s, "(") || span_starts(s, " from ");
}

size_t frame_names(struct span line, struct span out[2])
{
	struct span s = line, at, start;
	uint64_t address;

	while (s.n && s.p[0] == ' ')
		s = span_after(s, 1);
	start = at = s;
	for (int i = 0; i < 2 && take_address(&s, &address) && span_starts(s, " "); i++)
		at = s = span_after(s, 1);
	s = at;
	out[0] = take_name(&s, is_word);
	if (out[0].n && (span_starts(s, "+") || span_starts(s, ".")))
		return 1;
	return is_arm(s) ? arm_names(start, out) : 0;
}

/* "+0x1a/0x40" at the start of *s. */
static bool take_offset(struct span *s, struct frame_view *f)
{
	struct span rest = *s;

	if (!span_starts(rest, "+0x"))
		return false;
	rest = span_after(rest, 1);
	if (!span_take_hex(&rest, &f->offset) || !span_starts(rest, "/0x"))
		return false;
	rest = span_after(rest, 1);
	if (!span_take_hex(&rest, &f->size))
		return false;
	f->has_offset = true;
	*s = rest;
	return true;
}

/* " [module]" or " [module build-id]" somewhere behind the offset. */
static void take_module(struct span rest, struct frame_view *f)
{
	const char *at = rest.n ? memchr(rest.p, '[', rest.n) : NULL;

	if (!at)
		return;
	rest = span_after(rest, at - rest.p + 1);
	f->module = take_name(&rest, is_word);
	if (span_is(f->module, "inline") || (!span_starts(rest, "]") && !span_starts(rest, " ")))
		f->module.n = 0;
}

/* "func file.c:12 [inline]" of symbolised logs. */
static bool take_inline(struct span rest, struct frame_view *f)
{
	if (rest.n < 9 || !span_is(span_after(rest, rest.n - 9), " [inline]") || rest.p[0] != ' ')
		return false;
	f->is_inline = true;
	return true;
}

static size_t arm_frames(struct span s, struct frame_view out[2])
{
	struct span names[2];

	if (arm_names(s, names) != 2)
		return 0;
	out[0] = (struct frame_view){ .symbol = names[0], .reliable = true };
	out[1] = (struct frame_view){ .symbol = names[1], .reliable = true };
	s = (struct span){ names[1].p, s.p + s.n - names[1].p };
	out[1].symbol = take_name(&s, is_symbol);
	take_offset(&s, &out[1]);
	take_module(s, &out[1]);
	return 2;
}

size_t frame_parse(struct span line, struct frame_view out[2])
{
	struct frame_view f = { .reliable = true };
	struct span s = skip_spaces(line), start = s;

	if (span_starts(s, "([<"))
		s = span_after(s, 1);
	for (int i = 0; i < 2 && take_address(&s, &f.address); i++)
		s = skip_spaces(s);
	if (span_starts(s, "? ")) {
		f.reliable = false;
		s = skip_spaces(span_after(s, 2));
	}
	if (span_starts(s, "(") && arm_frames(start, out))
		return 2;
	f.symbol = take_name(&s, is_symbol);
	if (f.symbol.n && is_digit(f.symbol.p[0]) && !span_starts(f.symbol, "0x"))
		return 0;
	if (span_starts(s, " from "))
		return arm_frames(start, out);
	if (!f.symbol.n || (!take_offset(&s, &f) && !take_inline(s, &f))) {
		if (!span_starts(f.symbol, "0xffff") || span_trim(s).n)
			return 0;
	}
	if (s.n && s.p[s.n - 1] == ')' && span_has(s, "(unreliable)"))
		f.reliable = false;
	take_module(s, &f);
	out[0] = f;
	return 1;
}
