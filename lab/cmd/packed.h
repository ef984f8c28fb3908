/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run that came in a file of `klab pack`, unpacked for as long as a command needs it. */
#ifndef KLAB_CMD_PACKED_H
#define KLAB_CMD_PACKED_H

#include <stdbool.h>

#include "base/err.h"

#define PACKED_SUFFIX ".tar.zst"

struct packed {
	char *folder;	/* a hidden one in the folder of runs, owned, removed at the end; NULL: none */
	char *run_dir;	/* FOLDER/ID, owned */
	char *out_dir;	/* where runs go; owned */
	bool made_out_dir;
};

/* Is what the user names a file rather than a run? */
bool packed_is_file(const char *name);
/*
 * Unpacks it below out_dir. ERR_INPUT: it is no pack, or has in it what no pack
 * has; nothing is left behind then.
 */
int packed_open(struct packed *p, const char *file, const char *out_dir, struct err *err);
/* Makes it a run of out_dir like any other: its path, yours. NULL on error. */
char *packed_keep(struct packed *p, struct err *err);
void packed_clear(struct packed *p);	/* NULL-safe */
#define _cleanup_packed_ _cleanup_(packed_clear)

#endif
