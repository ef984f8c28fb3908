/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ranges of commits need to be built or to boot: patches of --fixup, and compilers of
 * --toolchains. A range is one commit, or A..B as git means it.
 */
#ifndef KLAB_CMD_BISECT_RANGES_H
#define KLAB_CMD_BISECT_RANGES_H

#include <jansson.h>

#include "bisect/git-history.h"
#include "cmd/options.h"

struct bisect_range {
	bool *in;	 /* by vertex; owned */
	char *patch;	 /* a file; NULL: none */
	struct strv env; /* "CC=gcc-11" */
};

struct bisect_ranges {
	struct bisect_range *items;
	size_t count, capacity;
};

/*
 * Of both options. A range that git does not know, a patch for no commit between good and bad, or a
 * line that is none: ERR_INPUT. A compiler of a range that is not there: ERR_HOST.
 */
int bisect_ranges_read(struct bisect_ranges *r, const struct options *opt,
		       const struct git_history *h, struct err *err);
void bisect_ranges_clear(struct bisect_ranges *r); /* NULL-safe */
/* Those of a commit, in the order they were given, are added. */
void bisect_ranges_patches(const struct bisect_ranges *r, size_t vertex, struct strv *patches);

/* Sets our environment as a commit's toolchain wants it, and takes it back. */
struct bisect_env {
	struct strv names, values; /* as it was: "" is not set */
};
void bisect_env_enter(struct bisect_env *e, const struct bisect_ranges *r, size_t vertex);
void bisect_env_leave(struct bisect_env *e);

/* Is what one commit is built with not what the other one is? */
bool bisect_ranges_differ(const struct bisect_ranges *r, size_t a, size_t b);

/* What they are, with the patches' hashes, for the record. New reference; NULL on error. */
json_t *bisect_ranges_json(const struct bisect_ranges *r, const struct git_history *h,
			   const struct options *opt, struct err *err);

#endif
