// SPDX-License-Identifier: GPL-2.0-or-later
/* compare.json's `statistics`: what was tested of runs that differ by themselves, and what came of
 * it. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "compare/compare-internal.h"
#include "compare/observations.h"
#include "compare/pairs.h"

#define CONFIDENCE  0.95 /* of the intervals shown, each by itself */
#define MAX_NUMBERS 200	 /* that are listed */

struct statistics {
	const struct compare_side *sides;
	size_t side_count;
	struct sequential_plan plan;
	size_t look;
	bool stopped; /* the runs ended when they had shown something: no test of them now holds */
	struct fact_pair
		pairs[COMPARE_MAX_PAIRS]; /* each further side against the first come first */
	size_t pair_count;
	struct observations seen;
	struct sequential_decision decision;
};

static const char *const words[] = {
	[SEQUENTIAL_GO_ON] = "go-on",
	[SEQUENTIAL_DIFFERENT] = "different",
	[SEQUENTIAL_NO_DIFFERENCE] = "no-difference",
	[SEQUENTIAL_BUDGET_ENDED] = "budget-ended",
};

static json_t *number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static void set_number(json_t *object, const char *key, double v)
{
	json_object_set_new(object, key, number_or_null(v));
}

static void set_interval(json_t *object, const char *key, struct interval i)
{
	json_t *pair = json_array();

	json_array_append_new(pair, number_or_null(i.low));
	json_array_append_new(pair, number_or_null(i.high));
	json_object_set_new(object, key, pair);
}

static void set_by_kind(json_t *object, const char *key, json_t *rates, json_t *numbers)
{
	json_t *pair = json_object();

	json_object_set_new(pair, "rates", rates);
	json_object_set_new(pair, "numbers", numbers);
	json_object_set_new(object, key, pair);
}

/* The test of a fact on the sides of a pair. */
static size_t test_of(const struct statistics *s, size_t fact, size_t pair)
{
	return pair * s->seen.count + fact;
}

static json_t *values_of(const struct sample *sample)
{
	json_t *values = json_array();

	for (size_t i = 0; i < sample->count; i++)
		json_array_append_new(values, number_or_null(sample->values[i]));
	return values;
}

static void set_test(const struct statistics *s, json_t *cell, const struct fact_test *t,
		     double detectable)
{
	if (s->stopped)
		return;
	set_number(cell, "p", t->p);
	set_number(cell, "adjusted", t->adjusted);
	json_set_bool(cell, "different", t->different);
	set_number(cell, "detectable", detectable);
}

/* ---- rates -------------------------------------------------------------------------- */

static struct rate rate_of(const struct sample *sample)
{
	struct rate r = { 0 };

	for (size_t i = 0; i < sample->count; i++) {
		r.runs += isfinite(sample->values[i]) != 0;
		r.hits += isfinite(sample->values[i]) && sample->values[i] != 0;
	}
	return r;
}

static void set_rate_test(const struct statistics *s, json_t *cell, size_t fact, size_t pair)
{
	const struct sample *samples = s->seen.facts[fact].sides;
	struct rate rate = rate_of(&samples[s->pairs[pair].side]);
	struct rate base = rate_of(&samples[s->pairs[pair].base]);
	size_t test = test_of(s, fact, pair);

	set_number(cell, "difference",
		   base.runs && rate.runs
			   ? (double)rate.hits / rate.runs - (double)base.hits / base.runs
			   : NAN);
	set_interval(cell, "difference_interval", rate_difference_interval(base, rate, CONFIDENCE));
	set_test(s, cell, &s->decision.tests[test],
		 sequential_rate_detectable(&s->decision, test, s->plan.power));
}

static json_t *rate_cell(const struct statistics *s, size_t fact, size_t side)
{
	const struct sample *samples = s->seen.facts[fact].sides;
	struct rate rate = rate_of(&samples[side]);
	json_t *cell = json_object();

	json_object_set_new(cell, "values", values_of(&samples[side]));
	json_set_int(cell, "hits", rate.hits);
	json_set_int(cell, "runs", rate.runs);
	set_interval(cell, "interval", rate_interval(rate, CONFIDENCE));
	if (side)
		set_rate_test(s, cell, fact, side - 1);
	return cell;
}

