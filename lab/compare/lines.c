// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/lines.h"

#include <stdint.h>

#include "base/json.h"
#include "compare/align.h"

enum {
	ALIGNED_MAX = 4000, /* lines of a side between what both have in front and at the end */
	PAIRED_MAX = 3000,  /* the same, of a page that shows fewer still */
	BEFORE = 3,	    /* rows shown before the first difference */
	SHOWN = 16,	    /* and from it on */
};

struct side_lines {
	const char **start; /* into the text */
	size_t *length;
	int *id; /* the same number: the same masked line */
	size_t count;
	bool cut; /* there are more */
};

/* Numbers for masked lines. */
struct names {
	enum line_masks masks;
	json_t *ids;
	struct strbuf masked, bare; /* without what the masks take; and without pids */
};

static void names_clear(struct names *names)
{
	json_decref(names->ids);
	strbuf_clear(&names->masked);
	strbuf_clear(&names->bare);
}

static void side_clear(struct side_lines *s)
{
	free(s->start);
	free(s->length);
	free(s->id);
}
#define _cleanup_side_ _cleanup_(side_clear)

static int name_of(struct names *names, const char *line, size_t length)
{
	struct strbuf *masked = &names->masked, *bare = &names->bare;
	json_t *id;

	strbuf_reset(masked);
	strbuf_reset(bare);
	line_mask(line, length, names->masks, masked);
	line_mask_pids(masked->data, masked->length, bare);
	id = json_object_getn(names->ids, bare->length ? bare->data : "", bare->length);
	if (!id) {
		id = json_integer((json_int_t)json_object_size(names->ids));
		json_object_setn_new_nocheck(names->ids, bare->length ? bare->data : "",
					     bare->length, id);
	}
	return (int)json_integer_value(id);
}

static void side_add(struct side_lines *s, struct names *names, const char *line, size_t length)
{
	s->start[s->count] = line;
	s->length[s->count] = length;
	s->id[s->count++] = name_of(names, line, length);
}

/* A line ends in "\n" or "\r\n"; the last one may end in nothing. */
static void side_split(struct side_lines *s, struct names *names, const char *text, size_t length)
{
	size_t room = 1;

	for (size_t i = 0; i < length && room < LINES_MAX; i++)
		room += text[i] == '\n';
	s->start = xcalloc(room, sizeof(*s->start));
	s->length = xcalloc(room, sizeof(*s->length));
	s->id = xcalloc(room, sizeof(*s->id));
	for (size_t at = 0; at < length && s->count < room;) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t n = end ? (size_t)(end - text) - at : length - at;
		size_t bare = n;

		while (bare && text[at + bare - 1] == '\r')
			bare--;
		side_add(s, names, text + at, bare);
		at += n + 1;
		s->cut = s->count == LINES_MAX && at < length;
	}
}

/* ---- what becomes of two lines that stand beside each other ---- */

struct tally {
	enum line_masks masks;
	int64_t times, relinked, pids, only[2];
};

/* Are they the same without what the masks take? */
static bool same_masked(const struct tally *t, const struct side_lines *l, size_t i,
			const struct side_lines *r, size_t k)
{
	_cleanup_strbuf_ struct strbuf left = { 0 };
	_cleanup_strbuf_ struct strbuf right = { 0 };

	line_mask(l->start[i], l->length[i], t->masks, &left);
	line_mask(r->start[k], r->length[k], t->masks, &right);
	return left.length == right.length &&
	       (!left.length || memcmp(left.data, right.data, left.length) == 0);
}

/* Of one masked line: what differs between the two as they were written. */
static void tally_pair(struct tally *t, const struct side_lines *l, size_t i,
		       const struct side_lines *r, size_t k)
{
	/* Of one kernel only times are masked, and figures of clocks. */
	bool one_kernel = t->masks != MASK_RELINK;
	size_t a_skip = line_time_length(l->start[i], l->length[i]);
	size_t b_skip = line_time_length(r->start[k], r->length[k]);
	size_t a_left = l->length[i] - a_skip, b_left = r->length[k] - b_skip;

	if (l->length[i] == r->length[k] && memcmp(l->start[i], r->start[k], l->length[i]) == 0)
		return;
	/* It is what was asked for, and told as that. */
	if (line_tells_command_line(l->start[i], l->length[i]) && t->masks != MASK_DURATIONS)
		return;
	if (!same_masked(t, l, i, r, k))
		t->pids++;
	else if (one_kernel || (a_left == b_left &&
				memcmp(l->start[i] + a_skip, r->start[k] + b_skip, a_left) == 0))
		t->times++;
	else
		t->relinked++;
}

