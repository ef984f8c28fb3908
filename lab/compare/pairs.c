// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/pairs.h"

/* Is that side's value on the axis the first one, and on the other axis that of `like`? */
static bool is_base(const struct compare_side *sides, size_t side, size_t like, size_t axis)
{
	return str_eq(sides[side].axes[axis], sides[0].axes[axis]) &&
	       str_eq(sides[side].axes[!axis], sides[like].axes[!axis]);
}

static bool is_crossed(const struct compare_side *side)
{
	return side->axes[0] && side->axes[1];
}

size_t compare_pairs(const struct compare_side *sides, size_t count,
		     struct fact_pair out[COMPARE_MAX_PAIRS])
{
	size_t pairs = 0;

	for (size_t s = 1; s < count; s++)
		out[pairs++] = (struct fact_pair){ 0, s };
	for (size_t s = 1; s < count && is_crossed(&sides[0]); s++)
		for (size_t axis = 0; axis < 2; axis++)
			for (size_t base = 1; base < count; base++)
				if (base != s && is_crossed(&sides[s]) &&
				    is_crossed(&sides[base]) && is_base(sides, base, s, axis) &&
				    pairs < COMPARE_MAX_PAIRS)
					out[pairs++] = (struct fact_pair){ base, s };
	return pairs;
}
