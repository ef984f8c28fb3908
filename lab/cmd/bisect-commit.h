/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building and booting one commit of a bisect, and the bad one without the culprit. */
#ifndef KLAB_CMD_BISECT_COMMIT_H
#define KLAB_CMD_BISECT_COMMIT_H

#include "build/build.h"
#include "cmd/bisect-session.h"

/* What is built: REPOSITORY@COMMIT (yours), and the patches on it, which are added. */
char *bisect_source_of(const struct session *s, size_t vertex);
void bisect_patches_of(const struct session *s, size_t vertex, struct strv *patches);

/* Yours. NULL, and no error: this commit cannot be built, which is in the record now. */
struct kernel *bisect_build_commit(struct session *s, size_t vertex, struct err *err);
/* Boots it once, and takes in what that says. */
int bisect_boot_commit(struct session *s, size_t vertex, const struct kernel *kernel,
		       struct err *err);

/*
 * When one commit is the answer: takes its changes back on the bad revision, where they can be,
 * and boots that as often as verifies an answer. What came of it is in the record: docs/formats.md,
 * `reverted`.
 */
int bisect_boot_reverted(struct session *s, struct err *err);

#endif
