/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan that the host wrote (docs/formats.md, "The plan the guest reads").
 * Plain C without a kernel under it, so the host tests and fuzzes it as well.
 */
#ifndef GUEST_PLAN_H
#define GUEST_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_MAX_BYTES	(4u << 20)
#define PLAN_NONCE_SIZE 17 /* 16 hex digits and the NUL */

enum plan_fact_kind {
	FACT_EXISTS = 1,
	FACT_ABSENT,
	FACT_READABLE,
	FACT_UNREADABLE,
	FACT_EQUALS,
};

struct plan_fact {
	enum plan_fact_kind kind;
	const char *text;  /* all of it, as in the plan */
	const char *path;  /* may hold {NAME} and glob patterns */
	const char *value; /* FACT_EQUALS; else NULL */
};

struct plan_arg {
	const char *name;
	const char *value;
};

struct plan_step {
	int index;
	int line; /* in the case file */
	const char *verb;
	const struct plan_arg *args;
	size_t arg_count;
};

/* All strings point into memory that guest_plan_clear() frees. */
struct guest_plan {
	char nonce[PLAN_NONCE_SIZE];
	uint64_t seed;
	bool exact; /* instructions are counted: the seed decides what chance would */
	uint64_t skew; /* loops before the first step, when exact */
	bool mailbox;  /* the steps end at a checkpoint, where the rest is waited for: mailbox.h */
	struct plan_fact *facts;
	size_t fact_count;
	struct plan_step *steps;
	size_t step_count;
	struct plan_arg *args;
	size_t arg_count;
	char *strings;
};

struct plan_error {
	int line; /* of the plan, from 1; 0: the plan as a whole */
	char what[160];
};

/* Parses `length` bytes, which need no NUL. Returns 0, or -1 with *error set and *plan cleared. */
int guest_plan_parse(struct guest_plan *plan, const char *bytes, size_t length,
		     struct plan_error *error);
void guest_plan_clear(struct guest_plan *plan);

/* First value of an argument, or NULL. */
const char *plan_arg(const struct plan_step *step, const char *name);
/* The same with a whole number; `otherwise` when the argument is missing or is no number. */
int64_t plan_arg_int(const struct plan_step *step, const char *name, int64_t otherwise);

#endif
