// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/html.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "compare/lines.h"
#include "page/safe.h"

#define TAB_COLUMNS 8

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

/* How many of the bytes mean themselves. */
static size_t plain_length(const char *bytes, size_t length)
{
	size_t n = 0;

	while (n < length && bytes[n] >= 0x20 && bytes[n] < 0x7f && !entity_of(bytes[n]))
		n++;
	return n;
}

void html_textn(struct strbuf *out, const char *bytes, size_t length)
{
	while (length) {
		size_t n = plain_length(bytes, length);
		char c[PAGE_SAFE_BYTES];

		if (n) {
			strbuf_add(out, bytes, n);
		} else if (entity_of(*bytes)) {
			strbuf_adds(out, entity_of(*bytes));
			n = 1;
		} else {
			n = page_safe_next(bytes, length, c);
			strbuf_adds(out, c);
		}
		bytes += n;
		length -= n;
	}
}

/* So many bytes, or a few less: between two characters. */
static size_t cut_length(const char *bytes, size_t length, size_t most)
{
	size_t n = length < most ? length : most;

	while (n < length && n && ((unsigned char)bytes[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void add_cut(struct strbuf *out, size_t more)
{
	if (more)
		strbuf_addf(out, " … %zu bytes more", more);
}

void html_text(struct strbuf *out, const char *text)
{
	size_t length = strlen(text), shown = cut_length(text, length, HTML_TEXT_BYTES);

	html_textn(out, text, shown);
	add_cut(out, length - shown);
}

__attribute__((format(printf, 2, 0))) static void text_va(struct strbuf *out, const char *fmt,
							  va_list ap)
{
	_cleanup_free_ char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	html_text(out, text ? text : "");
}

void html_textf(struct strbuf *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_va(out, fmt, ap);
	va_end(ap);
}

static void open_element(struct strbuf *out, const char *tag, const char *class)
{
	strbuf_addf(out, "<%s", tag);
	if (class && *class)
		strbuf_addf(out, " class=\"%s\"", class);
	strbuf_addc(out, '>');
}

void html_element(struct strbuf *out, const char *tag, const char *class, const char *text)
{
	open_element(out, tag, class);
	html_text(out, text);
	strbuf_addf(out, "</%s>", tag);
}

void html_elementf(struct strbuf *out, const char *tag, const char *class, const char *fmt, ...)
{
	va_list ap;

	open_element(out, tag, class);
	va_start(ap, fmt);
	text_va(out, fmt, ap);
	va_end(ap);
	strbuf_addf(out, "</%s>", tag);
}

void html_link(struct strbuf *out, const char *path, const char *text)
{
	strbuf_adds(out, "<a href=\"");
	for (const char *c = path; *c; c++)
		if (isalnum((unsigned char)*c) || strchr("-._~/", *c))
			strbuf_addc(out, *c);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)*c);
	strbuf_adds(out, "\">");
	html_text(out, text);
	strbuf_adds(out, "</a>");
}

/* Text whose tabs are blanks. */
static void add_expanded(struct strbuf *out, const char *bytes, size_t length, size_t column)
{
	size_t from = 0;

	for (size_t i = 0; i < length; i++, column++) {
		if (bytes[i] != '\t')
			continue;
		html_textn(out, bytes + from, i - from);
		strbuf_addf(out, "%*s", (int)(TAB_COLUMNS - column % TAB_COLUMNS), "");
		column += TAB_COLUMNS - column % TAB_COLUMNS - 1;
		from = i + 1;
	}
	html_textn(out, bytes + from, length - from);
}

void html_line(struct strbuf *out, const char *bytes, size_t length)
{
	size_t shown = cut_length(bytes, length, HTML_LINE_BYTES);
	size_t time = line_time_length(bytes, shown);

	if (time) {
		strbuf_adds(out, "<i>");
		html_textn(out, bytes, time);
		strbuf_adds(out, "</i>");
	}
	add_expanded(out, bytes + time, shown - time, time);
	add_cut(out, length - shown);
}
