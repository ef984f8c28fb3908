/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Init's own end, when it cannot go on: a line on the console, and the machine goes off. */
#ifndef GUEST_PANIC_H
#define GUEST_PANIC_H

/* "klab-init: ..." on the console. */
void guest_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* guest_say(), and off. For the host this is a boot without an `end` frame: it can never pass. */
_Noreturn void guest_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void guest_power_off(void);
/* Catches the signals of our own mistakes (SIGSEGV and its like), on a stack of their own. */
void guest_catch_fatal(void);
/* For children: default actions, nothing blocked. */
void guest_uncatch(void);

#endif
