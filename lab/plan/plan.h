/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan: all that one run needs to know and that is not the kernel; plan.json in the run directory. */
#ifndef KLAB_PLAN_PLAN_H
#define KLAB_PLAN_PLAN_H

#include <jansson.h>

#include "case/case.h"

enum plan_mode { PLAN_MODE_FREE, PLAN_MODE_DETERMINISTIC, PLAN_MODE_RECORD };

/* Of a run from a snapshot: what it did not do itself. */
struct plan_snapshot {
	const char *key;		/* in the cache; borrowed, as all here */
	const char *nonce;		/* of its boot */
	const char *state_sha256;
	uint64_t seed;			/* of its boot */
	uint64_t boot_ms;		/* that took, until the snapshot was made */
	uint64_t console_bytes, frames_bytes;	/* that were written by then */
};

struct plan {
	const struct case_file *test;	/* borrowed */
	struct strv kconfig;		/* fragments in order, the side's toggles included */
	struct strv append;		/* kernel command line beyond what klab adds */
	const struct strv *asked_append; /* the last of it: what the user asked for; NULL: nothing */
	struct strv facts;		/* "readable /sys/...", collected from the fragments; the
					 * processors, when more than one is asked for */
	enum plan_mode mode;
	uint64_t seed;			/* default 1; at most INT64_MAX, for JSON has no more */
	char nonce[17];			/* 16 hex digits, from seed, case and kernel key: repeats with them */
	uint64_t timeout_ms;
	uint64_t memory_bytes;
	int cpus;
	bool to_checkpoint;		/* the boot of a snapshot: the guest waits at its checkpoint */
	const struct plan_snapshot *snapshot;	/* that it goes on from; NULL: it boots */
};

/*
 * Can the case be run so? ERR_INPUT, "case.yaml:12: ...", when it is to repeat
 * to the byte and has a step that takes part of the host in: known before
 * anything is built, with what to use instead.
 */
int plan_check_mode(const struct case_file *test, enum plan_mode mode, struct err *err);

/*
 * Can a snapshot be made of the case at its checkpoint, and runs go on from there?
 * ERR_INPUT, with the line of the case, what stands against it, and what to do.
 */
int plan_check_snapshot(const struct case_file *test, enum plan_mode mode, struct err *err);
/* Index of the checkpoint step; -1: there is none. */
int plan_find_checkpoint(const struct case_file *test);

struct plan *plan_new(const struct case_file *test);	/* from the case's own values */
void plan_free(struct plan *p);				/* NULL-safe */
void plan_set_nonce(struct plan *p, const char *kernel_key);
/* For the boot of a snapshot: from all that the guest is told of before its checkpoint. */
void plan_set_boot_nonce(struct plan *p, const char *kernel_key);

/* The plan as the guest reads it (docs/formats.md). Yours. */
char *plan_format_guest(const struct plan *p);
/* plan.json: new reference. It holds all that rejudge needs, the expectations too. */
json_t *plan_to_json(const struct plan *p);
const char *plan_mode_name(enum plan_mode mode);
int plan_mode_parse(const char *name, enum plan_mode *out, struct err *err);
/*
 * The seed of a boot, of `repeat` boots of each seed from first to last. One seed is the first of as
 * many that count up, but in deterministic mode it stays: there, the runs of one seed must be alike.
 */
uint64_t plan_boot_seed(enum plan_mode mode, uint64_t first, uint64_t last, int repeat, int index);

/* The expectations of a plan.json, for the verdict of a run directory alone. */
int plan_expects_from_json(const json_t *plan, struct case_expect **expects, size_t *count,
			   struct err *err);
void plan_expects_free(struct case_expect *expects, size_t count);

/*
 * Where the guest finds what step `index` runs: /klab/bin/<index>-<name> for a
 * C file, /klab/sh/<index>.sh for a script. The guest's plan names these paths,
 * the initramfs holds them. Yours.
 */
char *plan_guest_source_path(size_t index, const char *source);
char *plan_guest_script_path(size_t index);
char *plan_guest_object_path(size_t index);
char *plan_guest_filesystem_path(size_t index);

/* Copies a case to `path`, and beside it the C files and BPF objects that it names. */
int plan_copy_case(const struct case_file *test, const char *path, struct err *err);
/*
 * Makes the run directory BASE/<id> with case.yaml, plan.json, the C files of
 * the case and run.json at "incomplete". Returns its path, yours, NULL on error.
 */
char *plan_run_dir_make(const char *base, const struct plan *p, struct err *err);
/*
 * Whether a run directory can be made there: BASE, or the folder it would be
 * made in, takes a new folder. No folder at all: ERR_INPUT. Leaves nothing.
 */
int plan_run_dir_check(const char *base, struct err *err);
/* Sets the keys of `values` (borrowed) in the directory's run.json, by rename. */
int plan_run_dir_update(const char *run_dir, const json_t *values, struct err *err);
/* What repeats a run beside its plan. All borrowed. */
struct rerun {
	const char *source;	   /* as after --source; NULL: the default */
	const struct strv *patches; /* as after --patch; NULL: none */
	const char *machine;	   /* as after --machine; NULL: the default */
	const struct strv *append; /* as after --append; NULL: none */
	bool missing_ok;	   /* --missing-ok */
};
/*
 * Writes rerun.sh, which repeats the run from its directory, with what our environment says
 * of compilers and QEMU. Relative paths become absolute, so that it does not matter where it is
 * started. It refuses, with 3, when the kernel would not be that of kernel.json, QEMU is not
 * the one of machine.json, or the case and its C files are not what they were.
 */
int plan_run_dir_write_rerun(const char *run_dir, const struct plan *p, const struct rerun *rerun,
			     struct err *err);

#endif
