/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab replay --gdb: a replay that stops at a place, where gdb gets the terminal. */
#ifndef KLAB_CMD_REPLAY_GDB_H
#define KLAB_CMD_REPLAY_GDB_H

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/recorded.h"

/*
 * gdb_args: what stood after `--`, gdb's own arguments. Returns gdb's success (0
 * or 1), 1 also when the guest never came to the place; -1 with err.
 */
int replay_with_gdb(const struct cmd_env *env, const struct options *opt,
		    const struct strv *gdb_args, struct recorded *r,
		    const struct machine_ops *machine, struct err *err);

#endif
