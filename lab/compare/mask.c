// SPDX-License-Identifier: GPL-2.0-or-later
/* line_mask() of lines.h. */
#include <ctype.h>

#include "compare/lines.h"

enum { ADDRESS_DIGITS = 16 };

/* Lines in which the kernel says how large it is, or how much memory that leaves. */
static const char *const size_lines[] = {
	"Memory: ",	     "Freeing ",	  "ftrace: allocat",
	"percpu: Embedded ", "pcpu-alloc: ",	  "Write protecting the kernel ",
	"rodata_test: ",     "Built 1 zonelists",
};

/* And how its clocks run. */
static const char *const clock_lines[] = { "sched_clock: Marking ", "tsc: Refined ",
					   "clocksource: tsc: " };

/*
 * Counts and a program's addresses in registers are what the processor was about when the dump was
 * made: a few instructions earlier or later they are others. Poison and the like is not.
 */
static const char *const register_lines[] = { "RAX: ", "RDX: ", "RBP: ", "R10: ", "R13: " };

/* Of these what follows is the kernel's code, or made from the kernel's key. */
static const char *const cut_after[] = { "Code: ", "klab-init: end of the log " };

/* And of these the words that the kernel was booted with, which are told by themselves. */
static const char *const command_lines[] = { "Command line: ", "Kernel command line: ",
					     "Unknown kernel command line parameters " };

/* "[    1.234567]", "[    T1]": how long it is with its brackets; 0: there is none. */
static size_t bracket_length(const char *line, size_t length, bool time)
{
	size_t i = 1, digits = 0;

	if (!length || line[0] != '[')
		return 0;
	while (i < length && line[i] == ' ')
		i++;
	if (!time && i < length && (line[i] == 'T' || line[i] == 'C'))
		i++;
	else if (!time)
		return 0;
	for (; i < length && isdigit((unsigned char)line[i]); i++)
		digits++;
	if (!digits)
		return 0;
	if (time && (i == length || line[i++] != '.'))
		return 0;
	while (time && i < length && isdigit((unsigned char)line[i]))
		i++;
	return i < length && line[i] == ']' ? i + 1 : 0;
}

size_t line_time_length(const char *line, size_t length)
{
	size_t n = bracket_length(line, length, true);

	if (!n)
		return 0;
	n += bracket_length(line + n, length - n, false);
	return n < length && line[n] == ' ' ? n + 1 : n;
}

static bool starts(const char *line, size_t length, const char *prefix)
{
	size_t n = strlen(prefix);

	return length >= n && memcmp(line, prefix, n) == 0;
}

