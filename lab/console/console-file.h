/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run's console as it is kept: console.log, or console.log.zst once it is old. Whoever reads one
 * comes here. It may be somebody else's: only a plain file is read, and what is unpacked is bounded.
 */
#ifndef KLAB_CONSOLE_CONSOLE_FILE_H
#define KLAB_CONSOLE_CONSOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CONSOLE_FILE	    "console.log"
#define CONSOLE_FILE_PACKED "console.log.zst"
#define CONSOLE_MAX_BYTES   ((size_t)256 << 20) /* of one that is packed */

/* A file, packed or not by what it begins with, at its first byte: a descriptor, yours. A pipe
 * is read as it is. */
int console_open_file(const char *path, struct err *err);
/* A run's. *missing: it has none, which is no error, and -1 is returned. */
int console_open(const char *run_dir, bool *missing, struct err *err);
/* The whole of one, with a NUL beyond *length. Yours; NULL on error and, err unset, where a run has none. */
char *console_read_file(const char *path, size_t max_bytes, size_t *length, struct err *err);
char *console_read(const char *run_dir, size_t max_bytes, size_t *length, struct err *err);
/* The name that it is kept under. Borrowed, static. */
const char *console_file_name(const char *run_dir);

/*
 * Packs it: console.log goes when console.log.zst is there, whole and checked. *saved gets the bytes
 * that were won; 0: it has none, or it is packed already.
 */
int console_pack(const char *run_dir, uint64_t *saved, struct err *err);

#endif
