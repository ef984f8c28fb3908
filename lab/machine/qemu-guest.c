// SPDX-License-Identifier: GPL-2.0-or-later
/* One guest under QEMU, from start to end, in one poll loop. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "machine/console-sink.h"
#include "machine/qemu.h"
#include "machine/qmp.h"

enum {
	DEFAULT_TIMEOUT_MS = 10 * 60 * 1000,
	DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024,
	QMP_START_MS = 30 * 1000,   /* QEMU answers within milliseconds, even on a busy host */
	PANIC_GRACE_MS = 30 * 1000, /* to print and reset; a panicked guest may also hang */
	QUIT_GRACE_MS = 1000,	    /* from QMP quit to TERM */
	CANCEL_QUIT_GRACE_MS = 200, /* the user waits */
	SILENCE_MS = 5000,	    /* a probed guest that lives has printed by then */
	PROGRESS_MS = 250,
	STDERR_KEPT_BYTES = 4096,
};

/* Why we end the guest ourselves. */
enum stop { STOP_NOT, STOP_TIMEOUT, STOP_CANCELLED, STOP_ENOUGH, STOP_FAILED };

struct guest {
	const struct machine_spec *spec;
	struct child child;
	struct child_exit exit;
	struct qmp qmp;
	int qmp_fd, qmp_log_fd, stderr_fd; /* owned; -1: at its end */
	struct sink console, frames;
	char words[STDERR_KEPT_BYTES]; /* the last of standard error */
	size_t words_length;
	enum stop stop;
	uint64_t start_ms, deadline_ms, progress_ms;
	uint64_t term_ms; /* once stopping: when asking nicely is over */
	bool until_words, ended;
	struct err failure; /* STOP_FAILED: why */
};

/* ---- starting ---- */

/* QEMU's ends: numbers that are the same in every run, as qemu.argv keeps them. */
struct far_ends {
	int qmp, console, frames, stderr_fd; /* owned */
};

static void far_ends_clear(struct far_ends *e)
{
	cleanup_close_p(&e->qmp);
	cleanup_close_p(&e->console);
	cleanup_close_p(&e->frames);
	cleanup_close_p(&e->stderr_fd);
}

static int renumber(int *fd, int wanted, struct err *err)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, wanted);

	if (high < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot duplicate a descriptor");
	close(*fd);
	*fd = high;
	return 0;
}

