// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/sequential.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "compare/holm.h"

#define KINDS	   2
#define RATES_PART 0.9

#define UNKNOWN_PLACE 1U /* the least rank is 2, for they are doubled */

void sequential_plan_init(struct sequential_plan *plan, unsigned runs_max)
{
	/* From one look to the next about 1.6 times as many, and figures that people use. */
	static const unsigned steps[] = { 3,   5,   8,	 12,  20,  32,	 50,   80,
					  125, 200, 320, 500, 800, 1250, 2000, 3200 };

	if (runs_max < 2 || runs_max > 1U << 20)
		err_bug("a comparison of %u runs a side", runs_max);
	*plan = (struct sequential_plan){ .error = 0.05, .power = 0.95, .rate_wanted = 0.5 };
	for (size_t i = 0; i < ARRAY_SIZE(steps) && steps[i] < runs_max; i++)
		plan->looks[plan->look_count++] = steps[i];
	plan->looks[plan->look_count++] = runs_max;
}

static bool is_share(double v)
{
	return v > 0 && v < 1;
}

bool sequential_plan_is_valid(const struct sequential_plan *plan)
{
	for (size_t i = 0; i < plan->look_count; i++)
		if (plan->looks[i] <= (i ? plan->looks[i - 1] : 1) || plan->looks[i] > 1U << 20)
			return false;
	return plan->look_count && is_share(plan->error) && is_share(plan->power) &&
	       plan->rate_wanted > 0 && plan->rate_wanted <= 1;
}

double sequential_spend(const struct sequential_plan *plan, size_t look, double part)
{
	double last = plan->looks[plan->look_count - 1], spent = 0, now = 0;

	for (size_t i = 0; i <= look; i++) {
		unsigned n = plan->looks[i];
		double allowed = plan->error * part * pow(n / last, 4);
		/* All of one side and none of the other, in Fisher's test and in that of ranks. */
		double smallest = 2 * exp(-log_choose(2 * n, n));

		now = smallest <= allowed - spent ? allowed - spent : 0;
		spent += now;
	}
	return now;
}

/* Would so many runs, all alike, rule it out at their last look? */
static bool runs_suffice(const struct sequential_plan *wanted, unsigned runs)
{
	struct sequential_plan plan;
	double level;

	sequential_plan_init(&plan, runs);
	plan.error = wanted->error;
	level = sequential_spend(&plan, plan.look_count - 1, RATES_PART);
	return rate_detectable(runs, runs, 0, level, wanted->power) <= wanted->rate_wanted;
}

