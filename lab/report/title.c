// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cleaning of titles: what differs from one occurrence of a bug to the next
 * (numbers of processes, addresses, lines, CPUs) gives way to a word. The rules
 * run one after the other over the whole title, as syzbot's do; each is a small
 * scanner, for titles are made by the thousand.
 */
#include <string.h>

#include "report/internal.h"

#define TITLE_MAX 120 /* bytes that count; longer is a mix of lines */
#define RAW_MAX	  4096u

struct edit {
	struct span in;
	size_t at;
	struct strbuf *out;
};

static char peek(const struct edit *e, size_t i)
{
	return e->at + i < e->in.n ? e->in.p[e->at + i] : '\0';
}

static size_t run_of(const struct edit *e, size_t from, bool (*is)(char))
{
	size_t n = 0;

	while (e->at + from + n < e->in.n && is(peek(e, from + n)))
		n++;
	return n;
}

static bool is_dec(char c)
{
	return is_digit(c);
}

static bool is_low_hex(char c)
{
	return is_hex(c);
}

static bool is_low_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool is_word_char(char c)
{
	return is_word(c);
}

static bool is_symbol_char(char c)
{
	return is_word(c) || c == '.';
}

/* "syz-executor.3:12" -> "syz-executor"; "syzkaller12/3" likewise. */
static bool rule_executor(struct edit *e)
{
	static const char *const names[] = { "syz-executor", "syzkaller" };
	struct span rest = span_after(e->in, e->at);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i]), digits;

		if (!span_starts(rest, names[i]))
			continue;
		if (i == 0 && peek(e, n) == '.')
			n++;
		digits = run_of(e, n, is_dec);
		if (!digits)
			continue;
		n += digits;
		if ((peek(e, n) == '/' || peek(e, n) == ':') && is_digit(peek(e, n + 1)))
			n += 1 + run_of(e, n + 1, is_dec);
		strbuf_adds(e->out, names[i]);
		e->at += n;
		return true;
	}
	return false;
}

/* A run of six or more hex digits, not inside a word -> ADDR. */
static bool rule_address(struct edit *e)
{
	char c = peek(e, 0);
	size_t skip, n;

	if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return false;
	skip = peek(e, 1) == '0' && peek(e, 2) == 'x' ? 2 : 0;
	n = run_of(e, 1 + skip, is_low_hex);
	if (n < 6 && skip) {
		skip = 0;
		n = run_of(e, 1, is_low_hex);
	}
	if (n < 6)
		return false;
	strbuf_addc(e->out, c);
	strbuf_adds(e->out, "ADDR");
	e->at += 1 + skip + n;
	return true;
}

/* Four numbers with dots between them -> IP. */
static bool rule_ip(struct edit *e)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++) {
		size_t digits = run_of(e, n, is_dec);

		if (!digits || (i && i < 3 && digits > 3))
			return false;
		if (digits > 3)
			digits = 3;
		n += digits;
		if (i < 3 && peek(e, n++) != '.')
			return false;
	}
	strbuf_adds(e->out, "IP");
	e->at += n;
	return true;
}

/* ".c:12:3" -> ".c:LINE". */
static bool rule_line(struct edit *e)
{
	size_t word, n;

	if (peek(e, 0) != '.')
		return false;
	word = run_of(e, 1, is_word_char);
	n = 1 + word;
	if (!word || peek(e, n) != ':' || !is_digit(peek(e, n + 1)))
		return false;
	strbuf_add(e->out, e->in.p + e->at, n);
	strbuf_adds(e->out, ":LINE");
	while (peek(e, n) == ':' && is_digit(peek(e, n + 1)))
		n += 1 + run_of(e, n + 1, is_dec);
	e->at += n;
	return true;
}