static void set_rate_name(json_t *row, const char *name)
{
	struct name_parts parts = name_split(name);

	json_set_strn(row, "kind", parts.first, parts.first_length);
	json_set_str(row, "what", parts.third);
	if (parts.second_length)
		json_set_strn(row, "task", parts.second, parts.second_length);
}

/* ---- numbers ------------------------------------------------------------------------ */

/* Those that there are; `values` has room for all. */
static struct sample present(const struct sample *sample, double *values)
{
	struct sample out = { .values = values };

	for (size_t i = 0; i < sample->count; i++)
		if (!isnan(sample->values[i]))
			values[out.count++] = sample->values[i];
	return out;
}

static void set_shift(const struct statistics *s, json_t *cell, size_t test, struct sample a,
		      struct sample b)
{
	const struct fact_test *t = &s->decision.tests[test];
	struct rank_shift shift = { NAN, { NAN, NAN } };

	if (a.count && b.count)
		shift = rank_shift_find(a, b, CONFIDENCE);
	set_number(cell, "shift", shift.shift);
	set_interval(cell, "shift_interval", shift.interval);
	set_number(cell, "superiority", t->superiority);
	set_test(s, cell, t,
		 rank_detectable(a, b, sequential_level(&s->decision, test), s->plan.power));
}

static void set_number_test(const struct statistics *s, json_t *cell, size_t fact, size_t pair)
{
	const struct sample *samples = s->seen.facts[fact].sides;
	const struct sample *base = &samples[s->pairs[pair].base];
	const struct sample *its = &samples[s->pairs[pair].side];
	_cleanup_free_ double *a_values = xcalloc(base->count + 1, sizeof(double));
	_cleanup_free_ double *b_values = xcalloc(its->count + 1, sizeof(double));

	set_shift(s, cell, test_of(s, fact, pair), present(base, a_values), present(its, b_values));
}

static json_t *number_cell(const struct statistics *s, size_t fact, size_t side)
{
	const struct sample *samples = s->seen.facts[fact].sides;
	_cleanup_free_ double *values = xcalloc(samples[side].count + 1, sizeof(double));
	struct sample its = present(&samples[side], values);
	json_t *cell = json_object();

	json_object_set_new(cell, "values", values_of(&samples[side]));
	json_set_int(cell, "count", (int64_t)its.count);
	if (side)
		set_number_test(s, cell, fact, side - 1);
	set_number(cell, "median", compare_median(values, its.count));
	return cell;
}

/* What the end of its name says. */
static const char *unit_of(const char *key)
{
	static const char *const units[] = { "ns",    "us",	   "ms",	  "kib",
					     "bytes", "kib_per_s", "forks_per_s", "pages" };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		_cleanup_free_ char *ending = xasprintf("_%s", units[i]);

		if (str_eq(key, units[i]) || str_ends(key, ending))
			return units[i];
	}
	return NULL;
}

static void set_number_name(json_t *row, const char *name)
{
	struct name_parts parts = name_split(name);

	json_set_strn(row, "label", parts.first, parts.first_length);
	json_set_strn(row, "file", parts.second, parts.second_length);
	json_set_str(row, "key", parts.third);
	json_set_str(row, "unit", unit_of(parts.third));
}

/* ---- rows --------------------------------------------------------------------------- */

struct order {
	size_t fact;
	bool different; /* on any side */
	double p;	/* the smallest of them; to the last bit the same of the same event */
};

static int by_order(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->different != y->different)
		return x->different ? -1 : 1;
	if (x->p != y->p)
		return x->p < y->p ? -1 : 1;
	return (x->fact > y->fact) - (x->fact < y->fact);
}

/* The fact that this one is the same event as on all sides; its own index where there is none. */
static size_t same_event(const struct statistics *s, size_t fact)
{
	size_t same = s->decision.tests[test_of(s, fact, 0)].same_as % s->seen.count;

	for (size_t pair = 1; pair < s->pair_count; pair++)
		if (s->decision.tests[test_of(s, fact, pair)].same_as != test_of(s, same, pair))
			return fact;
	return same;
}

/* The facts of a kind, in the order in which they are listed. Yours. */
static struct order *order_of(const struct statistics *s, enum fact_kind kind, size_t *count)
{
	struct order *list = xcalloc(s->seen.count + 1, sizeof(*list));

