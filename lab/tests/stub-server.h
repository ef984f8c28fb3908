/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gdb stub of the fake QEMU: GDB's remote protocol, as much as klab speaks of it. */
#ifndef KLAB_TESTS_STUB_SERVER_H
#define KLAB_TESTS_STUB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct stub_server {
	int listening, qmp, console;
	const char *lines_path;		/* what the guest prints, a line each time that it goes on */
	bool (*listen)(void *context);	/* what came by QMP; false: closed */
	void (*gone)(void *context);	/* the guest has come to its end */
	void *context;
};

/* Serves one client after the other, until the guest has gone; does not return then. */
void stub_serve(const struct stub_server *s);
/* Writes all of it; ends the process when nobody listens any more. */
void stub_write(int fd, const char *bytes, size_t length);

#endif
