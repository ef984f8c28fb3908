/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The error object. A kernel oops is data; only our own inability to go on is
 * an error. Functions that can fail return 0 or -1 (or a pointer or NULL) and
 * take a `struct err *` last. The origin says what failed with err_set(); each
 * layer that knows a name adds it with err_add(); only cmd/main.c prints it.
 */
#ifndef KLAB_BASE_ERR_H
#define KLAB_BASE_ERR_H

#include <stdarg.h>

/* What kind of inability: decides the exit code, see err_exit_code(). */
enum err_kind {
	ERR_NONE = 0,
	ERR_INPUT,	/* the user's input is wrong: exit 2 */
	ERR_HOST,	/* the host, or klab itself, could not do it: exit 3 */
	ERR_BUILD,	/* the kernel does not build: exit 3, 125 for git bisect */
	ERR_CANCELLED,	/* the user stopped it (SIGINT, SIGTERM): exit 3 */
};

struct err {
	enum err_kind kind;
	char msg[2048];	/* one line, no trailing newline; "" when kind is ERR_NONE */
};

#define ERR_INIT { .kind = ERR_NONE }

/*
 * Sets the error, replacing an earlier one. err may be NULL. Too long a
 * message is cut with "...". Returns -1, so that `return err_set(...)` reads well.
 */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set(), with ": " and the text of errno_value appended. Returns -1. */
int err_set_errno(struct err *err, enum err_kind kind, int errno_value, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts "WHAT: " before the message that is there. Keeps the kind. Returns -1. */
int err_add(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A mistake in our own tables, which no input can bring about: a line on stderr, and abort(). */
void err_bug(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The exit code for the kind: 0, 2 or 3. */
int err_exit_code(const struct err *err);

#endif