	*count = 0;
	for (size_t f = 0; f < s->seen.count; f++) {
		struct order o = { .fact = f, .p = 1 };

		if (s->seen.facts[f].kind != kind)
			continue;
		for (size_t pair = 0; pair < s->pair_count; pair++) {
			size_t event = same_event(s, f);
			const struct fact_test *t = &s->decision.tests[test_of(s, event, pair)];

			o.different |= s->decision.tests[test_of(s, f, pair)].different;
			o.p = fmin(o.p, t->p);
		}
		list[(*count)++] = o;
	}
	qsort(list, *count, sizeof(*list), by_order);
	return list;
}

/* What crossed sides are tested for beside the first one, with the sides. */
static void set_crossed(const struct statistics *s, json_t *row, size_t fact,
			void (*set)(const struct statistics *s, json_t *cell, size_t fact,
				    size_t pair))
{
	json_t *crossed = json_array();

	for (size_t pair = s->side_count - 1; pair < s->pair_count; pair++) {
		json_t *cell = json_object();

		json_object_set_new(cell, "sides",
				    json_pack("[I,I]", (json_int_t)s->pairs[pair].base,
					      (json_int_t)s->pairs[pair].side));
		set(s, cell, fact, pair);
		json_array_append_new(crossed, cell);
	}
	if (json_array_size(crossed))
		json_object_set(row, "crossed", crossed);
	json_decref(crossed);
}

static void set_same_as(const struct statistics *s, json_t *row, const struct order *list,
			size_t at)
{
	size_t same = same_event(s, list[at].fact);

	for (size_t i = 0; i < at; i++)
		if (list[i].fact == same)
			json_set_int(row, "same_as", (int64_t)i);
}

static void set_rates(const struct statistics *s, json_t *out)
{
	size_t count;
	_cleanup_free_ struct order *list = order_of(s, FACT_RATE, &count);
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *row = json_object(), *cells = json_array();

		set_rate_name(row, s->seen.names[list[i].fact]);
		set_same_as(s, row, list, i);
		json_set_bool(row, "different", list[i].different);
		for (size_t side = 0; side < s->side_count; side++)
			json_array_append_new(cells, rate_cell(s, list[i].fact, side));
		json_object_set_new(row, "sides", cells);
		set_crossed(s, row, list[i].fact, set_rate_test);
		json_array_append_new(rows, row);
	}
	json_object_set_new(out, "rates", rows);
}

static void set_numbers(const struct statistics *s, json_t *out)
{
	size_t count;
	_cleanup_free_ struct order *list = order_of(s, FACT_NUMBER, &count);
	size_t shown = count < MAX_NUMBERS ? count : MAX_NUMBERS;
	json_t *rows = json_array();

	for (size_t i = 0; i < shown; i++) {
		json_t *row = json_object(), *cells = json_array();

		set_number_name(row, s->seen.names[list[i].fact]);
		json_set_bool(row, "different", list[i].different);
		for (size_t side = 0; side < s->side_count; side++)
			json_array_append_new(cells, number_cell(s, list[i].fact, side));
		json_object_set_new(row, "sides", cells);
		set_crossed(s, row, list[i].fact, set_number_test);
		json_array_append_new(rows, row);
	}
	json_object_set_new(out, "numbers", rows);
	json_set_int(out, "numbers_same", (int64_t)s->seen.numbers_same);
	json_set_int(out, "numbers_left_out", (int64_t)(count - shown));
}

/* ---- all of it ------------------------------------------------------------------------ */

static void set_runs(const struct statistics *s, json_t *out)
{
	json_t *runs = json_array(), *unjudged = json_array();

	for (size_t i = 0; i < s->side_count; i++) {
		const struct compare_side *side = &s->sides[i];
		int64_t count = 0;

		for (size_t r = 0; r < side->run_count; r++)
			count += compare_is_unjudged(compare_run_word(&side->runs[r]));
		json_array_append_new(runs, json_integer((json_int_t)side->run_count));
		json_array_append_new(unjudged, json_integer(count));
	}
	json_object_set_new(out, "runs", runs);
	json_object_set_new(out, "unjudged", unjudged);
}

