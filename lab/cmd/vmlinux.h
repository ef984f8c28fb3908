/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's symbols: from a file, from the store, and into the reports of a run. */
#ifndef KLAB_CMD_VMLINUX_H
#define KLAB_CMD_VMLINUX_H

#include <jansson.h>

#include "base/workdir.h"
#include "symbols/symbols.h"

/*
 * The path of a plain vmlinux: this one, or for the store's (.zst) what it is unpacked
 * to in *dir. Yours; NULL on error.
 */
char *vmlinux_unpack(const char *path, struct workdir *dir, struct err *err);
/* Opens a vmlinux, or the compressed one of the store (.zst). Yours; NULL on error. */
struct symbolizer *vmlinux_open(const char *path, struct err *err);

/*
 * The compressed vmlinux of a run: what was packed with it, else the store's. NULL:
 * the run has none, and its kernel has left the store. Yours.
 */
char *vmlinux_of_run(const char *run_dir);

/*
 * Adds source lines to the frames of a run's reports, when its kernel was built
 * with debug information and is still in the store. They are a help for people,
 * not evidence: without them nothing else changes. Returns 0 also when there
 * were none to add; -1 only when the store's vmlinux cannot be read.
 */
int vmlinux_annotate_run(const char *run_dir, json_t *reports, struct err *err);

#endif
