/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab compare --dry-run: how many guests it would boot, and how each side would. */
#ifndef KLAB_CMD_COMPARE_DRY_RUN_H
#define KLAB_CMD_COMPARE_DRY_RUN_H

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/sides.h"
#include "machine/machine.h"

/* How many guests so many sides boot at most, those of --coverage too. */
size_t compare_guest_count(const struct options *opt, size_t side_count);

/*
 * Prints that of a comparison, then of each side whether its kernel is there and the command
 * line that would boot it; name: of what is compared. Nothing is built or booted. 0, or -1.
 */
int compare_dry_run(const struct cmd_env *env, const struct options *opt,
		    const struct machine_ops *machine, const char *name, struct sides *sides,
		    struct err *err);

#endif
