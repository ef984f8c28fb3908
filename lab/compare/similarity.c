// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/similarity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "verdict/trace.h"

#define LEAST_RARITY                                                                               \
	0.01 /* of a function that is in every report: two such traces are alike, too */

const struct similarity_tuning similarity_tuning = {
	.decay = 0.7,
	.rarity = 2,
	.guess = 0.5,
	.others = 0.5,
};

struct frame {
	size_t function; /* its number in the index */
	double share;	 /* 1, or of a guess the tuning's */
};

struct trace {
	char context[16];
	struct frame *frames;
	size_t count, capacity;
};

struct similarity_report {
	struct trace *traces; /* the one that names the bug first */
	size_t count, capacity;
};

struct function {
	size_t reports; /* in how many known ones */
	size_t last;	/* the number of the report that was counted last */
	double rarity;
};

struct similarity_index {
	struct similarity_tuning tuning;
	json_t *numbers; /* function name -> number */
	struct function *functions;
	size_t count, capacity;
	struct similarity_report **reports;
	size_t report_count, report_capacity;
	size_t known;
	bool weighed;			      /* the rarities are those of what is known now */
	double places[SIMILARITY_MAX_FRAMES]; /* what a position counts */
};

struct similarity_index *similarity_index_new(const struct similarity_tuning *tuning)
{
	struct similarity_index *index = xcalloc(1, sizeof(*index));

	index->tuning = *tuning;
	index->numbers = json_object();
	for (size_t i = 0; i < SIMILARITY_MAX_FRAMES; i++)
		index->places[i] = pow((double)i + 1, -tuning->decay);
	return index;
}

void similarity_index_free(struct similarity_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < index->report_count; i++) {
		struct similarity_report *r = index->reports[i];

		for (size_t k = 0; k < r->count; k++)
			free(r->traces[k].frames);
		free(r->traces);
		free(r);
	}
	free(index->reports);
	free(index->functions);
	json_decref(index->numbers);
	free(index);
}

static size_t function_number(struct similarity_index *index, const char *name)
{
	size_t length = trace_symbol_length(name);
	const json_t *known = json_object_getn(index->numbers, name, length);

	if (known)
		return (size_t)json_integer_value(known);
	json_object_setn_new(index->numbers, name, length, json_integer((json_int_t)index->count));
	vec_push(&index->functions, &index->count, &index->capacity);
	index->weighed = false;
	return index->count - 1;
}

static void add_frame(struct similarity_index *index, struct trace *t, const char *name,
		      bool reliable)
{
	struct frame *f;

	if (!*name || t->count == SIMILARITY_MAX_FRAMES)
		return;
	f = vec_push(&t->frames, &t->count, &t->capacity);
	f->function = function_number(index, name);
	f->share = reliable ? 1 : index->tuning.guess;
}

/* Functions that were inlined into a frame stand before it. */
static void read_frames(struct similarity_index *index, struct trace *t, const json_t *frames)
{
	json_t *frame, *inlined;
	size_t i, k;

	json_array_foreach (frames, i, frame) {
		bool reliable = trace_frame_reliable(frame);

		if (t->count == SIMILARITY_MAX_FRAMES)
			return;
		json_array_foreach (json_object_get(frame, "inlined"), k, inlined)
			add_frame(index, t, json_get_str(inlined, "symbol", ""), reliable);
		add_frame(index, t, json_get_str(frame, "symbol", ""), reliable);
	}
}

/* Who was there when it happened, and not who allocated, freed or held something before. */
static bool names_bug(const json_t *trace)
{
	static const char *const contexts[] = { "task", "irq", "softirq", "nmi", "exception" };
	const char *context = json_get_str(trace, "context", "");

	for (size_t i = 0; i < ARRAY_SIZE(contexts); i++)
		if (str_eq(context, contexts[i]))
			return true;
	return false;
}

static size_t main_trace(const json_t *traces)
{
	json_t *trace;
	size_t i;

	json_array_foreach (traces, i, trace)
		if (names_bug(trace) && json_array_size(json_object_get(trace, "frames")))
			return i;
	return 0;
}

/* Kernels print the place of the fault apart from the trace, which then begins with its caller. */
static const char *fault_place(const json_t *report, const json_t *trace)
{
	const json_t *ip = json_object_get(json_object_get(report, "details"), "ip");
	const json_t *first = json_array_get(json_object_get(trace, "frames"), 0);
	const char *name = json_get_str(ip, "symbol", "");

	return names_bug(trace) && !trace_symbol_eq(name, json_get_str(first, "symbol", "")) ? name
											     : "";
}

