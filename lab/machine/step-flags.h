/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one instruction of an x86 processor does to its flags, from the text that gdb writes
 * (AT&T). For who keeps interrupts off while it takes a single step, and has to leave
 * everything as if they had been on.
 */
#ifndef KLAB_MACHINE_STEP_FLAGS_H
#define KLAB_MACHINE_STEP_FLAGS_H

enum step_flags {
	STEP_KEEPS_FLAG,   /* or faults, and then saves the flags */
	STEP_SETS_FLAG,	   /* on or off, whatever it was: cli, popf, iret */
	STEP_PUSHES_FLAGS, /* one word of the stack has them: pushf */
	STEP_TRAPS,	   /* into a handler, whose frame has them: int3 */
	STEP_WAITS,	   /* for an interrupt, and without one for ever: hlt */
};

enum step_flags step_flags_of(const char *inst);

#endif
