/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface over several ways to run a guest to its end. */
#ifndef KLAB_MACHINE_MACHINE_H
#define KLAB_MACHINE_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"
#include "case/case.h"
#include "machine/coverage.h"
#include "machine/starved.h"

enum { MACHINE_STARVED_FACTOR = 10 };

enum machine_mode {
	MACHINE_FREE,
	MACHINE_DETERMINISTIC,	/* instructions are the clock, all input is fixed */
	MACHINE_RECORD,		/* what comes from the host is kept in RUN/record */
	MACHINE_REPLAY,		/* and comes from there again */
};

/* Requests that QEMU makes fail: its blkdebug. */
struct machine_disk_error {
	char *event;		/* QEMU's name of a point in its work on the image; NULL: any request of
				 * the guest */
	char *on;		/* "read", "write", "flush", "discard", "write-zeroes"; NULL: any */
	int64_t sector;		/* of 512 bytes, that it must touch; -1: any */
	int errno_value;
	bool once;
};

/* A virtio-blk disk; machine/disks.h makes and frees them. */
struct machine_disk {
	char *name;		/* in the case */
	char *id;		/* QEMU's, and its serial number, by which the guest knows it: at most 20 bytes */
	char *path;		/* of the image, which is there when the guest starts */
	char *format;		/* "raw" or "qcow2" */
	uint64_t size_bytes;
	int64_t iops, bps;	/* most in a second of host time; 0: no limit */
	struct machine_disk_error *errors;
	size_t error_count, error_capacity;
	int step;		/* of the plan, that asked for it */
};

#define MACHINE_MAX_DISKS 16

/* How much a guest has written. */
struct machine_output {
	uint64_t console_bytes, frames_bytes;
};

/* A person who looks at a guest with gdb: where it is stopped for that, and how gdb is called. */
struct machine_debug {
	uint64_t stop_address;		/* of a function; it stops the first time that it comes there ... */
	uint64_t console_bytes;		/* ... and has printed so many bytes */
	const char *snapshots_path;	/* replay: a qcow2 for snapshots, with which gdb goes back; NULL: none */
	const char *const *gdb_argv;	/* ended by NULL; "{gdb}" in it becomes where the stub is */
	/*
	 * Called once it stands at its place, before gdb is started; stopped_bytes and
	 * no_reverse are set. -1 with err: gdb is not started, and the run ends.
	 */
	int (*at_stop)(struct machine_debug *d, struct err *err);
	void *context;			/* at_stop's */
	/* What came of it. */
	bool stopped;			/* false: the guest ended before */
	uint64_t stopped_bytes;		/* of console by then */
	char no_reverse[256];		/* why gdb cannot go back; "": it can */
	int gdb_code;			/* its exit code, or -1 */
};

struct machine_spec {
	const char *kernel_path;	/* bzImage */
	const char *initramfs_path;
	const struct strv *append;	/* added to klab's own command line */
	uint64_t memory_bytes;
	int cpus;
	enum machine_mode mode;
	uint64_t seed;
	int icount_shift;		/* deterministic: an instruction takes 2^shift ns */
	const char *recorded_dir;	/* replay: the run directory whose record/ it is */
	bool record_counted;		/* record, replay: with the clock of deterministic mode */
	/*
	 * The guest is ended once it has written so much, and what it writes beyond is left out:
	 * to repeat a run that was ended from outside, and goes on without that. NULL: no limit.
	 */
	const struct machine_output *enough;
	struct machine_debug *debug;	/* borrowed; NULL: nobody looks at it with gdb */
	/*
	 * Of host time, from start; 0: 10 minutes. Time in which the host had no processor
	 * for the guest is not counted, up to MACHINE_STARVED_FACTOR times as long.
	 */
	uint64_t timeout_ms;
	uint64_t (*starved_ms)(pid_t pid); /* of that process so far; NULL: as /proc says. For tests. */
	uint64_t (*tsc_khz)(void);	/* of the host; NULL: measured. For tests. */
	const char *run_dir;		/* console.log, frames.raw, qmp.log, qemu.argv, machine.json go here */
	const struct case_probe *probes;	/* looked at from outside, into RUN/probes.jsonl */
	size_t probe_count;
	const char *vmlinux_path;	/* the kernel's symbols, when there are probes */
	bool probed;			/* deterministic and with probes, or what was recorded of that */
	uint64_t console_limit_bytes;	/* 0: 64 MiB; beyond: head and tail kept */
	uint64_t frames_limit_bytes;	/* 0: 64 MiB; beyond: cut, the run cannot pass */
	const struct machine_disk *disks;	/* borrowed */
	size_t disk_count;		/* at most MACHINE_MAX_DISKS */
	/*
	 * Snapshots. save_path: the guest waits at its checkpoint, and then its state goes
	 * into that new file and it is ended; result->saved says that this was done. resume:
	 * nothing is booted, the guest goes on from there. Not both; NULL: neither.
	 */
	const char *save_path;
	const struct machine_resume *resume;
	struct machine_coverage *coverage;	/* borrowed, open; it is filled. NULL: nobody asks what runs */
};

