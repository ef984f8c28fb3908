// SPDX-License-Identifier: GPL-2.0-or-later
/* line_mask() of lines.h. */
#include <ctype.h>

#include "compare/lines.h"

enum { ADDRESS_DIGITS = 16 };

/* Lines in which the kernel says how large it is, how much memory that leaves, and how its clocks
 * run. */
static const char *const figure_lines[] = {
	"Memory: ",	     "Freeing ",	   "ftrace: allocat",
	"percpu: Embedded ", "pcpu-alloc: ",	   "Write protecting the kernel ",
	"rodata_test: ",     "Built 1 zonelists",  "sched_clock: Marking ",
	"tsc: Refined ",     "clocksource: tsc: ",
};

/* Of these what follows is the kernel's code, or made from the kernel's key. */
static const char *const cut_after[] = { "Code: ", "klab-init: end of the log " };

/* "[    1.234567] ": how long it is; 0: there is none. */
static size_t time_length(const char *line, size_t length)
{
	size_t i = 1, digits = 0;

	if (!length || line[0] != '[')
		return 0;
	while (i < length && line[i] == ' ')
		i++;
	while (i < length && isdigit((unsigned char)line[i]))
		i++, digits++;
	if (!digits || i == length || line[i++] != '.')
		return 0;
	while (i < length && isdigit((unsigned char)line[i]))
		i++;
	if (i == length || line[i++] != ']')
		return 0;
	return i < length && line[i] == ' ' ? i + 1 : i;
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

/* An address at p: how long it is, and what stands for it. 0: there is none. */
static size_t address_length(const char *p, size_t length, const char **stands)
{
	size_t n;

	if (starts(p, length, "0x")) {
		*stands = "0x#";
		n = hex_digits(p + 2, length - 2);
		return n ? n + 2 : 0;
	}
	*stands = "#";
	n = hex_digits(p, length);
	return n == ADDRESS_DIGITS && (n == length || !in_word(p[n])) ? n : 0;
}

static bool says_figures(const char *line, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(figure_lines); i++)
		if (starts(line, length, figure_lines[i]))
			return true;
	return false;
}

/* How much of the line counts. */
static size_t counted_length(const char *line, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(cut_after); i++)
		if (starts(line, length, cut_after[i]))
			return strlen(cut_after[i]);
	return length;
}

void line_mask(const char *line, size_t length, struct strbuf *out)
{
	size_t skip = time_length(line, length);
	bool figures;

	line += skip;
	length = counted_length(line, length - skip);
	figures = says_figures(line, length);
	for (size_t i = 0; i < length;) {
		bool begins = i == 0 || !in_word(line[i - 1]);
		const char *stands = "#";
		size_t n = begins ? address_length(line + i, length - i, &stands) : 0;

		if (!n && figures && isdigit((unsigned char)line[i])) {
			while (i + n < length && isdigit((unsigned char)line[i + n]))
				n++;
			stands = "#";
		}
		if (n)
			strbuf_adds(out, stands);
		else
			strbuf_addc(out, line[i]);
		i += n ? n : 1;
	}
}
