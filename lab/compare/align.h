/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two sequences, laid beside each other by what they have in common. Pure. */
#ifndef KLAB_COMPARE_ALIGN_H
#define KLAB_COMPARE_ALIGN_H

#include <stddef.h>

#define ALIGN_MAX 512 /* names of a side: the kernel's own traces end far below */

struct align_row {
	int left, right; /* index, or -1: only on the other side */
};

/*
 * The longest common subsequence; names are equal as trace_symbol_eq() has it.
 * `rows` has room for left_count + right_count; what is only on the left comes
 * before what is only on the right. Counts beyond ALIGN_MAX are cut there.
 * Returns the number of rows; *matched gets how many are on both sides.
 */
size_t align_names(const char *const *left, size_t left_count, const char *const *right,
		   size_t right_count, struct align_row *rows, size_t *matched);

/*
 * The same of numbers, however many: time and memory are left_count times
 * right_count (two bytes each), so the caller bounds them, at 65535 at most.
 */
size_t align_numbers(const int *left, size_t left_count, const int *right, size_t right_count,
		     struct align_row *rows);

#endif