/* "func+0x12/0x340" -> "func". */
static bool rule_offset(struct edit *e)
{
	size_t name, n, digits;

	if (!((peek(e, 0) >= 'a' && peek(e, 0) <= 'z') || (peek(e, 0) >= 'A' && peek(e, 0) <= 'Z')))
		return false;
	name = run_of(e, 0, is_symbol_char);
	n = name;
	if (name < 2 || peek(e, n) != '+' || peek(e, n + 1) != '0' || peek(e, n + 2) != 'x')
		goto word;
	digits = run_of(e, n + 3, is_low_alnum);
	n += 3 + digits;
	if (!digits || peek(e, n) != '/' || peek(e, n + 1) != '0' || peek(e, n + 2) != 'x')
		goto word;
	digits = run_of(e, n + 3, is_low_alnum);
	if (!digits)
		goto word;
	strbuf_add(e->out, e->in.p + e->at, name);
	e->at += n + 3 + digits;
	return true;
word:
	strbuf_add(e->out, e->in.p + e->at, name);
	e->at += name;
	return true;
}

static bool rule_cpu(struct edit *e)
{
	if (!span_starts(span_after(e->in, e->at), "CPU#") || !is_digit(peek(e, 4)))
		return false;
	strbuf_adds(e->out, "CPU");
	e->at += 4 + run_of(e, 4, is_dec);
	return true;
}

/* A number that stands alone -> NUM. */
static bool rule_number(struct edit *e)
{
	size_t digits;

	if (e->at >= e->in.n || is_word(peek(e, 0)))
		return false;
	digits = run_of(e, 1, is_dec);
	if (!digits || (e->at + 1 + digits < e->in.n && is_word(peek(e, 1 + digits))))
		return false;
	strbuf_addc(e->out, peek(e, 0));
	strbuf_adds(e->out, "NUM");
	e->at += 1 + digits;
	return true;
}

/* Seven digits and more, even inside a word -> NUM. */
static bool rule_long_number(struct edit *e)
{
	size_t digits = run_of(e, 0, is_dec);

	if (!digits)
		return false;
	if (digits >= 7)
		strbuf_adds(e->out, "NUM");
	else
		strbuf_add(e->out, e->in.p + e->at, digits);
	e->at += digits;
	return true;
}

static void apply(bool (*rule)(struct edit *e), struct strbuf *text, struct strbuf *scratch)
{
	struct edit e = { .in = { text->data, text->length }, .out = scratch };
	struct strbuf swap;

	strbuf_reset(scratch);
	while (e.at < e.in.n)
		if (!rule(&e))
			strbuf_addc(scratch, e.in.p[e.at++]);
	swap = *text;
	*text = *scratch;
	*scratch = swap;
}

char *title_clean(const char *raw)
{
	static bool (*const rules[])(struct edit *) = {
		rule_executor, rule_address, rule_ip,	  rule_line,
		rule_offset,   rule_cpu,     rule_number, rule_long_number,
	};
	_cleanup_strbuf_ struct strbuf text = { 0 };
	_cleanup_strbuf_ struct strbuf scratch = { 0 };

	strbuf_add(&text, raw, strnlen(raw, RAW_MAX));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		apply(rules[i], &text, &scratch);
	return title_plain(text.length ? text.data : "");
}

char *title_plain(const char *raw)
{
	char out[TITLE_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; raw[i] && i < TITLE_MAX; i++) {
		unsigned char c = raw[i];

		if (c == '\t')
			c = ' ';
		if (c < 0x20 || c >= 0x7f || (c == ' ' && (n == 0 || out[n - 1] == ' ')))
			continue;
		out[n++] = c;
	}
	while (n && out[n - 1] == ' ')
		n--;
	return n ? xstrndup(out, n) : xstrdup("unnamed report");
}

char *title_frame(const char *title)
{
	const char *in = NULL;

	/* The last " in " that a name follows: rules may put text behind the name, never before. */
	for (const char *p = title; (p = strstr(p, " in ")); p += 4)
		if (is_word(p[4]) || p[4] == ':' || p[4] == '<')
			in = p + 4;
	if (!in)
		return xstrdup("");
	if (*in == '<') {
		size_t n = strcspn(in, ">");

		n += in[n] == '>';
		while (is_word(in[n]) || in[n] == ':')
			n++;
		return xstrndup(in, n);
	}
	size_t n = 0;

	while (is_word(in[n]) || in[n] == ':')
		n++;
	return xstrndup(in, n);
}
