// SPDX-License-Identifier: GPL-2.0-or-later
/* The options behind a bug: simulated worlds with planted sets, flaky bugs and sets that cannot be
 * had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "bisect/config-bisect.h"

enum { MOST = 24, NOBODY = -1 };

struct world {
	struct strv options;
	bool planted[MOST];
	int needs[MOST];
	int lost, unbuildable, dark; /* options; a set with it is lost... NOBODY: none */
	int follows;		     /* is there when option 0 is, and has no use; NOBODY */
	double shows, falsely;	     /* rates with the bug, and without */
	size_t runs;
};

static uint64_t chance_state = 1;

static double chance(void)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (double)(chance_state >> 11) / (double)(UINT64_C(1) << 53);
}

static size_t chance_below(size_t n)
{
	return (size_t)(chance() * (double)n);
}

static void make_world(struct world *w, size_t count, double shows)
{
	*w = (struct world){ .lost = NOBODY,
			     .unbuildable = NOBODY,
			     .dark = NOBODY,
			     .follows = NOBODY,
			     .shows = shows };
	for (size_t i = 0; i < count; i++) {
		strv_addf(&w->options, "O%zu", i);
		w->needs[i] = NOBODY;
	}
}

static void grow(const struct world *w, const bool *set, bool *grown)
{
	bool again = true;

	memcpy(grown, set, w->options.count);
	while (again) {
		again = false;
		for (size_t i = 0; i < w->options.count; i++)
			if (grown[i] && w->needs[i] != NOBODY && !grown[w->needs[i]])
				again = grown[w->needs[i]] = true;
	}
	if (w->follows != NOBODY && grown[0])
		grown[w->follows] = true;
}

static bool has_bug(const struct world *w, const bool *grown)
{
	for (size_t i = 0; i < w->options.count; i++)
		if (w->planted[i] && !grown[i])
			return false;
	return true;
}

/* The whole has none of its troubles. */
static bool has(const struct world *w, const bool *set, int option)
{
	return option != NOBODY && set[option] &&
	       delta_size(set, w->options.count) < w->options.count;
}

static void resolve(struct world *w, struct config_bisect *b, const bool *set)
{
	bool got[MOST];
	char config[MOST + 1] = "";

	if (has(w, set, w->lost)) {
		config_bisect_add_lost(b, set, "unmet dependency");
		return;
	}
	grow(w, set, got);
	for (size_t i = 0; i < w->options.count; i++)
		config[i] = got[i] ? '1' : '0';
	config_bisect_add_config(b, set, got, config);
}

static json_t *parse(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	assert_non_null(value);
	return value;
}

static void run(struct world *w, struct config_bisect *b, size_t try)
{
	const bool *set = b->tries[try].set;
	bool seen = chance() < (has_bug(w, set) ? w->shows : w->falsely);
	bool dark = has(w, set, w->dark);
	_cleanup_json_ json_t *reports =
		parse(seen && !dark ? "[{\"title\": \"WARNING in f\", \"start_line\": 4}]" : "[]");
	_cleanup_json_ json_t *verdict =
		parse(dark   ? "{\"verdict\": \"broken\", \"reasons\": [{\"what\": \"no swap\"}]}"
		      : seen ? "{\"verdict\": \"fail\", \"reasons\": [{\"what\": \"WARNING in f\", "
			       "\"where\": \"console.log:4\"}]}"
			     : "{\"verdict\": \"pass\", \"reasons\": []}");

	if (!b->tries[try].built) {
		if (has(w, set, w->unbuildable)) {
			config_bisect_add_unbuildable(b, try, "an error", 60);
			return;
		}
		config_bisect_add_kernel(b, try, b->tries[try].config, 60);
		/* Its kernel may be known: then it need not be run. */
		return;
	}
	w->runs++;
	config_bisect_add_run(b, try, "run", verdict, reports, 3);
}

/* Until there is nothing more to do. */
static enum config_do search(struct world *w, struct config_bisect *b)
{
	struct config_step step;

