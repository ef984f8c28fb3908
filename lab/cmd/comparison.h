/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What compare, diff and show share: from run directories to a comparison, and its text. */
#ifndef KLAB_CMD_COMPARISON_H
#define KLAB_CMD_COMPARISON_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"
#include "cmd/options.h"

struct comparison_side {
	const char *name;
	const struct strv *run_dirs;
};

/* As compare_sides(), from the files alone. New reference; NULL on error. */
json_t *comparison_make(const struct comparison_side *sides, size_t count, struct err *err);

/* Prints the page in the format asked for; its text says where it is (dir NULL: nowhere). Returns the
 * exit code. */
int comparison_print(const json_t *comparison, const char *dir, const struct options *opt);

#endif
