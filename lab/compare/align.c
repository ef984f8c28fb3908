// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/align.h"

#include <stdint.h>

#include "base/str.h"
#include "verdict/trace.h"

/* What is aligned, and when two of it are equal. */
struct sequences {
	const void *left, *right;
	bool (*equal)(const struct sequences *s, size_t left, size_t right);
};

static bool names_equal(const struct sequences *s, size_t left, size_t right)
{
	return trace_symbol_eq(((const char *const *)s->left)[left],
			       ((const char *const *)s->right)[right]);
}

static bool numbers_equal(const struct sequences *s, size_t left, size_t right)
{
	return ((const int *)s->left)[left] == ((const int *)s->right)[right];
}

static size_t align(const struct sequences *s, size_t l, size_t r, struct align_row *rows,
		    size_t *matched)
{
	size_t width = r + 1, count = 0, i = 0, k = 0;
	/* best[i * width + k]: how many of left[i..] and right[k..] are in common, in order */
	_cleanup_free_ uint16_t *best = xcalloc((l + 1) * width, sizeof(*best));

	for (i = l; i-- > 0;)
		for (k = r; k-- > 0;) {
			uint16_t down = best[(i + 1) * width + k], aside = best[i * width + k + 1];
			uint16_t most = down > aside ? down : aside;

			if (best[(i + 1) * width + k + 1] + 1 > most && s->equal(s, i, k))
				most = best[(i + 1) * width + k + 1] + 1;
			best[i * width + k] = most;
		}
	*matched = best[0];
	for (i = 0, k = 0; i < l || k < r;) {
		struct align_row *row = &rows[count++];
		uint16_t here = best[i * width + k];

		row->left = row->right = -1;
		if (i < l && k < r && best[(i + 1) * width + k + 1] + 1 == here &&
		    s->equal(s, i, k)) {
			row->left = (int)i++;
			row->right = (int)k++;
		} else if (i < l && (k == r || best[(i + 1) * width + k] == here)) {
			row->left = (int)i++;
		} else {
			row->right = (int)k++;
		}
	}
	return count;
}

size_t align_names(const char *const *left, size_t left_count, const char *const *right,
		   size_t right_count, struct align_row *rows, size_t *matched)
{
	const struct sequences s = { left, right, names_equal };

	return align(&s, left_count < ALIGN_MAX ? left_count : ALIGN_MAX,
		     right_count < ALIGN_MAX ? right_count : ALIGN_MAX, rows, matched);
}

size_t align_numbers(const int *left, size_t left_count, const int *right, size_t right_count,
		     struct align_row *rows)
{
	const struct sequences s = { left, right, numbers_equal };
	size_t matched;

	return align(&s, left_count, right_count, rows, &matched);
}
