// SPDX-License-Identifier: GPL-2.0-or-later
#include "bisect/bisect.h"

#include <stdlib.h>

#include "base/json.h"

/* Runs in a row that told nothing, for each that told something and one, until a commit is given
 * up: */
enum {
	SILENT_MAX = 3,	 /* what always crashes of something else does so again */
	PATIENT_MAX = 8, /* an end, and any when such runs were seen to come and go */
};

/* Before the bisect it is rare that the bug is older than the user thinks. */
static const double older_prior = 0.02;
/* How probable it may be that the fresh runs of a commit with the bug do not show it. */
static const double fresh_silent = 0.05;
/* Until one was measured. */
static const double default_build_s = 60, default_run_s = 5;

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

/* Of a test; how many there are: it is none of these. */
static size_t vertex_of(const struct bisect *b, const json_t *test)
{
	size_t v = 0;

	while (v < b->commits->count &&
	       !str_eq(b->commits->items[v], json_get_str(test, "commit", "")))
		v++;
	return v;
}

/* ---- taking in what is recorded ---- */

/* An earlier commit whose kernel is the same is the same test. */
static void take_kernel(struct bisect *b, size_t vertex, const json_t *test)
{
	const char *image = json_get_str(test, "image", "");
	const json_t *other;
	size_t i;

	b->built[vertex] = true;
	b->build_s += json_get_num(test, "seconds", 0);
	b->builds++;
	json_array_foreach (tests_of(b), i, other) {
		if (other == test)
			break;
		if (!*image || !str_eq(json_get_str(other, "image", NULL), image))
			continue;
		posterior_same(&b->posterior, vertex, vertex_of(b, other));
		return;
	}
}

static unsigned silent_max(const struct bisect *b)
{
	return b->comes_and_goes ? PATIENT_MAX : SILENT_MAX;
}

static bool is_given_up(const struct bisect *b, size_t vertex)
{
	const struct tested_commit *seen = posterior_tested(&b->posterior, vertex);
	bool is_end = vertex == 0 || vertex == bad_end(b);
	unsigned most = is_end ? PATIENT_MAX : silent_max(b);

	return b->silent[vertex] >= most * (seen ? seen->runs + 1 : 1);
}

static void take_run(struct bisect *b, size_t vertex, const json_t *test)
{
	const char *answer = json_get_str(test, "answer", "");
	const struct tested_commit *told = posterior_tested(&b->posterior, vertex);

	b->run_s += json_get_num(test, "seconds", 0);
	b->runs++;
	b->boots[b->posterior.like[vertex]]++;
	if (str_eq(answer, target_answer_names[TARGET_CANNOT_TELL])) {
		b->silent[vertex]++;
		b->comes_and_goes |= told && told->runs;
		if (!is_given_up(b, vertex))
			return;
		b->barred[vertex] = true;
		if (!told)
			posterior_add(&b->posterior, vertex, 0, 0);
		return;
	}
	b->comes_and_goes |= b->silent[vertex] > 0;
	b->silent[vertex] = 0;
	if (json_get_bool(test, "fresh", false)) {
		b->fresh_runs[b->posterior.like[vertex]]++;
		b->fresh_hits[b->posterior.like[vertex]] +=
			str_eq(answer, target_answer_names[TARGET_SHOWN]);
	}
	posterior_add(&b->posterior, vertex, 1, str_eq(answer, target_answer_names[TARGET_SHOWN]));
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
		size_t v = vertex_of(b, test);

		if (v == b->commits->count)
			return err_set(err, ERR_INPUT,
				       "its record has the commit %.12s, which is not between good "
				       "and bad",
				       json_get_str(test, "commit", ""));
		json_array_append(tests_of(b), (json_t *)test);
		take(b, v, test);
	}
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
	b->boots = xcalloc(graph->count, sizeof(*b->boots));
	b->fresh_hits = xcalloc(graph->count, sizeof(*b->fresh_hits));
	b->fresh_runs = xcalloc(graph->count, sizeof(*b->fresh_runs));
	target_begin(&b->target, target, record, b->record);
	if (record && take_record(b, record, err) < 0)
		return -1;
	if (json_get_object(record, "reverted"))
		json_object_set(b->record, "reverted", json_object_get(record, "reverted"));
	return 0;
}

