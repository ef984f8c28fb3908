// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which open report a line belongs to. With printk's caller field several
 * reports grow side by side, each from the lines of its own task or CPU;
 * without it a report has what follows its header, up to the next header. A
 * report ends with the next one of the same caller, or when nothing that looks
 * like a part of it has come for a while.
 */
#include <string.h>

#include "report/internal.h"

#define OPEN_MAX	  32u  /* reports side by side */
#define GAP_LINES	  400u /* without anything that looks like a report */
#define GAP_LINES_WHOLE	  100u /* the same, behind the report's own end mark */
#define GAP_BYTES	  (128u << 10)
#define GAP_TIME_S	  120.0
#define NEAR_LINES	  24u /* behind a report, for what it led to */
#define RUNNING_LINES	  4u  /* of others between two lines of a report that is being printed */
#define RUNNING_S	  1.0
#define PANIC_LINES	  22u /* a report so long needs no panic's trace */
#define PANIC_LINES_KMSAN 16u /* KMSAN's are shorter */

static void open_free(struct open_report *o)
{
	strbuf_clear(&o->text.bytes);
	free(o->text.lines);
	free(o);
}

static void unlink_open(struct context *c, struct open_report *o)
{
	struct open_report **p = &c->first;

	while (*p != o)
		p = &(*p)->next;
	*p = o->next;
	if (c->last == o) {
		c->last = c->first;
		while (c->last && c->last->next)
			c->last = c->last->next;
	}
	c->open_count--;
}

static int close_report(struct context *c, struct open_report *o)
{
	int rc;

	unlink_open(c, o);
	rc = o->is_copy ? 0 : c->fn(c->ctx, report_analyze(o));
	open_free(o);
	return rc;
}

static bool is_info(const struct open_report *o)
{
	return o->format && (o->format->flags & FORMAT_INFO);
}

static bool is_known(uint32_t caller)
{
	return caller & (CALLER_TASK | CALLER_CPU);
}

/* Keeps a line's text; NUL, which no kernel prints and no C string holds, as a byte that is no
 * UTF-8. */
static size_t keep_text(struct text *t, struct span text)
{
	size_t offset = t->bytes.length;
	size_t n = text.n < REPORT_LINE_MAX ? text.n : REPORT_LINE_MAX;
	char *nul;

	strbuf_add(&t->bytes, text.p, n);
	strbuf_addc(&t->bytes, '\n');
	for (char *p = t->bytes.data + offset; (nul = memchr(p, '\0', n)); n -= nul - p, p = nul)
		*nul = '\xff';
	return t->bytes.length - offset - 1;
}

/*
 * The sanitizers draw a line below their reports, but for newer UBSANs and where the kernel
 * dies before; the next one is above another's.
 */
static bool is_closing_rule(struct open_report *o, struct span text, uint64_t line)
{
	static const char *const heads[] = { "BUG: KASAN:", "BUG: KMSAN:", "BUG: KCSAN:",
					     "BUG: KFENCE:", "UBSAN:" };
	struct span head = span_after(text_span(&o->text, 0), o->header_at);
	bool draws = false;

	if (o->ruled || !span_starts(text, "====="))
		return false;
	o->ruled = true;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		draws = draws || span_starts(head, heads[i]);
	return draws && !o->whole && line - o->last_line <= NEAR_LINES;
}

/* The memory that a failed allocation or an OOM kill shows follows what it said before; asked for
 * by somebody later it stands alone. */
static bool is_shown_memory(struct open_report *o, struct span text, uint64_t line)
{
	if (line - o->last_line > RUNNING_LINES)
		o->shows_memory = false;
	else if (is_info(o) && span_starts(text, "Mem-Info:"))
		o->shows_memory = true;
	return o->shows_memory && text_is_of_memory(text);
}