unsigned sequential_runs_needed(double error, double power, double rate_wanted)
{
	enum { RUNS_MAX = 2000 };
	const struct sequential_plan wanted = { error, power, rate_wanted, { 0 }, 0 };
	unsigned low = 1, high = 2;

	while (high < RUNS_MAX && !runs_suffice(&wanted, high)) {
		low = high;
		high *= 2;
	}
	if (high > RUNS_MAX)
		return 0;
	while (high - low > 1) {
		unsigned middle = (low + high) / 2;

		if (runs_suffice(&wanted, middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* ---- one test ------------------------------------------------------------------ */

/* What the runs of two sides have, in the order of the runs, without those that have nothing. */
struct pair {
	double *values; /* owned; the first side's, then the other's */
	struct sample sides[2];
};

static void pair_make(struct pair *p, const struct sample *a, const struct sample *b)
{
	const struct sample *from[] = { a, b };
	size_t count = 0;

	p->values = xcalloc(a->count + b->count + 1, sizeof(*p->values));
	for (size_t s = 0; s < 2; s++) {
		p->sides[s] = (struct sample){ .values = p->values + count };
		for (size_t i = 0; i < from[s]->count; i++)
			if (!isnan(from[s]->values[i]))
				p->values[count++] = from[s]->values[i];
		p->sides[s].count = (size_t)(p->values + count - p->sides[s].values);
	}
}

/* The largest p of all that the unknown runs may have been: what is found then would have been
 * found whatever they were. */
static double test_completed(struct rate a, struct rate b, const unsigned *unknown,
			     struct p_ladder *ladder)
{
	unsigned a_hits = a.hits, b_hits = b.hits;
	struct rate worst[] = { a, b };
	double p = -1;

	a.runs += unknown[0];
	b.runs += unknown[1];
	for (a.hits = a_hits; a.hits <= a_hits + unknown[0]; a.hits++)
		for (b.hits = b_hits; b.hits <= b_hits + unknown[1]; b.hits++) {
			double its = rate_test(a, b, NULL);

			if (its <= p)
				continue;
			p = its;
			worst[0] = a;
			worst[1] = b;
		}
	return rate_test(worst[0], worst[1], ladder);
}

static void test_rate(struct fact_test *t, const struct pair *pair)
{
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < pair->sides[s].count; i++) {
			double value = pair->sides[s].values[i];

			t->unknown[s] += isinf(value) != 0;
			t->rates[s].runs += !isinf(value);
			t->rates[s].hits += !isinf(value) && value != 0;
		}
	t->p = test_completed(t->rates[0], t->rates[1], t->unknown, &t->ladder);
	t->exact = true;
}

static void test_number(struct fact_test *t, const struct pair *pair)
{
	struct rank_test r;

	rank_test_run(pair->sides[0], pair->sides[1], &r);
	t->p = r.p;
	t->exact = r.exact;
	t->superiority = r.superiority;
	t->ladder = r.ladder;
}

static void test_fact(struct fact_test *t, const struct fact *fact)
{
	struct pair pair;

	t->kind = fact->kind;
	pair_make(&pair, &fact->sides[t->base], &fact->sides[t->side]);
	if (fact->kind == FACT_RATE)
		test_rate(t, &pair);
	else
		test_number(t, &pair);
	free(pair.values);
}

/* ---- tests that are one ----------------------------------------------------------- */

/*
 * The place of each run's value among the runs of both sides, 0 for those that have none, and the
 * other way round where that is the smaller list: the same for all facts whose tests have to
 * give the same p, whichever runs are on which side.
 */
struct pattern {
	unsigned *places; /* owned */
	size_t count, test;
	enum fact_kind kind;
	size_t pair;
};

static int compare_places(const unsigned *a, const unsigned *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static int by_pattern(const void *a, const void *b)
{
	const struct pattern *x = a, *y = b;
	int order;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->pair != y->pair)
		return x->pair < y->pair ? -1 : 1;
	order = compare_places(x->places, y->places, x->count);
	return order ? order : (x->test > y->test) - (x->test < y->test);
}

static void pattern_make(struct pattern *p, const struct fact *fact, const struct fact_test *t)
{
	const struct sample *a = &fact->sides[t->base], *b = &fact->sides[t->side];
	_cleanup_free_ unsigned *other = NULL;
	_cleanup_free_ unsigned *ranks = NULL;
	struct pair pair;
	size_t present, known = 0, next = 0;

	p->count = a->count + b->count;
	p->places = xcalloc(p->count + 1, sizeof(*p->places));
	other = xcalloc(p->count + 1, sizeof(*other));
	pair_make(&pair, a, b);
	present = pair.sides[0].count + pair.sides[1].count;
	ranks = xcalloc(present + 1, sizeof(*ranks));
	rank_values(pair.values, present, ranks);
	for (size_t i = 0; i < present; i++)
		known += !isinf(pair.values[i]);
	for (size_t i = 0; i < p->count; i++) {
		double value = i < a->count ? a->values[i] : b->values[i - a->count];

		if (isnan(value))
			continue;
		/* What nobody knows ranks above all, and is so the other way round, too. */
		p->places[i] = isinf(value) ? UNKNOWN_PLACE : ranks[next];
		other[i] = isinf(value) ? UNKNOWN_PLACE : 2 * ((unsigned)known + 1) - p->places[i];
		next++;
	}
	if (compare_places(other, p->places, p->count) < 0)
		memcpy(p->places, other, p->count * sizeof(*other));
	free(pair.values);
}

static bool same_pattern(const struct pattern *a, const struct pattern *b)
{
	return a->kind == b->kind && a->pair == b->pair &&
	       compare_places(a->places, b->places, a->count) == 0;
}

static void find_same_tests(struct sequential_decision *d, const struct fact *facts)
{
	_cleanup_free_ struct pattern *patterns = xcalloc(d->test_count + 1, sizeof(*patterns));

	for (size_t i = 0; i < d->test_count; i++) {
		const struct fact_test *t = &d->tests[i];

		patterns[i] = (struct pattern){ .test = i, .kind = t->kind, .pair = t->pair };
		pattern_make(&patterns[i], &facts[t->fact], t);
	}
	qsort(patterns, d->test_count, sizeof(*patterns), by_pattern);
	for (size_t i = 0; i < d->test_count; i++) {
		struct fact_test *t = &d->tests[patterns[i].test];

		t->same_as = i && same_pattern(&patterns[i - 1], &patterns[i])
				     ? d->tests[patterns[i - 1].test].same_as
				     : patterns[i].test;
	}
	for (size_t i = 0; i < d->test_count; i++)
		free(patterns[i].places);
}

/* ---- all of them ------------------------------------------------------------------ */

/* The distinct tests of a kind, and of each test its index there. Yours. */
static struct holm_test *holm_of_kind(const struct sequential_decision *d, enum fact_kind kind,
				      size_t *index, size_t *count)
{
	struct holm_test *tests = xcalloc(d->test_count + 1, sizeof(*tests));

	*count = 0;
	for (size_t i = 0; i < d->test_count; i++) {
		const struct fact_test *t = &d->tests[i];

		if (t->kind != kind)
			continue;
		index[i] = t->same_as == i ? *count : index[t->same_as];
		if (t->same_as != i)
			continue;
		tests[*count] = (struct holm_test){
			.p = t->p,
			.ladder = &t->ladder,
			.same_as = *count,
		};
		(*count)++;
	}
	return tests;
}

static void adjust_kind(struct sequential_decision *d, enum fact_kind kind)
{
	_cleanup_free_ size_t *index = xcalloc(d->test_count + 1, sizeof(*index));
	_cleanup_free_ struct holm_test *tests = NULL;
	size_t count;

	tests = holm_of_kind(d, kind, index, &count);
	holm_adjust(tests, count);
	for (size_t i = 0; i < d->test_count; i++) {
		struct fact_test *t = &d->tests[i];

		if (t->kind != kind)
			continue;
		t->adjusted = tests[index[i]].adjusted;
		t->different = t->adjusted <= d->spend[kind];
		d->different[kind] += t->different;
	}
}

double sequential_level(const struct sequential_decision *d, size_t test)
{
	_cleanup_free_ size_t *index = xcalloc(d->test_count + 1, sizeof(*index));
	_cleanup_free_ struct holm_test *tests = NULL;
	enum fact_kind kind = d->tests[test].kind;
	size_t count;

	tests = holm_of_kind(d, kind, index, &count);
	return holm_level(tests, count, index[test], d->spend[kind]);
}

double sequential_rate_detectable(const struct sequential_decision *d, size_t test, double power)
{
	const struct fact_test *t = &d->tests[test];
	const struct rate *r = t->rates;
	double base, change;

	if (!r[0].runs || !r[1].runs)
		return NAN;
	base = (double)(r[0].hits + r[1].hits) / (r[0].runs + r[1].runs);
	change = rate_detectable(r[0].runs, r[1].runs, base, sequential_level(d, test), power);
	for (size_t s = 0; s < 2; s++)
		change += (double)t->unknown[s] / (r[s].runs + t->unknown[s]);
	return change <= 1 ? change : NAN;
}

/* Sets rate_missed; false as soon as one rate could have changed by rate_wanted unseen. */
static bool wanted_was_seen(const struct sequential_plan *plan, struct sequential_decision *d)
{
	bool seen = false;

	for (size_t i = 0; i < d->test_count; i++) {
		double missed;

		if (d->tests[i].kind != FACT_RATE || d->tests[i].same_as != i)
			continue;
		missed = sequential_rate_detectable(d, i, plan->power);
		if (!seen || isnan(missed) || missed > d->rate_missed)
			d->rate_missed = missed;
		seen = true;
		if (isnan(missed))
			return false;
	}
	return seen && d->rate_missed <= plan->rate_wanted;
}

static bool any_rate(const struct sequential_decision *d)
{
	for (size_t i = 0; i < d->test_count; i++)
		if (d->tests[i].kind == FACT_RATE)
			return true;
	return false;
}

static enum sequential_word decide(const struct sequential_plan *plan, size_t look,
				   struct sequential_decision *d)
{
	bool numbers = d->different[FACT_NUMBER] > 0;

	if (d->different[FACT_RATE] || (numbers && !any_rate(d)))
		return SEQUENTIAL_DIFFERENT;
	if (wanted_was_seen(plan, d))
		return numbers ? SEQUENTIAL_DIFFERENT : SEQUENTIAL_NO_DIFFERENCE;
	if (look + 1 < plan->look_count)
		return SEQUENTIAL_GO_ON;
	return numbers ? SEQUENTIAL_DIFFERENT : SEQUENTIAL_BUDGET_ENDED;
}

static void spend_by_kind(const struct sequential_plan *plan, size_t look, const struct fact *facts,
			  size_t fact_count, double *spend)
{
	size_t of_kind[KINDS] = { 0 };

	for (size_t i = 0; i < fact_count; i++)
		of_kind[facts[i].kind]++;
	spend[FACT_RATE] = sequential_spend(plan, look, of_kind[FACT_NUMBER] ? RATES_PART : 1);
	spend[FACT_NUMBER] = sequential_spend(plan, look, of_kind[FACT_RATE] ? 1 - RATES_PART : 1);
}

void sequential_decide_pairs(const struct sequential_plan *plan, size_t look,
			     const struct fact *facts, size_t fact_count,
			     const struct fact_pair *pairs, size_t pair_count,
			     struct sequential_decision *out)
{
	*out = (struct sequential_decision){ .rate_missed = NAN };
	out->test_count = fact_count * pair_count;
	out->tests = xcalloc(out->test_count + 1, sizeof(*out->tests));
	spend_by_kind(plan, look, facts, fact_count, out->spend);
	for (size_t i = 0; i < out->test_count; i++) {
		struct fact_test *t = &out->tests[i];

		t->fact = i % fact_count;
		t->pair = i / fact_count;
		t->base = pairs[t->pair].base;
		t->side = pairs[t->pair].side;
		test_fact(t, &facts[t->fact]);
		if (t->p < out->tests[out->first].p)
			out->first = i;
	}
	find_same_tests(out, facts);
	adjust_kind(out, FACT_RATE);
	adjust_kind(out, FACT_NUMBER);
	out->word = decide(plan, look, out);
}

void sequential_decide(const struct sequential_plan *plan, size_t look, const struct fact *facts,
		       size_t fact_count, size_t side_count, struct sequential_decision *out)
{
	_cleanup_free_ struct fact_pair *pairs = xcalloc(side_count, sizeof(*pairs));

	for (size_t s = 1; s < side_count; s++)
		pairs[s - 1] = (struct fact_pair){ 0, s };
	sequential_decide_pairs(plan, look, facts, fact_count, pairs, side_count - 1, out);
}

void sequential_decision_clear(struct sequential_decision *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->test_count; i++)
		p_ladder_clear(&d->tests[i].ladder);
	free(d->tests);
	*d = (struct sequential_decision){ 0 };
}
