/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gdb that we talk to: a child, MI over pipes, one command at a time. */
#ifndef KLAB_MACHINE_GDB_H
#define KLAB_MACHINE_GDB_H

#include "base/child.h"
#include "base/str.h"
#include "machine/mi.h"

#define GDB_PACKAGE_HINT "sudo apt-get install --no-install-recommends gdb"

struct gdb {
	struct child child;
	int in_fd, out_fd;  /* to it, and from it (non-blocking); owned */
	int log_fd;	    /* owned; what was said, for people; bounded */
	size_t log_bytes;
	struct strbuf line; /* the one in the making, bounded */
};
#define GDB_INIT { .child = CHILD_INIT, .in_fd = -1, .out_fd = -1, .log_fd = -1 }

/* Path of gdb: $KLAB_GDB, else from PATH. Yours; NULL: ERR_HOST, what to install. */
char *gdb_find(struct err *err);
/* Starts it in `dir`, where it leaves gdb.log, with the symbols of a file. It reads no init files. */
int gdb_start(struct gdb *g, const char *dir, const char *vmlinux, struct err *err);
/* Sends one command, without its newline. */
int gdb_send(struct gdb *g, const char *command, struct err *err);
/*
 * The next record that is there, without waiting. 1: *r is yours to clear;
 * 0: none yet; -1: it ended, or what it says is no MI (ERR_HOST).
 */
int gdb_receive(struct gdb *g, struct mi_record *r, struct err *err);
void gdb_clear(struct gdb *g); /* NULL-safe; ends it */
#define _cleanup_gdb_ _cleanup_(gdb_clear)

#endif
