/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and paths. Every error names the path and is ERR_HOST where nothing else
 * is said: a caller for whom the path is the user's word makes it ERR_INPUT.
 */
#ifndef KLAB_BASE_FILE_H
#define KLAB_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* "a/b" from "a" and "b"; an absolute b wins. Yours. */
char *path_join(const char *dir, const char *name);
/* What is after the last slash, borrowed from path. */
const char *path_base(const char *path);
bool path_exists(const char *path);
/* $XDG_CACHE_HOME/klab or ~/.cache/klab, made when missing. Yours; NULL on error. */
char *path_cache_dir(struct err *err);
/*
 * Where the project's own data (kconfigs/, cases/, guest-init binary...) is:
 * $KLAB_DATA, else found from the place of the running executable (a checkout's
 * build/klab -> the checkout; PREFIX/bin/klab -> PREFIX/lib/klab). Yours.
 */
char *path_data_dir(struct err *err);

int file_mkdir_p(const char *path, struct err *err);
/* Whole file, NUL-terminated beyond *length. More than max_bytes is an error. Yours; NULL on error. */
char *file_read(const char *path, size_t max_bytes, size_t *length, struct err *err);
/*
 * Writes to a temporary beside it and renames: whenever we die, what is there is
 * the old file or the new one. Not synced: a power cut may undo it.
 */
int file_write_atomic(const char *path, const void *bytes, size_t length, struct err *err);
/* The same, and on the disk when it returns 0: a power cut undoes nothing. */
int file_write_synced(const char *path, const void *bytes, size_t length, struct err *err);
/* Copies by reflink where the filesystem can, else by bytes, holes as holes; keeps the mode. Atomic by rename. */
int file_copy(const char *from, const char *to, struct err *err);
/* Removes a file or a whole folder, never following links; a missing one is no error. */
int file_remove_tree(const char *path, struct err *err);
/* Sum of the sizes on disk below path, bytes; 0 when missing. */
uint64_t file_tree_size(const char *path);
/* Names in a folder, sorted, without . and .. */
int file_list_dir(const char *path, struct strv *names, struct err *err);

/* From one folder to another, both as realpath() has them. Yours. */
char *path_relative(const char *from, const char *to);
/* The program that runs, as an absolute path. Yours; NULL on error. */
char *path_own_program(struct err *err);

/*
 * Advisory lock (flock) on `path`, made when missing. Returns a descriptor that
 * holds it until closed (O_CLOEXEC). With wait false: -1 with *busy true when
 * another holds it. Waiting is interruptible by cancel_requested().
 */
int file_lock(const char *path, bool wait, bool *busy, struct err *err);
/*
 * The same of a folder that is there, whose holder leaves no file in it (on NFS: `.lock`), without
 * waiting.
 */
int file_lock_dir(const char *path, bool *busy, struct err *err);

#endif
