/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own scripts for gdb (its scripts/gdb: lx-dmesg, lx-ps...), which
 * a build with CONFIG_GDB_SCRIPTS has: part of them is made in the build, and
 * sources may be gone when they are wanted, so the store keeps them.
 */
#ifndef KLAB_BUILD_GDB_SCRIPTS_H
#define KLAB_BUILD_GDB_SCRIPTS_H

#include "base/err.h"
#include "build/build.h"

#define GDB_SCRIPTS_LOADER "vmlinux-gdb.py" /* what gdb loads by itself beside a vmlinux */
#define GDB_SCRIPTS_FILE   "gdb-scripts.tar.zst" /* in an entry of the store, where there are any */

/* Into one file, from where they were built. 0 also when this kernel has none: *made false. */
int gdb_scripts_pack(const char *object_dir, const char *to, bool *made, struct err *err);
/* Beside a vmlinux; 0 also when the entry has none. */
int gdb_scripts_unpack(const struct kernel *k, const char *dir, struct err *err);

#endif
