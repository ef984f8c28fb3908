/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking git about the user's repository: only reads, and refreshes no index. */
#ifndef KLAB_BUILD_GIT_H
#define KLAB_BUILD_GIT_H

#include "base/err.h"
#include "base/str.h"

/*
 * What `git -C repo WORDS...` prints, at most max_bytes; words end with NULL. ERR_HOST with git's own line where it
 * fails.
 */
int git_read(const char *repo, const char *const *words, size_t max_bytes, struct strbuf *out,
	     struct err *err);

#endif