void bisect_clear(struct bisect *b)
{
	if (!b)
		return;
	posterior_clear(&b->posterior);
	target_clear(&b->target);
	json_decref(b->record);
	free(b->suspects);
	free(b->built);
	free(b->barred);
	free(b->silent);
	free(b->boots);
	free(b->fresh_hits);
	free(b->fresh_runs);
	bisect_answer_clear(&b->answer);
	*b = (struct bisect){ 0 };
}

/* Equal kernels are looked for again: they rule out more. */
void bisect_suspect(struct bisect *b, const bool *suspects)
{
	free(b->suspects);
	b->suspects = xcalloc(b->graph->count, sizeof(*b->suspects));
	memcpy(b->suspects, suspects, b->graph->count * sizeof(*b->suspects));
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

static bool is_answer(const struct bisect *b, size_t vertex)
{
	for (size_t i = 0; i < b->answer.count; i++)
		if (b->answer.commits[i] == vertex)
			return true;
	return false;
}

unsigned bisect_fresh_wanted(const struct bisect *b)
{
	const struct posterior *p = &b->posterior;
	struct runs_outlook outlook;
	size_t k = 0;

	suspect_group_look_out(&p->groups[p->group_of[b->answer.commits[0]]], true, &outlook);
	while (k + 1 < POSTERIOR_RUNS && outlook.silent[k] > fresh_silent)
		k++;
	return 1U << k;
}

/* Has this commit, which has the bug or has not, as many fresh runs as it takes? */
static bool is_fresh(const struct bisect *b, size_t vertex, bool has_bug, struct bisect_step *step)
{
	size_t like = b->posterior.like[vertex];
	unsigned wanted = bisect_fresh_wanted(b), runs = b->fresh_runs[like];

	if (b->barred[vertex] || tested_cannot_be(posterior_tested(&b->posterior, vertex)) ||
	    runs >= wanted || (has_bug && b->fresh_hits[like]))
		return true;
	*step = (struct bisect_step){ BISECT_TEST, vertex, wanted - runs };
	return false;
}

static bool is_verified(const struct bisect *b, struct bisect_step *step)
{
	const struct commit_graph *g = b->graph;

	for (size_t i = 0; i < b->answer.count; i++) {
		size_t v = b->answer.commits[i];

		if (!is_fresh(b, v, true, step))
			return false;
		for (size_t e = g->first[v]; v && e < g->first[v + 1]; e++)
			if (!is_answer(b, g->parents[e]) &&
			    !is_fresh(b, g->parents[e], false, step))
				return false;
	}
	return true;
}

/* It is as probable as was asked for. */
static void settle(struct bisect *b, struct bisect_step *step)
{
	bool older = b->answer.count == 1 && b->answer.commits[0] == 0;

	*step = (struct bisect_step){ BISECT_TEST, 0, 1 };
	if (bisect_answer_verify(&b->posterior, &b->answer, &step->vertex) &&
	    !b->barred[step->vertex])
		return;
	b->verifying = true;
	if (is_verified(b, step))
		step->what = older ? BISECT_OLDER : BISECT_FOUND;
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

	b->verifying = false;
	if (look_at_ends(b, step))
		return;
	*step = (struct bisect_step){ BISECT_NONE, 0, 0 };
	if (!posterior_update(&b->posterior))
		return;
	bisect_answer_clear(&b->answer);
	bisect_answer_find(&b->posterior, &b->answer);
	if (b->answer.probability >= b->confidence) {
		settle(b, step);
		return;
	}
	*step = (struct bisect_step){ BISECT_UNSURE, 0, 0 };
	if (b->posterior.tested_count == POSTERIOR_TESTED_MAX)
		step->what = BISECT_LIMIT;
	else if (next_test_choose(&b->posterior, &costs, &next))
		*step = (struct bisect_step){ BISECT_TEST, next.vertex, next.runs };
}

/* A run that nobody did. */
static void imagine_run(struct bisect *b, size_t vertex, bool shown, bool fresh)
{
	json_t *test =
		add_test(b, vertex, target_answer_names[shown ? TARGET_SHOWN : TARGET_ABSENT]);

	json_set_bool(test, "fresh", fresh);
	json_object_set_new(test, "seconds",
			    json_real(b->runs ? b->run_s / b->runs : default_run_s));
	take(b, vertex, test);
}

void bisect_foresee(const struct bisect *b, const struct bisect_step *step, bool shown,
		    struct bisect_step *next)
{
	struct bisect then;

	/* Its own record again: that is no error. */
	bisect_init(&then, b->graph, b->commits, b->confidence,
		    target_is_known(&b->target) ? &b->target : NULL, b->record, NULL);
	then.first_runs = b->first_runs;
	if (b->suspects)
		bisect_suspect(&then, b->suspects);
	for (unsigned i = 0; i < (shown ? 1 : step->runs); i++)
		imagine_run(&then, step->vertex, shown, b->verifying);
	bisect_next(&then, next);
	bisect_clear(&then);
}

/* ---- what came of it ---- */

void bisect_add_kernel(struct bisect *b, size_t vertex, const char *image, const json_t *left_out,
		       double build_s)
{
	json_t *test = add_test(b, vertex, "built");

	if (left_out)
		json_object_set(test, "left_out", (json_t *)left_out);

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
	_cleanup_free_ char *why = NULL;
	enum target_answer answer =
		target_judge(&b->target, vertex == bad_end(b), verdict, reports, b->record, &why);
	json_t *test;

	test = add_test(b, vertex, target_answer_names[answer]);
	json_set_str(test, "run", run);
	json_set_str(test, "verdict", json_get_str(verdict, "verdict", "incomplete"));
	json_set_str(test, "why", why);
	if (b->verifying)
		json_set_bool(test, "fresh", true);
	json_object_set_new(test, "seconds", json_real(run_s));
	take(b, vertex, test);
}

/* ---- the bad end without the culprit ---- */

/* Of this culprit, and of no other that was thought to be it before; NULL: nothing was tried. */
static json_t *reverted_of(const struct bisect *b, const char *culprit)
{
	json_t *reverted = json_get_object(b->record, "reverted");

	return str_eq(json_get_str(reverted, "culprit", NULL), culprit) ? reverted : NULL;
}

static const json_t *reverted_now(const struct bisect *b)
{
	return reverted_of(b, b->commits->items[b->answer.commits[0]]);
}

static json_t *begin_reverted(struct bisect *b, const char *culprit)
{
	json_t *reverted = reverted_of(b, culprit);

	if (!reverted) {
		reverted = json_object();
		json_set_str(reverted, "culprit", culprit);
		json_object_set_new(reverted, "runs", json_array());
		json_object_set_new(b->record, "reverted", reverted);
	}
	return reverted;
}

void bisect_add_reverted(struct bisect *b, const char *culprit, const char *run,
			 const json_t *verdict, const json_t *reports)
{
	_cleanup_free_ char *why = NULL;
	json_t *test = json_object();

	json_set_str(test, "run", run);
	json_set_str(test, "answer",
		     target_answer_names[target_look(&b->target, verdict, reports, &why)]);
	json_set_str(test, "why", why);
	json_array_append_new(json_get_array(begin_reverted(b, culprit), "runs"), test);
}

void bisect_add_unrevertable(struct bisect *b, const char *why)
{
	json_set_str(begin_reverted(b, b->commits->items[b->answer.commits[0]]), "why", why);
}

static unsigned count_reverted(const struct bisect *b, const char *answer)
{
	const json_t *runs = json_get_array(reverted_now(b), "runs"), *test;
	unsigned count = 0;
	size_t i;

	json_array_foreach (runs, i, test)
		count += !answer || str_eq(json_get_str(test, "answer", ""), answer);
	return count;
}

unsigned bisect_reverted_runs(const struct bisect *b)
{
	return count_reverted(b, NULL);
}

unsigned bisect_reverted_hits(const struct bisect *b)
{
	return count_reverted(b, target_answer_names[TARGET_SHOWN]);
}

bool bisect_wants_reverted(const struct bisect *b)
{
	unsigned silent = count_reverted(b, target_answer_names[TARGET_CANNOT_TELL]);
	unsigned told = bisect_reverted_runs(b) - silent;

	return !bisect_reverted_hits(b) && told < bisect_fresh_wanted(b) &&
	       silent < silent_max(b) * (told + 1);
}

const char *bisect_run_of(const struct bisect *b, size_t vertex, enum target_answer answer)
{
	const json_t *tests = tests_of(b);

	for (size_t i = json_array_size(tests); i-- > 0;) {
		const json_t *test = json_array_get(tests, i);
		const char *run = json_get_str(test, "run", NULL);

		if (run && str_eq(json_get_str(test, "commit", ""), b->commits->items[vertex]) &&
		    str_eq(json_get_str(test, "answer", ""), target_answer_names[answer]))
			return run;
	}
	return NULL;
}

bool bisect_has_run(const struct bisect *b, const char *run)
{
	const json_t *test;
	size_t i;

	json_array_foreach (tests_of(b), i, test)
		if (str_eq(json_get_str(test, "run", NULL), run))
			return true;
	json_array_foreach (json_get_array(json_get_object(b->record, "reverted"), "runs"), i, test)
		if (str_eq(json_get_str(test, "run", NULL), run))
			return true;
	return false;
}

const json_t *bisect_left_out(const struct bisect *b, size_t vertex)
{
	const json_t *test;
	size_t i;

	json_array_foreach (tests_of(b), i, test)
		if (str_eq(json_get_str(test, "commit", ""), b->commits->items[vertex]) &&
		    json_get_array(test, "left_out"))
			return json_get_array(test, "left_out");
	return NULL;
}

unsigned bisect_boots(const struct bisect *b, size_t vertex)
{
	return b->boots[b->posterior.like[vertex]];
}

static json_t *fresh_json(const struct bisect *b, size_t vertex)
{
	size_t like = b->posterior.like[vertex];

	return json_pack("{s:I, s:I, s:I}", "vertex", (json_int_t)vertex, "runs",
			 (json_int_t)b->fresh_runs[like], "hits", (json_int_t)b->fresh_hits[like]);
}

json_t *bisect_verified(const struct bisect *b)
{
	const json_t *reverted = reverted_now(b);
	size_t culprit = b->answer.commits[0];
	json_t *verified = json_object(), *parents = json_array(), *last;

	json_object_set_new(verified, "culprit", fresh_json(b, culprit));
	json_object_set_new(verified, "parents", parents);
	for (size_t i = b->graph->first[culprit]; culprit && i < b->graph->first[culprit + 1]; i++)
		json_array_append_new(parents, fresh_json(b, b->graph->parents[i]));
	if (!reverted)
		return verified;
	last = json_object();
	json_object_set_new(verified, "reverted", last);
	json_set_int(last, "runs", bisect_reverted_runs(b));
	json_set_int(last, "hits", bisect_reverted_hits(b));
	json_set_int(last, "cannot_tell",
		     count_reverted(b, target_answer_names[TARGET_CANNOT_TELL]));
	json_set_str(last, "why", json_get_str(reverted, "why", NULL));
	return verified;
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
