/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history/night-values.h"

#include <stdlib.h>

#include "base/str.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void night_values_add(struct night_values *n, double value)
{
	if (n->count < ARRAY_SIZE(n->values))
		n->values[n->count++] = value;
}

double night_values_median(struct night_values *n)
{
	qsort(n->values, n->count, sizeof(n->values[0]), by_value);
	return (n->values[(n->count - 1) / 2] + n->values[n->count / 2]) / 2;
}
