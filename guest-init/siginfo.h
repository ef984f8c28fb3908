/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of a SIGBUS or SIGSEGV, kept before the task dies of it:
 * its parent learns only the signal's number.
 */
#ifndef GUEST_SIGINFO_H
#define GUEST_SIGINFO_H

#include <stdint.h>

#include "guest-init/frames.h"

/* In memory shared with init, which is locked: what kills the task may be that memory is lost. */
struct siginfo_record {
	int number; /* 0: none came */
	int code;
	uint64_t address;
	_Alignas(16) char stack[16384]; /* for the handler */
};

/*
 * In the task. The first SIGBUS or SIGSEGV is recorded, and then does what it
 * does by default. `record` must outlive the task's own memory.
 */
void siginfo_catch(struct siginfo_record *record);
/* Adds `signal`, `si_code` and `si_address` to a result; nothing when none came. */
void siginfo_result(const struct siginfo_record *record, struct frame_writer *frames);
/* "BUS_ADRERR", or NULL. */
const char *siginfo_code_name(int number, int code);

#endif
