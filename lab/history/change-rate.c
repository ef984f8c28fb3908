/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "history/change.h"

struct counts {
	double runs, hits;
};

/* ln of the largest likelihood of so many hits. */
static double log_likelihood(struct counts c)
{
	double misses = c.runs - c.hits, out = 0;

	if (c.hits > 0)
		out += c.hits * log(c.hits / c.runs);
	if (misses > 0)
		out += misses * log(misses / c.runs);
	return out;
}

static double rate(struct counts c)
{
	return c.runs > 0 ? c.hits / c.runs : 0;
}

static struct counts sum(const struct night_rate *nights, size_t first, size_t end)
{
	struct counts c = { 0, 0 };

	for (size_t i = first; i < end; i++) {
		c.runs += nights[i].runs;
		c.hits += nights[i].hits;
	}
	return c;
}

/* Adds what the nights deviate from their common rate, as Pearson's chi-squared, with what it has
 * by chance: its mean and its variance. */
static void add_deviation(const struct night_rate *nights, size_t first, size_t end, double *chi2,
			  double *mean, double *variance)
{
	double p = rate(sum(nights, first, end)), q = 1 - p;

	if (p <= 0 || q <= 0)
		return;
	*mean -= 1;
	for (size_t i = first; i < end; i++) {
		double n = nights[i].runs, deviation = nights[i].hits - n * p;

		if (n <= 0)
			continue;
		*chi2 += deviation * deviation / (n * p * q);
		*mean += 1;
		*variance += 2 + (1 / (p * q) - 6) / n;
	}
}

/* How much more the rate varies from night to night than by chance; 1: not surely more. */
static double dispersion(const struct night_rate *nights, size_t split, size_t count)
{
	double chi2 = 0, mean = 0, variance = 0;

	add_deviation(nights, 0, split, &chi2, &mean, &variance);
	add_deviation(nights, split, count, &chi2, &mean, &variance);
	if (mean < 5 || chi2 <= mean + sqrt(variance))
		return 1;
	return chi2 / mean;
}

bool change_find_rate(const struct night_rate *nights, size_t count, bool down, double enough,
		      struct change *out)
{
	struct counts all = sum(nights, 0, count), after = { 0, 0 };
	double together = log_likelihood(all);

	*out = (struct change){ 0 };
	for (size_t i = count; i-- > 1 && count - i <= CHANGE_WINDOW;) {
		struct counts before;
		double evidence;

		after.runs += nights[i].runs;
		after.hits += nights[i].hits;
		before = (struct counts){ all.runs - after.runs, all.hits - after.hits };
		/* It begins in a night that has a run. */
		if (!nights[i].runs || before.runs <= 0 ||
		    (down ? rate(after) >= rate(before) : rate(after) <= rate(before)))
			continue;
		evidence = log_likelihood(before) + log_likelihood(after) - together;
		if (evidence > out->evidence)
			*out = (struct change){ i, rate(before), rate(after), evidence };
	}
	if (out->evidence < enough)
		return false;
	out->evidence /= dispersion(nights, out->first, count);
	return out->evidence >= enough;
}

/* By simulation: the worst of rates from 0.002 to 0.5, one to ten runs a night. */
double change_rate_enough(double alarms_a_year)
{
	return 6.2 - log(alarms_a_year);
}
