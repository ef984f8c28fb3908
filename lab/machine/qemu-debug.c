// SPDX-License-Identifier: GPL-2.0-or-later
/* A guest that somebody looks at with gdb: brought to its place, then gdb has the terminal. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "machine/prober.h"
#include "machine/qemu-guest.h"

static int count_console(void *context, uint64_t *bytes, struct err *err)
{
	return guest_count_console(context, bytes, err);
}

/*
 * The socket by way of our descriptor of its folder: the path of that may be
 * longer than a socket's may be, and gdb runs where the user is. Yours.
 */
static char *socket_path(int dir)
{
	return xasprintf("/proc/%d/fd/%d/" GDB_SOCKET, (int)getpid(), dir);
}

static void fill_argv(const char *const *given, const char *place, struct strv *argv)
{
	for (; *given; given++) {
		const char *mark = strstr(*given, "{gdb}");

		if (mark)
			strv_addf(argv, "%.*s%s%s", (int)(mark - *given), *given, place,
				  mark + strlen("{gdb}"));
		else
			strv_add(argv, *given);
	}
}

/* Ctrl-C is gdb's as long as it has the terminal: it stops the guest, and not us. */
static int start_gdb(struct guest *g, struct err *err)
{
	struct machine_debug *d = g->spec->debug;
	_cleanup_strv_ struct strv argv = { 0 };
	struct child_spec spec = { .foreground = true };
	_cleanup_free_ char *place = NULL;

	g->run_dir_fd = open(g->spec->run_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->run_dir_fd < 0)
		return err_set(err, ERR_HOST, "cannot open %s", g->spec->run_dir);
	place = socket_path(g->run_dir_fd);
	fill_argv(d->gdb_argv, place, &argv);
	spec.argv = (const char *const *)argv.items;
	signal(SIGINT, SIG_IGN);
	return child_start(&g->gdb, &spec, err);
}

static int take_end(struct guest *g, struct err *err)
{
	struct pollfd ended = { .fd = g->gdb.pidfd, .events = POLLIN };
	struct child_exit ex = { 0 };

	if (poll(&ended, 1, 0) <= 0)
		return 0;
	if (child_wait(&g->gdb, 0, &ex, err) < 0)
		return -1;
	g->spec->debug->gdb_code = ex.exited ? ex.code : -1;
	child_clear(&g->gdb);
	return 0;
}

int guest_debug(struct guest *g, struct err *err)
{
	const struct stopper_console console = { count_console, g };
	struct machine_debug *d = g->spec->debug;
	int there;

	if (g->gdb.pid)
		return take_end(g, err);
	if (d->stopped)
		return 0;
	if (!g->stopper) {
		g->stopper = stopper_start(g->spec, &g->qmp, &console, err);
		return g->stopper ? 0 : -1;
	}
	there = stopper_work(g->stopper, err);
	if (there <= 0)
		return there;
	stopper_free(g->stopper);
	g->stopper = NULL;
	d->stopped = true;
	if (d->at_stop(d, err) < 0)
		return -1;
	return start_gdb(g, err);
}
