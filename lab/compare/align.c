// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/align.h"

#include <stdint.h>

#include "base/str.h"
#include "verdict/trace.h"

size_t align_names(const char *const *left, size_t left_count, const char *const *right,
		   size_t right_count, struct align_row *rows, size_t *matched)
{
	size_t l = left_count < ALIGN_MAX ? left_count : ALIGN_MAX;
	size_t r = right_count < ALIGN_MAX ? right_count : ALIGN_MAX;
	size_t width = r + 1, count = 0, i = 0, k = 0;
	/* best[i * width + k]: how many names left[i..] and right[k..] have in common, in order */
	_cleanup_free_ uint16_t *best = xcalloc((l + 1) * width, sizeof(*best));

	for (i = l; i-- > 0;)
		for (k = r; k-- > 0;) {
			uint16_t down = best[(i + 1) * width + k], aside = best[i * width + k + 1];
			uint16_t most = down > aside ? down : aside;

			if (trace_symbol_eq(left[i], right[k]) &&
			    best[(i + 1) * width + k + 1] + 1 > most)
				most = best[(i + 1) * width + k + 1] + 1;
			best[i * width + k] = most;
		}
	*matched = best[0];
	for (i = 0, k = 0; i < l || k < r;) {
		struct align_row *row = &rows[count++];
		uint16_t here = best[i * width + k];

		row->left = row->right = -1;
		if (i < l && k < r && trace_symbol_eq(left[i], right[k]) &&
		    best[(i + 1) * width + k + 1] + 1 == here) {
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
