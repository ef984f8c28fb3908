/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small things with files. All return 0 or -1 with errno. */
#ifndef GUEST_IO_H
#define GUEST_IO_H

#include <stddef.h>
#include <stdint.h>

/* All of the bytes, however many calls it takes. */
int io_write_all(int fd, const void *bytes, size_t length);
/* In one write(2), as the files of /proc and /sys want it; `flags` beside O_WRONLY. */
int io_write_value(const char *path, const char *value, int flags);
int io_write_number(const char *path, int64_t value);
/* Whole content of a small file without the newline at its end; longer than the room is EOVERFLOW.
 */
int io_read_text(const char *path, char *text, size_t size);
/*
 * Whole content, NUL-terminated, the caller's to free, or NULL with errno. Of a
 * longer file max_bytes + 1 bytes are read, so that *length tells.
 */
char *io_read_file(const char *path, size_t max_bytes, size_t *length);
int io_read_number(const char *path, int64_t *value);
/* A folder with its parents; one that is there is fine. */
int io_mkdir_p(const char *path);

#endif
