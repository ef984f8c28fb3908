/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gdb says to a program: GDB/MI, version 3 (the GDB manual, "GDB/MI Output
 * Syntax"). It holds what was read out of the guest, so it is not trusted:
 * bounded in depth, and what is not of the grammar is refused.
 */
#ifndef KLAB_MACHINE_MI_H
#define KLAB_MACHINE_MI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum mi_kind {
	MI_RESULT, /* ^done, ^error...: the answer to a command */
	MI_ASYNC,  /* *stopped, =thread-created...: something happened */
	MI_STREAM, /* text for people */
	MI_PROMPT,
};

struct mi_record {
	enum mi_kind kind;
	char word[32];	 /* "done", "stopped"; "" of a stream and a prompt */
	json_t *results; /* object: tuples are objects, lists arrays, all else strings; never NULL */
};

/* One line, without its newline. False when it is no MI; *r is empty then. */
bool mi_parse(struct mi_record *r, const char *line, size_t length);
void mi_record_clear(struct mi_record *r); /* NULL-safe */
#define _cleanup_mi_record_ _cleanup_(mi_record_clear)

/* `text` as MI takes an argument with blanks or quotes in it. Appends to a strbuf. */
struct strbuf;
void mi_quote(struct strbuf *out, const char *text);

#endif
