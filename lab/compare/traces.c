// SPDX-License-Identifier: GPL-2.0-or-later
/* Call traces of the same report on several sides, laid beside each other. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "compare/compare-internal.h"
#include "compare/similarity.h"
#include "compare/trace-rows.h"

#define MAX_VARIANTS 8	 /* different traces of one title on one side that are looked at */
#define MAX_TRACES   64	 /* in the comparison */
#define MIN_ALIKE    0.3 /* below, two traces have no more in common than the way into the kernel */
/*
 * Two titles are of one bug. Of syzbot's reports (lab/tests/bench-similarity.c) one pair of
 * other bugs in 800 reaches it where nothing is known of how rare a function is, as here, and one
 * in 5900 where much is; a fifth to a quarter of the pairs of one bug do.
 */
#define SAME_BUG 0.7

/* One trace as it was seen, once or more often. */
struct variant {
	struct trace_frames frames;
	const char *context;
	int64_t line, seen; /* in console.log of the first run that has it; how often */
	const char *dir;
	bool taken;
};

struct variants {
	const json_t *row; /* of `reports` */
	size_t side;
	struct variant *items;
	size_t count, capacity;
	size_t beyond; /* traces that came after MAX_VARIANTS: what is not among them may be there
			*/
};

/* What is compared of all: the reports across the sides, and which are one under two titles. */
struct pairing {
	const struct compare_sides *c;
	json_t *out;
	const json_t *reports; /* rows */
	struct similarity_index *index;
	const struct similarity_report **known; /* of each side and row; NULL: the side has none */
};

static void variants_clear(struct variants *v)
{
	free(v->items);
}

static bool variant_eq(const struct variant *a, const struct variant *b)
{
	return str_eq(a->context, b->context) && trace_frames_equal(&a->frames, &b->frames);
}

