// SPDX-License-Identifier: GPL-2.0-or-later
/* A report's lines -> struct report: the format that fits best gives title, kind and frame. */
#include <string.h>

#include "report/internal.h"

#define GROUPS_MAX 6

struct named {
	const struct format *format; /* NULL: none fits */
	struct span groups[GROUPS_MAX];
	size_t group_count;
	struct guilty guilty;
	bool half; /* a header was known, but not what must follow it */
};

static void add_groups(struct named *n, const struct match *m)
{
	for (size_t i = 1; i < MATCH_MAX && n->group_count < GROUPS_MAX; i++)
		if (m->group[i].p)
			n->groups[n->group_count++] = m->group[i];
}

/* The format's later lines, each on a line of its own, one after the other. */
static bool match_after(const struct format *f, const struct text *t, struct named *n)
{
	size_t line = 1;

	for (size_t k = 0; k < ARRAY_SIZE(f->after) && f->after[k]; k++) {
		struct match m = { 0 };

		while (line < t->count &&
		       (!text_counts(t, line) || !match_text(&f->after[k], text_span(t, line), &m)))
			line++;
		if (line++ >= t->count)
			return false;
		add_groups(n, &m);
	}
	return true;
}

static void find_format(const struct open_report *o, struct named *n)
{
	struct span text = text_span(&o->text, 0);
	struct span body = span_first(span_after(text, o->header_at), HEADER_LOOK);

	text = span_first(text, HEADER_LOOK);
	for (const struct format *f = o->header->formats; f->pattern; f++) {
		struct match m;

		if (!match_text(&f->pattern, f->flags & FORMAT_WHOLE_LINE ? text : body, &m))
			continue;
		n->group_count = 0;
		add_groups(n, &m);
		if (!match_after(f, &o->text, n)) {
			n->half = true;
			continue;
		}
		n->format = f;
		n->half = false;
		if (f->policy)
			guilty_find(f->policy, &o->text, o->header_at, &n->guilty);
		return;
	}
}

/* Fills "$1", "$F" and "$O" in. Yours. */
static char *expand(const char *shape, const struct named *n, struct span frame, struct span origin)
{
	struct strbuf out = { 0 };

	for (const char *p = shape; *p; p++) {
		struct span value = { NULL, 0 };

		if (*p != '$') {
			strbuf_addc(&out, *p);
			continue;
		}
		p++;
		if (*p == 'F')
			value = frame;
		else if (*p == 'O')
			value = origin;
		else if (is_digit(*p) && (size_t)(*p - '1') < n->group_count)
			value = n->groups[*p - '1'];
		strbuf_add(&out, value.p ? value.p : "", value.n);
	}
	return strbuf_take(&out);
}

static struct span span_of(const char *s)
{
	return (struct span){ s, strlen(s) };
}

static void add_alt(struct report *r, char *raw)
{
	_cleanup_free_ char *title = title_clean(raw);

	free(raw);
	for (size_t i = 0; i < r->alt_count; i++)
		if (str_eq(r->alt_titles[i], title))
			return;
	*vec_push(&r->alt_titles, &r->alt_count, &r->alt_capacity) = take_ptr(&title);
}

static void add_shapes(struct report *r, const struct named *n, struct span frame,
		       struct span origin, const char *raw_title)
{
	if (raw_title) {
		char *title = expand(n->format->title, n, frame, origin);

		if (str_eq(title, raw_title))
			free(title);
		else
			add_alt(r, title);
	}
	for (size_t i = 0; i < ARRAY_SIZE(n->format->alt) && n->format->alt[i]; i++)
		add_alt(r, expand(n->format->alt[i], n, frame, origin));
}

/* The same bug may go by the system call's wrapper, with any part of its prefix. */
static void add_wrapper_alts(struct report *r, const struct named *n, const char *raw_title)
{
	const struct span *raw = n->guilty.raw;

	add_shapes(r, n, raw[0], raw[1], raw_title);
	for (const char *const *p = symbol_prefixes; *p; p++) {
		struct span names[2] = { raw[0], raw[1] };
		bool any = false;

		for (size_t i = 0; i < n->guilty.count; i++) {
			if (!raw[i].n || !span_starts(raw[i], *p))
				continue;
			names[i] = span_after(raw[i], strlen(*p));
			any = true;
		}
		if (any)
			add_shapes(r, n, names[0], names[1], raw_title);
	}
}

/* A time stamp that got into the title tells of mixed lines. */
static bool has_time_inside(const char *title)
{
	for (const char *p = title; (p = strchr(p, '[')); p++) {
		const char *q = p + 1;
		size_t digits;

		while (*q == ' ')
			q++;
		digits = strspn(q, "0123456789");
		if (!digits || q[digits] != '.')
			continue;
		q += digits + 1;
		digits = strspn(q, "0123456789");
		if (digits && q[digits] == ']')
			return true;
	}
	return false;
}

static void name_report(const struct open_report *o, struct report *r)
{
	struct named n = { 0 };
	_cleanup_free_ char *raw = NULL;
	const struct format *f;

	find_format(o, &n);
	f = n.format;
	if (!f) {
		struct span body = span_after(text_span(&o->text, 0), o->header_at);

		raw = xstrndup(body.p, body.n);
		r->kind = xstrdup(o->format ? o->format->kind : o->header->kind);
		r->corrupted = n.half || has_time_inside(raw);
		r->title = title_clean(raw);
		return;
	}
	raw = expand(f->title, &n, span_of(n.guilty.name[0]), span_of(n.guilty.name[1]));
	r->kind = xstrdup(f->kind);
	r->info = f->flags & FORMAT_INFO;
	r->title = r->info ? title_plain(raw) : title_clean(raw);
	add_shapes(r, &n, span_of(n.guilty.name[0]), span_of(n.guilty.name[1]), NULL);
	if (f->policy)
		add_wrapper_alts(r, &n, raw);
	if ((f->flags & FORMAT_FRAME_ONLY) && n.guilty.found)
		r->frame = xstrdup(n.guilty.name[0]);
	r->corrupted = (f->flags & FORMAT_CUT_OFF) ||
		       (f->policy && !(f->flags & FORMAT_FRAME_ONLY) && !n.guilty.found) ||
		       has_time_inside(raw) ||
		       (!(f->flags & FORMAT_NO_TRACE) && report_is_cut(&o->text));
}

struct report *report_analyze(const struct open_report *o)
{
	struct report *r = xcalloc(1, sizeof(*r));

	r->start = o->start;
	r->end = o->end;
	r->start_line = o->start_line;
	r->end_line = o->end_line;
	r->boot = o->boot;
	r->time_s = o->time_s;
	r->pid = r->cpu = -1;
	r->count = 1;
	if (o->caller & CALLER_TASK)
		r->pid = o->caller & 0x1fffffff;
	if (o->caller & CALLER_CPU)
		r->cpu = o->caller & 0x1fffffff;
	r->panicked = o->panicked;
	name_report(o, r);
	r->corrupted = r->corrupted || o->cut_off;
	details_collect(&o->text, r);
	traces_split(&o->text, r);
	if (o->format && o->format->details)
		o->format->details(&o->text, r);
	if (!r->frame)
		r->frame = r->info && (!o->format || !o->format->policy) ? xstrdup("")
									 : title_frame(r->title);
	return r;
}

json_t *report_details(struct report *r)
{
	if (!r->details)
		r->details = json_object();
	return r->details;
}
