/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a source, fragments and a toolchain to a kernel in the store. */
#ifndef KLAB_BUILD_BUILD_H
#define KLAB_BUILD_BUILD_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"

struct build_request {
	const char *source;		/* DIR, REPO@REV, tarball, or NULL: newest installed linux-source-*.tar.* */
	const struct strv *patches;	/* files, put on a git revision in order; may be NULL */
	const struct strv *fragments;	/* names in DATA/kconfigs or paths, in order; first is the base */
	const struct strv *require;	/* symbols that must be on (cases need them); may be NULL */
	const struct strv *require_by;	/* of each, who wants it, for messages; NULL when `require` is */
	const char *data_dir;
	const char *cache_dir;
	int jobs;			/* 0: processors online */
	bool missing_ok;		/* an option of a fragment that the source has not is told, and left out */
	bool check_only;		/* stop where building would begin: the paths are where it would go */
};

/* A kernel in the store. Paths are inside the store and stay while the entry does. */
struct kernel {
	char *key;		/* store key: SHA-256 of tree hash, .config, toolchain, environment */
	char *dir;		/* store/KEY */
	char *image;		/* bzImage */
	char *vmlinux_zst;	/* compressed vmlinux */
	char *config;		/* resolved .config */
	char *system_map;
	json_t *manifest;	/* kernel.json of docs/formats.md */
	struct strv facts;	/* of the fragments that were asked for */
	bool was_stored;	/* nothing had to be built */
	int use_fd;		/* a shared lock: gc leaves the entry while the struct lives; -1: none */
};

/* What became of a requested line that does not hold, and why. */
struct kconfig_lost {
	char *symbol;		/* without CONFIG_ */
	char *wanted;		/* "y", "n", "\"text\"" */
	char *got;
	char *origin;		/* fragment:line */
	char *why;		/* one line: unmet dependency, select, no such symbol, no such capability */
	struct strv turn_on;	/* symbols to turn on, as "NAME=y" */
};

/*
 * Builds, or finds in the store. Lost options: ERR_INPUT, the first in the
 * message and all of them in *lost when it is not NULL (yours:
 * kconfig_lost_free). A compiler error: ERR_BUILD with file:line and message.
 */
struct kernel *build_kernel(const struct build_request *req, struct progress *progress,
			    struct kconfig_lost **lost, size_t *lost_count, struct err *err);
void kernel_free(struct kernel *k);	/* NULL-safe; the store keeps the files */
void kconfig_lost_free(struct kconfig_lost *lost, size_t count);

/*
 * Why a symbol has the value it has with these fragments: text for people, or
 * JSON. Yours. One that the tree has not: ERR_INPUT, with the nearest that it has.
 */
char *build_config_why(const struct build_request *req, const char *symbol, bool as_json,
		       struct progress *progress, struct err *err);

/* What a configuration comes to. */
struct config_answer {
	char *config;			/* the resolved .config */
	size_t config_length;
	char *source_hash;		/* of the source's content */
	struct kconfig_lost *lost;
	size_t lost_count;
	json_t *described;		/* [{symbol, file, line, place, prompt}]: prompt null: only others set it; by
					   place they are in the order of the menus */
};

/*
 * Resolves the fragments without building, and looks whether the lines of the symbols in `held` (NULL:
 * all) hold; what is lost is no error. `describe` (may be NULL): symbols to describe.
 */
int build_config_resolve(const struct build_request *req, const struct strv *held,
			 const struct strv *describe, struct config_answer *answer,
			 struct progress *progress, struct err *err);
void config_answer_clear(struct config_answer *answer);	/* NULL-safe */

/* Marks an entry as used by a kept run (a file naming the run directory), so that gc leaves it. */
int build_store_pin(const struct kernel *k, const char *run_dir, struct err *err);

struct store_gc_options {
	uint64_t limit_bytes;	/* 0: default 20 GiB, or $KLAB_STORE_LIMIT */
	bool dry_run;
};
/* Removes oldest unused entries until below the limit; report is JSON: removed, kept, bytes. New reference. */
json_t *build_store_gc(const char *cache_dir, const struct store_gc_options *opt, struct err *err);
/* The store's entries as a JSON array of manifests with `last_used`. New reference. */
json_t *build_store_list(const char *cache_dir, struct err *err);
/* Decompresses an entry's vmlinux to `to`. */
int build_store_vmlinux(const struct kernel *k, const char *to, struct err *err);

/* Differing lines of two resolved .config files: array of {symbol, sides: [value|null...]}. New reference. */
json_t *build_config_diff(const char *const *config_paths, size_t count, struct err *err);

#endif
