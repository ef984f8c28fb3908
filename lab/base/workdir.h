/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of our own for some moments, below $TMPDIR (default /tmp). Its lock
 * says that it is in use: what a killed klab left is removed by the next one
 * that makes a folder for the same purpose.
 */
#ifndef KLAB_BASE_WORKDIR_H
#define KLAB_BASE_WORKDIR_H

#include "base/err.h"

struct workdir {
	char *path; /* absolute; NULL: none */
	int lock_fd;
};
#define WORKDIR_INIT { .lock_fd = -1 }

/* purpose: a word, part of its name. */
int workdir_make(struct workdir *w, const char *purpose, struct err *err);
/* Removes it with all that is in it. */
void workdir_clear(struct workdir *w);
#define _cleanup_workdir_ _cleanup_(workdir_clear)

#endif
