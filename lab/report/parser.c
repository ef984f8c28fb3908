// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes -> lines. While no report is open, whole chunks are scanned for what
 * can open one, and lines without it are only counted; while one is open, every
 * line is looked at. A line that a chunk cuts is put together first, so that any
 * cut gives the same reports.
 */
#include <string.h>

#include "report/internal.h"

/* Until the kernel has printed for the first time each line is looked at, but only so far. */
#define FIRST_LOOK_BYTES (4u << 20)

struct report_parser {
	struct context context;
	struct strbuf partial;	 /* the start of the line that is not complete yet */
	uint64_t partial_length; /* all of it so far */
	uint64_t offset, line;	 /* of the next line's first byte; 1-based */
	int stopped;		 /* what fn returned */
};

struct report_parser *report_parser_new(report_fn fn, void *ctx)
{
	struct report_parser *p = xcalloc(1, sizeof(*p));

	p->context.fn = fn;
	p->context.ctx = ctx;
	p->line = 1;
	return p;
}

void report_parser_free(struct report_parser *p)
{
	if (!p)
		return;
	context_clear(&p->context);
	strbuf_clear(&p->partial);
	free(p);
}

/* Must the next line be looked at, whatever it holds? */
static bool looks_at_all(const struct report_parser *p)
{
	const struct context *c = &p->context;

	return c->first || c->skip_next || (!c->ran && p->offset < FIRST_LOOK_BYTES);
}

/*
 * Where the part of a long line begins that is looked at. Progress bars write without a
 * newline, only with carriage returns, and what the kernel says then ends their line: what is
 * written over is no part of it. More than LINE_LOOK bytes without a return are not looked at.
 */
static size_t look_from(const char *bytes, size_t length)
{
	size_t from = 0;

	while (length - from > LINE_LOOK) {
		const char *back = memrchr(bytes + from, '\r', LINE_LOOK);

		if (!back)
			break;
		from = back - bytes + 1;
	}
	return from;
}

static int take_line(struct report_parser *p, const char *bytes, size_t kept, uint64_t length)
{
	size_t from = look_from(bytes, kept);

	bytes += from;
	kept -= from;
	struct raw_line raw = { .bytes = { bytes, kept < LINE_LOOK ? kept : LINE_LOOK },
				.length = length,
				.offset = p->offset,
				.number = p->line };
	const char *at;
	int rc = 0;

	if (looks_at_all(p) || header_scan(bytes, bytes + raw.bytes.n, &at) >= 0)
		rc = context_take_line(&p->context, &raw);
	p->offset += length + 1;
	p->line++;
	return rc;
}

/* Skips the complete lines in [bytes, end) that cannot open a report. Returns where it stopped. */
static const char *skip_lines(struct report_parser *p, const char *bytes, const char *end)
{
	const char *at, *start;

	if (header_scan(bytes, end, &at) < 0) {
		at = end;
		start = end;
	} else {
		start = memrchr(bytes, '\n', at - bytes);
		start = start ? start + 1 : bytes;
	}
	p->line += scan_count_newlines(bytes, start);
	p->offset += start - bytes;
	return start;
}

/* [bytes, end): complete lines, each with its newline. */
static int take_lines(struct report_parser *p, const char *bytes, const char *end)
{
	int rc = 0;

	while (bytes < end && !rc) {
		const char *newline;

		if (!looks_at_all(p)) {
			bytes = skip_lines(p, bytes, end);
			if (bytes == end)
				break;
		}
		newline = memchr(bytes, '\n', end - bytes);
		rc = take_line(p, bytes, newline - bytes, newline - bytes);
		bytes = newline + 1;
	}
	return rc;
}

/* Keeps of the line what take_line() would look at had it come as a whole. */
static void keep_partial(struct report_parser *p, const char *bytes, size_t length)
{
	p->partial_length += length;
	while (length) {
		size_t room = LINE_LOOK - p->partial.length;
		size_t n = length < room ? length : room;

		strbuf_add(&p->partial, bytes, n);
		bytes += n;
		length -= n;
		if (length) {
			size_t from = look_from(p->partial.data, LINE_LOOK + 1);

			if (!from)
				return;
			memmove(p->partial.data, p->partial.data + from, LINE_LOOK - from);
			p->partial.length = LINE_LOOK - from;
		}
	}
}

static int take_partial(struct report_parser *p)
{
	int rc = take_line(p, p->partial.length ? p->partial.data : "", p->partial.length,
			   p->partial_length);

	strbuf_reset(&p->partial);
	p->partial_length = 0;
	return rc;
}

int report_parser_feed(struct report_parser *p, const char *bytes, size_t length)
{
	const char *end = bytes + length, *newline;

	if (p->stopped || !length)
		return p->stopped;
	if (p->partial_length) {
		newline = memchr(bytes, '\n', length);
		keep_partial(p, bytes, newline ? newline - bytes : (ptrdiff_t)length);
		if (!newline)
			return 0;
		p->stopped = take_partial(p);
		bytes = newline + 1;
	}
	newline = memrchr(bytes, '\n', end - bytes);
	if (newline && !p->stopped) {
		p->stopped = take_lines(p, bytes, newline + 1);
		bytes = newline + 1;
	}
	if (!p->stopped && bytes < end)
		keep_partial(p, bytes, end - bytes);
	return p->stopped;
}

int report_parser_end(struct report_parser *p)
{
	if (!p->stopped && p->partial_length)
		p->stopped = take_partial(p);
	if (!p->stopped)
		p->stopped = context_finish(&p->context);
	return p->stopped;
}
