/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filesystems of `mkfs` steps: made here by mke2fs, which the guest has not, the
 * same to the byte each time, and packed without their empty blocks.
 *
 * The packed form, all numbers 64 bits, little-endian (read by guest-init/mkfs.c):
 *
 *	"klabfs1\n" size_bytes
 *	offset_bytes length_bytes BYTES		in rising order, to the end
 */
#ifndef KLAB_BUILD_FILESYSTEM_H
#define KLAB_BUILD_FILESYSTEM_H

#include "base/err.h"
#include "base/str.h"
#include "case/case.h"

/*
 * Appends the packed filesystem of a `mkfs` step to `out`; the image lies in the folder `scratch`
 * for a while. What mke2fs refuses is ERR_INPUT with its word, no mke2fs ERR_HOST with the package.
 */
int filesystem_pack(const struct case_step *step, const char *scratch, struct strbuf *out,
		    struct err *err);

#endif