static bool is_part(struct open_report *o, struct span text, unsigned flags, uint64_t line)
{
	bool memory = is_shown_memory(o, text, line);

	return flags & (TEXT_TRACE_START | TEXT_FRAME | TEXT_QUESTIONABLE) ||
	       text_is_of_report(text) || is_closing_rule(o, text, line) || memory;
}

static void append(struct open_report *o, const struct line *line, const struct raw_line *raw,
		   bool other_cpu)
{
	/* kmemleak begins each of its lines so. */
	struct span text =
		span_starts(line->text, "kmemleak: ") ? span_after(line->text, 10) : line->text;
	unsigned flags = text_classify(text);
	struct text_line *t;
	size_t panic_lines = span_starts(text_span(&o->text, 0), "BUG: KMSAN:") ? PANIC_LINES_KMSAN
										: PANIC_LINES;

	if (is_part(o, text, flags, raw->number)) {
		o->end = raw->offset + raw->length;
		o->end_line = o->last_line = raw->number;
		o->last_byte = raw->offset;
		if (line->time_s >= 0)
			o->last_time_s = line->time_s;
	}
	if ((flags & TEXT_FRAME) && span_has(text, "+0x"))
		o->has_stack = true;
	if ((flags & TEXT_SAYS_TAINT) || o->text.bytes.length > REPORT_TEXT_MAX)
		return;
	if (!(flags & TEXT_QUESTIONABLE))
		o->plain_lines++;
	if (flags & TEXT_SAYS_NMI)
		o->other_cpus = true;
	if (span_starts(text, "---[ end trace"))
		o->whole = true;
	if (o->plain_lines > panic_lines && (flags & TEXT_SAYS_PANIC))
		o->skip_rest = true;
	t = vec_push(&o->text.lines, &o->text.count, &o->text.capacity);
	t->offset = o->text.bytes.length;
	t->caller = line->caller;
	t->flags = flags | (o->skip_rest ? TEXT_PANIC : 0) | (other_cpu ? TEXT_OTHER_CPU : 0);
	t->length = keep_text(&o->text, text);
}

static bool is_stale(const struct open_report *o, const struct raw_line *raw, double time_s)
{
	return raw->number - o->last_line > (o->whole ? GAP_LINES_WHOLE : GAP_LINES) ||
	       raw->offset - o->last_byte > GAP_BYTES ||
	       (time_s >= 0 && o->last_time_s >= 0 && time_s - o->last_time_s > GAP_TIME_S);
}

static int close_stale(struct context *c, const struct raw_line *raw, double time_s)
{
	struct open_report *o = c->first, *next;
	int rc = 0;

	for (; o && !rc; o = next) {
		next = o->next;
		if (is_stale(o, raw, time_s))
			rc = close_report(c, o);
	}
	return rc;
}

/*
 * A new report cuts off those that have no caller to be told apart by, and its
 * own caller's; but one whose stack had not begun was interrupted by a fault of
 * its own printing, or is one with the new one: it goes on.
 */
static int close_before(struct context *c, uint32_t caller)
{
	struct open_report *o = c->first, *next;
	int rc = 0;

	for (; o && !rc; o = next) {
		next = o->next;
		if (o->caller != caller && o->caller != CALLER_NONE && o->caller != CALLER_UNKNOWN)
			continue;
		if (is_known(o->caller) && !o->has_stack && !o->interrupted && !is_info(o))
			o->interrupted = true;
		else
			rc = close_report(c, o);
	}
	if (!rc && c->open_count >= OPEN_MAX)
		rc = close_report(c, c->first);
	return rc;
}

/* Syslog prints the kernel's lines a second time. */
static bool is_copy(const struct context *c, const struct line *line)
{
	if (!(line->caller & CALLER_SYSLOG))
		return false;
	for (const struct open_report *o = c->first; o; o = o->next) {
		struct span own = text_span(&o->text, 0);

		if (o->time_s == line->time_s && own.n == line->text.n &&
		    strncasecmp(own.p, line->text.p, own.n) == 0)
			return true;
	}
	return false;
}

