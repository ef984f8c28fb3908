// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/gdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/file.h"

enum {
	GDB_LINE_BYTES = 1024 * 1024, /* the arguments of a long backtrace are one line */
	GDB_LOG_BYTES = 4 * 1024 * 1024,
	GDB_READ_BYTES = 16 * 1024,
};

char *gdb_find(struct err *err)
{
	const char *wish = getenv("KLAB_GDB");
	const char *name = wish && *wish ? wish : "gdb";
	char *path = child_find_program(name);

	if (!path)
		err_set(err, ERR_HOST, "%s is not installed: %s", name, GDB_PACKAGE_HINT);
	return path;
}

static void gdb_log(struct gdb *g, const char *direction, const char *line, size_t length)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (g->log_fd < 0 || g->log_bytes > GDB_LOG_BYTES)
		return;
	strbuf_adds(&text, direction);
	strbuf_add(&text, line, length);
	strbuf_addc(&text, '\n');
	g->log_bytes += text.length;
	/* For people: losing a line of it is no reason to end a run. */
	if (write(g->log_fd, text.data, text.length) < 0)
		g->log_bytes = GDB_LOG_BYTES + 1;
}

/* Its three streams: sockets, so that writing to one that is gone is an error and no signal. */
static int gdb_open(struct gdb *g, const char *dir, int *far, struct err *err)
{
	_cleanup_free_ char *log = path_join(dir, "gdb.log");
	int fds[2];

	g->log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (g->log_fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", log);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_set_errno(err, ERR_HOST, errno, "socketpair");
	g->out_fd = fds[0];
	*far = fds[1];
	g->in_fd = fcntl(g->out_fd, F_DUPFD_CLOEXEC, 3);
	if (g->in_fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot duplicate a descriptor");
	return 0;
}

int gdb_start(struct gdb *g, const char *dir, const char *vmlinux, struct err *err)
{
	_cleanup_free_ char *path = gdb_find(err);
	_cleanup_close_ int far = -1;
	/* No init files, no scripts that a file of symbols brings, nothing asked of the network. */
	const char *argv[] = {
		path,	"--interpreter=mi3",	      "-q",    "-nx", "-iex", "set auto-load no",
		"-iex", "set debuginfod enabled off", vmlinux, NULL
	};
	struct child_spec spec = { .argv = argv, .cwd = dir };

	if (!path || gdb_open(g, dir, &far, err) < 0)
		return -1;
	spec.stdin_fd = spec.stdout_fd = far;
	spec.stderr_fd = g->log_fd;
	return child_start(&g->child, &spec, err);
}

int gdb_send(struct gdb *g, const char *command, struct err *err)
{
	_cleanup_free_ char *line = xasprintf("%s\n", command);
	size_t length = strlen(line);

	gdb_log(g, "> ", command, length - 1);
	/* A command is short and the one before was answered: there is always room. */
	if (send(g->in_fd, line, length, MSG_NOSIGNAL) != (ssize_t)length)
		return err_set_errno(err, ERR_HOST, errno, "gdb does not listen");
	return 0;
}

static int gdb_ended(struct err *err)
{
	return err_set(err, ERR_HOST, "gdb ended by itself (see gdb.log)");
}

/* The first whole line of what came. 1: there was one. */
static int gdb_take_line(struct gdb *g, struct mi_record *r, struct err *err)
{
	char *newline = g->line.length ? memchr(g->line.data, '\n', g->line.length) : NULL;
	size_t length;
	bool good;

	if (!newline)
		return 0;
	length = (size_t)(newline - g->line.data);
	gdb_log(g, "< ", g->line.data, length);
	good = mi_parse(r, g->line.data, length);
	g->line.length -= length + 1;
	memmove(g->line.data, newline + 1, g->line.length + 1);
	if (!good)
		return err_set(err, ERR_HOST, "gdb said what is no MI (see gdb.log)");
	return 1;
}

int gdb_receive(struct gdb *g, struct mi_record *r, struct err *err)
{
	char chunk[GDB_READ_BYTES];

	for (;;) {
		int taken = gdb_take_line(g, r, err);
		ssize_t n;

		if (taken)
			return taken;
		n = recv(g->out_fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return gdb_ended(err);
		if (g->line.length + (size_t)n > GDB_LINE_BYTES)
			return err_set(err, ERR_HOST, "gdb said a line of more than %d bytes",
				       GDB_LINE_BYTES);
		strbuf_add(&g->line, chunk, (size_t)n);
	}
}

void gdb_clear(struct gdb *g)
{
	if (!g)
		return;
	child_clear(&g->child);
	cleanup_close_p(&g->in_fd);
	cleanup_close_p(&g->out_fd);
	cleanup_close_p(&g->log_fd);
	strbuf_clear(&g->line);
	*g = (struct gdb)GDB_INIT;
}
