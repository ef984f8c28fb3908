/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run that can be had again from its directory alone: what it was started with. */
#ifndef KLAB_CMD_RECORDED_H
#define KLAB_CMD_RECORDED_H

#include <jansson.h>

#include "build/build.h"
#include "case/case.h"
#include "machine/machine.h"

struct recorded {
	char *dir;
	json_t *run, *plan, *machine; /* its files; machine is NULL when it never ended */
	struct kernel *kernel;	      /* held in the store; NULL: of a pack, in dir/kernel */
	struct kernel *symbols;	      /* held in the store for its vmlinux, when the image is the pack's */
	struct machine_spec spec;     /* as it was started, but to be replayed; run_dir is to be set */
	struct machine_output output; /* of spec, when the run was ended from outside */
	char *image, *initramfs;      /* owned, of spec */
	struct strv append;	      /* likewise */
	struct case_file *test;	      /* owned */
	struct case_probe *probes;    /* owned, of spec: in deterministic mode, and then vmlinux_path */
	size_t probe_count;
	int lock;		      /* on dir: owned; -1: none */
};
#define RECORDED_INIT { .lock = -1 }

/*
 * Reads RUN. It may be somebody else's, so all that goes into `spec` is checked.
 * ERR_INPUT: it was in free mode, where chance decides, or is damaged; ERR_HOST:
 * its kernel has left the store, or another process has it open: two replays at once
 * would take each other's console for their own.
 */
int recorded_open(struct recorded *r, const char *run_dir, const char *cache_dir, struct err *err);
/*
 * Puts the kernel's symbols into `dir` as vmlinux: from the pack or from the store, where
 * *stored (borrowed; may be NULL) is then set; else to NULL. ERR_HOST: neither has them.
 */
int recorded_unpack_vmlinux(struct recorded *r, const char *cache_dir, const char *dir,
			    const struct kernel **stored, struct err *err);
void recorded_clear(struct recorded *r);
#define _cleanup_recorded_ _cleanup_(recorded_clear)

#endif
