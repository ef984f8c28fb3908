/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings a guest to a place and holds it there, for a person with gdb: speaks
 * to QEMU's stub itself, with a hardware breakpoint, so that nothing in the guest
 * is changed.
 *
 * The place is the first coming to a function at which the guest has printed so
 * many bytes. All that it printed is in the pipe when it stands at a breakpoint,
 * so this is exact: the call that prints the line which begins at that byte is
 * the first one to printk()'s core at which all before it is out, and nothing of
 * it is. In the same replay it is always the same instruction.
 *
 * In a replay it takes snapshots on the way, without which QEMU cannot go back.
 */
#ifndef KLAB_MACHINE_STOPPER_H
#define KLAB_MACHINE_STOPPER_H

#include "machine/machine.h"
#include "machine/qmp.h"

struct stopper;

/* How much the guest has printed, looked up when it stands still. */
struct stopper_console {
	int (*count)(void *context, uint64_t *bytes, struct err *err);
	void *context;
};

/* QEMU listens, and the guest stands at its first instruction. Yours; NULL on error. */
struct stopper *stopper_start(const struct machine_spec *spec, struct qmp *qmp,
			      const struct stopper_console *console, struct err *err);
void stopper_free(struct stopper *s); /* NULL-safe */
/* To be polled for reading; -1: it has left. */
int stopper_fd(const struct stopper *s);
/*
 * Goes on with what the stub and QMP answered, without waiting. 1: the guest
 * stands at its place, and the stub is free for another one; 0: not yet; -1: the
 * stub does not do what was asked (ERR_HOST).
 */
int stopper_work(struct stopper *s, struct err *err);

#endif
