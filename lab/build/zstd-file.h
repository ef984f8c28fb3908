/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files through zstd, one thread. */
#ifndef KLAB_BUILD_ZSTD_FILE_H
#define KLAB_BUILD_ZSTD_FILE_H

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

/* hex, bytes: of the uncompressed file. */
int zstd_compress_file(const char *from, const char *to, char hex[HASH_HEX_SIZE], uint64_t *bytes,
		       struct err *err);
/* sha256: of what must come out, NULL: not checked. Written under another name and renamed. */
int zstd_decompress_file(const char *from, const char *to, const char *sha256, struct err *err);
/* Into a descriptor, from where it stands. What has more than max_bytes is ERR_INPUT: it may be anyone's. */
int zstd_decompress_to(const char *from, int fd, uint64_t max_bytes, struct err *err);

#endif
