/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A newc cpio archive in memory that is the same to the byte whenever it holds the same. */
#ifndef KLAB_BUILD_CPIO_H
#define KLAB_BUILD_CPIO_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct cpio_member {
	char *path; /* owned; without the leading slash, as in the archive */
	mode_t mode;
	dev_t device; /* of a device node */
	char *bytes;  /* owned: content, or a link's target */
	size_t length;
};

/* Init with {0}. */
struct cpio {
	struct cpio_member *members;
	size_t count, capacity;
};

/* `path` begins with a slash; missing folders on the way are added. Takes `bytes`, which may be
 * NULL. */
void cpio_add(struct cpio *cpio, const char *path, mode_t mode, char *bytes, size_t length);
bool cpio_has(const struct cpio *cpio, const char *path); /* without the leading slash */
/* Sorts by path and appends the archive to `out`. */
int cpio_pack(struct cpio *cpio, struct strbuf *out, struct err *err);
/* {sha256, bytes, files: [{path, sha256}]} with the regular files; new reference. */
json_t *cpio_info(const struct cpio *cpio, const struct strbuf *packed);
void cpio_clear(struct cpio *cpio);
#define _cleanup_cpio_ _cleanup_(cpio_clear)

#endif
