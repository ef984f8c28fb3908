/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QEMU Machine Protocol (QEMU's docs/interop/qmp-spec), client side, as much
 * as a run needs: negotiate, start the guest, ask questions, quit, and remember
 * the events that say how the guest ended. What comes in is not trusted: lines
 * are bounded, and the first that is no QMP ends the conversation.
 */
#ifndef KLAB_MACHINE_QMP_H
#define KLAB_MACHINE_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum qmp_state {
	QMP_GREETING,	 /* nothing was said yet */
	QMP_NEGOTIATING, /* qmp_capabilities is on its way */
	QMP_LOADING,	 /* a snapshot's state is being read */
	QMP_LOADED,	 /* and there: qmp_go() is wanted */
	QMP_STARTING,	 /* cont is on its way */
	QMP_RUNNING,	 /* the guest runs */
	QMP_BROKEN,	 /* see `why` */
};

enum qmp_save { QMP_SAVE_NOT, QMP_SAVING, QMP_SAVED, QMP_SAVE_FAILED };

struct qmp {
	enum qmp_state state;
	char version[32];	  /* of QEMU: "7.2.22" */
	char shutdown_reason[32]; /* of the SHUTDOWN event: "guest-shutdown"...; "": none came */
	int load_fd;		  /* QEMU's number of the state to begin with; -1: it boots */
	enum qmp_save save;
	char save_why[256];	  /* QMP_SAVE_FAILED: what QEMU said */
	int pass_fd;		  /* owned: goes with the next bytes that are sent; -1: none */
	bool hold;		  /* somebody else lets the guest go: see qmp_feed() */
	bool held;		  /* the guest stands still: not let go yet, or stopped */
	bool panicked;		  /* GUEST_PANICKED came */
	bool answered;		  /* a command beyond those that start the guest */
	json_t *blockstats;	  /* owned: what query-blockstats answered; NULL: nothing yet */
	char *monitor;		  /* owned: what the last command to the monitor printed; NULL: no answer yet */
	char why[256];		  /* QMP_BROKEN: what was wrong */
	struct strbuf in;	  /* a line without its end, bounded */
	struct strbuf out;	  /* to be sent */
	int log_fd;		  /* borrowed; -1: no log */
	uint64_t log_bytes;	  /* written so far; bounded */
};
#define QMP_INIT { .log_fd = -1, .held = true, .load_fd = -1, .pass_fd = -1 }

/*
 * What was received. Pure but for the log: answers are added to `out`. With
 * `hold` the guest is not started, and counts as running once QEMU listens.
 */
void qmp_feed(struct qmp *q, const char *bytes, size_t length);
/* Adds a command without arguments; `id` marks its answer in the log. */
void qmp_command(struct qmp *q, const char *command, const char *id);
/* What became of the requests to its disks: the answer goes into `blockstats`. */
void qmp_ask_blockstats(struct qmp *q);
/* A line for QEMU's monitor for people; what that prints, or why it was refused, goes into `monitor`. */
void qmp_ask_monitor(struct qmp *q, const char *line);
/* Where the guest's processors are, for the log: asked before one that hangs is ended. */
void qmp_ask_registers(struct qmp *q);
/* Lets a guest in QMP_LOADED go. */
void qmp_go(struct qmp *q);
/*
 * Stops the guest and has its state written to fd (owned from here on): then
 * `save` is QMP_SAVED, the guest stands, and the bytes are all with the kernel; or
 * it is QMP_SAVE_FAILED.
 */
void qmp_save(struct qmp *q, int fd);
/*
 * Receives what is there and sends what is to be sent, without waiting.
 * False once QEMU has closed its end.
 */
bool qmp_pump(struct qmp *q, int fd);
void qmp_clear(struct qmp *q); /* NULL-safe */
#define _cleanup_qmp_ _cleanup_(qmp_clear)

#endif
