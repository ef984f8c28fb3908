// SPDX-License-Identifier: GPL-2.0-or-later
/* That its record is all that a bisect knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "bisect/bisect.h"
#include "tests/seen.h"

enum { COMMITS = 33, CULPRIT = 21 };

struct world {
	struct commit_graph graph;
	struct strv commits;
	struct bisect bisect;
};

static void world_init(struct world *w, const json_t *record)
{
	struct err err = ERR_INIT;

	*w = (struct world){ .bisect = { 0 } };
	commit_graph_init(&w->graph, COMMITS);
	for (size_t v = 0; v < COMMITS; v++) {
		if (v)
			commit_graph_add(&w->graph, &(size_t){ v - 1 }, 1);
		strv_addf(&w->commits, "%040zu", v);
	}
	assert_int_equal(bisect_init(&w->bisect, &w->graph, &w->commits, 0.95, NULL, record, &err),
			 0);
}

static void world_clear(struct world *w)
{
	bisect_clear(&w->bisect);
	commit_graph_clear(&w->graph);
	strv_clear(&w->commits);
}

/* What a run of a commit shows. */
typedef struct seen kernel_of(size_t vertex);

static void run_step(struct world *w, const struct bisect_step *step, kernel_of *kernel)
{
	_cleanup_free_ char *image = xasprintf("image %zu", step->vertex);
	struct seen run = kernel(step->vertex);

	if (!run.verdict) {
		bisect_add_unbuildable(&w->bisect, step->vertex, "f.c:1: error", 1);
		return;
	}
	if (!w->bisect.built[step->vertex])
		bisect_add_kernel(&w->bisect, step->vertex, image, NULL, 20);
	bisect_add_run(&w->bisect, step->vertex, "run", run.verdict, run.reports, 2);
	seen_clear(&run);
}

/* To its end; what it did last. */
static enum bisect_do run_all(struct world *w, kernel_of *kernel)
{
	struct bisect_step step;

	for (int i = 0; i < 1000; i++) {
		bisect_next(&w->bisect, &step);
		if (step.what != BISECT_TEST)
			return step.what;
		run_step(w, &step, kernel);
	}
	return BISECT_TEST;
}

static struct seen always(size_t vertex)
{
	return vertex >= CULPRIT ? warning() : pass();
}

static void test_bisect_finds_it(void **state)
{
	struct world w;

	world_init(&w, NULL);
	assert_int_equal(run_all(&w, always), BISECT_FOUND);
	assert_int_equal(w.bisect.answer.count, 1);
	assert_int_equal(w.bisect.answer.commits[0], CULPRIT);
	assert_string_equal(target_name(&w.bisect.target), "WARNING in f");
	assert_non_null(bisect_run_of(&w.bisect, CULPRIT, TARGET_SHOWN));
	assert_non_null(bisect_run_of(&w.bisect, CULPRIT - 1, TARGET_ABSENT));
	assert_null(bisect_run_of(&w.bisect, CULPRIT, TARGET_ABSENT));
	world_clear(&w);
}

/* A run at a time: what is foreseen is what comes, and nothing of it is in the record. */
static void test_bisect_foresees_its_next_step(void **state)
{
	unsigned compared = 0;
	struct bisect_step step;
	struct world w;

	world_init(&w, NULL);
	bisect_next(&w.bisect, &step);
	while (step.what == BISECT_TEST) {
		_cleanup_json_ json_t *before = NULL;
		struct bisect_step foreseen, other;
		bool shown;

		run_step(&w, &step, always);
		/* Of the step after it, if that is of a commit that is built. */
		bisect_next(&w.bisect, &step);
		if (step.what != BISECT_TEST || !w.bisect.built[step.vertex])
			continue;
		step.runs = 1;
		shown = step.vertex >= CULPRIT;
		before = json_deep_copy(w.bisect.record);
		bisect_foresee(&w.bisect, &step, !shown, &other);
		bisect_foresee(&w.bisect, &step, shown, &foreseen);
		assert_true(json_equal(before, w.bisect.record));
		run_step(&w, &step, always);
		bisect_next(&w.bisect, &step);
		assert_int_equal(step.what, foreseen.what);
		assert_int_equal(step.vertex, foreseen.vertex);
		assert_int_equal(step.runs, foreseen.runs);
		compared += other.what != foreseen.what || other.vertex != foreseen.vertex;
	}
	assert_true(compared > 0);
	world_clear(&w);
}

