/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Did a run repeat to the byte? What two runs of the same kernel, case and seed
 * must have alike is what the guest sent, its console and its frames, and what
 * probes saw of it where both had them.
 */
#ifndef KLAB_COMPARE_EXACT_H
#define KLAB_COMPARE_EXACT_H

#include <jansson.h>

#include "base/err.h"

/*
 * {"run": id of the first, "same": true}, or {"run", "same": false, "file",
 * "line" (the first that differs, 1-based), "bytes" (of the file, before they part),
 * "first", "second" (that line of each, cut at EXACT_LINE_BYTES; absent: the file ends
 * before it), "ended" ("first", "second": that one ends there, and in both files all that
 * it has is as in the other, which goes on; absent: they say different things)}. A file
 * that only one of them has differs at line 1. The directories may be large or
 * hostile: memory is bounded. New reference; NULL on error.
 */
json_t *exact_compare(const char *first_dir, const char *second_dir, struct err *err);

enum { EXACT_LINE_BYTES = 1024 };

#endif
