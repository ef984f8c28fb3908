/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files of its source a kernel was built of, from what kbuild noted beside each object
 * (.*.cmd: the compiler's dependencies, and every command line). Makefiles, Kconfig files and what
 * scripts read by themselves are not among them.
 */
#ifndef KLAB_BUILD_BUILD_INPUTS_H
#define KLAB_BUILD_BUILD_INPUTS_H

#include "base/err.h"
#include "build/build.h"

#define BUILD_INPUTS_FILE "inputs" /* in an entry of the store */

/* Writes them, one a line, sorted, relative to the source. */
int build_inputs_write(const char *object_dir, const char *source_dir, const char *to,
		       struct err *err);
/* Appends those of a kernel in the store. False: it keeps none, it is of an older klab. */
bool build_inputs_read(const struct kernel *k, struct strv *paths);

#endif
