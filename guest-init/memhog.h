/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What init and a memhog tell each other, in locked memory that they share. */
#ifndef GUEST_MEMHOG_H
#define GUEST_MEMHOG_H

#include "guest-init/guest.h"
#include "guest-init/memory.h"
#include "guest-init/siginfo.h"

struct memhog_shared {
	struct memhog_findings findings;
	uint64_t seed;
	uint64_t base; /* address of its memory in the task */
	bool reread;   /* each round reads it back */
	bool hold;     /* it will stay */
	bool holding;  /* all written; now it waits for requests, or to be killed */
	uint64_t rereads_asked, rereads; /* on request, complete */
	uint64_t reread_wrong;		 /* pages wrong in the last one */
	uint64_t reread_ns;		 /* of the last one */
	uint64_t code_calls, code_wrong; /* pages of code that were called; that said another number */
	struct siginfo_record *signal;
};

/* NULL: the task is no memhog. */
struct memhog_shared *memhog_of_task(const struct task *task);
/* Waits until it holds, or has ended: see it->ended. False: neither, in time. */
bool memhog_wait_holding(struct guest *g, struct task *task, uint64_t deadline_ns);

#endif
