/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which functions the kernels of a comparison's sides differ. */
#ifndef KLAB_CMD_KERNEL_CODE_H
#define KLAB_CMD_KERNEL_CODE_H

#include "compare/compare.h"
#include "symbols/coverage.h"

/*
 * The rows of `code`: the first side against each other one that has another kernel,
 * by the first run of each; every side has one. A kernel that is not there any more is no error: its row
 * says so. ran: of each side what the case ran of its kernel, NULL where nobody knows.
 * New reference.
 */
json_t *kernel_code_rows(const struct compare_side *sides, size_t count,
			 const struct coverage *const *ran);

#endif
