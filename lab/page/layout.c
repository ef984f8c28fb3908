// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "verdict/verdict.h"

#define DEFAULT_COLUMNS 80
#define MIN_COLUMNS	40 /* with less a line would be all labels */
#define MAX_COLUMNS	160

static const char *const codes[] = {
	[TONE_PLAIN] = NULL, [TONE_STRONG] = "1", [TONE_DIM] = "2",   [TONE_GOOD] = "32",
	[TONE_BAD] = "1;31", [TONE_WARN] = "33",  [TONE_INFO] = "36",
};

static int within_bounds(long columns)
{
	return columns < MIN_COLUMNS   ? MIN_COLUMNS
	       : columns > MAX_COLUMNS ? MAX_COLUMNS
				       : (int)columns;
}

/* Who sets COLUMNS means it, as for other programs; else a terminal knows. */
static int columns_of(int fd)
{
	const char *set = getenv("COLUMNS");
	struct winsize size;
	char *end = NULL;
	long columns = set ? strtol(set, &end, 10) : 0;

	if (columns > 0 && !*end)
		return within_bounds(columns);
	if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return within_bounds(size.ws_col);
	return DEFAULT_COLUMNS;
}

struct page_style page_style_of(int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct page_style style = { .width = columns_of(fd) };

	if (!isatty(fd))
		return style;
	/* no-color.org: set and not empty. */
	style.color = !(no_color && *no_color) && term && !str_eq(term, "dumb");
	return style;
}

void page_init(struct page *p, const struct page_style *style)
{
	memset(p, 0, sizeof(*p));
	if (style)
		p->style = *style;
	if (p->style.width < MIN_COLUMNS)
		p->style.width = p->style.width ? MIN_COLUMNS : DEFAULT_COLUMNS;
}

char *page_take(struct page *p)
{
	return strbuf_take(&p->out);
}

/* Text that is harmless already. */
static void put(struct page *p, enum tone tone, const char *safe)
{
	const char *code = p->style.color ? codes[tone] : NULL;

	if (!*safe)
		return;
	while (p->pending) {
		strbuf_addc(&p->out, ' ');
		p->pending--;
		p->column++;
	}
	if (code)
		strbuf_addf(&p->out, "\033[%sm%s\033[0m", code, safe);
	else
		strbuf_adds(&p->out, safe);
	p->column += page_columns(safe);
}

void page_addf(struct page *p, enum tone tone, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	page_add(p, tone, text);
}

void page_to(struct page *p, int column)
{
	int at = p->column + p->pending;

	if (column > at)
		p->pending += column - at;
	else if (!p->pending && at > 0)
		p->pending = 1;
}

bool page_is_narrow(const struct page *p)
{
	return p->style.width < DEFAULT_COLUMNS;
}

void page_line(struct page *p)
{
	strbuf_addc(&p->out, '\n');
	p->column = p->pending = 0;
}

void page_label(struct page *p, const char *label)
{
	page_add(p, TONE_DIM, label);
	page_to(p, PAGE_LABEL);
}

/*
 * Bytes of the longest start of `length` bytes of harmless text that takes at most
 * so many columns; *took gets how many. Looks no further than that.
 */
static size_t start_within(const char *safe, size_t length, int columns, int *took)
{
	size_t n = 0;

	*took = 0;
	while (n < length) {
		size_t next = n + 1;
		char part[8] = "";
		int its;

		while (next < length && ((unsigned char)safe[next] & 0xc0) == 0x80)
			next++;
		memcpy(part, safe + n, next - n < sizeof(part) ? next - n : sizeof(part) - 1);
		its = page_columns(part);
		if (*took + its > columns)
			break;
		*took += its;
		n = next;
	}
	return n;
}

static void fit(struct page *p, enum tone tone, const char *safe, int columns)
{
	_cleanup_free_ char *cut = NULL;
	size_t length = strlen(safe), n;
	int took;

	if (columns <= 0)
		return;
	if (start_within(safe, length, columns, &took) < length) {
		n = start_within(safe, length, columns - 1, &took);
		cut = xasprintf("%.*s…", (int)n, safe);
	}
	put(p, tone, cut ? cut : safe);
}

