// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/bisect.h"

#include <stdlib.h>

#include "base/json.h"

enum { SILENT_MAX = 3 }; /* runs in a row that told nothing, until a commit is given up */

/* Before the bisect it is rare that the bug is older than the user thinks. */
static const double older_prior = 0.02;
/* Until one was measured. */
static const double default_build_s = 60, default_run_s = 5;

static const char *const answer_names[] = {
	[TARGET_SHOWN] = "shown",
	[TARGET_ABSENT] = "absent",
	[TARGET_CANNOT_TELL] = "cannot-tell",
};

static size_t bad_end(const struct bisect *b)
{
	return b->graph->count - 1;
}

static json_t *tests_of(const struct bisect *b)
{
	return json_get_array(b->record, "tests");
}

static json_t *add_test(struct bisect *b, size_t vertex, const char *answer)
{
	json_t *test = json_object();

	json_set_str(test, "commit", b->commits->items[vertex]);
	json_set_str(test, "answer", answer);
	json_array_append_new(tests_of(b), test);
	return test;
}

/* ---- taking in what is recorded ---- */

/* An earlier commit whose kernel is the same is the same test. */
static void take_kernel(struct bisect *b, size_t vertex, const json_t *test)
{
	const char *image = json_get_str(test, "image", "");
	const json_t *other;
	size_t i, v;

	b->built[vertex] = true;
	b->build_s += json_get_num(test, "seconds", 0);
	b->builds++;
	json_array_foreach (tests_of(b), i, other) {
		if (other == test)
			break;
		if (!*image || !str_eq(json_get_str(other, "image", NULL), image))
			continue;
		for (v = 0; !str_eq(b->commits->items[v], json_get_str(other, "commit", "")); v++)
			;
		posterior_same(&b->posterior, vertex, v);
		return;
	}
}

static void take_run(struct bisect *b, size_t vertex, const json_t *test)
{
	const char *answer = json_get_str(test, "answer", "");

	b->run_s += json_get_num(test, "seconds", 0);
	b->runs++;
	if (str_eq(answer, answer_names[TARGET_CANNOT_TELL])) {
		if (++b->silent[vertex] < SILENT_MAX)
			return;
		b->barred[vertex] = true;
		if (!posterior_tested(&b->posterior, vertex))
			posterior_add(&b->posterior, vertex, 0, 0);
		return;
	}
	b->silent[vertex] = 0;
	posterior_add(&b->posterior, vertex, 1, str_eq(answer, answer_names[TARGET_SHOWN]));
}

static void take(struct bisect *b, size_t vertex, const json_t *test)
{
	const char *answer = json_get_str(test, "answer", "");

	if (str_eq(answer, "built")) {
		take_kernel(b, vertex, test);
	} else if (str_eq(answer, "unbuildable")) {
		b->build_s += json_get_num(test, "seconds", 0);
		b->builds++;
		b->barred[vertex] = true;
		posterior_add(&b->posterior, vertex, 0, 0);
	} else {
		take_run(b, vertex, test);
	}
}

static int take_record(struct bisect *b, const json_t *record, struct err *err)
{
	const json_t *test;
	size_t i;

	json_array_foreach (json_get_array(record, "tests"), i, test) {
		const char *commit = json_get_str(test, "commit", "");
		size_t v = 0;

		while (v < b->commits->count && !str_eq(b->commits->items[v], commit))
			v++;
		if (v == b->commits->count)
			return err_set(err, ERR_INPUT,
				       "its record has the commit %.12s, which is not between good "
				       "and bad",
				       commit);
		json_array_append(tests_of(b), (json_t *)test);
		take(b, v, test);
	}
	if (!b->has_target)
		b->has_target = target_from_json(&b->target, json_get_object(record, "target"));
	return 0;
}

int bisect_init(struct bisect *b, const struct commit_graph *graph, const struct strv *commits,
		double confidence, const struct target *target, const json_t *record,
		struct err *err)
{
	*b = (struct bisect){ .graph = graph,
			      .commits = commits,
			      .confidence = confidence,
			      .first_runs = 30,
			      .record = json_object() };
	json_object_set_new(b->record, "tests", json_array());
	posterior_init(&b->posterior, graph, older_prior);
	b->built = xcalloc(graph->count, sizeof(*b->built));
	b->barred = xcalloc(graph->count, sizeof(*b->barred));
	b->silent = xcalloc(graph->count, sizeof(*b->silent));
	if (target) {
		b->has_target = true;
		b->target.kind = target->kind;
		strv_add_strv(&b->target.names, &target->names);
	}
	if (record && take_record(b, record, err) < 0)
		return -1;
	if (b->has_target)
		json_object_set_new(b->record, "target", target_json(&b->target));
	return 0;
}

void bisect_clear(struct bisect *b)
{
	if (!b)
		return;
	posterior_clear(&b->posterior);
	target_clear(&b->target);
	json_decref(b->record);
	free(b->built);
	free(b->barred);
	free(b->silent);
	bisect_answer_clear(&b->answer);
	*b = (struct bisect){ 0 };
}

/* Equal kernels are looked for again: they rule out more. */
void bisect_suspect(struct bisect *b, const bool *suspects)
{
	posterior_suspect(&b->posterior, suspects);
	for (size_t v = 0; v < b->graph->count; v++)
		if (b->posterior.like[v] != v)
			posterior_same(&b->posterior, v, b->posterior.like[v]);
}

/* ---- what to do next ---- */

static unsigned hits_of(const struct bisect *b, size_t vertex)
{
	const struct tested_commit *t = posterior_tested(&b->posterior, vertex);

	return t ? t->hits : 0;
}

