/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One guest under QEMU while it runs: shared by qemu-start.c, qemu-guest.c and qemu-end.c. */
#ifndef KLAB_MACHINE_QEMU_GUEST_H
#define KLAB_MACHINE_QEMU_GUEST_H

#include "base/child.h"
#include "machine/console-sink.h"
#include "machine/mailbox.h"
#include "machine/prober.h"
#include "machine/qemu.h"
#include "machine/qmp.h"
#include "machine/stopper.h"

enum { QEMU_WORDS_BYTES = 4096, DEFAULT_TIMEOUT_MS = 10 * 60 * 1000 };

/* Why we end the guest ourselves. */
enum guest_stop {
	STOP_NOT,
	STOP_TIMEOUT,
	STOP_STARVED,
	STOP_PANICKED,
	STOP_CANCELLED,
	STOP_ENOUGH,
	STOP_SAVED,
	STOP_FAILED,
};

struct guest {
	const struct machine_spec *spec;
	const struct guest_launcher *by;
	struct child child;			/* QEMU, or who looks after it for us */
	pid_t pid;				/* of QEMU; 0: it is on another host */
	struct child_exit exit;
	struct qmp qmp;
	int qmp_fd, qmp_log_fd, stderr_fd;	/* owned; -1: at its end */
	int control_fd;				/* owned; what who looks after QEMU tells of it; -1: nobody */
	struct sink console, frames;
	struct panic_end panic_end;		/* on the console */
	struct mailbox *mailbox;		/* owned; NULL: no snapshot is made or gone on from */
	uint64_t running_ms;			/* from the start until it ran; 0: not yet */
	struct prober *prober;			/* owned; NULL: nobody looks in from outside */
	struct stopper *stopper;		/* owned; NULL: it is not to be stopped, or stands there */
	struct child gdb;			/* of a person, once it stands */
	int run_dir_fd;				/* owned; by which that gdb finds the stub */
	char words[QEMU_WORDS_BYTES];		/* the last of standard error */
	size_t words_length;
	enum guest_stop stop;
	struct err failure;			/* STOP_FAILED: why */
	uint64_t start_ms, deadline_ms, progress_ms;
	uint64_t starved_ms;			/* for which the host had no processor, when last looked */
	struct starved_log starved;
	uint64_t first_output_ms;		/* since the start; 0: none yet */
	uint64_t granted_ms;			/* of it, by which the deadline was put off */
	uint64_t look_ms;			/* when to look again */
	uint64_t held_since_ms;			/* it does not run, and so its time does not; 0: it runs */
	uint64_t term_ms;			/* once stopping: when asking nicely is over */
	bool until_words, ended;
	bool stood_still;			/* at the deadline QEMU itself had stopped it */
	bool asked_disks, told_quit;		/* the guest is gone, its disks are being accounted */
};

/* QEMU's ends of what is between it and us. */
struct far_ends {
	int qmp, console, frames, gdb, state, coverage, stderr_fd; /* owned; -1: none */
};
#define FAR_ENDS_INIT { -1, -1, -1, -1, -1, -1, -1 }

/* Are kernel and initramfs there? Opens the run's files, QMP's socket and the pipes. */
int guest_open(struct guest *g, struct far_ends *far, struct err *err);
void far_ends_clear(struct far_ends *e);
/* RUN/qemu.argv: one argument a line, newlines and percent signs encoded. */
int guest_write_argv(const struct machine_spec *spec, const struct strv *argv, struct err *err);
/* QEMU is started: from now on its time counts. */
void guest_begin(struct guest *g, pid_t pid);
/* Its mailbox: made, a turn of the loop, and removed. qemu-snapshot.c */
int guest_open_mailbox(struct guest *g, struct err *err);
void guest_work_snapshot(struct guest *g);
void guest_close_mailbox(struct guest *g);
/* Ends it; and says why we, or the host, cannot go on. The first reason counts. */
void guest_stop(struct guest *g, enum guest_stop why);
void guest_fail(struct guest *g, const struct err *why);
/* Has it written all that the run wrote that it repeats? */
bool guest_wrote_enough(const struct guest *g);
/*
 * A guest that is to be looked at with gdb: from the start of QEMU to the end of
 * gdb. Called in each round of the loop; -1: it cannot go on.
 */
int guest_debug(struct guest *g, struct err *err);
/* All that it printed so far, which is in the pipe when it stands still. */
int guest_count_console(struct guest *g, uint64_t *bytes, struct err *err);
/* Once QEMU has ended: the result. */
void guest_fill(const struct guest *g, const struct machine_accel *accel,
		struct machine_result *r);
/* Did we fail, or the host, rather than the guest? -1 with err set. */
int guest_verify(const struct guest *g, const struct machine_result *r, struct err *err);

#endif
