/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the kernel's make in a clean environment, with a log, progress, and the first real error. */
#ifndef KLAB_BUILD_MAKE_H
#define KLAB_BUILD_MAKE_H

#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"
#include "build/toolchain.h"

struct make_spec {
	const struct toolchain *tc;
	const char *source_dir;
	const char *object_dir;	    /* O= */
	const char *const *targets; /* ended by NULL */
	const char *const *env;	    /* "NAME=value" further; NULL: none */
	int jobs;		    /* 0: processors online */
	int lock_fd; /* inherited, so that the lock lives as long as any of make's children; -1 */
	const char *log_path;	 /* all that make prints */
	const char *what;	 /* for progress; NULL: none is shown */
	uint64_t steps_expected; /* 0: unknown */
	struct progress *progress;
};

struct make_result {
	bool ended;	/* make ended by itself: it has cleaned up after itself */
	uint64_t steps; /* commands that make announced */
	uint64_t wall_ms;
};

/*
 * ERR_BUILD with the first compiler error; ERR_HOST when the host failed (disk
 * full, program missing); ERR_CANCELLED after the user's interrupt: make then
 * got TERM and some seconds to remove what it was writing.
 */
int make_run(const struct make_spec *spec, struct make_result *result, struct err *err);

/* What of the environment and of make's command line changes the kernel, into the hash. */
void make_hash_environment(struct hasher *h);

/* The first real error in a build log, as "FILE:LINE: message"; yours, NULL: none found. For tests
 * too. */
char *make_first_error(const char *log, size_t length, const char *source_dir);
/* What tells that the compiler is too new for this source; NULL: nothing does. */
const char *make_too_new(const char *log, const char *first_error);

#endif
