/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers with names out of the files of /proc, /sys and cgroups that a snapshot holds. Pure. */
#ifndef KLAB_VERDICT_SNAPSHOT_H
#define KLAB_VERDICT_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* name is "" where the file is one number only. A return other than 0 stops. */
typedef int (*snapshot_fn)(void *ctx, const char *name, double value);

/*
 * Calls fn for each number of a file, by its shape:
 *   "123"                          -> ""
 *   "pgfault 123", "Free:  9 kB"   -> "pgfault", "Free"
 *   "some avg10=0.00 total=7"      -> "some avg10", "some total"
 *   "cpu0 1 2"                     -> "cpu0 1", "cpu0 2" (the column)
 *   "1 2 3", the only line         -> "1", "2", "3" (the column, from 1)
 *   a table with a header line, as /proc/swaps -> "/dev/sda Used"
 * Text is left out. Returns what fn returned when it stopped, else 0.
 */
int snapshot_numbers(const char *data, snapshot_fn fn, void *ctx);

/* Are the numbers in a file of this path quantities? What a kernel was called, or told, has digits
 * and none of them. */
bool snapshot_is_of_numbers(const char *path);

/*
 * The text of a field: of a line "FIELD text" (or "FIELD: text"), or of a
 * number by the name above. NULL field: the whole file. White space around it
 * is cut. Yours; NULL when there is none.
 */
char *snapshot_field(const char *data, const char *field);

/*
 * The number that a text starts with, fractions too; *unit is what follows it
 * ("40 kB": "kB"), borrowed. "max" is INT64_MAX. False: no number.
 */
bool snapshot_text_number(const char *text, long double *out, const char **unit);

#endif