/* Surely not the same speaker? */
static bool is_another(uint32_t caller, uint32_t other)
{
	return is_known(caller) && is_known(other) && caller != other;
}

/* Is it being printed right now, as far as can be told? */
static bool is_running(const struct open_report *o, const struct line *line,
		       const struct raw_line *raw, uint64_t gap_lines)
{
	bool timed = line->time_s >= 0 && o->last_time_s >= 0;

	return !o->whole && raw->number - o->last_line <= gap_lines &&
	       (!timed || line->time_s - o->last_time_s <= RUNNING_S);
}

/* The open report that a panic or a trap goes with, or NULL. */
static struct open_report *find_followed(struct context *c, const struct header *h,
					 const struct format *f, const struct line *line,
					 const struct raw_line *raw)
{
	bool panic = str_eq(h->literal, "Kernel panic");
	bool consequence = f && (f->flags & FORMAT_CUT_OFF);
	struct open_report *best = NULL;

	for (struct open_report *o = c->first; o; o = o->next) {
		bool same = o->caller == line->caller;
		bool fresh = !o->whole || raw->number - o->last_line <= NEAR_LINES;

		if (f && (f->flags & FORMAT_ON_ITS_OWN) &&
		    (is_another(o->caller, line->caller) || !is_running(o, line, raw, NEAR_LINES)))
			continue;
		if (is_info(o) || (!same && !panic) || (!fresh && !consequence))
			continue;
		if (!best || same || best->caller != line->caller)
			best = o;
	}
	return best;
}

static int open_new(struct context *c, const struct header *h, const struct format *f, size_t at,
		    const struct line *line, const struct raw_line *raw)
{
	struct open_report *o = xcalloc(1, sizeof(*o));
	int rc = 0;

	o->header = h;
	o->format = f;
	o->header_at = at;
	o->caller = line->caller;
	o->start = raw->offset;
	o->start_line = raw->number;
	o->boot = c->boot;
	o->time_s = line->time_s;
	o->last_time_s = line->time_s;
	o->panicked = str_eq(h->literal, "Kernel panic");
	vec_push(&o->text.lines, &o->text.count, &o->text.capacity);
	o->text.lines[0].caller = line->caller;
	o->text.lines[0].length = keep_text(&o->text, line->text);
	if (o->header_at > o->text.lines[0].length)
		o->header_at = 0;
	o->end = raw->offset + raw->length;
	o->end_line = o->last_line = raw->number;
	o->last_byte = raw->offset;
	o->plain_lines = 1;
	o->is_copy = twice_was_told(&c->twice, line);
	if (f && (f->flags & FORMAT_ONE_LINE)) {
		rc = o->is_copy ? 0 : c->fn(c->ctx, report_analyze(o));
		open_free(o);
		return rc;
	}
	rc = close_before(c, line->caller);
	if (c->last)
		c->last->next = o;
	else
		c->first = o;
	c->last = o;
	c->open_count++;
	return rc;
}

/* It ends the report that it follows, what that one had interrupted, and whatever it cuts off. */
static void take_panic(struct context *c, struct open_report *followed, const struct line *line,
		       const struct raw_line *raw)
{
	c->twice.dead = true;
	for (struct open_report *o = c->first; o; o = o->next)
		if (o == followed ||
		    (o->interrupted && followed && o->caller == followed->caller) ||
		    (!is_info(o) && is_running(o, line, raw, RUNNING_LINES)))
			o->panicked = true;
}

static int take_header(struct context *c, const struct header *h, const struct format *f, size_t at,
		       const struct line *line, const struct raw_line *raw)
{
	struct open_report *o = NULL;

	if (is_copy(c, line))
		return 0;
	if (h->flags & HEADER_FOLLOWS || (f && f->flags & FORMAT_FOLLOWS))
		o = find_followed(c, h, f, line, raw);
	if (str_eq(h->literal, "Kernel panic"))
		take_panic(c, o, line, raw);
	if (!o)
		return open_new(c, h, f, at, line, raw);
	if (o->caller == line->caller)
		append(o, line, raw, false);
	return 0;
}

