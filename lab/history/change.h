/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has a rate, or the level of a number, changed, and in which night? Looked at again each night.
 * Pure: counts and values in, an answer out.
 *
 * A rate: the generalized likelihood ratio of "one rate all along" against "one rate before a
 * night, a higher (or a lower) one from it on", the largest over the nights at which it may have
 * changed (D. Siegmund and E. S. Venkatraman, Annals of Statistics 23, 1995, 255-271), which are the
 * last CHANGE_WINDOW ones (T. L. Lai, J. Royal Statistical Society B 57, 1995, 613-658). Nights in which
 * the rate varies by more than chance (a busy host) weigh less: the logarithm is divided by
 * Pearson's dispersion (P. McCullagh and J. A. Nelder, Generalized Linear Models, 1989, ch. 4.5), where
 * that is more than chance brings.
 *
 * A level: the rank sum of the nights after against those before, whatever the unit and the
 * distribution, over the same nights (A. N. Pettitt, Applied Statistics 28, 1979, 126-135; D. M. Hawkins
 * and Q. Deng, J. of Quality Technology 42, 2010, 165-173). Its p is exact where the nights after
 * are few, which is where it counts.
 *
 * How much evidence is enough follows from how many false alarms a year are accepted of the
 * series, by a simulation: lab/tests/test-history-change.c, docs/statistics.md.
 */
#ifndef KLAB_HISTORY_CHANGE_H
#define KLAB_HISTORY_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CHANGE_WINDOW = 120,   /* nights back at which a change is looked for */
	CHANGE_LEVEL_BEFORE = 60,   /* nights before it that a level is compared with, at most */
	CHANGE_LEVEL_AFTER = 30,    /* and after it */
};

struct night_rate {
	unsigned runs, hits;	/* hits <= runs */
};

struct change {
	size_t first;		/* the first night of the new rate or level: index; >= 1 */
	double before, after;	/* rates, or medians */
	double evidence;	/* ln of the likelihood ratio, or -ln p */
};

/*
 * The likeliest change of a rate upwards (or downwards), with all nights up to the last one. False:
 * none has that much evidence. Takes time in proportion to count.
 */
bool change_find_rate(const struct night_rate *nights, size_t count, bool down, double enough,
		      struct change *out);
/* The same of a level, either way; one value a night. At least 5 % of the level before. */
bool change_find_level(const double *values, size_t count, double enough, struct change *out);

/*
 * How much evidence is enough for so many false alarms a year of one series without a change, a
 * look a night (0 < alarms < 1).
 */
double change_rate_enough(double alarms_a_year);
double change_level_enough(double alarms_a_year);

#endif
