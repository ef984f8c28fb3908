// SPDX-License-Identifier: GPL-2.0-or-later
/* Call traces of the same report on several sides, laid beside each other. */
#include <inttypes.h>

#include "base/json.h"
#include "compare/align.h"
#include "compare/compare-internal.h"
#include "verdict/trace.h"

#define MAX_VARIANTS 8	 /* different traces of one title on one side that are looked at */
#define MAX_TRACES   64	 /* in the comparison */
#define MIN_ALIKE    0.3 /* below, two traces have no more in common than the way into the kernel */

/* One trace: names only, so that addresses, offsets, times and pids cannot make a difference. */
struct variant {
	const char *names[ALIGN_MAX]; /* borrowed from the report */
	size_t count;
	size_t guesses; /* frames left out, since the unwinder only guessed them */
	const char *context;
	int64_t line, seen; /* in console.log of the first run that has it; how often */
	const char *dir;
	bool taken;
};

struct variants {
	struct variant *items;
	size_t count, capacity;
	size_t beyond; /* traces that came after MAX_VARIANTS: what is not among them may be there
			*/
};

static void variants_clear(struct variants *v)
{
	free(v->items);
}

static bool variant_eq(const struct variant *a, const struct variant *b)
{
	if (a->count != b->count || !str_eq(a->context, b->context))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!trace_symbol_eq(a->names[i], b->names[i]))
			return false;
	return true;
}

static void variant_read(struct variant *v, const json_t *trace)
{
	json_t *frame;
	size_t i;

	v->context = json_get_str(trace, "context", "");
	json_array_foreach (json_object_get(trace, "frames"), i, frame) {
		if (!trace_frame_reliable(frame))
			v->guesses++;
		else if (v->count < ALIGN_MAX)
			v->names[v->count++] = json_get_str(frame, "symbol", "?");
	}
}

static void add_variant(struct variants *all, const json_t *trace, const json_t *report,
			const struct run_facts *run)
{
	_cleanup_free_ struct variant *v = xcalloc(1, sizeof(*v));

	variant_read(v, trace);
	if (!v->count)
		return;
	for (size_t i = 0; i < all->count; i++)
		if (variant_eq(&all->items[i], v)) {
			all->items[i].seen++;
			return;
		}
	if (all->count == MAX_VARIANTS) {
		all->beyond++;
		return;
	}
	v->line = json_get_int(report, "start_line", 0);
	v->dir = run->dir;
	v->seen = 1;
	*(struct variant *)vec_push(&all->items, &all->count, &all->capacity) = *v;
}

static void collect_variants(const struct compare_side *side, const char *title, const char *kind,
			     struct variants *all)
{
	json_t *report, *trace;
	size_t i, k;

	for (size_t r = 0; r < side->run_count; r++)
		json_array_foreach (side->runs[r].reports, i, report) {
			if (!str_eq(json_get_str(report, "title", ""), title) ||
			    !str_eq(json_get_str(report, "kind", ""), kind))
				continue;
			json_array_foreach (json_object_get(report, "traces"), k, trace)
				add_variant(all, trace, report, &side->runs[r]);
		}
}

static double alike(const struct variant *a, const struct variant *b)
{
	struct align_row rows[2 * ALIGN_MAX];
	size_t matched;

	if (!str_eq(a->context, b->context))
		return 0;
	align_names(a->names, a->count, b->names, b->count, rows, &matched);
	return 2.0 * (double)matched / (double)(a->count + b->count);
}

static json_t *name_or_null(const struct variant *v, int index)
{
	const char *name = index < 0 ? NULL : v->names[index];

	return name ? json_stringn(name, trace_symbol_length(name)) : json_null();
}

static json_t *where(const struct variant *v)
{
	json_t *out = json_object();

	json_set_str(out, "dir", v->dir);
	json_set_int(out, "line", v->line);
	json_set_int(out, "guesses", (int64_t)v->guesses);
	return out;
}

/* One entry of `traces`: two variants beside each other, or one that right_side lacks (right NULL).
 */
