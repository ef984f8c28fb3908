// SPDX-License-Identifier: GPL-2.0-or-later
/* Starting a guest: its files, QEMU's ends of the pipes, the process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/file.h"
#include "machine/qemu-guest.h"

enum { DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024 };

static int guest_check_files(const struct machine_spec *spec, struct err *err)
{
	const char *paths[] = { spec->kernel_path, spec->initramfs_path };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_close_ int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return err_set_errno(err, ERR_HOST, errno, "cannot read %s", paths[i]);
	}
	return 0;
}

void far_ends_clear(struct far_ends *e)
{
	cleanup_close_p(&e->qmp);
	cleanup_close_p(&e->console);
	cleanup_close_p(&e->frames);
	cleanup_close_p(&e->gdb);
	cleanup_close_p(&e->state);
	cleanup_close_p(&e->coverage);
	cleanup_close_p(&e->stderr_fd);
}

/* QEMU's ends get numbers that are the same in every run, as qemu.argv keeps them. */
static int renumber(int *fd, int wanted, struct err *err)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, wanted);

	if (high < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot duplicate a descriptor");
	close(*fd);
	*fd = high;
	return 0;
}

int guest_open(struct guest *g, struct far_ends *far, struct err *err)
{
	const struct machine_spec *spec = g->spec;
	uint64_t console = spec->console_limit_bytes ?: DEFAULT_LIMIT_BYTES;
	uint64_t frames = spec->frames_limit_bytes ?: DEFAULT_LIMIT_BYTES;
	_cleanup_free_ char *log_path = path_join(spec->run_dir, "qmp.log");
	int sockets[2], pipe_ends[2];

	if (guest_check_files(spec, err) < 0)
		return -1;
	g->qmp_log_fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (g->qmp_log_fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", log_path);
	g->qmp.log_fd = g->qmp_log_fd;
	if (sink_open(&g->console, spec->run_dir, "console.log", console, true, &far->console,
		      err) < 0 ||
	    sink_open(&g->frames, spec->run_dir, "frames.raw", frames, false, &far->frames, err) <
		    0)
		return -1;
	if (spec->enough) {
		g->console.most_bytes = spec->enough->console_bytes;
		g->frames.most_bytes = spec->enough->frames_bytes;
	}
	g->console.panic_end = &g->panic_end;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_set_errno(err, ERR_HOST, errno, "socketpair");
	g->qmp_fd = sockets[0];
	far->qmp = sockets[1];
	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	g->stderr_fd = pipe_ends[0];
	far->stderr_fd = pipe_ends[1];
	if (fcntl(g->stderr_fd, F_SETFL, O_NONBLOCK) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	return 0;
}

static int renumber_far(struct far_ends *far, struct err *err)
{
	if (renumber(&far->qmp, QEMU_FD_QMP, err) < 0 ||
	    renumber(&far->console, QEMU_FD_CONSOLE, err) < 0 ||
	    renumber(&far->frames, QEMU_FD_FRAMES, err) < 0)
		return -1;
	return 0;
}

/* A guest that goes on begins with what it had written by then. */
static int guest_open_resume(struct guest *g, struct far_ends *far, struct err *err)
{
	const struct machine_resume *resume = g->spec->resume;

	if (sink_begin_with(&g->console, resume->console_path, err) < 0 ||
	    sink_begin_with(&g->frames, resume->frames_path, err) < 0)
		return -1;
	far->state = open(resume->state_path, O_RDONLY | O_CLOEXEC);
	if (far->state < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", resume->state_path);
	g->qmp.load_fd = QEMU_FD_STATE;
	return renumber(&far->state, QEMU_FD_STATE, err);
}

/*
 * Where QEMU listens for gdb: in the run directory, whose path may be longer than
 * a socket's may be, so it is gone to by way of a descriptor.
 */
static int guest_open_gdb(struct guest *g, struct far_ends *far, struct err *err)
{
	_cleanup_close_ int dir = open(g->spec->run_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" GDB_SOCKET, dir);
	unlink(address.sun_path);
	far->gdb = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (dir < 0 || far->gdb < 0 ||
	    bind(far->gdb, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(far->gdb, 2) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot make %s/" GDB_SOCKET,
				     g->spec->run_dir);
	g->qmp.hold = true;
	return renumber(&far->gdb, QEMU_FD_GDB, err);
}

/* Its memory, which stays ours too. */
static int guest_open_coverage(struct guest *g, struct far_ends *far, struct err *err)
{
	far->coverage = fcntl(g->spec->coverage->fd, F_DUPFD_CLOEXEC, QEMU_FD_COVERAGE);
	if (far->coverage < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot duplicate a descriptor");
	return 0;
}

int guest_write_argv(const struct machine_spec *spec, const struct strv *argv, struct err *err)
{
	_cleanup_free_ char *path = path_join(spec->run_dir, "qemu.argv");
	_cleanup_strbuf_ struct strbuf text = { 0 };

	for (size_t i = 0; i < argv->count; i++) {
		for (const char *s = argv->items[i]; *s; s++) {
			if (*s == '\n' || *s == '%')
				strbuf_addf(&text, "%%%02X", (unsigned int)*s);
			else
				strbuf_addc(&text, *s);
		}
		strbuf_addc(&text, '\n');
	}
	return file_write_atomic(path, text.data, text.length, err);
}

void guest_begin(struct guest *g, pid_t pid)
{
	g->pid = pid;
	g->start_ms = clock_monotonic_ms();
	g->deadline_ms = g->start_ms + (g->spec->timeout_ms ?: DEFAULT_TIMEOUT_MS);
}

static int guest_start(struct guest *g, const struct machine_accel *accel, struct err *err)
{
	_cleanup_(far_ends_clear)
	struct far_ends far = FAR_ENDS_INIT;
	_cleanup_free_ char *qemu = qemu_find(err);
	_cleanup_strv_ struct strv argv = { 0 };
	struct child_spec spec = { 0 };
	struct qemu_fds fds;
	int keep[7], kept = 0;

	if (!qemu || guest_open(g, &far, err) < 0 || renumber_far(&far, err) < 0)
		return -1;
	if ((g->spec->probe_count || g->spec->debug) && guest_open_gdb(g, &far, err) < 0)
		return -1;
	if (guest_open_mailbox(g, err) < 0 ||
	    (g->spec->resume && guest_open_resume(g, &far, err) < 0) ||
	    (g->spec->coverage && guest_open_coverage(g, &far, err) < 0))
		return -1;
	fds = (struct qemu_fds){ far.qmp, far.console, far.frames, far.gdb };
	if (qemu_argv(g->spec, qemu, accel->name, &fds, &argv, err) < 0 ||
	    guest_write_argv(g->spec, &argv, err) < 0)
		return -1;
	keep[kept++] = far.qmp;
	keep[kept++] = far.console;
	keep[kept++] = far.frames;
	if (far.gdb >= 0)
		keep[kept++] = far.gdb;
	if (far.state >= 0)
		keep[kept++] = far.state;
	if (far.coverage >= 0)
		keep[kept++] = far.coverage;
	keep[kept] = -1;
	spec.argv = (const char *const *)argv.items;
	spec.keep_fds = keep;
	spec.stdout_fd = far.stderr_fd; /* ours is for results */
	spec.stderr_fd = far.stderr_fd;
	guest_begin(g, 0);
	if (child_start(&g->child, &spec, err) < 0)
		return -1;
	g->pid = g->child.pid;
	return 0;
}

static void guest_end_nothing(struct guest *g)
{
}

const struct guest_launcher guest_by_klab = { .start = guest_start, .end = guest_end_nothing };
