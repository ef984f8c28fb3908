/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store of built kernels, CACHE/store/KEY/. An entry is made under another
 * name and renamed, so it is there whole or not at all; any number of klabs may
 * read, write and collect at the same time. `use` in the entry is its lock (who
 * uses it holds it shared, gc takes it exclusively) and its time the last use.
 */
#ifndef KLAB_BUILD_STORE_H
#define KLAB_BUILD_STORE_H

#include <jansson.h>

#include "base/progress.h"
#include "build/build.h"

/* The entry, checked (bzImage, .config and System.map by hash, all by size); NULL: none, or a
 * damaged one, which is then removed. */
struct kernel *store_take(const char *cache_dir, const char *key);

/* An entry's paths, whether it is there or not; the manifest is empty. Never NULL. */
struct kernel *store_describe(const char *cache_dir, const char *key);

/* What goes into an entry: file -> name. vmlinux is compressed on the way. */
struct store_input {
	const char *image, *vmlinux, *config, *system_map, *log;
	const char *gdb_scripts; /* of gdb-scripts.h; NULL: this kernel has none */
	const char *inputs;	 /* of build-inputs.h */
};
/* Puts the files and the manifest ("artefacts" is added) there. An entry that is there already
 * stays. */
int store_put(const char *cache_dir, const char *key, const struct store_input *in,
	      json_t *manifest, struct err *err);

/*
 * Requests: from what was asked for (a hash) to the key of what that gives, and
 * to the .config it resolves to, whether the kernel was built yet or not.
 * Yours; NULL: not known.
 */
char *store_find_request(const char *cache_dir, const char *request);
char *store_find_config(const char *cache_dir, const char *request, size_t *length);
int store_note_request(const char *cache_dir, const char *request, const char *key,
		       const char *config, size_t length, const struct strv *left_out,
		       struct err *err);
/* What the request asked for and its source has not, a line each, is added. */
void store_find_left_out(const char *cache_dir, const char *request, struct strv *left_out);
/* Forgets what was not used for a month: requests, hashes of sources, proofs. How many files. */
size_t store_prune_memories(const char *cache_dir, bool dry_run);

/*
 * Brings the cache below its limit, as `klab gc` does, and notes what went. What
 * is in use stays, what fails is left for the next time.
 */
void store_keep_limit(const char *cache_dir, struct progress *progress);

/* For gc: whether a pin of this entry names a run directory that is still there. */
bool store_is_pinned(const char *entry_dir);
/* Takes the entry's lock, exclusively; -1: in use, or no entry. */
int store_lock_entry(const char *entry_dir);
/* Removes an entry, or another folder of the cache, whose lock we hold: first from its name. */
int store_remove_entry(const char *entry_dir, struct err *err);

extern const char store_manifest_name[], store_use_name[];

#endif