static void take_plain(struct context *c, const struct line *line, const struct raw_line *raw)
{
	struct open_report *other_cpu = NULL;
	bool own = false;

	for (struct open_report *o = c->first; o; o = o->next) {
		if (o->caller == line->caller) {
			append(o, line, raw, false);
			own = true;
		} else if (o->other_cpus && (line->caller & CALLER_CPU)) {
			other_cpu = o;
		}
	}
	if (!own && other_cpu)
		append(other_cpu, line, raw, true);
	/* The host's console was cut off: whatever is being printed is lost. */
	if (line->caller == CALLER_NONE && span_starts(line->text, "serialport: VM disconnected."))
		for (struct open_report *o = c->first; o; o = o->next)
			o->cut_off = true;
}

/* A kernel that starts again counts its time from 0. Lines of another processor lag by less than a
 * second, syslog's copies by any time. */
static void note_boot(struct context *c, const struct header *header, const struct line *line)
{
	bool timed = line->time_s >= 0 && !(line->caller & CALLER_SYSLOG);
	bool again = timed && line->time_s + 1 < c->last_time_s;
	bool leaves = header && header->flags & (HEADER_LEAVES | HEADER_REBOOT);

	if (header && (header->flags & HEADER_LEAVES))
		c->ran = false;
	if (again || leaves) {
		twice_note_boot(&c->twice, leaves);
		c->boot++;
		c->last_time_s = 0;
	}
	if (timed)
		c->last_time_s = line->time_s;
}

static int take_printed(struct context *c, const struct raw_line *raw)
{
	struct span bytes = raw->bytes;
	const struct format *format = NULL;
	const struct header *header;
	struct line line;
	size_t at = 0;
	int rc;

	if (bytes.n > LINE_LOOK)
		bytes.n = LINE_LOOK;
	if (c->skip_next) {
		c->skip_next = false;
		return 0;
	}
	if (memchr(bytes.p, 0x1b, bytes.n)) {
		if (!c->scratch)
			c->scratch = xmalloc(LINE_LOOK);
		bytes = line_strip_escapes(bytes, c->scratch);
	}
	header = header_find(bytes, c->ran, &line, &at, &format);
	if (!header)
		line_parse(bytes, 0, &line);
	if (line.caller != CALLER_NONE)
		c->ran = true;
	rc = c->first ? close_stale(c, raw, line.time_s) : 0;
	if (rc)
		return rc;
	if (header && (header->flags & HEADER_REPLAY)) {
		c->skip_next = true;
		return 0;
	}
	note_boot(c, header, &line);
	if (twice_is_copy(&c->twice, &line, header))
		return 0;
	if (header && !(header->flags & HEADER_LEAVES))
		return take_header(c, header, format, at, &line, raw);
	take_plain(c, &line, raw);
	return 0;
}

int context_take_line(struct context *c, const struct raw_line *raw)
{
	struct raw_line line = *raw;
	struct kmsg record;
	int rc = 0;

	if (!kmsg_open(raw->bytes, &record))
		return take_printed(c, raw);
	while (!rc && kmsg_next(&record, &c->record)) {
		line.bytes = (struct span){ c->record.data, c->record.length };
		rc = take_printed(c, &line);
	}
	return rc;
}

int context_finish(struct context *c)
{
	int rc = 0;

	while (c->first && !rc)
		rc = close_report(c, c->first);
	return rc;
}

void context_clear(struct context *c)
{
	struct open_report *o = c->first, *next;

	for (; o; o = next) {
		next = o->next;
		open_free(o);
	}
	free(c->scratch);
	strbuf_clear(&c->record);
	*c = (struct context){ 0 };
}
