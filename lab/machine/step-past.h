/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an x86 processor comes to next, from an instruction as gdb writes it
 * (AT&T). For who cannot let it take a single step.
 */
#ifndef KLAB_MACHINE_STEP_PAST_H
#define KLAB_MACHINE_STEP_PAST_H

#include <stddef.h>

enum { STEP_PLACES = 2 };

/*
 * `inst` stands at the program counter, and the instruction after it at the
 * address `next`. Places of gdb ("*0x10"), yours; how many: 0 where that cannot
 * be told, as of a jump by a register.
 */
size_t step_past(const char *inst, const char *next, char *places[STEP_PLACES]);

#endif