/* ---- where they part ---- */

struct span {
	size_t from, left_end, right_end; /* `from` is the same on both sides */
};

static struct span differing_span(const struct side_lines *l, const struct side_lines *r)
{
	struct span s = { 0, l->count, r->count };

	while (s.from < l->count && s.from < r->count && l->id[s.from] == r->id[s.from])
		s.from++;
	while (s.left_end > s.from && s.right_end > s.from &&
	       l->id[s.left_end - 1] == r->id[s.right_end - 1]) {
		s.left_end--;
		s.right_end--;
	}
	return s;
}

/* As a string of JSON, bytes that are none replaced; null: no line. */
static json_t *shown_line(const struct side_lines *s, int index)
{
	_cleanup_json_ json_t *holder = json_object();
	size_t length;

	if (index < 0)
		return json_null();
	length = s->length[index] < LINES_SHOWN_BYTES ? s->length[index] : LINES_SHOWN_BYTES;
	json_set_strn(holder, "line", s->start[index], length);
	return json_incref(json_object_get(holder, "line"));
}

static void add_row(json_t *rows, const struct side_lines *l, int left, const struct side_lines *r,
		    int right)
{
	json_t *row = json_array();

	json_array_append_new(row, shown_line(l, left));
	json_array_append_new(row, shown_line(r, right));
	json_array_append_new(rows, row);
}

static json_t *pair_of(int64_t left, int64_t right)
{
	json_t *pair = json_array();

	json_array_append_new(pair, json_integer(left));
	json_array_append_new(pair, json_integer(right));
	return pair;
}

static bool row_differs(const struct align_row *rows, size_t count, size_t index)
{
	return index < count && (rows[index].left < 0 || rows[index].right < 0);
}

/* The differing rows, each with one before and one after it; a gap where rows are left out. */
static void add_differing(json_t *shown, const struct side_lines *l, const struct side_lines *r,
			  size_t from, const struct align_row *rows, size_t count, bool coarse)
{
	bool gap = false;

	for (size_t i = 0, told = 0; i < count && told < SHOWN; i++) {
		if (!coarse && !row_differs(rows, count, i) && !row_differs(rows, count, i + 1) &&
		    !(i && row_differs(rows, count, i - 1))) {
			gap = true;
			continue;
		}
		if (gap)
			add_row(shown, l, -1, r, -1);
		gap = false;
		add_row(shown, l, rows[i].left < 0 ? -1 : (int)from + rows[i].left, r,
			rows[i].right < 0 ? -1 : (int)from + rows[i].right);
		told++;
	}
}

/* The rows from the first difference on, with what is before it. */
static json_t *first_difference(const struct side_lines *l, const struct side_lines *r,
				const struct span *s, const struct align_row *aligned, size_t count,
				bool coarse)
{
	json_t *first = json_object(), *rows = json_array();
	size_t before = s->from < BEFORE ? s->from : BEFORE;
	int64_t line = (int64_t)s->from + 1;

	for (size_t i = s->from - before; i < s->from; i++)
		add_row(rows, l, (int)i, r, (int)i);
	add_differing(rows, l, r, s->from, aligned, count, coarse);
	json_object_set_new(first, "line", pair_of(line, line));
	json_object_set_new(first, "rows", rows);
	return first;
}

/* Lays the span's lines beside each other; without room for that each side's follow each other. */
static size_t align_span(const struct side_lines *l, const struct side_lines *r,
			 const struct span *s, struct align_row **rows, bool *coarse)
{
	size_t left = s->left_end - s->from, right = s->right_end - s->from;
	size_t count = 0;

	*rows = xcalloc(left + right + 1, sizeof(**rows));
	*coarse = left > ALIGNED_MAX || right > ALIGNED_MAX;
	if (!*coarse)
		return align_numbers(l->id + s->from, left, r->id + s->from, right, *rows);
	for (size_t i = 0; i < left || i < right; i++)
		(*rows)[count++] = (struct align_row){ .left = i < left ? (int)i : -1,
						       .right = i < right ? (int)i : -1 };
	return count;
}

static void tally_span(struct tally *t, const struct side_lines *l, const struct side_lines *r,
		       const struct span *s, const struct align_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct align_row *row = &rows[i];

		if (row->left >= 0 && row->right >= 0)
			tally_pair(t, l, s->from + (size_t)row->left, r,
				   s->from + (size_t)row->right);
		else
			t->only[row->left < 0]++;
	}
}

