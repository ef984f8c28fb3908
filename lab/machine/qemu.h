/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the machine `qemu`: what its files share. */
#ifndef KLAB_MACHINE_QEMU_H
#define KLAB_MACHINE_QEMU_H

#include "machine/machine.h"

#define QEMU_PACKAGE_HINT "sudo apt-get install --no-install-recommends qemu-system-x86"

enum {
	/* Where QEMU finds what it inherits; high: free, and so the same every time. */
	QEMU_FD_QMP = 100,
	QEMU_FD_CONSOLE = 101,
	QEMU_FD_FRAMES = 102,
	QEMU_FD_GDB = 103,
	QEMU_FD_STATE = 104,
	QEMU_FD_COVERAGE = 105,
};

#define QEMU_MAILBOX "mailbox" /* the file in the run directory */

struct qemu_fds {
	int qmp, console, frames;
	int gdb; /* a listening socket; not used without probes */
};

extern const struct machine_ops machine_qemu;

/* How the guest's processor is made, and why so: never chosen silently. */
struct machine_accel {
	char name[16]; /* "kvm" or "tcg" */
	char why[256];
	bool unproven; /* KVM was tried for this run and failed: remember it if TCG does better */
};

/* Path of the QEMU to run: $KLAB_QEMU, else from PATH. Yours; NULL: ERR_HOST, what to install. */
char *qemu_find(struct err *err);
/* "7.2.22" of that QEMU, by asking it. */
int qemu_read_version(const char *qemu, char version[32], struct err *err);
/* The command line; `fds` are the numbers that QEMU will see. Pure. */
int qemu_argv(const struct machine_spec *spec, const char *qemu, const char *accel,
	      const struct qemu_fds *fds, struct strv *argv, struct err *err);

/* Parts of it, for who makes the rest in another way. Pure. */
char *qemu_kernel_cmdline(const struct machine_spec *spec, const char *accel,
			  struct err *err); /* yours; NULL: ERR_INPUT */
const char *qemu_cpu_model(const struct machine_spec *spec, const char *accel);
void qemu_argv_add_mode(const struct machine_spec *spec, struct strv *argv);
void qemu_argv_add_disks(const struct machine_spec *spec, struct strv *argv);
void qemu_argv_add_beat(const struct machine_spec *spec, struct strv *argv);
/* In QEMU's option lists a comma is doubled. Yours. */
char *qemu_quote_comma(const char *path);
/* What the answer to query-blockstats (NULL: there was none) says of them, into result->disks. */
void qemu_count_disks(const struct machine_spec *spec, const json_t *blockstats,
		      struct machine_result *result);

struct guest;

/* Who starts QEMU: klab itself, or another for it. All else of a run is the same. */
struct guest_launcher {
	bool elsewhere; /* on another host, whose QEMU and KVM cannot be asked */
	/* Opens the run's files and starts QEMU, which waits for QMP to let the guest run. */
	int (*start)(struct guest *g, const struct machine_accel *accel, struct err *err);
	/* g->child has ended: what became of QEMU, if that was another process, into g->exit. */
	void (*end)(struct guest *g);
};

extern const struct guest_launcher guest_by_klab;

/* machine_ops' run(), for any launcher. */
int qemu_run(const struct machine_spec *spec, const struct guest_launcher *by,
	     struct machine_result *result, struct progress *progress, struct err *err);
/* Could it be run in this mode, under which accelerator? Without trying anything. */
int qemu_check(const struct machine_spec *spec, const struct guest_launcher *by, const char *qemu,
	       struct machine_accel *accel, struct err *err);

/*
 * One guest from start to end. result->end may be any; ERR_CANCELLED and
 * ERR_HOST as in machine.h. until_words: stop as soon as the guest's init says
 * its first word, and then the end is MACHINE_END_CANCELLED and 0 is returned.
 */
int qemu_guest_run(const struct machine_spec *spec, const struct guest_launcher *by,
		   const struct machine_accel *accel, bool until_words,
		   struct machine_result *result, struct progress *progress, struct err *err);

/*
 * Chooses. $KLAB_ACCEL, the mode, /dev/kvm (`kvm_device`), and what was
 * remembered decide in this order. When nothing is known of this boot of the
 * host and this QEMU, boots spec's guest under KVM until its init speaks, at
 * most ACCEL_PROBE_MS, and remembers a success; may_probe false: chooses TCG
 * and says so. kvm_device NULL: the guest runs on another host; `qemu` is not used.
 */
int accel_choose(const struct machine_spec *spec, const char *qemu, const char *kvm_device,
		 bool may_probe, struct machine_accel *accel, struct progress *progress,
		 struct err *err);
/* After a run: keeps the answer of a failed probe, once the same guest came up without KVM. */
void accel_learn(const struct machine_accel *accel, const char *qemu,
		 const struct machine_result *result, struct progress *progress);
/* For `klab doctor`: {device, usable (true, false; null: not tried), why, fix}. New reference. */
json_t *accel_facts(const char *qemu, const char *kvm_device);

#define KVM_DEVICE "/dev/kvm"

#endif