	for (size_t i = 0; i < 100000; i++) {
		config_bisect_next(b, &step);
		if (step.what == CONFIG_RESOLVE)
			resolve(w, b, step.set);
		else if (step.what == CONFIG_RUN)
			run(w, b, step.try);
		else
			return step.what;
	}
	fail_msg("it does not end");
	return CONFIG_UNSURE;
}

static void begin(const struct world *w, struct config_bisect *b, bool minimize)
{
	assert_int_equal(config_bisect_init(b, &w->options, minimize, 0.95, NULL, NULL, NULL), 0);
}

static bool is_planted(const struct world *w, const struct config_bisect *b)
{
	bool expected[MOST];

	grow(w, w->planted, expected);
	return memcmp(b->answer, expected, w->options.count) == 0;
}

static void end(struct world *w, struct config_bisect *b)
{
	config_bisect_clear(b);
	strv_clear(&w->options);
}

static void test_one_option(void **state)
{
	struct config_bisect b;
	struct world w;

	make_world(&w, MOST, 1);
	w.planted[7] = true;
	begin(&w, &b, false);
	assert_int_equal(search(&w, &b), CONFIG_FOUND);
	assert_true(is_planted(&w, &b));
	assert_true(b.probability >= 0.95);
	assert_string_equal(target_name(&b.target), "WARNING in f");
	/* Two ends, and two for each halving at most; few runs of each. */
	assert_in_range(b.builds, 6, 12);
	assert_in_range(w.runs, 12, 36);
	end(&w, &b);
}

/* An option that needs another one brings it, and what follows it cannot be left out. */
static void test_what_an_option_brings_with_it(void **state)
{
	struct config_bisect b;
	struct world w;

	make_world(&w, 8, 1);
	w.planted[5] = true;
	w.needs[5] = 0;
	w.follows = 3;
	begin(&w, &b, false);
	assert_int_equal(search(&w, &b), CONFIG_FOUND);
	assert_int_equal(delta_size(b.answer, 8), 3);
	assert_true(b.answer[0] && b.answer[3] && b.answer[5]);
	end(&w, &b);
}

static void test_sets_that_cannot_be_tested(void **state)
{
	static const int culprit = 9;

	for (int kind = 0; kind < 3; kind++) {
		struct config_bisect b;
		struct world w;

		make_world(&w, MOST, 1);
		w.planted[culprit] = true;
		*(kind == 0 ? &w.lost : kind == 1 ? &w.unbuildable : &w.dark) = 2;
		begin(&w, &b, false);
		assert_int_equal(search(&w, &b), CONFIG_FOUND);
		assert_true(is_planted(&w, &b));
		end(&w, &b);
	}
}

/* When the culprit itself cannot be told from another one, the answer has both. */
static void test_what_is_never_seen_alone_stays(void **state)
{
	const bool without[4] = { [1] = true };
	struct config_bisect b;
	struct world w;

	make_world(&w, 4, 1);
	w.planted[1] = true;
	w.dark = 1;
	begin(&w, &b, false);
	assert_int_equal(search(&w, &b), CONFIG_FOUND);
	assert_int_equal(delta_size(b.answer, 4), 4);
	assert_string_equal(config_bisect_why(&b, without), "broken: no swap");
	end(&w, &b);
}

static size_t count_right(double shows, double falsely, unsigned rounds, double *claimed)
{
	size_t right = 0;

	*claimed = 0;
	for (unsigned round = 0; round < rounds; round++) {
		struct config_bisect b;
		struct world w;
		size_t count = 2 + chance_below(MOST - 2);

		make_world(&w, count, shows);
		w.falsely = falsely;
		for (unsigned i = 0; i < 3; i++)
			w.needs[1 + chance_below(count - 1)] = 0;
		w.planted[chance_below(count)] = true;
		w.planted[chance_below(count)] = true;
		begin(&w, &b, false);
		b.first_runs = 1000;
		if (search(&w, &b) == CONFIG_FOUND) {
			right += is_planted(&w, &b);
			*claimed += b.probability / rounds;
		}
		end(&w, &b);
	}
	return right;
}

