/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "base/str.h"
#include "compare/distribution.h"
#include "history/change.h"

enum {
	NIGHTS = CHANGE_LEVEL_BEFORE + CHANGE_LEVEL_AFTER,
	EXACT_AFTER = 12, /* of so many nights after the p is exact */
	MAX_SUM = EXACT_AFTER * NIGHTS,
};

static const double least_change = 0.05; /* of the level before */

/*
 * ln P(rank sum above its least is at most u), of `after` values among before + after:
 * by how many choices of ranks have each sum, one rank after the other.
 */
static double (*exact_table(void))[EXACT_AFTER + 1][MAX_SUM + 1]
{
	static double table[NIGHTS + 1][EXACT_AFTER + 1][MAX_SUM + 1];
	static bool made;

	if (made)
		return table;
	/* count(n, m, u) = count(n - 1, m, u) + count(n - 1, m - 1, u - (n - m)) */
	for (int n = 0; n <= NIGHTS; n++)
		for (int m = 0; m <= EXACT_AFTER && m <= n; m++)
			for (int u = 0; u <= m * (n - m); u++) {
				double with = 0, without = 0;

				if (m > 0 && u >= n - m)
					with = table[n - 1][m - 1][u - (n - m)];
				if (n > m)
					without = table[n - 1][m][u];
				table[n][m][u] = m == 0 ? u == 0 : with + without;
			}
	for (int n = 1; n <= NIGHTS; n++)
		for (int m = 1; m <= EXACT_AFTER && m <= n; m++) {
			double total = log_choose((unsigned)n, (unsigned)m), below = 0;

			for (int u = 0; u <= m * (n - m); u++) {
				below += table[n][m][u];
				table[n][m][u] = log(below) - total;
			}
		}
	made = true;
	return table;
}

/* -ln of the two-sided p of a rank sum that is `u` above its least. */
static double rank_evidence(double u, size_t before, size_t after)
{
	double most = (double)before * (double)after, n = (double)(before + after);
	double low = u < most - u ? u : most - u, z;

	if (after <= EXACT_AFTER)
		return -exact_table()[before + after][after][(int)ceil(low)] - log(2);
	z = (most / 2 - low - 0.5) / sqrt(most * (n + 1) / 12);
	return z > 0 ? -log(normal_tail(z)) - log(2) : 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const double *values, size_t count)
{
	double sorted[NIGHTS];

	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), by_value);
	return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* Equal ones share their middle rank; the first is 0. */
static void find_ranks(const double *values, size_t count, double *ranks)
{
	for (size_t i = 0; i < count; i++) {
		size_t below = 0, equal = 0;

		for (size_t k = 0; k < count; k++) {
			below += values[k] < values[i];
			equal += values[k] == values[i];
		}
		ranks[i] = (double)below + (double)(equal - 1) / 2;
	}
}

static bool is_large(const struct change *c)
{
	return fabs(c->after - c->before) >= least_change * fabs(c->before) &&
	       c->after != c->before;
}

bool change_find_level(const double *values, size_t count, double enough, struct change *out)
{
	size_t skipped = count > NIGHTS ? count - NIGHTS : 0, n = count - skipped;
	double ranks[NIGHTS], sum = 0;

	*out = (struct change){ 0 };
	find_ranks(values + skipped, n, ranks);
	for (size_t after = 1; after < n && after <= CHANGE_LEVEL_AFTER; after++) {
		double least = (double)after * (double)(after - 1) / 2, evidence;

		sum += ranks[n - after];
		evidence = rank_evidence(sum - least, n - after, after);
		if (evidence > out->evidence)
			*out = (struct change){ .first = count - after, .evidence = evidence };
	}
	if (out->evidence < enough || !out->first)
		return false;
	out->before = median(values + skipped, out->first - skipped);
	out->after = median(values + out->first, count - out->first);
	return is_large(out);
}

/* By simulation: the same whatever the distribution. */
double change_level_enough(double alarms_a_year)
{
	return 7.2 - log(alarms_a_year);
}