static void set_plan(const struct statistics *s, json_t *out)
{
	const struct sequential_decision *d = &s->decision;
	json_t *looks = json_array();

	set_number(out, "error", s->plan.error);
	set_number(out, "power", s->plan.power);
	set_number(out, "rate_wanted", s->plan.rate_wanted);
	set_number(out, "rate_missed", d->rate_missed);
	json_set_int(out, "runs_needed",
		     sequential_runs_needed(s->plan.error, s->plan.power, s->plan.rate_wanted));
	for (size_t i = 0; i < s->plan.look_count; i++)
		json_array_append_new(looks, json_integer(s->plan.looks[i]));
	json_object_set_new(out, "looks", looks);
	json_set_int(out, "look", (int64_t)s->look);
	set_by_kind(out, "spend", json_real(d->spend[FACT_RATE]), json_real(d->spend[FACT_NUMBER]));
}

static void set_counts(const struct statistics *s, json_t *out)
{
	const struct sequential_decision *d = &s->decision;
	int64_t tests[2] = { 0 };

	for (size_t i = 0; i < d->test_count; i++)
		tests[d->tests[i].kind]++;
	set_by_kind(out, "tests", json_integer(tests[FACT_RATE]), json_integer(tests[FACT_NUMBER]));
	set_by_kind(out, "different", json_integer((json_int_t)d->different[FACT_RATE]),
		    json_integer((json_int_t)d->different[FACT_NUMBER]));
}

static bool is_deterministic(const struct run_facts *run)
{
	return str_eq(json_get_str(run->plan, "mode", ""), "deterministic");
}

/* Is there another run of the side that is the same to the byte, by its seed? */
static bool is_copy(const struct compare_side *side, size_t run)
{
	json_t *seed = json_object_get(side->runs[run].run, "seed");

	for (size_t r = 0; r < run; r++)
		if (is_deterministic(&side->runs[r]) &&
		    json_equal(json_object_get(side->runs[r].run, "seed"), seed))
			return true;
	return false;
}

/* Runs a side, of the side that has most; 0: some of them are decided by their seed. One seed means
 * nothing to another case: there each is one more try. */
static size_t sampled_runs(const struct compare_side *sides, size_t count)
{
	bool cases = compare_cases_differ(sides, count);
	size_t most = 0;

	for (size_t s = 0; s < count; s++) {
		most = sides[s].run_count > most ? sides[s].run_count : most;
		for (size_t r = 0; r < sides[s].run_count; r++)
			if (is_deterministic(&sides[s].runs[r]) &&
			    (!cases || is_copy(&sides[s], r)))
				return 0;
	}
	return most;
}

bool compare_was_stopped(const struct compare_side *sides, size_t count,
			 const struct compare_look *look)
{
	if (look && look->plan->look_count)
		return false;
	for (size_t s = 0; s < count; s++)
		for (size_t r = 0; r < sides[s].run_count; r++)
			if (json_object_get(sides[s].runs[r].run, "compare") ||
			    json_object_get(sides[s].runs[r].run, "bisect"))
				return true;
	return false;
}

/* All of the error at the only look, where none were planned. */
static void plan_looks(struct statistics *s, const struct compare_look *look, size_t runs)
{
	s->stopped = compare_was_stopped(s->sides, s->side_count, look);
	sequential_plan_init(&s->plan, (unsigned)runs);
	if (look)
		s->plan = *look->plan;
	s->look = look ? look->index : 0;
	if (look && s->plan.look_count)
		return;
	if (s->stopped)
		s->plan.error = 0;
	s->plan.looks[0] = (unsigned)runs;
	s->plan.look_count = 1;
}

json_t *compare_statistics(const struct compare_side *sides, size_t count,
			   const struct compare_look *look)
{
	struct statistics s = { .sides = sides, .side_count = count };
	size_t runs = sampled_runs(sides, count);
	_cleanup_view_ struct compare_view view = { 0 };
	json_t *out;

	if (count < 2 || runs < 2)
		return NULL;
	if (compare_cases_differ(sides, count)) {
		compare_view_make(&view, sides, count);
		s.sides = sides = view.sides;
	}
	plan_looks(&s, look, runs);
	observations_make(&s.seen, sides, count);
	s.pair_count = compare_pairs(sides, count, s.pairs);
	sequential_decide_pairs(&s.plan, s.look, s.seen.facts, s.seen.count, s.pairs, s.pair_count,
				&s.decision);
	out = json_object();
	json_set_str(out, "word", s.stopped ? "not-tested" : words[s.decision.word]);
	set_runs(&s, out);
	set_plan(&s, out);
	set_counts(&s, out);
	set_rates(&s, out);
	set_numbers(&s, out);
	sequential_decision_clear(&s.decision);
	observations_clear(&s.seen);
	return out;
}
