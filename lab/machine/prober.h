/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at a guest from outside: gdb on QEMU's stub, with hardware breakpoints,
 * so that nothing in the guest is changed. What it sees at each hit is a line of
 * RUN/probes.jsonl (docs/formats.md).
 *
 * The guest is started held. The prober sets its breakpoints, lets it go, and
 * looks each time it stops; when every probe has seen its limit it leaves.
 */
#ifndef KLAB_MACHINE_PROBER_H
#define KLAB_MACHINE_PROBER_H

#include "machine/gdb.h"
#include "machine/machine.h"

#define GDB_SOCKET "gdb.sock" /* of QEMU's stub, in the run directory */

struct prober;

/* Starts gdb. ERR_HOST: there is none. Yours; NULL on error. */
struct prober *prober_start(const struct machine_spec *spec, struct err *err);
void prober_free(struct prober *p); /* NULL-safe */
/* To be polled for reading; -1: it has left. */
int prober_fd(const struct prober *p);
/*
 * Takes what gdb said and goes on from there, without waiting. console_bytes:
 * how much the guest has printed so far. ERR_INPUT: a probe cannot be set or
 * its condition not evaluated; ERR_HOST: gdb failed, or probes.jsonl cannot be
 * written. After the first error it has left, and the guest may stand still.
 */
int prober_work(struct prober *p, uint64_t console_bytes, struct err *err);

#endif
