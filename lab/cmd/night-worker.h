/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a night does beside other things: a build or a guest, in a process of its own that dies
 * with us, and with which its guest dies. It says how far it is, and at last what came of it.
 */
#ifndef KLAB_CMD_NIGHT_WORKER_H
#define KLAB_CMD_NIGHT_WORKER_H

#include "base/child.h"
#include "cmd/night.h"

enum night_work { NIGHT_IDLE, NIGHT_BUILD, NIGHT_GUEST };

struct night_worker {
	enum night_work work;
	size_t index;		/* of the kernel, or of the job */
	int processors;		/* that it may use */
	struct child child;
	int fd;			/* what it says; -1: it is over */
	struct strbuf heard;	/* of which the last line is not whole */
	uint64_t began_ms;
	char what[80];		/* as of progress_update() */
	uint64_t done, total;
	json_t *result;		/* NULL: it has not said it */
};

/* Starts it. A build uses so many processors. */
int night_worker_start(struct night_worker *w, const struct night *n, enum night_work work,
		       size_t index, int processors, struct err *err);
/* Reads what it says, without waiting. 1: it is over, and `result` is what came of it or NULL. */
int night_worker_hear(struct night_worker *w);
void night_worker_clear(struct night_worker *w);

/*
 * The work itself, in this process: a build that uses so many processors, one boot. New
 * reference.
 */
json_t *night_do_build(const struct night *n, const struct cmd_env *env, size_t kernel,
		       int processors);
json_t *night_do_boot(const struct night *n, const struct cmd_env *env, size_t job);

/* Results: a guest's is that of night_run_result(), a build's {"build_ms"}; or that of
 * night_error_result(), with the "dir" of a run that came so far. */

#endif
