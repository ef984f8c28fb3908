// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/ranks.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct place {
	double value;
	size_t index;
};

void rank_values(const double *values, size_t count, unsigned *ranks)
{
	_cleanup_free_ struct place *places = xcalloc(count + 1, sizeof(*places));

	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){ .value = values[i], .index = i };
	/* A place starts with its value. */
	qsort(places, count, sizeof(*places), by_value);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count && places[end].value == places[first].value;)
			end++;
		for (size_t i = first; i < end; i++)
			ranks[places[i].index] = (unsigned)(first + end + 1);
	}
}

/* Both sides' values, a's first. Yours. */
static double *pooled_values(struct sample a, struct sample b, double shift_of_b)
{
	double *all = xcalloc(a.count + b.count + 1, sizeof(*all));

	for (size_t i = 0; i < a.count; i++)
		all[i] = a.values[i];
	for (size_t i = 0; i < b.count; i++)
		all[a.count + i] = b.values[i] + shift_of_b;
	return all;
}

static unsigned common_divisor(unsigned a, unsigned b)
{
	while (b) {
		unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * Ranks -> small whole numbers at the same relative distances, which is all that the distribution
 * depends on: two values take 0 and 1, values without equals 0, 1, 2... Returns the largest.
 */
static unsigned shrink_ranks(unsigned *ranks, size_t count)
{
	unsigned least = ranks[0], divisor = 0, most = 0;

	for (size_t i = 0; i < count; i++)
		least = ranks[i] < least ? ranks[i] : least;
	for (size_t i = 0; i < count; i++)
		divisor = common_divisor(divisor, ranks[i] - least);
	for (size_t i = 0; i < count; i++) {
		ranks[i] = divisor ? (ranks[i] - least) / divisor : 0;
		most = ranks[i] > most ? ranks[i] : most;
	}
	return most;
}

/* How many of the ways to pick `picked` of `count` ranks have the sum s: ways[s], s <= *most.
 * Yours. */
static double *count_sums(const unsigned *ranks, size_t count, size_t picked, unsigned largest,
			  size_t *most)
{
	size_t width = picked * largest + 1, *high = NULL;
	double *ways = xcalloc((picked + 1) * width, sizeof(*ways)), *out;

	/* high[k]: the largest sum so far of k of them */
	high = xcalloc(picked + 1, sizeof(*high));
	ways[0] = 1;
	for (size_t i = 0; i < count; i++)
		for (size_t k = i < picked ? i + 1 : picked; k > 0; k--) {
			const double *from = ways + (k - 1) * width;
			double *to = ways + k * width + ranks[i];

			for (size_t s = 0; s <= high[k - 1]; s++)
				to[s] += from[s];
			if (high[k - 1] + ranks[i] > high[k])
				high[k] = high[k - 1] + ranks[i];
		}
	*most = high[picked];
	out = xcalloc(*most + 1, sizeof(*out));
	memcpy(out, ways + picked * width, (*most + 1) * sizeof(*out));
	free(high);
	free(ways);
	return out;
}

/* Of all ways, those whose sum lies as far from its mean as that of the first `picked` ranks. */
static void exact_test(unsigned *ranks, size_t count, size_t picked, struct rank_test *out)
{
	unsigned largest = shrink_ranks(ranks, count);
	size_t most, sum = 0, all = 0;
	_cleanup_free_ double *ways = count_sums(ranks, count, picked, largest, &most);
	_cleanup_free_ double *distance = xcalloc(most + 1, sizeof(*distance));
	double total = 0;

	for (size_t i = 0; i < count; i++) {
		sum += i < picked ? ranks[i] : 0;
		all += ranks[i];
	}
	for (size_t s = 0; s <= most; s++) {
		/* The mean is all * picked / count; times count, all are whole. */
		distance[s] = fabs((double)s * (double)count - (double)all * (double)picked);
		total += ways[s];
	}
	out->p = 0;
	for (size_t s = 0; s <= most; s++) {
		ways[s] /= total;
		out->p += distance[s] >= distance[sum] ? ways[s] : 0;
	}
	out->p = fmin(out->p, 1);
	out->exact = true;
	p_ladder_make(&out->ladder, ways, distance, most + 1);
}

/* The sum over groups of equal values of t^3 - t: 0 where there are none. */
static double tie_term(const double *values, size_t count)
{
	_cleanup_free_ double *sorted = xcalloc(count + 1, sizeof(*sorted));
	double sum = 0;

	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_value);
	for (size_t first = 0, end; first < count; first = end) {
		double t;

		for (end = first + 1; end < count && sorted[end] == sorted[first];)
			end++;
		t = (double)(end - first);
		sum += t * t * t - t;
	}
	return sum;
}

/* The standard deviation of the rank sum, where the sides do not differ. */
static double sum_deviation(const double *values, size_t a_count, size_t b_count)
{
	double n = (double)a_count, m = (double)b_count, all = n + m;

	return sqrt(n * m / 12 *
		    (all + 1 - tie_term(values, a_count + b_count) / (all * (all - 1))));
}

void rank_test_run(struct sample a, struct sample b, struct rank_test *out)
{
	double n = (double)a.count, m = (double)b.count, u = 0, deviation, distance;
	size_t count = a.count + b.count;
	_cleanup_free_ double *all = pooled_values(a, b, 0);
	_cleanup_free_ unsigned *ranks = xcalloc(count + 1, sizeof(*ranks));

	*out = (struct rank_test){ .p = 1, .superiority = 0.5 };
	if (!a.count || !b.count)
		return;
	rank_values(all, count, ranks);
	for (size_t i = a.count; i < count; i++)
		u += ranks[i] / 2.0;
	u -= m * (m + 1) / 2;
	out->superiority = u / (n * m);
	if (count <= RANK_EXACT_MAX) {
		exact_test(ranks, count, a.count, out);
		return;
	}
	deviation = sum_deviation(all, a.count, b.count);
	distance = fmax(fabs(u - n * m / 2) - 0.5, 0);
	out->p = deviation > 0 ? fmin(2 * normal_tail(distance / deviation), 1) : 1;
}

void rank_test_clear(struct rank_test *t)
{
	if (t)
		p_ladder_clear(&t->ladder);
}

/* The differences of all values of b and all of a, ascending. Yours. */
static double *all_differences(struct sample a, struct sample b)
{
	double *differences = xcalloc(a.count * b.count + 1, sizeof(*differences));

	for (size_t i = 0; i < a.count; i++)
		for (size_t k = 0; k < b.count; k++)
			differences[i * b.count + k] = b.values[k] - a.values[i];
	qsort(differences, a.count * b.count, sizeof(*differences), by_value);
	return differences;
}

/* How many differences lie outside the interval at each end; -1: no difference bounds it. */
static long outside(size_t a_count, size_t b_count, double error_each_end)
{
	size_t count = a_count + b_count, most;
	_cleanup_free_ unsigned *ranks = xcalloc(count, sizeof(*ranks));
	_cleanup_free_ double *ways = NULL;
	double total = 0, sum = 0, n = (double)a_count, m = (double)b_count;
	size_t least = a_count * (a_count - 1) / 2;
	long u = -1;

	if (count > RANK_EXACT_MAX)
		return (long)floor(n * m / 2 - 0.5 +
				   normal_quantile(error_each_end) *
					   sqrt(n * m * (n + m + 1) / 12));
	for (size_t i = 0; i < count; i++)
		ranks[i] = (unsigned)i;
	ways = count_sums(ranks, count, a_count, (unsigned)count - 1, &most);
	for (size_t s = 0; s <= most; s++)
		total += ways[s];
	for (size_t s = least; s <= most; s++) {
		sum += ways[s];
		if (sum > error_each_end * total)
			break;
		u++;
	}
	return u;
}

struct rank_shift rank_shift_find(struct sample a, struct sample b, double confidence)
{
	struct rank_shift out = { .shift = NAN, .interval = { -INFINITY, INFINITY } };
	_cleanup_free_ double *d = all_differences(a, b);
	size_t count = a.count * b.count;
	long end;

	if (!count)
		return out;
	out.shift = (d[(count - 1) / 2] + d[count / 2]) / 2;
	end = outside(a.count, b.count, (1 - confidence) / 2);
	if (end >= 0) {
		out.interval.low = d[end];
		out.interval.high = d[count - 1 - (size_t)end];
	}
	return out;
}

/* The smallest p that any values could give: all of one side above all of the other. */
static double smallest_p(size_t a_count, size_t b_count)
{
	double p = exp(-log_choose((unsigned)(a_count + b_count), (unsigned)a_count));

	return 2 * p;
}

double rank_detectable(struct sample a, struct sample b, double level, double power)
{
	double n = (double)a.count, m = (double)b.count, needed;
	_cleanup_free_ double *all = NULL;
	_cleanup_free_ double *d = NULL;
	size_t count = a.count + b.count, pairs = 0, at;

	if (!a.count || !b.count)
		return NAN;
	if (smallest_p(a.count, b.count) > level)
		return INFINITY;
	all = pooled_values(a, b, -rank_shift_find(a, b, 0.95).shift);
	d = xcalloc(count * count, sizeof(*d));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++)
			if (i != k)
				d[pairs++] = all[k] - all[i];
	qsort(d, pairs, sizeof(*d), by_value);
	needed = 0.5 + (normal_quantile(power) - normal_quantile(level / 2)) *
			       sum_deviation(all, a.count, b.count) / (n * m);
	/* b above a by more than so many of the differences: as likely as needed. */
	at = (size_t)ceil(fmin(needed, 1) * (double)pairs);
	return d[at < pairs ? at : pairs - 1];
}