static void read_trace(struct similarity_index *index, struct similarity_report *r,
		       const json_t *trace, const char *place)
{
	struct trace *t;

	if (r->count == SIMILARITY_MAX_TRACES || !json_array_size(json_object_get(trace, "frames")))
		return;
	t = vec_push(&r->traces, &r->count, &r->capacity);
	snprintf(t->context, sizeof(t->context), "%s", json_get_str(trace, "context", ""));
	add_frame(index, t, place, true);
	read_frames(index, t, json_object_get(trace, "frames"));
}

const struct similarity_report *similarity_index_read(struct similarity_index *index,
						      const json_t *report)
{
	const json_t *traces = json_get_array(report, "traces");
	size_t first = main_trace(traces), i;
	struct similarity_report *r = xcalloc(1, sizeof(*r));
	json_t *trace = json_array_get(traces, first);

	*(struct similarity_report **)vec_push(&index->reports, &index->report_count,
					       &index->report_capacity) = r;
	if (trace)
		read_trace(index, r, trace, fault_place(report, trace));
	json_array_foreach (traces, i, trace)
		if (i != first)
			read_trace(index, r, trace, "");
	return r;
}

const struct similarity_report *similarity_index_add(struct similarity_index *index,
						     const json_t *report)
{
	const struct similarity_report *r = similarity_index_read(index, report);

	index->known++;
	index->weighed = false;
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->traces[i].count; k++) {
			struct function *f = &index->functions[r->traces[i].frames[k].function];

			f->reports += f->last != index->known;
			f->last = index->known;
		}
	return r;
}

static void weigh(struct similarity_index *index)
{
	double all = (double)index->known + 1;

	if (index->weighed)
		return;
	for (size_t i = 0; i < index->count; i++) {
		struct function *f = &index->functions[i];
		double idf = index->known ? log(all / ((double)f->reports + 1)) / log(all) : 1;

		f->rarity = fmax(pow(idf, index->tuning.rarity), LEAST_RARITY);
	}
	index->weighed = true;
}

static double frame_weight(const struct similarity_index *index, const struct trace *t, size_t i)
{
	return index->functions[t->frames[i].function].rarity * index->places[i] *
	       t->frames[i].share;
}

/* best[k]: the most that what is left of a, and b from k on, can have in common, in order. */
static double align_traces(const struct similarity_index *index, const struct trace *a,
			   const struct trace *b)
{
	double best[SIMILARITY_MAX_FRAMES + 1] = { 0 }, weights[SIMILARITY_MAX_FRAMES];
	double total = 0;

	for (size_t k = 0; k < b->count; k++)
		total += weights[k] = frame_weight(index, b, k);
	for (size_t i = a->count; i-- > 0;) {
		double weight = frame_weight(index, a, i), diagonal = 0;

		total += weight;
		for (size_t k = b->count; k-- > 0;) {
			double below = best[k];

			if (a->frames[i].function == b->frames[k].function)
				best[k] = fmax(best[k], diagonal + weight + weights[k]);
			best[k] = fmax(best[k], best[k + 1]);
			diagonal = below;
		}
	}
	return total > 0 ? best[0] / total : 0;
}

static const struct trace *trace_of(const struct similarity_report *r, const char *context)
{
	for (size_t i = 1; i < r->count; i++)
		if (str_eq(r->traces[i].context, context))
			return &r->traces[i];
	return NULL;
}

double similarity_score(struct similarity_index *index, const struct similarity_report *a,
			const struct similarity_report *b)
{
	double score, all = 1;

	if (!a->count || !b->count)
		return 0;
	weigh(index);
	score = align_traces(index, &a->traces[0], &b->traces[0]);
	for (size_t i = 1; i < a->count; i++) {
		const struct trace *other = trace_of(b, a->traces[i].context);

		/* Only the first of each context on either side, so that it stays symmetric. */
		if (!other || trace_of(a, a->traces[i].context) != &a->traces[i])
			continue;
		score += index->tuning.others * align_traces(index, &a->traces[i], other);
		all += index->tuning.others;
	}
	return score / all;
}

size_t similarity_report_functions(const struct similarity_report *r, size_t *functions,
				   size_t most)
{
	size_t count = 0;

	for (size_t i = 0; r->count && i < r->traces[0].count && count < most; i++)
		functions[count++] = r->traces[0].frames[i].function;
	return count;
}
