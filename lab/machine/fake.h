/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine `fake`: gives again what an earlier run gave, for tests of what
 * comes after. $KLAB_FAKE_RUN is that run's directory; its console.log,
 * frames.raw and machine.json become the new run's.
 */
#ifndef KLAB_MACHINE_FAKE_H
#define KLAB_MACHINE_FAKE_H

#include "machine/machine.h"

extern const struct machine_ops machine_fake;

#endif
