// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/holm.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

/* What a test adds to the error of finding anything at p. */
static double share(const struct holm_test *t, double p)
{
	static const struct p_ladder any = { 0 };

	return p_ladder_floor(t->ladder ? t->ladder : &any, p);
}

static int by_p(const void *a, const void *b)
{
	const struct holm_test *const *x = a, *const *y = b;

	return ((*x)->p > (*y)->p) - ((*x)->p < (*y)->p);
}

void holm_adjust(struct holm_test *tests, size_t count)
{
	_cleanup_free_ struct holm_test **order = xcalloc(count + 1, sizeof(*order));
	size_t distinct = 0;
	double adjusted = 0;

	for (size_t i = 0; i < count; i++)
		if (tests[i].same_as == i)
			order[distinct++] = &tests[i];
	qsort(order, distinct, sizeof(struct holm_test *), by_p);
	for (size_t i = 0; i < distinct; i++) {
		double sum = 0;

		/* Past 1 they all stay there. */
		for (size_t k = i; k < distinct && adjusted < 1; k++)
			sum += share(order[k], order[i]->p);
		adjusted = fmin(fmax(adjusted, sum), 1);
		order[i]->adjusted = adjusted;
	}
	for (size_t i = 0; i < count; i++)
		tests[i].adjusted = tests[tests[i].same_as].adjusted;
}

double holm_level(const struct holm_test *tests, size_t count, size_t index, double error)
{
	double low = 0, high = error;

	for (int i = 0; i < 50; i++) {
		double middle = (low + high) / 2, sum = middle;

		for (size_t k = 0; k < count && sum <= error; k++)
			if (tests[k].same_as == k && k != tests[index].same_as)
				sum += share(&tests[k], middle);
		if (sum <= error)
			low = middle;
		else
			high = middle;
	}
	return low;
}