/* Runs that were made after the answer was found, and as many as it takes. */
static void test_bisect_is_verified_on_fresh_runs(void **state)
{
	_cleanup_json_ json_t *verified = NULL;
	const json_t *parent;
	struct world w;

	world_init(&w, NULL);
	run_all(&w, always);
	verified = bisect_verified(&w.bisect);
	parent = json_array_get(json_get_array(verified, "parents"), 0);
	assert_int_equal(json_get_int(json_get_object(verified, "culprit"), "hits", 0), 1);
	assert_int_equal(json_get_int(parent, "vertex", 0), CULPRIT - 1);
	assert_int_equal(json_get_int(parent, "runs", 0), bisect_fresh_wanted(&w.bisect));
	assert_int_equal(json_get_int(parent, "hits", 9), 0);
	assert_null(json_object_get(verified, "reverted"));
	assert_true(bisect_boots(&w.bisect, CULPRIT) >= 1);
	world_clear(&w);
}

/* The parent shows the bug too, when it is looked at again: it was a flaky one, and is not the
 * culprit's. */
static struct seen later_at_the_parent(size_t vertex)
{
	static int looks;

	if (vertex == CULPRIT - 1)
		return looks++ > 0 ? warning() : pass();
	return always(vertex);
}

static void test_bisect_goes_on_when_it_is_not_verified(void **state)
{
	struct world w;

	world_init(&w, NULL);
	assert_int_equal(run_all(&w, later_at_the_parent), BISECT_FOUND);
	assert_int_equal(w.bisect.answer.commits[0], CULPRIT - 1);
	world_clear(&w);
}

/* A run of the bad end without the culprit. */
static void add_reverted(struct world *w, const char *name, const struct seen *run)
{
	bisect_add_reverted(&w->bisect, w->commits.items[CULPRIT], name, run->verdict,
			    run->reports);
}

static void test_bisect_without_the_culprit(void **state)
{
	_cleanup_json_ json_t *verified = NULL;
	struct seen run = pass(), bad = warning();
	const json_t *reverted;
	struct world w;

	world_init(&w, NULL);
	run_all(&w, always);
	add_reverted(&w, "run-1", &run);
	add_reverted(&w, "run-2", &bad);
	assert_int_equal(bisect_reverted_runs(&w.bisect), 2);
	assert_int_equal(bisect_reverted_hits(&w.bisect), 1);
	assert_true(bisect_has_run(&w.bisect, "run-2"));
	assert_false(bisect_has_run(&w.bisect, "run-3"));
	verified = bisect_verified(&w.bisect);
	reverted = json_get_object(verified, "reverted");
	assert_int_equal(json_get_int(reverted, "hits", 0), 1); /* of this culprit: */
	bisect_add_reverted(&w.bisect, w.commits.items[1], "run-3", bad.verdict, bad.reports);
	assert_int_equal(bisect_reverted_runs(&w.bisect), 0);
	assert_true(bisect_wants_reverted(&w.bisect));
	seen_clear(&run);
	seen_clear(&bad);
	world_clear(&w);
}

/* Another crash is no run without the bug: more are made, but not for ever. */
static void test_bisect_without_the_culprit_beside_another_crash(void **state)
{
	struct seen crash = other_crash(), run = pass();
	unsigned boots = 0;
	struct world w;

	world_init(&w, NULL);
	run_all(&w, always);
	add_reverted(&w, "crash-1", &crash);
	add_reverted(&w, "crash-2", &crash);
	while (bisect_wants_reverted(&w.bisect) && boots++ < 10)
		add_reverted(&w, "run", &run);
	assert_int_equal(boots, bisect_fresh_wanted(&w.bisect));
	world_clear(&w);

	world_init(&w, NULL);
	run_all(&w, always);
	for (boots = 0; bisect_wants_reverted(&w.bisect) && boots < 10; boots++)
		add_reverted(&w, "crash", &crash);
	assert_int_equal(boots, 3);
	seen_clear(&crash);
	seen_clear(&run);
	world_clear(&w);
}

/* Killed after every step: what reads the record goes on, and ends where it would have ended. */
static void test_bisect_goes_on_from_its_record(void **state)
{
	_cleanup_json_ json_t *record = NULL;
	struct bisect_step step = { BISECT_TEST, 0, 0 };
	struct world whole, part;
	size_t steps = 0;

	world_init(&whole, NULL);
	run_all(&whole, always);
	while (step.what == BISECT_TEST && steps++ < 1000) {
		world_init(&part, record);
		bisect_next(&part.bisect, &step);
		if (step.what == BISECT_TEST)
			run_step(&part, &step, always);
		json_decref(record);
		record = json_deep_copy(part.bisect.record);
		world_clear(&part);
	}
	assert_int_equal(step.what, BISECT_FOUND);
	assert_true(json_equal(record, whole.bisect.record));
	world_clear(&whole);
}

static void test_bisect_of_a_record_of_others(void **state)
{
	_cleanup_json_ json_t *record =
		seen_parse("{\"tests\": [{\"commit\": \"ffff\", \"answer\": \"shown\"}]}");
	struct world w;
	struct err err = ERR_INIT;
	struct bisect b;

	world_init(&w, NULL);
	assert_int_equal(bisect_init(&b, &w.graph, &w.commits, 0.95, NULL, record, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "ffff"));
	bisect_clear(&b);
	world_clear(&w);
}

