/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail-nth (Documentation/fault-injection): the n-th place of one system call at
 * which any fault attribute might fire does fire, once. A debugger's view of the
 * program makes it exact: n is set when the call is entered and looked at when it
 * returns, both from outside.
 */
#ifndef GUEST_FAIL_NTH_H
#define GUEST_FAIL_NTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A system call that init can make by itself. */
struct nth_call {
	const char *name;
	long number;
	/* Makes what the call needs, and its arguments; in the child, before it counts. */
	void (*prepare)(long arguments[6]);
};

const struct nth_call *nth_call_find(const char *name); /* NULL: none */
/* Prepares and makes the call, as a child of the one who traces it. Its exit code. */
int nth_call_make(const struct nth_call *call);

/* What is run for each n. */
struct nth_program {
	int (*main)(void *argument); /* in a child; may call exec */
	void *argument;
	long number; /* of the system call that is made to fail */
	uint32_t at; /* the so-manieth of them, from 1 */
};

struct nth_outcome {
	uint32_t n;
	bool injected;
	bool returned;	/* else the program died in the call */
	int64_t result; /* of the call: negative is an errno; meaningless unless returned */
	int status;	/* of wait(2): how the program ended then */
	char fault[24]; /* which attribute it was, as far as the case has armed it; or "" */
};

/* Runs the program once. 0, or -1 with errno and the reason in *why. */
int nth_run(const struct nth_program *program, uint32_t n, struct nth_outcome *outcome,
	    const char **why);

#endif
