/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a kernel's source comes from: a directory, a revision of a git
 * repository, a tarball. Opening says what it is and hashes it, without
 * unpacking or checking out; preparing makes it ready to be built.
 */
#ifndef KLAB_BUILD_SOURCE_H
#define KLAB_BUILD_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/progress.h"
#include "base/str.h"

enum source_kind { SOURCE_DIR = 1, SOURCE_GIT, SOURCE_TARBALL };

struct source_patch {
	char *name, *text;
	size_t length;
	char sha256[HASH_HEX_SIZE];
};

struct source {
	enum source_kind kind;
	char *path;	 /* absolute: directory, repository or tarball */
	char *rev;	 /* as asked for; git only */
	char *commit;	 /* git only */
	char *tree_hash; /* of the content: "git:..." or "sha256:..." */
	char *dir;	 /* where the tree is once it is prepared */
	char *cache_dir;
	struct source_patch *patches; /* put on the commit, in order; git only */
	size_t patch_count;
	char id[HASH_HEX_SIZE]; /* of the place: sources with the same id share an object tree */
	/*
	 * A directory only, ns since the epoch, 0: never. When a file was found to
	 * have changed though its time of change is older than the look before:
	 * make does not see that, so object trees built before are no good.
	 */
	uint64_t hidden_change_ns;
	int lock_fd; /* git, tarball: held from source_prepare() to source_clear() */
};
#define SOURCE_INIT                                                                                \
	{                                                                                          \
		.lock_fd = -1                                                                      \
	}

/*
 * spec: DIR, REPO@REV, tarball, or NULL for the newest installed
 * /usr/src/linux-source-*.tar.*. What cannot be read: ERR_HOST naming it; what
 * is not there, or is no kernel source, and no such revision: ERR_INPUT.
 */
int source_open(struct source *s, const char *spec, const char *cache_dir,
		struct progress *progress, struct err *err);
/*
 * After source_open() of a git revision, else ERR_INPUT: what is built is that with these patches,
 * files as of `git diff`, and its hash is another one. One that does not apply is ERR_BUILD of
 * source_prepare(). NULL: none.
 */
int source_add_patches(struct source *s, const struct strv *paths, struct err *err);
/* Unpacks or checks out. Another klab doing the same is waited for, with a message. */
int source_prepare(struct source *s, struct progress *progress, struct err *err);
/* ERR_HOST when the source's content is no longer what source_open() found. */
int source_check_unchanged(const struct source *s, struct err *err);
/* VERSION and PATCHLEVEL of a prepared source's Makefile: 6 and 12. ERR_INPUT: it has none. */
int source_version(const struct source *s, int *major, int *minor, struct err *err);
void source_clear(struct source *s);

json_t *source_json(const struct source *s, const char *release); /* new reference */

/* ---- one file each ---- */
/* All below it but .git, and runs/ at the top, which is klab's own. */
int source_dir_hash(struct source *s, struct progress *progress, struct err *err);
int source_git_open(struct source *s, struct err *err);
int source_git_prepare(struct source *s, struct progress *progress, struct err *err);
/* In the checkout, with git's environment for it; `folder` is beside it. */
int source_apply_patches(const struct source *s, const char *folder, const char *const *env,
			 struct err *err);
json_t *source_patches_json(const struct source *s); /* new reference */
void source_patches_clear(struct source *s);
char *source_tarball_newest(struct err *err); /* yours */
int source_tarball_open(struct source *s, struct progress *progress, struct err *err);
int source_tarball_prepare(struct source *s, struct progress *progress, struct err *err);
/* file_lock() that says what it waits for. */
int source_lock(const char *path, const char *what, struct progress *progress, struct err *err);

#endif
