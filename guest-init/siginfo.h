/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of a SIGBUS or SIGSEGV, kept before the task dies of it:
 * its parent learns only the signal's number.
 */
#ifndef GUEST_SIGINFO_H
#define GUEST_SIGINFO_H

#include <stdint.h>

#include "guest-init/guest.h"

#define SIGINFO_BYTES 32768 /* a power of two */

/*
 * In locked memory shared with init, aligned to its size. What kills a task may be
 * that its memory is lost, its own data and stack as well as the rest: so the
 * handler runs on this stack, and finds the record by the stack's address.
 */
struct siginfo_record {
	int number; /* 0: none came */
	int code;
	uint64_t address;
	_Alignas(16) char stack[SIGINFO_BYTES - 16];
};

/* A new record; the guest's for good. NULL with step_fail(). */
struct siginfo_record *siginfo_new(struct guest *g);
/* In the task: the first SIGBUS or SIGSEGV is recorded, and then does what it does by default. */
void siginfo_catch(struct siginfo_record *record);
/* Adds `signal`, `si_code` and `si_address` to a result; nothing when none came. */
void siginfo_result(const struct siginfo_record *record, struct frame_writer *frames);
/* "BUS_ADRERR", or NULL. */
const char *siginfo_code_name(int number, int code);

#endif