static size_t hex_digits(const char *p, size_t length)
{
	size_t n = 0;

	while (n < length && isxdigit((unsigned char)p[n]))
		n++;
	return n;
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "+0x1f/0x80" at p, behind a symbol: how long it is; 0: there is none. */
static size_t place_length(const char *p, size_t length)
{
	size_t offset, size;

	if (!starts(p, length, "+0x"))
		return 0;
	offset = hex_digits(p + 3, length - 3) + 3;
	if (offset == 3 || !starts(p + offset, length - offset, "/0x"))
		return 0;
	size = hex_digits(p + offset + 3, length - offset - 3);
	return size ? offset + 3 + size : 0;
}

/* A kernel address at p. */
static size_t address_length(const char *p, size_t length)
{
	size_t prefix = starts(p, length, "0x") ? 2 : 0;
	size_t n = hex_digits(p + prefix, length - prefix);

	if (n != ADDRESS_DIGITS || !starts(p + prefix, length - prefix, "ffff"))
		return 0;
	n += prefix;
	return n == length || !in_word(p[n]) ? n : 0;
}

static bool begins_with(const char *line, size_t length, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (starts(line, length, prefixes[i]))
			return true;
	return false;
}

/* Where the line's prefix ends that is one of these; its length: none is. */
static size_t prefix_end(const char *line, size_t length, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (starts(line, length, prefixes[i]))
			return strlen(prefixes[i]);
	return length;
}

bool line_tells_command_line(const char *line, size_t length)
{
	size_t skip = line_time_length(line, length);

	return begins_with(line + skip, length - skip, command_lines, ARRAY_SIZE(command_lines));
}

/* What of the line at p the linker decides: how long it is, and what stands for it. */
static size_t linked_length(const char *line, size_t at, size_t length, bool figures,
			    const char **stands)
{
	const char *p = line + at;
	size_t left = length - at, n = 0;

	*stands = "+#";
	if (at && in_word(line[at - 1]))
		n = place_length(p, left);
	if (n)
		return n;
	*stands = "#";
	if (at == 0 || !in_word(line[at - 1]))
		n = address_length(p, left);
	if (!n && figures && starts(p, left, "0x"))
		return 2 + hex_digits(p + 2, left - 2);
	while (!n && figures && n < left && isdigit((unsigned char)p[n])) {
		while (n < left && isdigit((unsigned char)p[n]))
			n++;
	}
	return n;
}

/* "RAX: dead4ead00000000 RBX: 000055..." without the latter. */
static void mask_registers(const char *line, size_t length, struct strbuf *out)
{
	static const char counts[] = "0000";

	for (size_t i = 0; i < length;) {
		size_t n = hex_digits(line + i, length - i);

		size_t address = address_length(line + i, length - i);

		if (address || (n == ADDRESS_DIGITS && starts(line + i, n, counts)))
			strbuf_addc(out, '#');
		else
			strbuf_add(out, line + i, n ? n : 1);
		i += n ? n : 1;
	}
}

/* Is the member's name that ends here that of a duration, or of how much there was of something in
 * one? */
static bool names_duration(const char *line, size_t end)
{
	static const char *const endings[] = { "_us", "_ms", "\"us", "_per_s" };

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t n = strlen(endings[i]);

		if (end >= n && memcmp(line + end - n, endings[i], n) == 0)
			return true;
	}
	return false;
}

/* A number, or a text of numbers: how long it is. */
static size_t figures_length(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && text[n] && strchr("0123456789.-\" ", text[n]))
		n++;
	return n;
}

/* Quotes within a string have a backslash before them, so no guest's text looks like a member. */
static void mask_durations(const char *line, size_t length, struct strbuf *out)
{
	for (size_t i = 0; i < length; i++) {
		strbuf_addc(out, line[i]);
		if (line[i] != ':' || i < 2 || line[i - 1] != '"' || line[i - 2] == '\\' ||
		    !names_duration(line, i - 1))
			continue;
		i += figures_length(line + i + 1, length - i - 1);
	}
}

void line_mask(const char *line, size_t length, enum line_masks masks, struct strbuf *out)
{
	size_t skip = masks == MASK_NOTHING ? 0 : line_time_length(line, length);
	bool figures;

	if (masks == MASK_DURATIONS) {
		mask_durations(line, length, out);
		return;
	}
	line += skip;
	length -= skip;
	if (masks != MASK_NOTHING &&
	    begins_with(line, length, register_lines, ARRAY_SIZE(register_lines))) {
		mask_registers(line, length, out);
		return;
	}
	if (masks != MASK_NOTHING &&
	    begins_with(line, length, clock_lines, ARRAY_SIZE(clock_lines)))
		figures = true;
	else
		figures = masks == MASK_RELINK &&
			  begins_with(line, length, size_lines, ARRAY_SIZE(size_lines));
	if (masks != MASK_NOTHING)
		length = prefix_end(line, length, command_lines, ARRAY_SIZE(command_lines));
	if (masks == MASK_RELINK)
		length = prefix_end(line, length, cut_after, ARRAY_SIZE(cut_after));
	for (size_t i = 0; i < length;) {
		const char *stands;
		size_t n = figures || masks == MASK_RELINK
				   ? linked_length(line, i, length, figures, &stands)
				   : 0;

		if (n)
			strbuf_adds(out, stands);
		else
			strbuf_addc(out, line[i]);
		i += n ? n : 1;
	}
}
