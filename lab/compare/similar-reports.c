// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/similar-reports.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "compare/similarity.h"
#include "compare/trace-rows.h"

#define MAX_VARIANTS 16 /* of one title that are looked at: the first ones */

/* What goes by one title and kind. */
struct bug {
	json_t *variants[MAX_VARIANTS]; /* reports with different traces; owned */
	const struct similarity_report *known[MAX_VARIANTS];
	size_t variant_count;
	int64_t times, runs;
	char *first, *last; /* run */
};

struct similar_reports {
	struct similarity_index *index;
	json_t *numbers; /* title and kind -> number of the bug */
	json_t *seen;	 /* title, kind and traces */
	struct bug *bugs;
	size_t count, capacity;
	int64_t runs;
};

struct ranked {
	size_t bug, variant;
	double similarity;
};

struct similar_reports *similar_reports_new(void)
{
	struct similar_reports *s = xcalloc(1, sizeof(*s));

	s->index = similarity_index_new(&similarity_tuning);
	s->numbers = json_object();
	s->seen = json_object();
	return s;
}

void similar_reports_free(struct similar_reports *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		for (size_t k = 0; k < s->bugs[i].variant_count; k++)
			json_decref(s->bugs[i].variants[k]);
		free(s->bugs[i].first);
		free(s->bugs[i].last);
	}
	free(s->bugs);
	similarity_index_free(s->index);
	json_decref(s->numbers);
	json_decref(s->seen);
	free(s);
}

static struct bug *bug_of(struct similar_reports *s, const struct strbuf *key)
{
	const json_t *number = json_object_getn(s->numbers, key->data, key->length);

	if (number)
		return &s->bugs[json_integer_value(number)];
	json_object_setn_new(s->numbers, key->data, key->length,
			     json_integer((json_int_t)s->count));
	return vec_push(&s->bugs, &s->count, &s->capacity);
}

/* As far as similarity looks, so that a hostile report takes no longer. */
static void add_traces(struct strbuf *key, const json_t *traces)
{
	json_t *trace, *frame;
	size_t i, k;

	json_array_foreach (traces, i, trace) {
		if (i == SIMILARITY_MAX_TRACES)
			return;
		strbuf_addf(key, "\n%s:", json_get_str(trace, "context", ""));
		json_array_foreach (json_object_get(trace, "frames"), k, frame) {
			if (k == SIMILARITY_MAX_FRAMES)
				break;
			strbuf_addf(key, " %s", json_get_str(frame, "symbol", ""));
		}
	}
}

static void add_variant(struct similar_reports *s, struct bug *bug, const json_t *report,
			struct strbuf *key)
{
	add_traces(key, json_get_array(report, "traces"));
	if (bug->variant_count == MAX_VARIANTS || json_object_getn(s->seen, key->data, key->length))
		return;
	json_object_setn_new(s->seen, key->data, key->length, json_true());
	bug->variants[bug->variant_count] = json_incref((json_t *)report);
	bug->known[bug->variant_count++] = similarity_index_add(s->index, report);
}

static void add_name(struct strbuf *key, const json_t *report)
{
	strbuf_addf(key, "%s\n%s", json_get_str(report, "title", ""),
		    json_get_str(report, "kind", ""));
}

void similar_reports_add_title(struct similar_reports *s, const struct similar_title *title)
{
	_cleanup_strbuf_ struct strbuf key = { 0 };
	struct bug *bug;

	add_name(&key, title->report);
	bug = bug_of(s, &key);
	if (!bug->first) {
		bug->first = xstrdup(title->first);
		bug->last = xstrdup(title->last);
		bug->runs = title->runs;
		bug->times = title->times;
	}
	add_variant(s, bug, title->report, &key);
}

static void add_report(struct similar_reports *s, const char *run, const json_t *report)
{
	_cleanup_strbuf_ struct strbuf key = { 0 };
	struct bug *bug;

	add_name(&key, report);
	bug = bug_of(s, &key);
	bug->times += json_get_int(report, "count", 1);
	if (!bug->first)
		bug->first = xstrdup(run);
	if (!str_eq(bug->last, run)) {
		free(bug->last);
		bug->last = xstrdup(run);
		bug->runs++;
	}
	add_variant(s, bug, report, &key);
}

void similar_reports_add_runs(struct similar_reports *s, int64_t runs)
{
	s->runs += runs;
}

void similar_reports_add(struct similar_reports *s, const char *run, const json_t *reports,
			 const json_t *except)
{
	json_t *report;
	size_t i;

	s->runs++;
	json_array_foreach (reports, i, report)
		if (report != except)
			add_report(s, run, report);
}

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->similarity != y->similarity)
		return x->similarity < y->similarity ? 1 : -1;
	return x->bug < y->bug ? -1 : x->bug > y->bug;
}

static struct ranked rank_bug(struct similar_reports *s, size_t number,
			      const struct similarity_report *asked)
{
	const struct bug *bug = &s->bugs[number];
	struct ranked out = { .bug = number };

	for (size_t i = 0; i < bug->variant_count; i++) {
		double similarity = similarity_score(s->index, asked, bug->known[i]);

		if (similarity <= out.similarity)
			continue;
		out.similarity = similarity;
		out.variant = i;
	}
	return out;
}

/* The first trace of either that has reliable frames: what names the bug. */
static void read_first_trace(struct trace_frames *out, const json_t *report)
{
	json_t *trace;
	size_t i;

	json_array_foreach (json_get_array(report, "traces"), i, trace) {
		trace_frames_read(out, trace);
		if (out->counted)
			return;
	}
}

static json_t *trace_json(const json_t *asked, const json_t *found)
{
	_cleanup_free_ struct trace_frames *left = xcalloc(1, sizeof(*left));
	_cleanup_free_ struct trace_frames *right = xcalloc(1, sizeof(*right));
	json_t *out = json_object();

	read_first_trace(left, asked);
	read_first_trace(right, found);
	trace_rows_set(out, left, right);
	return out;
}

static json_t *ranked_json(const struct similar_reports *s, const struct ranked *r,
			   const json_t *asked)
{
	const struct bug *bug = &s->bugs[r->bug];
	const json_t *report = bug->variants[r->variant];
	json_t *out = json_object();

	json_object_set_new(out, "similarity", json_real(round(r->similarity * 1000) / 1000));
	json_set_str(out, "title", json_get_str(report, "title", ""));
	json_set_str(out, "kind", json_get_str(report, "kind", ""));
	json_set_int(out, "times", bug->times);
	json_set_int(out, "runs", bug->runs);
	json_set_str(out, "first", bug->first);
	json_set_str(out, "last", bug->last);
	json_object_set_new(out, "trace", trace_json(asked, report));
	return out;
}

json_t *similar_reports_rank(struct similar_reports *s, const json_t *report, size_t most)
{
	_cleanup_free_ struct ranked *all = xcalloc(s->count + 1, sizeof(*all));
	const struct similarity_report *asked = similarity_index_read(s->index, report);
	json_t *out = json_object(), *list = json_array();

	for (size_t i = 0; i < s->count; i++)
		all[i] = rank_bug(s, i, asked);
	qsort(all, s->count, sizeof(*all), compare_ranked);
	for (size_t i = 0; i < s->count && i < most && all[i].similarity > 0; i++)
		json_array_append_new(list, ranked_json(s, &all[i], report));
	json_object_set(out, "report", (json_t *)report);
	json_set_int(out, "runs", s->runs);
	json_set_int(out, "titles", (int64_t)s->count);
	json_object_set_new(out, "similar", list);
	return out;
}
