/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of guests, CACHE/snapshots/KEY/ (docs/formats.md). As kernels in the
 * store an entry is made under another name and renamed, so it is there whole or
 * not at all, and `use` in it is its lock and its time the last use.
 */
#ifndef KLAB_BUILD_SNAPSHOTS_H
#define KLAB_BUILD_SNAPSHOTS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

#define SNAPSHOT_STATE "state" /* of the machine, as QEMU wrote it */

struct snapshot {
	char *dir;    /* NULL: none */
	json_t *info; /* snapshot.json */
	int use_fd;   /* a shared lock: gc leaves the entry; -1: none */
};
#define SNAPSHOT_INIT { .use_fd = -1 }

/* True: it is there, each of its files as it was put. A damaged one is removed. */
bool snapshots_find(const char *cache_dir, const char *key, struct snapshot *s);
void snapshot_clear(struct snapshot *s);

/* A folder to make one in. Yours, and its lock *use_fd; NULL: ERR_HOST. */
char *snapshots_begin(const char *cache_dir, const char *key, int *use_fd, struct err *err);
/*
 * Makes that folder the entry, with snapshot.json: `info` and a list of the files
 * that are there. When another klab was faster, its entry stays.
 */
int snapshots_put(const char *cache_dir, const char *key, const char *dir, json_t *info,
		  struct err *err);

#endif