static json_t *trace_entry(const char *title, const char *kind, size_t left_side,
			   const struct variant *left, size_t right_side,
			   const struct variant *right)
{
	static const struct variant none;
	struct align_row rows[2 * ALIGN_MAX];
	json_t *out = json_object(), *sides = json_array(), *list = json_array(),
	       *places = json_array();
	const struct variant *r = right ? right : &none;
	size_t matched,
		count = align_names(left->names, left->count, r->names, r->count, rows, &matched);

	json_set_str(out, "title", title);
	json_set_str(out, "kind", kind);
	json_set_str(out, "context", left->context);
	json_array_append_new(sides, json_integer((json_int_t)left_side));
	json_array_append_new(places, where(left));
	if (right) {
		json_array_append_new(sides, json_integer((json_int_t)right_side));
		json_array_append_new(places, where(right));
	} else {
		json_object_set_new(out, "lacks", json_pack("[I]", (json_int_t)right_side));
	}
	for (size_t i = 0; i < count; i++) {
		json_t *row = json_array();

		json_array_append_new(row, name_or_null(left, rows[i].left));
		if (right)
			json_array_append_new(row, name_or_null(right, rows[i].right));
		json_array_append_new(list, row);
	}
	json_object_set_new(out, "sides", sides);
	json_object_set_new(out, "where", places);
	json_set_bool(out, "equal", right && matched == count);
	json_set_int(out, "matched", (int64_t)matched);
	json_object_set_new(out, "rows", list);
	return out;
}

static void leave_out(json_t *out, size_t count)
{
	json_set_int(out, "traces_left_out",
		     json_get_int(out, "traces_left_out", 0) + (int64_t)count);
}

static void add_entry(json_t *out, json_t *entry)
{
	json_t *traces = json_object_get(out, "traces");

	if (json_array_size(traces) < MAX_TRACES) {
		json_array_append_new(traces, entry);
		return;
	}
	json_decref(entry);
	leave_out(out, 1);
}

/* A trace that one more side lacks is told once. */
static bool joined_alone(json_t *out, const json_t *entry)
{
	static const char *const keys[] = { "title", "kind", "context", "sides", "rows" };
	json_t *other;
	size_t i;

	json_array_foreach (json_object_get(out, "traces"), i, other) {
		bool same = json_object_get(other, "lacks") != NULL;

		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			same = same && json_equal(json_object_get(other, keys[k]),
						  json_object_get(entry, keys[k]));
		if (!same)
			continue;
		json_array_extend(json_object_get(other, "lacks"), json_object_get(entry, "lacks"));
		return true;
	}
	return false;
}

/* Traces of side a that have no counterpart among those of side b. */
static void add_alone(json_t *out, const json_t *row, size_t a, const struct variants *of, size_t b,
		      const struct variants *others)
{
	const char *title = json_get_str(row, "title", ""), *kind = json_get_str(row, "kind", "");

	for (size_t i = 0; i < of->count; i++) {
		json_t *entry;

		if (of->items[i].taken)
			continue;
		/* Not all of b's were looked at: that b lacks it is not known. */
		if (others->beyond) {
			leave_out(out, 1);
			continue;
		}
		entry = trace_entry(title, kind, a, &of->items[i], b, NULL);
		if (joined_alone(out, entry))
			json_decref(entry);
		else
			add_entry(out, entry);
	}
}

/* Pairs off what is most alike first. */
static void pair_variants(json_t *out, const json_t *row, size_t a, struct variants *left, size_t b,
			  struct variants *right)
{
	const char *title = json_get_str(row, "title", ""), *kind = json_get_str(row, "kind", "");

	for (;;) {
		struct variant *best_left = NULL, *best_right = NULL;
		double best = MIN_ALIKE;

		for (size_t i = 0; i < left->count; i++)
			for (size_t k = 0; k < right->count; k++) {
				double score;

				if (left->items[i].taken || right->items[k].taken)
					continue;
				score = alike(&left->items[i], &right->items[k]);
				if (score <= best)
					continue;
				best = score;
				best_left = &left->items[i];
				best_right = &right->items[k];
			}
		if (!best_left)
			break;
		best_left->taken = best_right->taken = true;
		add_entry(out, trace_entry(title, kind, a, best_left, b, best_right));
	}
	add_alone(out, row, a, left, b, right);
	add_alone(out, row, b, right, a, left);
	leave_out(out, left->beyond + right->beyond);
}

/* Each further side against the first. */
void compare_traces(const struct compare_sides *c, json_t *out)
{
	json_t *row;
	size_t i;

	json_object_set_new(out, "traces", json_array());
	json_set_int(out, "traces_left_out", 0);
	json_array_foreach (json_object_get(out, "reports"), i, row)
		for (size_t s = 1; s < c->count; s++) {
			__attribute__((cleanup(variants_clear))) struct variants left = { 0 };
			__attribute__((cleanup(variants_clear))) struct variants right = { 0 };
			const char *title = json_get_str(row, "title", "");
			const char *kind = json_get_str(row, "kind", "");

			collect_variants(&c->sides[0], title, kind, &left);
			collect_variants(&c->sides[s], title, kind, &right);
			pair_variants(out, row, 0, &left, s, &right);
		}
}