static int guest_open(struct guest *g, struct far_ends *far, struct err *err)
{
	const struct machine_spec *spec = g->spec;
	uint64_t console = spec->console_limit_bytes ?: DEFAULT_LIMIT_BYTES;
	uint64_t frames = spec->frames_limit_bytes ?: DEFAULT_LIMIT_BYTES;
	_cleanup_free_ char *log_path = path_join(spec->run_dir, "qmp.log");
	int sockets[2], pipe_ends[2];

	g->qmp_log_fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (g->qmp_log_fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", log_path);
	g->qmp.log_fd = g->qmp_log_fd;
	if (sink_open(&g->console, spec->run_dir, "console.log", console, true, &far->console,
		      err) < 0 ||
	    sink_open(&g->frames, spec->run_dir, "frames.raw", frames, false, &far->frames, err) <
		    0)
		return -1;
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
	if (renumber(&far->qmp, QEMU_FD_QMP, err) < 0 ||
	    renumber(&far->console, QEMU_FD_CONSOLE, err) < 0 ||
	    renumber(&far->frames, QEMU_FD_FRAMES, err) < 0)
		return -1;
	return 0;
}

/* One argument a line, newlines and percent signs encoded. */
static int write_argv(const struct machine_spec *spec, const struct strv *argv, struct err *err)
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

static int guest_start(struct guest *g, const struct machine_accel *accel, struct err *err)
{
	_cleanup_(far_ends_clear)
	struct far_ends far = { -1, -1, -1, -1 };
	_cleanup_free_ char *qemu = qemu_find(err);
	_cleanup_strv_ struct strv argv = { 0 };
	struct child_spec spec = { 0 };
	struct qemu_fds fds;
	int keep[4];

	if (!qemu || guest_open(g, &far, err) < 0)
		return -1;
	fds = (struct qemu_fds){ far.qmp, far.console, far.frames };
	if (qemu_argv(g->spec, qemu, accel->name, &fds, &argv, err) < 0 ||
	    write_argv(g->spec, &argv, err) < 0)
		return -1;
	keep[0] = far.qmp;
	keep[1] = far.console;
	keep[2] = far.frames;
	keep[3] = -1;
	spec.argv = (const char *const *)argv.items;
	spec.keep_fds = keep;
	spec.stdout_fd = far.stderr_fd; /* ours is for results */
	spec.stderr_fd = far.stderr_fd;
	g->start_ms = clock_monotonic_ms();
	g->deadline_ms = g->start_ms + (g->spec->timeout_ms ?: DEFAULT_TIMEOUT_MS);
	return child_start(&g->child, &spec, err);
}

/* ---- stopping ---- */

static void guest_stop(struct guest *g, enum stop why)
{
	uint64_t grace_ms = why == STOP_CANCELLED ? CANCEL_QUIT_GRACE_MS : QUIT_GRACE_MS;

	if (g->stop != STOP_NOT)
		return;
	g->stop = why;
	g->term_ms = clock_monotonic_ms() + grace_ms;
	if (g->qmp_fd < 0 || g->qmp.state == QMP_BROKEN) {
		g->term_ms = 0;
		return;
	}
	if (why == STOP_TIMEOUT && !g->until_words)
		qmp_ask_registers(&g->qmp); /* where did it hang? */
	qmp_command(&g->qmp, "quit", "quit");
}

static void guest_fail(struct guest *g, const struct err *why)
{
	if (g->stop == STOP_NOT)
		g->failure = *why;
	guest_stop(g, STOP_FAILED);
}

/* ---- the loop ---- */

static void words_add(struct guest *g, const char *bytes, size_t length)
{
	size_t room = sizeof(g->words);

	if (length > room) {
		bytes += length - room;
		length = room;
	}
	if (g->words_length + length > room) {
		size_t drop = g->words_length + length - room;

		memmove(g->words, g->words + drop, g->words_length - drop);
		g->words_length -= drop;
	}
	memcpy(g->words + g->words_length, bytes, length);
	g->words_length += length;
}

/* Bounded: QEMU may complain as fast as we read. */
static void words_drain(struct guest *g)
{
	char chunk[4096];

	for (int i = 0; i < 64 && g->stderr_fd >= 0; i++) {
		ssize_t n = read(g->stderr_fd, chunk, sizeof(chunk));

		if (n > 0)
			words_add(g, chunk, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n == 0 || errno != EINTR)
			close(take_fd(&g->stderr_fd));
	}
}

static void guest_talk(struct guest *g)
{
	bool was_panicked = g->qmp.panicked;

	if (g->qmp_fd >= 0 && !qmp_pump(&g->qmp, g->qmp_fd))
		close(take_fd(&g->qmp_fd));
	if (g->qmp.state == QMP_BROKEN) {
		struct err err = ERR_INIT;

		err_set(&err, ERR_HOST, "%s", g->qmp.why);
		guest_fail(g, &err);
	}
	if (g->qmp.panicked && !was_panicked) {
		uint64_t until_ms = clock_monotonic_ms() + PANIC_GRACE_MS;

		if (until_ms < g->deadline_ms)
			g->deadline_ms = until_ms;
	}
}

static void guest_drain(struct guest *g, struct sink *s)
{
	struct err err = ERR_INIT;

	if (sink_drain(s, &err) < 0) {
		/* Nothing more can be written; QEMU must not wait for us to read. */
		guest_fail(g, &err);
		close(take_fd(&s->fd));
	}
}

/* What the clock and the user say. */
static void guest_consider(struct guest *g, struct progress *progress)
{
	uint64_t now_ms = clock_monotonic_ms();
	uint64_t age_ms = now_ms - g->start_ms;

	if (cancel_requested())
		guest_stop(g, STOP_CANCELLED);
	if (g->until_words && g->frames.bytes)
		guest_stop(g, STOP_ENOUGH);
	if (g->qmp.state < QMP_RUNNING && age_ms > QMP_START_MS) {
		struct err err = ERR_INIT;

		err_set(&err, ERR_HOST, "QEMU says nothing over QMP for %d s", QMP_START_MS / 1000);
		guest_fail(g, &err);
	}
	if (now_ms >= g->deadline_ms ||
	    (g->until_words && !g->console.bytes && age_ms > SILENCE_MS))
		guest_stop(g, STOP_TIMEOUT);
	if (progress && now_ms >= g->progress_ms) {
		g->progress_ms = now_ms + PROGRESS_MS;
		progress_update(progress, "guest runs", age_ms / 1000, 0, -1);
	}
}

static int until(uint64_t when_ms, uint64_t now_ms, int most_ms)
{
	if (when_ms <= now_ms)
		return 0;
	return when_ms - now_ms < (uint64_t)most_ms ? (int)(when_ms - now_ms) : most_ms;
}

/* How long poll() may sleep, with pipes at rest left out of the set. */
static int guest_poll_ms(const struct guest *g, struct progress *progress, struct pollfd *fds)
{
	const struct sink *sinks[2] = { &g->console, &g->frames };
	uint64_t now_ms = clock_monotonic_ms();
	int wait_ms = until(g->stop ? g->term_ms : g->deadline_ms, now_ms, 1000);

	for (int i = 0; i < 2; i++) {
		int rest_ms = until(sinks[i]->rest_until_ms, now_ms, SINK_REST_MS);

		fds[i].fd = rest_ms ? -1 : sinks[i]->fd;
		fds[i].events = POLLIN;
		if (rest_ms && sinks[i]->fd >= 0 && rest_ms < wait_ms)
			wait_ms = rest_ms;
	}
	if (progress)
		wait_ms = until(g->progress_ms, now_ms, wait_ms);
	return wait_ms;
}

static void guest_poll(struct guest *g, struct progress *progress)
{
	struct pollfd fds[6] = { 0 };
	int wait_ms = guest_poll_ms(g, progress, fds);
	bool talk_late = g->qmp.out.length > 0;

	fds[2] = (struct pollfd){ .fd = g->child.pidfd, .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = g->qmp_fd, .events = POLLIN | (talk_late ? POLLOUT : 0) };
	fds[4] = (struct pollfd){ .fd = g->stderr_fd, .events = POLLIN };
	fds[5] = (struct pollfd){ .fd = g->stop ? -1 : cancel_fd(), .events = POLLIN };
	if (poll(fds, ARRAY_SIZE(fds), wait_ms) < 0)
		return; /* a signal */
	if (fds[3].revents)
		guest_talk(g);
	if (fds[0].revents)
		guest_drain(g, &g->console);
	if (fds[1].revents)
		guest_drain(g, &g->frames);
	if (fds[4].revents)
		words_drain(g);
	g->ended = fds[2].revents != 0;
}

/* Until QEMU has ended, by itself or by us. */
static void guest_loop(struct guest *g, struct progress *progress)
{
	while (!g->ended) {
		guest_consider(g, progress);
		if (g->stop && clock_monotonic_ms() >= g->term_ms)
			break;
		if (g->qmp.out.length)
			guest_talk(g);
		guest_poll(g, progress);
	}
	/* A deadline in the past: TERM and KILL at once if it still runs. */
	child_wait(&g->child, 1, &g->exit, NULL);
	/* What it had written before its end is in the pipes, and no more comes. */
	if (g->qmp_fd >= 0)
		guest_talk(g);
	words_drain(g);
	for (int i = 0; i < 2; i++) {
		struct sink *s = i ? &g->frames : &g->console;
		struct err err = ERR_INIT;
		int more;

		do {
			more = sink_drain(s, &err);
		} while (more > 0);
		if (more < 0 || sink_finish(s, &err) < 0)
			guest_fail(g, &err);
	}
	progress_end(progress);
}

/* ---- what became of it ---- */

/* QEMU's last words: the last line with something in it, printable. */
static void guest_last_words(const struct guest *g, char *out, size_t size)
{
	const char *end = g->words + g->words_length;
	const char *start;
	size_t n = 0;

	while (end > g->words && (unsigned char)end[-1] <= ' ')
		end--;
	start = end;
	while (start > g->words && start[-1] != '\n')
		start--;
	for (; start < end && n < size - 1; start++)
		out[n++] = (unsigned char)*start < ' ' || *start == 0x7f ? '?' : *start;
	out[n] = '\0';
}

static enum machine_end guest_end(const struct guest *g)
{
	const char *reason = g->qmp.shutdown_reason;

	if (g->qmp.panicked || str_eq(reason, "guest-panic"))
		return MACHINE_END_PANIC;
	if (str_eq(reason, "guest-shutdown") && g->exit.exited && g->exit.code == 0)
		return MACHINE_END_POWEROFF;
	if (str_eq(reason, "guest-reset") && g->exit.exited && g->exit.code == 0)
		return MACHINE_END_RESET;
	if (g->stop == STOP_TIMEOUT)
		return MACHINE_END_TIMEOUT;
	if (g->stop == STOP_CANCELLED || g->stop == STOP_ENOUGH)
		return MACHINE_END_CANCELLED;
	return MACHINE_END_KILLED;
}

static void guest_fill(const struct guest *g, const struct machine_accel *accel,
		       struct machine_result *r)
{
	*r = (struct machine_result){
		.end = guest_end(g),
		.exit_code = g->exit.exited ? g->exit.code : -1,
		.signal = g->exit.exited ? 0 : g->exit.code,
		.wall_ms = clock_monotonic_ms() - g->start_ms,
		.cpu_ms = g->exit.cpu_us / 1000,
		.console_bytes = g->console.bytes,
		.console_head_bytes = g->console.head_bytes,
		.console_kept_bytes = g->console.head_bytes + g->console.tail_bytes,
		.frames_bytes = g->frames.bytes,
		.frames_cut = g->frames.bytes > g->frames.head_bytes,
	};
	snprintf(r->accel, sizeof(r->accel), "%s", accel->name);
	snprintf(r->accel_why, sizeof(r->accel_why), "%s", accel->why);
	snprintf(r->version, sizeof(r->version), "%s", g->qmp.version);
	guest_last_words(g, r->detail, sizeof(r->detail));
	if (r->end == MACHINE_END_KILLED && !r->detail[0] && g->qmp.shutdown_reason[0])
		snprintf(r->detail, sizeof(r->detail), "QEMU shut down: %s",
			 g->qmp.shutdown_reason);
}

/* Did we fail, or the host, rather than the guest? */
static int guest_verify(const struct guest *g, const struct machine_result *r, struct err *err)
{
	if (g->stop == STOP_CANCELLED)
		return err_set(err, ERR_CANCELLED, "interrupted");
	if (g->stop == STOP_FAILED) {
		*err = g->failure;
		if (r->detail[0])
			err_add(err, "%s", r->detail);
		return -1;
	}
	if (g->qmp.state != QMP_RUNNING && g->stop == STOP_TIMEOUT)
		return err_set(err, ERR_HOST, "QEMU did not start the guest in time");
	if (g->qmp.state != QMP_RUNNING && g->stop == STOP_NOT)
		return err_set(err, ERR_HOST, "QEMU did not start the guest (%s %d)%s%s",
			       r->signal ? "signal" : "exit status",
			       r->signal ? r->signal : r->exit_code, r->detail[0] ? ": " : "",
			       r->detail);
	return 0;
}

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

static void guest_clear(struct guest *g)
{
	child_clear(&g->child);
	sink_clear(&g->console);
	sink_clear(&g->frames);
	qmp_clear(&g->qmp);
	cleanup_close_p(&g->qmp_fd);
	cleanup_close_p(&g->qmp_log_fd);
	cleanup_close_p(&g->stderr_fd);
}

int qemu_guest_run(const struct machine_spec *spec, const struct machine_accel *accel,
		   bool until_words, struct machine_result *result, struct progress *progress,
		   struct err *err)
{
	_cleanup_(guest_clear)
	struct guest g = {
		.spec = spec,
		.child = CHILD_INIT,
		.qmp = QMP_INIT,
		.qmp_fd = -1,
		.qmp_log_fd = -1,
		.stderr_fd = -1,
		.console = SINK_INIT,
		.frames = SINK_INIT,
		.until_words = until_words,
	};
	struct err ignored;

	if (!err)
		err = &ignored;
	*result = (struct machine_result){ .end = MACHINE_END_KILLED, .exit_code = -1 };
	if (guest_check_files(spec, err) < 0 || guest_start(&g, accel, err) < 0)
		return -1;
	guest_loop(&g, progress);
	guest_fill(&g, accel, result);
	return guest_verify(&g, result, err);
}
