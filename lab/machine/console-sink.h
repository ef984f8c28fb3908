/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest prints, from a pipe to a file with a bound. Beyond the bound a
 * console keeps its head and its tail, and frames are cut. Memory is one buffer
 * however much is printed: the tail lives in an unlinked file used as a ring and
 * is joined to the head at the end.
 *
 * QEMU writes every byte with a system call of its own. A reader that is woken
 * for each of them costs more than the guest, so after a read the pipe is left
 * alone for SINK_REST_MS and takes what comes meanwhile. Should it ever be full,
 * the guest's port is busy for as long as nobody reads: a guest that counts
 * instructions then sees how busy the host is, and does not repeat.
 */
#ifndef KLAB_MACHINE_CONSOLE_SINK_H
#define KLAB_MACHINE_CONSOLE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/panic-end.h"

enum { SINK_REST_MS = 20 };

struct sink {
	int fd;	      /* our end of the pipe, non-blocking; owned; -1: at its end */
	int file_fd;  /* owned */
	int ring_fd;  /* owned; -1: no tail yet */
	char *path;   /* owned; of the file */
	char *buffer; /* owned */
	uint64_t head_limit, tail_limit; /* bytes; tail_limit 0: what is beyond the head is cut */
	uint64_t most_bytes;		 /* that are taken; what comes after is not looked at */
	uint64_t bytes;			 /* that the guest wrote */
	uint64_t head_bytes, tail_bytes; /* that were kept; right after sink_finish() */
	uint64_t pipe_bytes;		 /* that it holds */
	bool was_full;			 /* or so nearly that QEMU may have been refused a byte */
	struct panic_end *panic_end;	 /* borrowed; sees what is taken; NULL: nobody looks */
	uint64_t rest_until_ms;		 /* clock_monotonic_ms(): not to be polled before */
};
#define SINK_INIT { .fd = -1, .file_fd = -1, .ring_fd = -1, .most_bytes = UINT64_MAX }

/* Makes DIR/name and a pipe; *write_fd, close-on-exec, is yours. */
int sink_open(struct sink *s, const char *dir, const char *name, uint64_t limit_bytes,
	      bool keep_tail, int *write_fd, struct err *err);
/*
 * Makes a named pipe of it, for a QEMU that inherits nothing from us: `path` must be new, and
 * goes when nobody needs to open it any more. *write_fd is another then.
 */
int sink_open_fifo(struct sink *s, const char *path, int *write_fd, struct err *err);
/* What an earlier guest wrote counts as written by this one, before all else. */
int sink_begin_with(struct sink *s, const char *path, struct err *err);
/*
 * Writes away what is in the pipe, at most a few MiB at once. 1: there was
 * something, 0: nothing, -1: it cannot be written (ERR_HOST).
 */
int sink_drain(struct sink *s, struct err *err);
/*
 * Joins head and tail, once nothing more comes. When something was left out,
 * both are cut to whole lines, and a line between them says how many bytes are
 * missing.
 */
int sink_finish(struct sink *s, struct err *err);
void sink_clear(struct sink *s); /* NULL-safe */
#define _cleanup_sink_ _cleanup_(sink_clear)

#endif