/* Where a guest goes on from, and how. */
struct machine_resume {
	const char *state_path;		/* a save_path of before */
	const char *console_path, *frames_path;	/* what that guest had written, and this one's begins with */
	const char *accel;		/* it ran under, and so has to this one */
	const char *nonce;		/* of its boot, for the message */
	const char *message;		/* the plan it goes on with */
};

enum machine_end {
	MACHINE_END_POWEROFF,	/* the guest switched itself off */
	MACHINE_END_RESET,	/* it asked for a reset (-no-reboot): also what a triple fault looks like */
	MACHINE_END_PANIC,	/* pvpanic, the guest-panicked event, or the end of a panic on the console */
	MACHINE_END_TIMEOUT,	/* ours: the deadline passed */
	MACHINE_END_KILLED,	/* QEMU died of a signal that we did not send, exited by itself with an error,
				 * stood still at the deadline, or was starved by the host beyond all patience */
	MACHINE_END_CANCELLED,	/* the user's wish */
};

/* What the machine itself counted of a disk. */
struct machine_disk_count {
	char name[32];			/* of the disk in the case */
	int step;
	bool fails;			/* it was told to make requests fail */
	bool counted;			/* false: it ended before it could be asked */
	uint64_t operations;		/* reads, writes, flushes and discards that were done */
	uint64_t failed;		/* and that failed */
};

struct machine_result {
	enum machine_end end;
	int exit_code;			/* of QEMU, or -1 */
	int signal;			/* that ended QEMU, or 0 */
	uint64_t wall_ms, cpu_ms;
	uint64_t starved_ms;		/* of the time that passed: the guest was ready, and the host had no processor */
	struct starved_log starved;		/* and when */
	uint64_t first_output_ms;		/* when the first byte of the console came; 0: none did */
	uint64_t console_bytes, console_kept_bytes, console_head_bytes;
	uint64_t frames_bytes;
	bool frames_cut;
	bool port_full;			/* klab was so late that the guest may have waited for a port of its */
	char accel[16];			/* "kvm" or "tcg" */
	char accel_why[256];		/* why that one */
	char version[32];		/* of QEMU */
	char detail[256];		/* QEMU's last words on stderr, one line */
	struct machine_disk_count disks[MACHINE_MAX_DISKS];
	size_t disk_count;
	bool stopped;			/* by klab: the deadline, the host's load or the user's wish */
	bool enough;			/* it has written what spec->enough says */
	bool saved;			/* the guest came to its checkpoint, and save_path is whole */
	uint64_t running_ms;		/* from QEMU's start until the guest ran: booted, or went on */
};

struct machine_ops {
	const char *name;	/* as after --machine, before a colon */
	const char *summary;
	bool for_tests;		/* `klab doctor` does not look for it */
	bool snapshots;		/* it knows save_path and resume of a spec */
	bool coverage;		/* and its coverage */
	bool gdb;		/* and its probes */
	/* "libvirt:URI": what stands after the colon, NULL: nothing does. NULL: it takes none. */
	int (*configure)(const char *argument, struct err *err);
	/* Can it run here? ERR_HOST with what is missing and the line that fixes it. */
	int (*probe)(json_t *facts, struct err *err);
	/* The argv that run() would execute. Yours: fill `argv`. */
	int (*command)(const struct machine_spec *spec, struct strv *argv, struct err *err);
	/*
	 * Runs a guest to its end, machine.json written, whatever happens. A guest that
	 * crashes is no error. ERR_CANCELLED: the user's wish, the guest is gone and
	 * result->end says so too. ERR_HOST: the guest could not be started or watched,
	 * machine.json has `end` "error".
	 */
	int (*run)(const struct machine_spec *spec, struct machine_result *result,
		   struct progress *progress, struct err *err);
};

extern const struct machine_ops *const machine_table[];	/* ended by NULL */
/* "NAME" or "NAME:ARGUMENT"; NULL: the first. ERR_INPUT. */
const struct machine_ops *machine_find(const char *name, struct err *err);
const char *machine_end_name(enum machine_end end);
/* Is it, by its name, an end of the guest's own: power-off, reset or panic? */
bool machine_end_is_own(const char *name);

#endif
