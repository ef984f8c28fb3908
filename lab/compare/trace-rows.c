// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/trace-rows.h"

#include "base/json.h"
#include "verdict/trace.h"

/* The frames of one side that have rows, and those of them that are aligned. */
struct side {
	const struct trace_frame *frames[ALIGN_MAX];
	size_t count;
	const char *names[ALIGN_MAX];
	size_t at[ALIGN_MAX]; /* where in `frames` */
	size_t name_count;
	size_t next; /* of `frames`: the next one without a row */
};

struct rows {
	json_t *names, *marks, *known, *guesses;
	bool both;
};

static void add_frame(struct trace_frames *t, const json_t *frame, bool guess, bool inlined)
{
	struct trace_frame *f;

	if (t->count == ALIGN_MAX)
		return;
	f = &t->items[t->count++];
	f->name = json_get_str(frame, "symbol", "?");
	f->known = frame;
	f->guess = guess;
	f->inlined = inlined;
	t->guesses += guess && !inlined;
	t->counted += !guess && !inlined;
	t->symbolized |= inlined || *json_get_str(frame, "file", "");
}

void trace_frames_read(struct trace_frames *t, const json_t *trace)
{
	json_t *frame, *inlined;
	size_t i, k;

	memset(t, 0, sizeof(*t));
	json_array_foreach (json_object_get(trace, "frames"), i, frame) {
		bool guess = !trace_frame_reliable(frame);

		if (t->count == ALIGN_MAX)
			return;
		json_array_foreach (json_object_get(frame, "inlined"), k, inlined)
			add_frame(t, inlined, guess, true);
		add_frame(t, frame, guess, json_get_bool(frame, "inline", false));
	}
}

size_t trace_frames_names(const struct trace_frames *t, const char **names)
{
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++)
		if (!t->items[i].guess && !t->items[i].inlined)
			names[count++] = t->items[i].name;
	return count;
}

bool trace_frames_equal(const struct trace_frames *a, const struct trace_frames *b)
{
	const char *x[ALIGN_MAX], *y[ALIGN_MAX];
	size_t count = trace_frames_names(a, x);

	if (count != trace_frames_names(b, y))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!trace_symbol_eq(x[i], y[i]))
			return false;
	return true;
}

static void side_init(struct side *s, const struct trace_frames *t, bool inlined)
{
	s->count = s->name_count = s->next = 0;
	for (size_t i = 0; t && i < t->count; i++) {
		const struct trace_frame *f = &t->items[i];

		if (f->inlined && !inlined)
			continue;
		if (!f->guess) {
			s->at[s->name_count] = s->count;
			s->names[s->name_count++] = f->name;
		}
		s->frames[s->count++] = f;
	}
}

static json_t *name_json(const struct trace_frame *f)
{
	return f ? json_stringn(f->name, trace_symbol_length(f->name)) : json_null();
}

static json_t *known_json(const struct trace_frame *f)
{
	json_t *out = f ? json_object() : json_null();

	if (!f)
		return out;
	json_set_str(out, "file", json_get_str(f->known, "file", NULL));
	if (json_get_int(f->known, "line", 0) > 0)
		json_set_int(out, "line", json_get_int(f->known, "line", 0));
	json_set_str(out, "module", json_get_str(f->known, "module", NULL));
	if (f->inlined)
		json_set_bool(out, "inline", true);
	return out;
}

static void add_row(struct rows *rows, const char *mark, const struct trace_frame *left,
		    const struct trace_frame *right)
{
	json_t *names = json_array(), *known = json_array();

	json_array_append_new(names, name_json(left));
	json_array_append_new(known, known_json(left));
	if (rows->both) {
		json_array_append_new(names, name_json(right));
		json_array_append_new(known, known_json(right));
	}
	json_array_append_new(rows->names, names);
	json_array_append_new(rows->known, known);
	json_array_append_new(rows->marks, json_string(mark));
}

/* The guesses that were found between the last row and what is next of the side. */
static void add_guesses(struct rows *rows, struct side *s, int side, size_t end)
{
	for (; s->next < end; s->next++) {
		json_t *guess = json_object();

		json_set_int(guess, "row", (int64_t)json_array_size(rows->names));
		json_set_int(guess, "side", side);
		json_object_set_new(guess, "symbol", name_json(s->frames[s->next]));
		json_array_append_new(rows->guesses, guess);
	}
}

/* A function that is only on the left here and only on the right there has moved. */
static void find_moved(const struct side *l, const struct side *r, const struct align_row *list,
		       size_t count, bool *moved)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; list[i].right < 0 && k < count; k++)
			if (list[k].left < 0 && !moved[k] && !moved[i] &&
			    trace_symbol_eq(l->names[list[i].left], r->names[list[k].right]))
				moved[i] = moved[k] = true;
}

static void add_rows(struct rows *rows, struct side *l, struct side *r,
		     const struct align_row *list, size_t count)
{
	bool moved[2 * ALIGN_MAX] = { false };

	find_moved(l, r, list, count, moved);
	for (size_t i = 0; i < count; i++) {
		size_t left = list[i].left < 0 ? l->next : l->at[list[i].left];
		size_t right = list[i].right < 0 ? r->next : r->at[list[i].right];

		add_guesses(rows, l, 0, left);
		add_guesses(rows, r, 1, right);
		if (list[i].left >= 0 && list[i].right >= 0)
			add_row(rows, "same", l->frames[l->next++], r->frames[r->next++]);
		else if (list[i].left >= 0)
			add_row(rows, moved[i] ? "moved" : "missing", l->frames[l->next++], NULL);
		else
			add_row(rows, moved[i] ? "moved" : "inserted", NULL, r->frames[r->next++]);
	}
	add_guesses(rows, l, 0, l->count);
	add_guesses(rows, r, 1, r->count);
}

void trace_rows_set(json_t *out, const struct trace_frames *left, const struct trace_frames *right)
{
	_cleanup_free_ struct side *l = xcalloc(1, sizeof(*l)), *r = xcalloc(1, sizeof(*r));
	struct rows rows = { json_array(), json_array(), json_array(), json_array(),
			     right != NULL };
	bool inlined = left->symbolized && (!right || right->symbolized);
	struct align_row list[2 * ALIGN_MAX];
	size_t count, matched;

	side_init(l, left, inlined);
	side_init(r, right, inlined);
	count = align_names(l->names, l->name_count, r->names, r->name_count, list, &matched);
	add_rows(&rows, l, r, list, count);
	json_set_bool(out, "equal", right && matched == count);
	json_set_int(out, "matched", (int64_t)matched);
	json_object_set_new(out, "rows", rows.names);
	json_object_set_new(out, "marks", rows.marks);
	json_object_set_new(out, "frames", rows.known);
	json_object_set_new(out, "guesses", rows.guesses);
}