static unsigned runs_of(const struct bisect *b, size_t vertex)
{
	const struct tested_commit *t = posterior_tested(&b->posterior, vertex);

	return t ? t->runs : 0;
}

/* First of all the bad end has to show the bug, and the good one to be looked at. */
static bool look_at_ends(const struct bisect *b, struct bisect_step *step)
{
	size_t bad = bad_end(b);

	*step = (struct bisect_step){ BISECT_TEST, bad, 1 };
	if (!hits_of(b, bad)) {
		if (b->barred[bad])
			step->what = BISECT_NO_END;
		else if (runs_of(b, bad) >= b->first_runs)
			step->what = BISECT_NOT_SHOWN;
		return true;
	}
	step->vertex = 0;
	if (!runs_of(b, 0)) {
		if (b->barred[0])
			step->what = BISECT_NO_END;
		return true;
	}
	return false;
}

void bisect_next(struct bisect *b, struct bisect_step *step)
{
	const struct test_costs costs = {
		.build_s = b->builds ? b->build_s / b->builds : default_build_s,
		.run_s = b->runs ? b->run_s / b->runs : default_run_s,
		.built = b->built,
		.barred = b->barred,
	};
	struct next_test next = { 0 };

	if (look_at_ends(b, step))
		return;
	*step = (struct bisect_step){ BISECT_NONE, 0, 0 };
	if (!posterior_update(&b->posterior))
		return;
	bisect_answer_clear(&b->answer);
	bisect_answer_find(&b->posterior, &b->answer);
	*step = (struct bisect_step){ BISECT_TEST, 0, 1 };
	if (b->answer.probability >= b->confidence) {
		if (!bisect_answer_verify(&b->posterior, &b->answer, &step->vertex) ||
		    b->barred[step->vertex])
			step->what = BISECT_FOUND;
		return;
	}
	if (next_test_choose(&b->posterior, &costs, &next)) {
		step->vertex = next.vertex;
		step->runs = next.runs;
	} else {
		step->what = BISECT_UNSURE;
	}
}

/* ---- what came of it ---- */

void bisect_add_kernel(struct bisect *b, size_t vertex, const char *image, double build_s)
{
	json_t *test = add_test(b, vertex, "built");

	json_set_str(test, "image", image);
	json_object_set_new(test, "seconds", json_real(build_s));
	take(b, vertex, test);
}

void bisect_add_unbuildable(struct bisect *b, size_t vertex, const char *why, double build_s)
{
	json_t *test = add_test(b, vertex, "unbuildable");

	json_set_str(test, "why", why);
	json_object_set_new(test, "seconds", json_real(build_s));
	take(b, vertex, test);
}

void bisect_add_run(struct bisect *b, size_t vertex, const char *run, const json_t *verdict,
		    const json_t *reports, double run_s)
{
	enum target_answer answer = TARGET_ABSENT;
	_cleanup_free_ char *why = NULL;
	json_t *test;

	if (!b->has_target && vertex == bad_end(b)) {
		b->has_target = target_find(&b->target, verdict, reports);
		if (b->has_target)
			json_object_set_new(b->record, "target", target_json(&b->target));
	}
	if (b->has_target)
		answer = target_look(&b->target, verdict, reports, &why);
	else if (!str_eq(json_get_str(verdict, "verdict", ""), "pass"))
		answer = TARGET_CANNOT_TELL;
	test = add_test(b, vertex, answer_names[answer]);
	json_set_str(test, "run", run);
	json_set_str(test, "verdict", json_get_str(verdict, "verdict", "incomplete"));
	json_set_str(test, "why", why);
	json_object_set_new(test, "seconds", json_real(run_s));
	take(b, vertex, test);
}

const char *bisect_run_of(const struct bisect *b, size_t vertex, enum target_answer answer)
{
	const json_t *tests = tests_of(b);

	for (size_t i = json_array_size(tests); i-- > 0;) {
		const json_t *test = json_array_get(tests, i);
		const char *run = json_get_str(test, "run", NULL);

		if (run && str_eq(json_get_str(test, "commit", ""), b->commits->items[vertex]) &&
		    str_eq(json_get_str(test, "answer", ""), answer_names[answer]))
			return run;
	}
	return NULL;
}

struct suspect {
	size_t vertex;
	double probability;
};

static int by_probability(const void *x, const void *y)
{
	const struct suspect *a = x, *b = y;

	if (a->probability != b->probability)
		return a->probability > b->probability ? -1 : 1;
	return a->vertex < b->vertex ? -1 : a->vertex > b->vertex;
}

static bool is_answer(const struct bisect *b, size_t vertex)
{
	for (size_t i = 0; i < b->answer.count; i++)
		if (b->answer.commits[i] == vertex)
			return true;
	return false;
}

json_t *bisect_runners_up(const struct bisect *b, size_t most)
{
	_cleanup_free_ struct suspect *all = xcalloc(b->graph->count, sizeof(*all));
	json_t *list = json_array();
	size_t count = 0;

	for (size_t v = 0; v < b->graph->count; v++)
		if (!is_answer(b, v))
			all[count++] =
				(struct suspect){ v, posterior_probability(&b->posterior, v) };
	qsort(all, count, sizeof(*all), by_probability);
	for (size_t i = 0; i < count && i < most && all[i].probability >= 0.0005; i++)
		json_array_append_new(list,
				      json_pack("{s:I, s:f}", "vertex", (json_int_t)all[i].vertex,
						"probability", all[i].probability));
	return list;
}
