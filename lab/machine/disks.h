/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of a machine: which ones a case asks for, and the image files behind them. */
#ifndef KLAB_MACHINE_DISKS_H
#define KLAB_MACHINE_DISKS_H

#include "case/case.h"
#include "machine/machine.h"

struct machine_disks {
	struct machine_disk *items;
	size_t count, capacity;
};

/*
 * One disk for each virtio_disk step, its image below RUN_DIR/disks. Pure; strings are
 * owned by the disks. ERR_INPUT, "case.yaml:12: ...", when there are too many.
 */
int machine_disks_of_case(const struct case_file *test, const char *run_dir,
			  struct machine_disks *disks, struct err *err);
/* Makes their images, all zeroes, the same bytes every time. ERR_HOST: no room, or no qemu-img. */
int machine_disks_make(const struct machine_disks *disks, struct err *err);
void machine_disks_clear(struct machine_disks *disks);	/* NULL-safe */
#define _cleanup_machine_disks_ _cleanup_(machine_disks_clear)

#endif
