/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GDB's remote serial protocol (the GDB manual, "Remote Protocol"), client side,
 * over a unix socket: packets with a checksum, each acknowledged. As much as is
 * needed to run a guest to a place without a gdb.
 */
#ifndef KLAB_MACHINE_RSP_H
#define KLAB_MACHINE_RSP_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct rsp {
	int fd;		   /* owned; -1: none */
	struct strbuf in;  /* what came and is no whole packet yet, bounded */
};
#define RSP_INIT { .fd = -1 }

/* Connects to a socket by its path, which may be longer than a socket's address. */
int rsp_connect(struct rsp *r, const char *path, struct err *err);
/* One packet; its text without '$' and checksum. */
int rsp_send(struct rsp *r, const char *text, struct err *err);
/*
 * The next packet that is there, without waiting, into *text (emptied first). 1:
 * there was one; 0: none yet; -1: the other end is gone, or it is no packet.
 */
int rsp_receive(struct rsp *r, struct strbuf *text, struct err *err);
void rsp_clear(struct rsp *r); /* NULL-safe */

#endif
