/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4, by nettle) as lower-case hex, and CRC-32 (IEEE 802.3, as zlib's). */
#ifndef KLAB_BASE_HASH_H
#define KLAB_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HASH_HEX_SIZE 65	/* 64 hex digits and the NUL */

/* Feeds parts one by one; each part is framed by its length, so "ab","c" differs from "a","bc". */
struct hasher;
struct hasher *hasher_new(void);
void hasher_add(struct hasher *h, const void *bytes, size_t length);
void hasher_adds(struct hasher *h, const char *s);	/* NULL counts as its own value */
void hasher_end(struct hasher *h, char hex[HASH_HEX_SIZE]);	/* frees h */

/* Plain SHA-256 of the bytes, of the file's bytes (what sha256sum prints). */
void hash_bytes(const void *bytes, size_t length, char hex[HASH_HEX_SIZE]);
int hash_file(const char *path, char hex[HASH_HEX_SIZE], struct err *err);

uint32_t crc32_ieee(uint32_t crc, const void *bytes, size_t length);	/* start with 0 */

#endif
