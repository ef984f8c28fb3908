/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a replay is to stop: what --at says, as an address and a place in the console. */
#ifndef KLAB_CMD_REPLAY_AT_H
#define KLAB_CMD_REPLAY_AT_H

#include "cmd/recorded.h"
#include "symbols/symbols.h"

struct replay_at {
	uint64_t address;	/* of a function of the kernel */
	uint64_t console_bytes; /* printed by then */
	char *what;		/* "report 2 of 3, "KASAN: ..."", owned */
};

/*
 * at: seconds as printk prints them ("3.25", "3.25s"), a report by its number from
 * 1 or its title (or a part that only one title has), or a function. NULL: the
 * first report that is a bug, else the first. ERR_INPUT: the run has no such thing.
 */
int replay_at_find(struct replay_at *where, const char *at, const struct recorded *r,
		   struct symbolizer *symbols, struct err *err);
void replay_at_clear(struct replay_at *where);	/* NULL-safe */
#define _cleanup_replay_at_ _cleanup_(replay_at_clear)

#endif
