/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instructions of its kernel a guest ran, as a plugin of QEMU tells it (qemu-plugin/coverage.c):
 * memory that QEMU and we share, so that it is there however the guest ends.
 */
#ifndef KLAB_MACHINE_COVERAGE_H
#define KLAB_MACHINE_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Before init began with the case's steps, and from there until it switches the guest off. */
enum machine_phase { MACHINE_PHASE_BOOT, MACHINE_PHASE_CASE };

struct machine_coverage {
	const char *plugin_path;	/* borrowed */
	uint64_t text_address, text_bytes; /* of the kernel, as it is linked */
	int fd;				/* owned, as bits are; -1: none */
	uint8_t *bits;			/* of the boot, then of the case: one a byte of text */
};
#define MACHINE_COVERAGE_INIT { .fd = -1 }

/* Makes the memory, once the first three are set. ERR_HOST when the plugin is not there or memory is
 * not to be had. */
int machine_coverage_open(struct machine_coverage *c, struct err *err);
void machine_coverage_close(struct machine_coverage *c);
#define _cleanup_machine_coverage_ _cleanup_(machine_coverage_close)

/* Did an instruction run that begins at one of the addresses from `from` to before `to`? */
bool machine_coverage_ran(const struct machine_coverage *c, enum machine_phase phase, uint64_t from,
			  uint64_t to);

#endif
