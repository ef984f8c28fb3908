/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions of two kernels differ. In another link all addresses move, so
 * instructions are compared with what they refer to told by name: a function
 * that only moved is the same. It is compared instruction by instruction, those
 * with equal bytes too: the same bytes elsewhere call something else.
 *
 * Part of a function is what hangs on its addresses: its `.cold` part, the
 * replacements of its alternatives, its entries in the tables of exceptions,
 * jump labels, static calls and WARN/BUG (their flags, not their line).
 * Where two functions cannot be shown to be the same, they have changed.
 */
#ifndef KLAB_SYMBOLS_KERNEL_DIFF_H
#define KLAB_SYMBOLS_KERNEL_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum kernel_diff_status { KERNEL_DIFF_SAME, KERNEL_DIFF_CHANGED, KERNEL_DIFF_ADDED, KERNEL_DIFF_REMOVED };

struct kernel_diff_function {
	char *name;		 /* of the second kernel; of a removed one, of the first */
	enum kernel_diff_status status;
	uint64_t address[2], size_bytes[2]; /* size 0: not in that kernel */
};

struct kernel_diff {
	struct kernel_diff_function *functions; /* by name; those that are the same are not in it */
	size_t count, capacity;
	size_t added, removed, changed, same;
	uint64_t code_bytes[2];	 /* of all functions of a kernel */
	/* Tables that only one has, or in a shape that is not known: not compared. */
	struct strv not_compared;
};

/*
 * Compares two vmlinux files (ELF, x86-64; debug information is not read).
 * Returns 0, or -1: ERR_INPUT when one is no such file or has no functions.
 */
int kernel_diff_files(struct kernel_diff *d, const char *first, const char *second,
		      struct err *err);
void kernel_diff_clear(struct kernel_diff *d);
#define _cleanup_kernel_diff_ _cleanup_(kernel_diff_clear)

#endif
