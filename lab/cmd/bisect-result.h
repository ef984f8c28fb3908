/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a bisect, for people, for git and as JSON. */
#ifndef KLAB_CMD_BISECT_RESULT_H
#define KLAB_CMD_BISECT_RESULT_H

#include "bisect/bisect.h"
#include "bisect/git-history.h"
#include "cmd/options.h"

/*
 * docs/formats.md, "A bisect". With the runs of the culprit and of its parent there is a
 * comparison of them, in a folder of its own below out_dir. New reference.
 */
json_t *bisect_result_make(const struct bisect *b, const struct git_history *h,
			   const struct bisect_step *step, const char *out_dir, struct err *err);
/* DIR/bisect.log, which `git bisect replay` takes. */
int bisect_result_write_log(const struct bisect *b, const struct git_history *h,
			    const struct bisect_step *step, const char *dir, struct err *err);
/* A kept one, also one that is going on. */
int bisect_result_show(const char *dir, const struct options *opt, struct err *err);
void bisect_result_print(const json_t *result, const char *dir);

#endif