static struct seen with_a_broken_range(size_t vertex)
{
	if (vertex >= CULPRIT - 2 && vertex <= CULPRIT + 1)
		return (struct seen){ 0 };
	return always(vertex);
}

static void test_bisect_past_what_does_not_build(void **state)
{
	struct world w;

	world_init(&w, NULL);
	assert_int_equal(run_all(&w, with_a_broken_range), BISECT_FOUND);
	/* One of the four, or the next, which is as far as anybody can tell. */
	assert_int_equal(w.bisect.answer.count, 5);
	assert_int_equal(w.bisect.answer.commits[0], CULPRIT - 2);
	assert_int_equal(w.bisect.answer.commits[4], CULPRIT + 2);
	world_clear(&w);
}

static struct seen with_another_crash(size_t vertex)
{
	return vertex >= 10 && vertex < 14 ? other_crash() : always(vertex);
}

/* A crash that is another bug is no bad commit. */
static void test_bisect_past_another_crash(void **state)
{
	struct world w;

	world_init(&w, NULL);
	assert_int_equal(run_all(&w, with_another_crash), BISECT_FOUND);
	assert_int_equal(w.bisect.answer.count, 1);
	assert_int_equal(w.bisect.answer.commits[0], CULPRIT);
	world_clear(&w);
}

static struct seen never(size_t vertex)
{
	return pass();
}

static void test_bisect_of_a_bad_end_that_is_good(void **state)
{
	struct world w;

	world_init(&w, NULL);
	w.bisect.first_runs = 5;
	assert_int_equal(run_all(&w, never), BISECT_NOT_SHOWN);
	assert_int_equal(w.bisect.runs, 5);
	world_clear(&w);
}

static struct seen everywhere(size_t vertex)
{
	return warning();
}

static void test_bisect_of_a_good_end_that_is_bad(void **state)
{
	struct world w;

	world_init(&w, NULL);
	assert_int_equal(run_all(&w, everywhere), BISECT_OLDER);
	assert_int_equal(w.bisect.answer.count, 1);
	assert_int_equal(w.bisect.answer.commits[0], 0);
	world_clear(&w);
}

static struct seen untestable_end(size_t vertex)
{
	return vertex ? always(vertex) : broken();
}

static struct seen broken_everywhere(size_t vertex)
{
	return broken();
}

static void test_bisect_of_an_end_that_cannot_be_tested(void **state)
{
	struct world w;

	world_init(&w, NULL);
	assert_int_equal(run_all(&w, untestable_end), BISECT_NO_END);
	world_clear(&w);

	/* Nobody knows yet which bug it is; what the runs say instead is told all the same. */
	world_init(&w, NULL);
	assert_int_equal(run_all(&w, broken_everywhere), BISECT_NO_END);
	assert_string_equal(
		json_get_str(json_array_get(json_get_array(w.bisect.record, "tests"), 1), "why",
			     ""),
		"broken: step swapon failed");
	world_clear(&w);
}

/* Every other boot is another crash's: commits are not given up for three of those in a row. */
static struct seen beside_a_flaky_crash(size_t vertex)
{
	static unsigned boots;

	return boots++ % 5 ? other_crash() : always(vertex);
}

static void test_bisect_beside_a_crash_that_comes_and_goes(void **state)
{
	struct world w;

	world_init(&w, NULL);
	target_ask(&w.bisect.target, "WARNING in f");
	assert_int_equal(run_all(&w, beside_a_flaky_crash), BISECT_FOUND);
	assert_int_equal(w.bisect.answer.count, 1);
	assert_int_equal(w.bisect.answer.commits[0], CULPRIT);
	world_clear(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bisect_finds_it),
		cmocka_unit_test(test_bisect_beside_a_crash_that_comes_and_goes),
		cmocka_unit_test(test_bisect_foresees_its_next_step),
		cmocka_unit_test(test_bisect_is_verified_on_fresh_runs),
		cmocka_unit_test(test_bisect_goes_on_when_it_is_not_verified),
		cmocka_unit_test(test_bisect_without_the_culprit),
		cmocka_unit_test(test_bisect_without_the_culprit_beside_another_crash),
		cmocka_unit_test(test_bisect_goes_on_from_its_record),
		cmocka_unit_test(test_bisect_of_a_record_of_others),
		cmocka_unit_test(test_bisect_past_what_does_not_build),
		cmocka_unit_test(test_bisect_past_another_crash),
		cmocka_unit_test(test_bisect_of_a_bad_end_that_is_good),
		cmocka_unit_test(test_bisect_of_a_good_end_that_is_bad),
		cmocka_unit_test(test_bisect_of_an_end_that_cannot_be_tested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