/* As often right as it says, at every rate, but for what chance does to so few. */
static void test_flaky_bugs(void **state)
{
	static const double rates[][2] = {
		{ 1, 0 }, { 0.9, 0 }, { 0.5, 0 }, { 0.2, 0 }, { 0.9, 0.05 }
	};
	enum { ROUNDS = 16 };

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		double claimed;
		size_t right = count_right(rates[i][0], rates[i][1], ROUNDS, &claimed);

		printf("shows %.2f falsely %.2f: %zu of %d right, claimed %.3f\n", rates[i][0],
		       rates[i][1], right, ROUNDS, claimed);
		assert_true((double)right >= 0.8 * ROUNDS);
		assert_true(claimed >= 0.95);
	}
}

static void test_ends_that_are_none(void **state)
{
	struct config_bisect b;
	struct world w;

	make_world(&w, 4, 0);
	begin(&w, &b, false);
	assert_int_equal(search(&w, &b), CONFIG_NOT_SHOWN);
	assert_int_equal(w.runs, 30);
	end(&w, &b);

	make_world(&w, 4, 1);
	begin(&w, &b, false);
	assert_int_equal(search(&w, &b), CONFIG_GOOD_SHOWS);
	end(&w, &b);
}

/* Of a minimization the smaller end may have the bug, or tell nothing. */
static void test_minimize(void **state)
{
	struct config_bisect b;
	struct world w;

	make_world(&w, 6, 1);
	begin(&w, &b, true);
	assert_int_equal(search(&w, &b), CONFIG_FOUND);
	assert_int_equal(delta_size(b.answer, 6), 0);
	end(&w, &b);

	make_world(&w, MOST, 1);
	w.planted[3] = w.planted[20] = true;
	begin(&w, &b, true);
	assert_int_equal(search(&w, &b), CONFIG_FOUND);
	assert_true(is_planted(&w, &b));
	end(&w, &b);
}

/* Cut off after any step, it asks what it would have asked. */
static void test_goes_on_from_its_record(void **state)
{
	struct config_bisect b;
	struct world w;
	struct config_step step;
	size_t steps = 0;

	make_world(&w, 12, 1);
	w.planted[4] = w.planted[9] = true;
	w.lost = 1;
	w.needs[9] = 2;
	begin(&w, &b, false);
	for (;; steps++) {
		struct config_bisect other;
		struct config_step again;

		config_bisect_next(&b, &step);
		assert_int_equal(config_bisect_init(&other, &w.options, false, 0.95, NULL, b.record,
						    NULL),
				 0);
		config_bisect_next(&other, &again);
		assert_int_equal(again.what, step.what);
		assert_int_equal(again.try, step.try);
		if (step.what == CONFIG_RESOLVE)
			assert_memory_equal(again.set, step.set, 12);
		assert_int_equal(other.runs, b.runs);
		config_bisect_clear(&other);
		if (step.what == CONFIG_RESOLVE)
			resolve(&w, &b, step.set);
		else if (step.what == CONFIG_RUN)
			run(&w, &b, step.try);
		else
			break;
	}
	assert_int_equal(step.what, CONFIG_FOUND);
	assert_true(steps > 20);
	end(&w, &b);
}

static void test_a_record_of_other_options(void **state)
{
	_cleanup_json_ json_t *record = parse("{\"tests\": [{\"answer\": \"lost\", \"options\": "
					      "[\"NOT_HERE\"], \"why\": \"x\"}]}");
	struct err err = ERR_INIT;
	struct config_bisect b;
	struct world w;

	make_world(&w, 3, 1);
	assert_int_equal(config_bisect_init(&b, &w.options, false, 0.95, NULL, record, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	end(&w, &b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_option),
		cmocka_unit_test(test_what_an_option_brings_with_it),
		cmocka_unit_test(test_sets_that_cannot_be_tested),
		cmocka_unit_test(test_what_is_never_seen_alone_stays),
		cmocka_unit_test(test_flaky_bugs),
		cmocka_unit_test(test_ends_that_are_none),
		cmocka_unit_test(test_minimize),
		cmocka_unit_test(test_goes_on_from_its_record),
		cmocka_unit_test(test_a_record_of_other_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
