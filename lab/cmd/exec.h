/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command in a guest (`klab run --exec`): a case made of it, and what came of it, as a shell tells it. */
#ifndef KLAB_CMD_EXEC_H
#define KLAB_CMD_EXEC_H

#include <jansson.h>

#include "cmd/prepare.h"

/* The case of opt->exec, checked as prepare_case() does. Yours, case_free(); NULL on error. */
struct case_file *exec_case(const struct cmd_env *env, const struct options *opt, struct err *err);

/*
 * To standard output and standard error what the command wrote there, and to standard error in a
 * line each what speaks against the run beside that. *code: the command's own status, 128 and the
 * signal that ended it; where the guest did not come to tell it, that of the verdict.
 */
int exec_tell(const char *run_dir, int *code, struct err *err);
/* The same as `exec` of a run's JSON, {status, stdout, stderr}; no status: the guest did not tell. */
int exec_add_json(json_t *run, const char *run_dir, int *code, struct err *err);

#endif