void page_fit(struct page *p, enum tone tone, const char *text, int columns)
{
	_cleanup_free_ char *safe = page_safe(text ? text : "");

	fit(p, tone, safe, columns);
}

void page_add(struct page *p, enum tone tone, const char *text)
{
	_cleanup_free_ char *safe = page_safe(text ? text : "");
	size_t blanks = strspn(safe, " ");

	/* Blanks at the front are due like those of page_to(): a line does not end in them. */
	p->pending += (int)blanks;
	fit(p, tone, safe + blanks, p->style.width - p->column - p->pending);
}

void page_fit_tail(struct page *p, enum tone tone, const char *text, int columns)
{
	_cleanup_free_ char *safe = page_safe(text ? text : "");
	_cleanup_free_ char *cut = NULL;
	const char *from = safe;
	int left = page_columns(safe);

	if (left <= columns) {
		put(p, tone, safe);
		return;
	}
	if (columns <= 0)
		return;
	/* One character after the other goes: a long name is gone through once. */
	while (*from && left > columns - 1) {
		char c[PAGE_SAFE_BYTES];

		from += page_safe_next(from, strnlen(from, 4), c);
		left -= page_columns(c);
	}
	cut = xasprintf("…%s", from);
	put(p, tone, cut);
}

void page_right(struct page *p, enum tone tone, const char *text, int end)
{
	_cleanup_free_ char *safe = page_safe(text ? text : "");
	int columns = page_columns(safe);
	int room = end - p->column - p->pending - 1;

	if (columns <= room)
		page_to(p, end - columns);
	else
		page_to(p, 0);
	page_fit(p, tone, safe, columns <= room ? columns : room);
}

static void wrap_line(struct page *p, int indent)
{
	page_line(p);
	p->pending = indent;
}

void page_wrap(struct page *p, enum tone tone, const char *text, int indent)
{
	_cleanup_free_ char *safe = page_safe(text ? text : "");
	int width = p->style.width;
	const char *end = safe; /* of the word */

	for (const char *at = safe; *at;) {
		_cleanup_free_ char *part = NULL;
		size_t n;
		int columns;

		if (at >= end)
			end = at + strcspn(at, " ");
		/* A word wider than a line of its own starts here and goes on in the next ones. */
		if (start_within(at, (size_t)(end - at), width - indent, &columns) <
		    (size_t)(end - at))
			columns = 2;
		if (p->column + p->pending + columns > width && p->column + p->pending > indent)
			wrap_line(p, indent);
		n = start_within(at, (size_t)(end - at), width - p->column - p->pending, &columns);
		if (!n) /* a character that is wider than what is left */
			n = start_within(at, (size_t)(end - at), width, &columns);
		part = xstrndup(at, n);
		put(p, tone, part);
		at += n;
		if (*at == ' ')
			p->pending++;
		else if (*at)
			wrap_line(p, indent);
		at += strspn(at, " ");
	}
	p->pending = 0;
}

enum tone page_tone_of(const char *word)
{
	if (str_eq(word, "pass") || str_eq(word, "same") || str_eq(word, "alike") ||
	    str_eq(word, "no-difference"))
		return TONE_GOOD;
	if (str_eq(word, "different") || str_eq(word, "crash") || str_eq(word, "hang") ||
	    str_eq(word, "fail"))
		return TONE_BAD;
	return TONE_WARN;
}

void page_format_bytes(double bytes, char out[24])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t u = 0;

	while (bytes >= 1024 && u + 1 < ARRAY_SIZE(units)) {
		bytes /= 1024;
		u++;
	}
	snprintf(out, 24, bytes < 10 && u ? "%.1f %s" : "%.0f %s", bytes, units[u]);
}

void page_format_ms(double ms, char out[24])
{
	if (ms < 100)
		snprintf(out, 24, "%.0f ms", ms);
	else if (ms < 120000)
		snprintf(out, 24, "%.1f s", ms / 1000);
	else
		snprintf(out, 24, "%.1f min", ms / 60000);
}
