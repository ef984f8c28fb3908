/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child processes: argv arrays only, an own process group, dead with the parent
 * (PR_SET_PDEATHSIG; its own children are on their own then), awaited through a pidfd with a monotonic deadline, ended
 * by TERM and then KILL to the group, each bounded.
 */
#ifndef KLAB_BASE_CHILD_H
#define KLAB_BASE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct child_spec {
	const char *const *argv;	/* argv[0] is looked up in PATH; NULL-terminated */
	const char *cwd;		/* NULL: ours */
	const char *const *env_set;	/* "NAME=value" added to ours; NULL: none. "NAME" alone unsets */
	bool env_clean;			/* start from PATH, HOME, LC_ALL=C only */
	int stdin_fd;			/* 0: /dev/null; borrowed */
	int stdout_fd;			/* 0: ours; borrowed */
	int stderr_fd;			/* 0: ours; borrowed */
	const int *keep_fds;		/* inherited at the same numbers; ended by -1; NULL: none */
	uint64_t max_file_bytes;	/* RLIMIT_FSIZE; 0: ours */
	bool foreground;		/* in our process group, standard input ours: it may use the terminal */
	bool tidies;			/* it is waited for also when cancel_requested() */
};

struct child {
	pid_t pid;			/* 0: none */
	bool foreground;		/* it has no group of its own */
	bool tidies;			/* as its spec says */
	int pidfd;			/* readable when it ended; owned; -1: none */
};
#define CHILD_INIT { .pid = 0, .pidfd = -1 }

struct child_exit {
	bool exited;			/* else ended by a signal */
	int code;			/* exit code, or the signal's number */
	bool timed_out;			/* the deadline passed and we ended it */
	uint64_t cpu_us;		/* user and system time, with waited-for children */
	uint64_t max_rss_kib;
};

/*
 * A program that cannot be executed is ERR_HOST and names it. Descriptors other
 * than the named ones are closed, signal handlers and the mask are reset.
 */
int child_start(struct child *c, const struct child_spec *spec, struct err *err);
/*
 * A part of ourselves: calls body(context) in a process of its own, with our memory, descriptors
 * and signal handlers, and exits with what that returns.
 */
int child_fork(struct child *c, int (*body)(void *context), void *context, struct err *err);
/*
 * Waits until it ended; deadline_ms of clock_monotonic_ms(), 0: none. At the
 * deadline it ends it (TERM, 2 s, KILL), says timed_out and returns 0. Ends it
 * also when cancel_requested(): then ERR_CANCELLED. What is left of its group is
 * killed with it. out may be NULL.
 */
int child_wait(struct child *c, uint64_t deadline_ms, struct child_exit *out, struct err *err);
/* TERM to the group, KILL after grace_ms, reaps. NULL-safe, does nothing when none runs. */
void child_stop(struct child *c, uint64_t grace_ms);
void child_clear(struct child *c);	/* child_stop() with 500 ms, closes */
#define _cleanup_child_ _cleanup_(child_clear)

/*
 * Runs to the end and collects standard output (at most max_bytes, more is an
 * error) and standard error (the last 64 KiB). `out` and `errout` are emptied
 * first; NULL: read and dropped. A stream that spec names goes there instead.
 * timeout_ms 0: none. A non-zero exit is no error here, nor is the timeout: look at *ex.
 */
int child_run(const struct child_spec *spec, uint64_t timeout_ms, size_t max_bytes,
	      struct strbuf *out, struct strbuf *errout, struct child_exit *ex, struct err *err);
/*
 * As child_run(), and a non-zero exit is ERR_HOST with the line of standard error
 * that says why: the first with "fatal: " or "error: ", else the last.
 */
int child_run_ok(const struct child_spec *spec, uint64_t timeout_ms, size_t max_bytes,
		 struct strbuf *out, struct err *err);
/* Absolute path of a program in PATH, yours, or NULL. */
char *child_find_program(const char *name);

#endif