json_t *lines_compare(const char *left, size_t left_length, const char *right, size_t right_length,
		      enum line_masks masks)
{
	struct names names = { .masks = masks, .ids = json_object() };
	_cleanup_side_ struct side_lines l = { 0 };
	_cleanup_side_ struct side_lines r = { 0 };
	_cleanup_free_ struct align_row *rows = NULL;
	json_t *out = json_object();
	struct tally t = { .masks = masks };
	struct span s;
	size_t count;
	bool coarse;

	side_split(&l, &names, left, left_length);
	side_split(&r, &names, right, right_length);
	names_clear(&names);
	s = differing_span(&l, &r);
	count = align_span(&l, &r, &s, &rows, &coarse);
	for (size_t i = 0; i < s.from; i++)
		tally_pair(&t, &l, i, &r, i);
	for (size_t i = 0; s.left_end + i < l.count; i++)
		tally_pair(&t, &l, s.left_end + i, &r, s.right_end + i);
	if (coarse) {
		t.only[0] = (int64_t)(s.left_end - s.from);
		t.only[1] = (int64_t)(s.right_end - s.from);
	} else {
		tally_span(&t, &l, &r, &s, rows, count);
	}
	json_object_set_new(out, "lines", pair_of((int64_t)l.count, (int64_t)r.count));
	json_set_bool(out, "same",
		      left_length == right_length && memcmp(left, right, left_length) == 0);
	json_set_int(out, "times", t.times);
	json_set_int(out, "relinked", t.relinked);
	json_set_int(out, "pids", t.pids);
	json_object_set_new(out, "only", pair_of(t.only[0], t.only[1]));
	if (count)
		json_object_set_new(out, "first",
				    first_difference(&l, &r, &s, rows, count, coarse));
	if (coarse)
		json_set_bool(out, "coarse", true);
	if (l.cut || r.cut)
		json_set_bool(out, "cut", true);
	return out;
}

/* ---- all of it, for a page ---- */

static void pairs_add(struct line_pairs *p, const struct side_lines *l, int left,
		      const struct side_lines *r, int right)
{
	struct line_pair *pair = &p->items[p->count++];
	const struct side_lines *sides[] = { l, r };
	const int at[] = { left, right };

	for (size_t s = 0; s < ARRAY_SIZE(sides); s++) {
		if (at[s] < 0)
			continue;
		pair->text[s] = sides[s]->start[at[s]];
		pair->length[s] = sides[s]->length[at[s]];
		pair->number[s] = (size_t)at[s] + 1;
	}
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* The lines that differ, or the first PAIRED_MAX of each side. */
static void pairs_add_span(struct line_pairs *p, const struct side_lines *l,
			   const struct side_lines *r, const struct span *s)
{
	size_t left = at_most(s->left_end - s->from, PAIRED_MAX);
	size_t right = at_most(s->right_end - s->from, PAIRED_MAX);
	_cleanup_free_ struct align_row *rows = xcalloc(left + right + 1, sizeof(*rows));
	size_t count = align_numbers(l->id + s->from, left, r->id + s->from, right, rows);

	for (size_t i = 0; i < count; i++)
		pairs_add(p, l, rows[i].left < 0 ? -1 : (int)s->from + rows[i].left, r,
			  rows[i].right < 0 ? -1 : (int)s->from + rows[i].right);
	p->gap_at = p->count;
	p->gap[0] = s->left_end - s->from - left;
	p->gap[1] = s->right_end - s->from - right;
}

void lines_pair(const char *left, size_t left_length, const char *right, size_t right_length,
		enum line_masks masks, struct line_pairs *out)
{
	struct names names = { .masks = masks, .ids = json_object() };
	_cleanup_side_ struct side_lines l = { 0 };
	_cleanup_side_ struct side_lines r = { 0 };
	struct span s;

	memset(out, 0, sizeof(*out));
	side_split(&l, &names, left, left_length);
	side_split(&r, &names, right, right_length);
	names_clear(&names);
	s = differing_span(&l, &r);
	out->items = xcalloc(l.count + r.count + 1, sizeof(*out->items));
	out->cut = l.cut || r.cut;
	for (size_t i = 0; i < s.from; i++)
		pairs_add(out, &l, (int)i, &r, (int)i);
	pairs_add_span(out, &l, &r, &s);
	for (size_t i = 0; s.left_end + i < l.count; i++)
		pairs_add(out, &l, (int)(s.left_end + i), &r, (int)(s.right_end + i));
}

void line_pairs_clear(struct line_pairs *p)
{
	if (!p)
		return;
	free(p->items);
	memset(p, 0, sizeof(*p));
}
