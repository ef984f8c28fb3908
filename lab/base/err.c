/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Messages carry file names, guest text and the last words of other programs:
 * they stay on one line and never reach a terminal as an escape sequence.
 */
static void err_put(struct err *err, const char *text)
{
	static const char cut[] = "...";
	size_t room = sizeof(err->msg) - 1;
	size_t length = strlen(text);
	size_t take = length > room ? room - (sizeof(cut) - 1) : length;

	for (size_t i = 0; i < take; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n' || c == '\t' || c == '\r')
			c = ' ';
		else if (c < 0x20 || c == 0x7f)
			c = '?';
		err->msg[i] = (char)c;
	}
	err->msg[take] = '\0';
	if (take < length)
		memcpy(err->msg + take, cut, sizeof(cut));
}

/* One byte more than a message holds, so that err_put() sees what is too long. */
#define ERR_TEXT_SIZE (sizeof(((struct err *)0)->msg) + 1)

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err->kind = kind;
	err_put(err, text);
	return -1;
}

int err_set_errno(struct err *err, enum err_kind kind, int errno_value, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	char reason[128];
	const char *name;
	va_list ap;
	size_t length;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	name = strerror_r(errno_value, reason, sizeof(reason));
	length = strlen(text);
	/* Too long a text loses its own end, never the reason. */
	if (length + strlen(name) + 2 >= sizeof(err->msg)) {
		length = sizeof(err->msg) - strlen(name) - 6;
		memcpy(text + length, "...", 4);
		length += 3;
	}
	snprintf(text + length, sizeof(text) - length, ": %s", name);
	err->kind = kind;
	err_put(err, text);
	return -1;
}

int err_add(struct err *err, const char *fmt, ...)
{
	char what[ERR_TEXT_SIZE];
	char text[2 * ERR_TEXT_SIZE + 2];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s: %s", what, err->msg);
	err_put(err, text);
	/* A failure that nobody described must not look like none. */
	if (err->kind == ERR_NONE)
		err->kind = ERR_HOST;
	return -1;
}

void err_bug(const char *fmt, ...)
{
	struct err err = ERR_INIT;
	char text[ERR_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Cleaned and cut like any message. */
	err_set(&err, ERR_HOST, "klab: %s", text);
	dprintf(STDERR_FILENO, "%s\n", err.msg);
	abort();
}

int err_exit_code(const struct err *err)
{
	switch (err->kind) {
	case ERR_NONE:
		return 0;
	case ERR_INPUT:
		return 2;
	case ERR_HOST:
	case ERR_BUILD:
	case ERR_CANCELLED:
		return 3;
	}
	return 3;
}
