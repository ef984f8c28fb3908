/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs: guest-init, the plan, what the case names; a newc cpio that repeats to the byte. */
#ifndef KLAB_BUILD_INITRAMFS_H
#define KLAB_BUILD_INITRAMFS_H

#include <jansson.h>

#include "plan/plan.h"

/*
 * Writes the (uncompressed) newc archive to `path`: /init (DATA's guest-init
 * binary), /klab/plan, /dev/console, compiled `run` sources under /klab/bin,
 * scripts under /klab/sh, busybox as /bin/busybox with /bin/sh only when a step needs a shell.
 * Sources are compiled with $CC (default cc) -static -O1 -g0 -pthread; a compiler error is
 * ERR_INPUT with the compiler's first error line. No busybox, no compiler: ERR_HOST naming the package.
 * info: initramfs.json of docs/formats.md, new reference.
 */
int initramfs_write(const struct plan *p, const char *data_dir, const char *path, json_t **info,
		    struct err *err);

/* What initramfs_write() could not do for this case on any kernel; nothing is written. */
int initramfs_check(const struct case_file *test, const char *data_dir, struct err *err);

#endif
