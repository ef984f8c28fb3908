// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/distribution.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

double p_ladder_floor(const struct p_ladder *ladder, double p)
{
	size_t low = 0, high = ladder->count;

	if (!ladder->count)
		return p < 1 ? p : 1;
	p *= 1 + P_TOLERANCE;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ladder->p[middle] <= p)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? ladder->p[low - 1] : 0;
}

struct rung {
	double rank, weight;
};

static int by_rank_falling(const void *a, const void *b)
{
	const struct rung *x = a, *y = b;

	return x->rank < y->rank ? 1 : x->rank > y->rank ? -1 : 0;
}

static bool same_rank(double a, double b)
{
	return fabs(a - b) <= P_TOLERANCE * fmax(fabs(a), fabs(b));
}

void p_ladder_make(struct p_ladder *ladder, const double *weights, const double *rank, size_t count)
{
	_cleanup_free_ struct rung *rungs = xcalloc(count, sizeof(*rungs));
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		rungs[i] = (struct rung){ .rank = rank[i], .weight = weights[i] };
	qsort(rungs, count, sizeof(*rungs), by_rank_falling);
	ladder->p = xcalloc(count, sizeof(*ladder->p));
	ladder->count = 0;
	for (size_t i = 0; i < count; i++) {
		sum += rungs[i].weight;
		if (i + 1 == count || !same_rank(rungs[i].rank, rungs[i + 1].rank))
			ladder->p[ladder->count++] = fmin(sum, 1);
	}
}

void p_ladder_clear(struct p_ladder *ladder)
{
	if (!ladder)
		return;
	free(ladder->p);
	*ladder = (struct p_ladder){ 0 };
}

/* lgamma() also writes the global `signgam`. */
static double log_factorial(unsigned n)
{
	int sign;

	return lgamma_r(n + 1.0, &sign);
}

double log_choose(unsigned n, unsigned k)
{
	return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

double binomial(unsigned n, unsigned k, double p)
{
	if (p <= 0 || p >= 1)
		return k == (p <= 0 ? 0 : n) ? 1 : 0;
	return exp(log_choose(n, k) + k * log(p) + (n - k) * log1p(-p));
}

double normal_tail(double z)
{
	return erfc(z / M_SQRT2) / 2;
}

/* By halving: a few dozen calls of erfc(), and no table of constants to get wrong. */
double normal_quantile(double p)
{
	double low = -40, high = 40;

	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		/* The tail on the side of `middle`, so that small ones keep their digits. */
		if (p < 0.5 ? normal_tail(-middle) < p : normal_tail(middle) > 1 - p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}
