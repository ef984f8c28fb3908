/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of a number in one night. */
#ifndef KLAB_HISTORY_NIGHT_VALUES_H
#define KLAB_HISTORY_NIGHT_VALUES_H

#include <stddef.h>
#include <stdint.h>

struct night_values {
	int64_t night;
	size_t count;
	double values[1000]; /* the first ones; so many tell the median well enough */
};

void night_values_add(struct night_values *n, double value);
/* Sorts them. count > 0. */
double night_values_median(struct night_values *n);

#endif