static void add_variant(struct variants *all, const json_t *trace, const json_t *report,
			const struct run_facts *run)
{
	_cleanup_free_ struct variant *v = xcalloc(1, sizeof(*v));

	v->context = json_get_str(trace, "context", "");
	trace_frames_read(&v->frames, trace);
	if (!v->frames.counted)
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

static bool is_of_row(const json_t *report, const json_t *row)
{
	return str_eq(json_get_str(report, "title", ""), json_get_str(row, "title", "")) &&
	       str_eq(json_get_str(report, "kind", ""), json_get_str(row, "kind", ""));
}

static void collect_variants(const struct compare_sides *c, size_t side, const json_t *row,
			     struct variants *all)
{
	const struct compare_side *of = &c->sides[side];
	json_t *report, *trace;
	size_t i, k;

	all->side = side;
	all->row = row;
	for (size_t r = 0; r < of->run_count; r++)
		json_array_foreach (of->runs[r].reports, i, report) {
			if (!is_of_row(report, row))
				continue;
			json_array_foreach (json_object_get(report, "traces"), k, trace)
				add_variant(all, trace, report, &of->runs[r]);
		}
}

static double alike(const struct variant *a, const struct variant *b)
{
	const char *names[2][ALIGN_MAX];
	struct align_row rows[2 * ALIGN_MAX];
	size_t matched, counts[2];

	if (!str_eq(a->context, b->context))
		return 0;
	counts[0] = trace_frames_names(&a->frames, names[0]);
	counts[1] = trace_frames_names(&b->frames, names[1]);
	align_names(names[0], counts[0], names[1], counts[1], rows, &matched);
	return 2.0 * (double)matched / (double)(counts[0] + counts[1]);
}

static json_t *where(const struct variant *v)
{
	json_t *out = json_object();

	json_set_str(out, "dir", v->dir);
	json_set_int(out, "line", v->line);
	json_set_int(out, "guesses", (int64_t)v->frames.guesses);
	return out;
}

/* One bug under two titles: how alike the traces are that say so. */
static void set_titles(json_t *entry, const json_t *left, const json_t *right, double similarity)
{
	json_t *titles = json_array();

	json_array_append_new(titles, json_string(json_get_str(left, "title", "")));
	json_array_append_new(titles, json_string(json_get_str(right, "title", "")));
	json_object_set_new(entry, "titles", titles);
	json_object_set_new(entry, "similarity", json_real(round(similarity * 1000) / 1000));
}

/* One entry of `traces`: two variants beside each other, or one that the other side lacks (right
 * NULL). */
static json_t *trace_entry(const struct variants *of, const struct variant *left,
			   const struct variants *others, const struct variant *right)
{
	json_t *out = json_object(), *sides = json_array(), *places = json_array();

	json_set_str(out, "title", json_get_str(of->row, "title", ""));
	json_set_str(out, "kind", json_get_str(of->row, "kind", ""));
	json_set_str(out, "context", left->context);
	json_array_append_new(sides, json_integer((json_int_t)of->side));
	json_array_append_new(places, where(left));
	if (right) {
		json_array_append_new(sides, json_integer((json_int_t)others->side));
		json_array_append_new(places, where(right));
	} else {
		json_object_set_new(out, "lacks", json_pack("[I]", (json_int_t)others->side));
	}
	json_object_set_new(out, "sides", sides);
	json_object_set_new(out, "where", places);
	trace_rows_set(out, &left->frames, right ? &right->frames : NULL);
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

/* Traces of one side that have no counterpart among those of the other. */
static void add_alone(json_t *out, const struct variants *of, const struct variants *others)
{
	for (size_t i = 0; i < of->count; i++) {
		json_t *entry;

		if (of->items[i].taken)
			continue;
		/* Not all of the others were looked at: that they lack it is not known. */
		if (others->beyond) {
			leave_out(out, 1);
			continue;
		}
		entry = trace_entry(of, &of->items[i], others, NULL);
		if (joined_alone(out, entry))
			json_decref(entry);
		else
			add_entry(out, entry);
	}
}

/* The two that are most alike of those left; false: none are. */
static bool most_alike(struct variants *left, struct variants *right, struct variant **best_left,
		       struct variant **best_right)
{
	double best = MIN_ALIKE;

	*best_left = NULL;
	for (size_t i = 0; i < left->count; i++)
		for (size_t k = 0; k < right->count; k++) {
			double score;

			if (left->items[i].taken || right->items[k].taken)
				continue;
			score = alike(&left->items[i], &right->items[k]);
			if (score <= best)
				continue;
			best = score;
			*best_left = &left->items[i];
			*best_right = &right->items[k];
		}
	return *best_left != NULL;
}

/* Pairs off what is most alike first; `similarity` is that of two titles, 0: there is one. */
static void pair_variants(json_t *out, struct variants *left, struct variants *right,
			  double similarity)
{
	struct variant *a, *b;

	while (most_alike(left, right, &a, &b)) {
		json_t *entry = trace_entry(left, a, right, b);

		a->taken = b->taken = true;
		if (similarity > 0)
			set_titles(entry, left->row, right->row, similarity);
		add_entry(out, entry);
	}
	add_alone(out, left, right);
	add_alone(out, right, left);
	leave_out(out, left->beyond + right->beyond);
}

static void compare_rows(struct pairing *p, size_t side, const json_t *left_row,
			 const json_t *right_row, double similarity)
{
	__attribute__((cleanup(variants_clear))) struct variants left = { 0 };
	__attribute__((cleanup(variants_clear))) struct variants right = { 0 };

	collect_variants(p->c, 0, left_row, &left);
	collect_variants(p->c, side, right_row, &right);
	pair_variants(p->out, &left, &right, similarity);
}

static const json_t *first_report(const struct compare_side *side, const json_t *row)
{
	json_t *report;
	size_t i;

	for (size_t r = 0; r < side->run_count; r++)
		json_array_foreach (side->runs[r].reports, i, report)
			if (is_of_row(report, row))
				return report;
	return NULL;
}

/* They are read and not counted: of so few reports the two that are compared would be what is
 * frequent. */
static void pairing_init(struct pairing *p)
{
	size_t rows = json_array_size(p->reports);

	p->index = similarity_index_new(&similarity_tuning);
	p->known = xcalloc(p->c->count * rows + 1, sizeof(struct similarity_report *));
	for (size_t s = 0; s < p->c->count; s++)
		for (size_t i = 0; i < rows; i++) {
			const json_t *report =
				first_report(&p->c->sides[s], json_array_get(p->reports, i));

			if (report)
				p->known[s * rows + i] = similarity_index_read(p->index, report);
		}
}

/* A row of the first side only, and one of the other side only, may be one bug under two titles. */
static double row_similarity(struct pairing *p, size_t side, size_t left, size_t right)
{
	size_t rows = json_array_size(p->reports);
	const json_t *a = json_array_get(p->reports, left);
	const json_t *b = json_array_get(p->reports, right);

	if (!p->known[left] || p->known[side * rows + left] || p->known[right] ||
	    !p->known[side * rows + right] ||
	    json_get_bool(a, "info", false) != json_get_bool(b, "info", false))
		return 0;
	return similarity_score(p->index, p->known[left], p->known[side * rows + right]);
}

struct candidate {
	size_t left, right;
	double similarity;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->similarity != y->similarity)
		return x->similarity < y->similarity ? 1 : -1;
	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return x->right < y->right ? -1 : x->right > y->right;
}

/* Pairs off the rows of two titles, the most alike first; `done` are those that have a pair. */
static void pair_titles(struct pairing *p, size_t side, bool *done)
{
	_cleanup_free_ struct candidate *list = NULL;
	size_t count = 0, capacity = 0, rows = json_array_size(p->reports);

	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < rows; k++) {
			double similarity = row_similarity(p, side, i, k);

			if (similarity >= SAME_BUG)
				*(struct candidate *)vec_push(&list, &count, &capacity) =
					(struct candidate){ i, k, similarity };
		}
	if (count)
		qsort(list, count, sizeof(*list), compare_candidates);
	for (size_t i = 0; i < count; i++) {
		const struct candidate *c = &list[i];

		if (done[c->left] || done[c->right])
			continue;
		done[c->left] = done[c->right] = true;
		compare_rows(p, side, json_array_get(p->reports, c->left),
			     json_array_get(p->reports, c->right), c->similarity);
	}
}

/* Each further side against the first: by title, and where only one has it by similarity. */
void compare_traces(const struct compare_sides *c, json_t *out)
{
	struct pairing p = { c, out, json_object_get(out, "reports"), NULL, NULL };
	size_t rows = json_array_size(p.reports);

	json_object_set_new(out, "traces", json_array());
	json_set_int(out, "traces_left_out", 0);
	pairing_init(&p);
	for (size_t s = 1; s < c->count; s++) {
		_cleanup_free_ bool *done = xcalloc(rows + 1, sizeof(*done));

		pair_titles(&p, s, done);
		for (size_t i = 0; i < rows; i++)
			if (!done[i])
				compare_rows(&p, s, json_array_get(p.reports, i),
					     json_array_get(p.reports, i), 0);
	}
	similarity_index_free(p.index);
	free(p.known);
}
