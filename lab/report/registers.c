// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows of registers as each architecture's show_regs() prints them:
 *
 *   x86, arm64   RAX: 0000000000000000 RBX: ...       x29: ffff800008003d90 x28: ...
 *   arm          pc : [<c0101234>]    lr : [<c0101230>]    psr: 60000013
 *   riscv        gp : ffffffff81505d38 tp : ...       status: 0000000200000120 badaddr: ...
 *   powerpc      MSR:  8000000000009033 <SF,EE,ME,IR,DR,RI,LE>  CR: 28002228  XER: 00000000
 *                GPR00: c000000000123456 c000000007a73c80 c000000001498f00 ...
 *   s390         Krnl GPRS: 0000000000000000 0000000000000001 ...  and three rows more
 *   mips         $ 0   : 00000000 00000001 805d0000 00000000
 */
#include <string.h>

#include "report/internal.h"

#define REGISTER_NAME_MAX 8

static void set_register(json_t *registers, const char *name, struct span value)
{
	if (!json_object_get(registers, name))
		json_set_strn(registers, name, value.p, value.n);
}

/* Hex digits, x86's segment before them, arm's brackets around them. */
static struct span take_value(struct span *s)
{
	struct span value;
	size_t n = 0;
	bool brackets = span_starts(*s, "[<");

	if (brackets)
		*s = span_after(*s, 2);
	while (n < s->n && (is_hex(s->p[n]) || (n == 4 && s->p[n] == ':')))
		n++;
	value = span_first(*s, n);
	*s = span_after(*s, n);
	if (brackets && span_starts(*s, ">]"))
		*s = span_after(*s, 2);
	return value;
}

/* What explains the value before it: "(0000)" of x86's segments, "<SF,EE>" of powerpc's MSR. */
static struct span skip_remark(struct span s)
{
	struct span rest = span_trim(s);
	bool round = s.n && s.p[0] == '(', pointed = span_starts(rest, "<");
	ptrdiff_t end = round ? span_find(s, ")") : pointed ? span_find(rest, ">") : -1;

	if (end < 0)
		return s;
	return span_after(round ? s : rest, end + 1);
}

static void take_pairs(struct span s, json_t *registers)
{
	for (s = span_trim(s); s.n; s = span_trim(s)) {
		char name[REGISTER_NAME_MAX + 1];
		struct span value, rest;
		size_t n = 0;

		while (n < s.n && is_word(s.p[n]))
			n++;
		rest = span_trim(span_after(s, n));
		if (!n || n > REGISTER_NAME_MAX || !span_starts(rest, ":"))
			return;
		memcpy(name, s.p, n);
		name[n] = '\0';
		rest = span_trim(span_after(rest, 1));
		value = take_value(&rest);
		if (!value.n || (rest.n && is_word(rest.p[0])))
			return;
		set_register(registers, name, value);
		s = skip_remark(rest);
	}
}

/* A row of values, the first of which is register `first`. Returns how many there were. */
static unsigned take_row(struct span s, const char *letter, unsigned first, json_t *registers)
{
	unsigned count = 0;

	for (s = span_trim(s); s.n && count < 8; s = span_trim(s)) {
		struct span value = take_value(&s);
		char name[REGISTER_NAME_MAX + 1];

		/* 32-bit registers at least, nothing but values in the row. */
		if (value.n < 8 || (s.n && s.p[0] != ' '))
			break;
		snprintf(name, sizeof(name), "%s%u", letter, first + count++);
		set_register(registers, name, value);
	}
	return count;
}

/* "GPR04: ...", "$ 4   : ...", "Krnl GPRS: ..."; what goes on in the next line is in *next. */
static bool take_numbered(struct span line, unsigned *next, json_t *registers)
{
	uint64_t first;
	struct span s = line;

	if (*next && span_starts(line, "           ")) {
		unsigned count = take_row(line, "r", *next, registers);

		*next = count ? *next + count : 0;
		return count > 0;
	}
	*next = 0;
	if (span_starts(s, "Krnl GPRS:")) {
		*next = take_row(span_after(s, 10), "r", 0, registers);
		return true;
	}
	if (span_starts(s, "GPR")) {
		s = span_after(s, 3);
		if (!span_take_u64(&s, &first) || first > 31 || !span_starts(s, ":"))
			return false;
		take_row(span_after(s, 1), "r", first, registers);
		return true;
	}
	if (!span_starts(s, "$"))
		return false;
	s = span_trim(span_after(s, 1));
	if (!span_take_u64(&s, &first) || first > 31)
		return false;
	s = span_trim(s);
	if (span_starts(s, ":"))
		take_row(span_after(s, 1), "$", first, registers);
	return true;
}

static bool is_pair_row(struct span s)
{
	static const char *const starts[] = {
		"RSP: ",   "RAX: ",    "RDX: ",	 "RBP: ",  "R10: ",   "R13: ",	 "FS: ",   "CS: ",
		"CR2: ",   "EAX: ",    "ESI: ",	 "DS: ",   "CR0: ",   "sp :",	 "x2",	   "x1",
		"x9 ",	   "x8 ",      "x7 ",	 "x6 ",	   "x5 ",     "x4 ",	 "x3 ",	   "x0 ",
		"r10",	   "r7 ",      "r3 ",	 "gp :",   "t1 ",     "s1 ",	 "a2 ",	   "a5 ",
		"s2 ",	   "s5 ",      "s8 ",	 "s11",	   "t5 ",     "pc : [<", "epc : ", "ra : ",
		"status:", "NIP: ",    "REGS: ", "MSR: ",  "CFAR: ",  "DAR: ",	 "Hi ",	   "Lo ",
		"epc ",	   "Status: ", "Cause ", "BadVA ", "EFLAGS:",
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (s.n && s.p[0] == starts[i][0] && span_starts(s, starts[i]))
			return true;
	return false;
}

void registers_take(struct span line, unsigned *next, json_t *details)
{
	json_t *registers = json_object_get(details, "registers"), *fresh = NULL;

	if (!registers)
		registers = fresh = json_object();
	if (!take_numbered(line, next, registers) && is_pair_row(span_trim(line)))
		take_pairs(line, registers);
	if (fresh && json_object_size(fresh))
		json_object_set(details, "registers", fresh);
	json_decref(fresh);
}
