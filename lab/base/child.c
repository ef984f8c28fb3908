/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/child-internal.h"
#include "base/clock.h"

enum {
	DEADLINE_GRACE_MS = 2000, /* between TERM and KILL when the deadline passed */
	CANCEL_GRACE_MS = 500,	  /* the user waits for it */
	KILL_WAIT_MS = 5000,	  /* a task that survives KILL so long hangs in the kernel */
	POLL_SLICE_MS = 1000,	  /* how often cancel_requested() is asked without cancel_fd() */
	STDERR_KEPT_BYTES = 64 * 1024,
	PIPE_MOST_BYTES = 1024 * 1024,
};

/* ---- ending ---- */

static bool child_has_ended(const struct child *c, uint64_t wait_ms)
{
	uint64_t deadline_ms = clock_monotonic_ms() + wait_ms;

	for (;;) {
		struct pollfd p = { .fd = c->pidfd, .events = POLLIN };
		uint64_t now_ms = clock_monotonic_ms();
		int n = poll(&p, 1, now_ms < deadline_ms ? (int)(deadline_ms - now_ms) : 0);

		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

static void child_kill(const struct child *c, int sig)
{
	kill(c->foreground ? c->pid : -c->pid, sig);
}

/*
 * Takes the exit status of a child that has ended. What is left of its group
 * goes first: until the leader is waited for, no other group can have its number.
 */
static void child_reap(struct child *c, struct child_exit *out)
{
	struct rusage usage = { 0 };
	int status = 0;

	child_kill(c, SIGKILL);
	while (wait4(c->pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	c->pid = 0;
	if (!out)
		return;
	out->exited = WIFEXITED(status);
	out->code = out->exited ? WEXITSTATUS(status) : WTERMSIG(status);
	out->cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
		      (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	out->max_rss_kib = (uint64_t)usage.ru_maxrss;
}

static void child_end(struct child *c, uint64_t grace_ms, struct child_exit *out)
{
	child_kill(c, SIGTERM);
	if (!child_has_ended(c, grace_ms)) {
		child_kill(c, SIGKILL);
		if (!child_has_ended(c, KILL_WAIT_MS)) {
			/* It hangs in the kernel; nobody can end it, and we do not hang with it. */
			c->pid = 0;
			if (out)
				*out = (struct child_exit){ .code = SIGKILL };
			return;
		}
	}
	child_reap(c, out);
}

void child_stop(struct child *c, uint64_t grace_ms)
{
	if (c && c->pid > 0)
		child_end(c, grace_ms, NULL);
}

void child_clear(struct child *c)
{
	if (!c)
		return;
	child_stop(c, CANCEL_GRACE_MS);
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
}

/* ---- waiting ---- */

/* How long poll() may sleep; 0 when the deadline has passed. */
static int poll_slice_ms(uint64_t deadline_ms)
{
	uint64_t now_ms = clock_monotonic_ms();

	if (!deadline_ms)
		return POLL_SLICE_MS;
	if (now_ms >= deadline_ms)
		return 0;
	return deadline_ms - now_ms < POLL_SLICE_MS ? (int)(deadline_ms - now_ms) : POLL_SLICE_MS;
}

/*
 * Sleeps until the child ended, one of the further descriptors is ready, or the
 * slice is over. Returns 1 when it ended, 0 when not, -1 with err set when the
 * user wants to stop. At the deadline it ends the child, sets *timed_out and
 * returns 1 with the child reaped into *out.
 */
static int child_poll(struct child *c, struct pollfd *more, nfds_t more_count, uint64_t deadline_ms,
		      struct child_exit *out, struct err *err)
{
	const bool stop = cancel_requested() && !c->tidies;
	struct pollfd fds[4] = {
		{ .fd = c->pidfd, .events = POLLIN },
		{ .fd = cancel_requested() ? -1 : cancel_fd(), .events = POLLIN },
	};
	int slice_ms = poll_slice_ms(deadline_ms);
	int n;

	for (nfds_t i = 0; i < more_count; i++)
		fds[2 + i] = more[i];
	n = poll(fds, 2 + more_count, stop ? 0 : slice_ms);
	for (nfds_t i = 0; i < more_count; i++)
		more[i].revents = n > 0 ? fds[2 + i].revents : 0;
	if (n > 0 && fds[0].revents) {
		child_reap(c, out);
		return 1;
	}
	if (cancel_requested() && !c->tidies) {
		child_end(c, CANCEL_GRACE_MS, out);
		return err_set(err, ERR_CANCELLED, "interrupted");
	}
	if (deadline_ms && clock_monotonic_ms() >= deadline_ms) {
		child_end(c, DEADLINE_GRACE_MS, out);
		out->timed_out = true;
		return 1;
	}
	return 0;
}

int child_wait(struct child *c, uint64_t deadline_ms, struct child_exit *out, struct err *err)
{
	struct child_exit ignored;

	if (!out)
		out = &ignored;
	*out = (struct child_exit){ 0 };
	if (c->pid <= 0)
		return err_set(err, ERR_HOST, "no program is running to wait for");
	for (;;) {
		int ended = child_poll(c, NULL, 0, deadline_ms, out, err);

		if (ended)
			return ended < 0 ? -1 : 0;
	}
}

/* ---- running to the end ---- */

/* One stream of a child that child_run() reads. */
struct child_stream {
	int fd;		     /* our end; -1: at its end or not read */
	struct strbuf *into; /* NULL: read and dropped */
	size_t max_bytes;
	bool keep_last; /* beyond max_bytes the oldest go; else it is too much */
	bool too_much;
};

static void child_stream_add(struct child_stream *s, const char *bytes, size_t length)
{
	if (!s->into)
		return;
	if (!s->keep_last && length > s->max_bytes - s->into->length) {
		s->too_much = true;
		return;
	}
	strbuf_add(s->into, bytes, length);
	/*
	 * Cut at twice the bound: moving the rest for every read would be quadratic.
	 * One byte too many stays, so that child_stream_finish() looks for a line's start.
	 */
	if (s->keep_last && s->into->length > 2 * s->max_bytes) {
		memmove(s->into->data, s->into->data + s->into->length - s->max_bytes - 1,
			s->max_bytes + 2);
		s->into->length = s->max_bytes + 1;
	}
}

/*
 * Reads what is there without waiting, and no more than a pipe holds: a child
 * that writes as fast as we read must not keep us from the deadline.
 */
static void child_stream_drain(struct child_stream *s)
{
	char chunk[16 * 1024];

	for (size_t done = 0; s->fd >= 0 && !s->too_much && done < PIPE_MOST_BYTES;) {
		ssize_t n = read(s->fd, chunk, sizeof(chunk));

		if (n > 0) {
			child_stream_add(s, chunk, (size_t)n);
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			return;
		} else if (n == 0 || errno != EINTR) {
			close(take_fd(&s->fd));
		}
	}
}

/* Cuts a kept tail to its bound, at a line's start where there is one. */
static void child_stream_finish(struct child_stream *s)
{
	size_t extra;
	const char *newline;

	if (!s->keep_last || !s->into || s->into->length <= s->max_bytes)
		return;
	extra = s->into->length - s->max_bytes;
	newline = memchr(s->into->data + extra, '\n', s->max_bytes - 1);
	if (newline)
		extra = (size_t)(newline + 1 - s->into->data);
	memmove(s->into->data, s->into->data + extra, s->into->length - extra + 1);
	s->into->length -= extra;
}

static int child_pipe(int *ours, int *theirs, struct err *err)
{
	if (child_pipe_above(ours, theirs) < 0 || fcntl(*ours, F_SETFL, O_NONBLOCK) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	return 0;
}

static int child_collect(struct child *c, struct child_stream streams[2], uint64_t deadline_ms,
			 struct child_exit *ex, struct err *err)
{
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = streams[0].fd, .events = POLLIN },
			{ .fd = streams[1].fd, .events = POLLIN },
		};
		int ended = child_poll(c, fds, 2, deadline_ms, ex, err);

		if (ended < 0)
			return -1;
		/*
		 * After the end only what is in the pipes: a process that left the
		 * group may hold them open for ever.
		 */
		for (int i = 0; i < 2; i++)
			if (ended || fds[i].revents)
				child_stream_drain(&streams[i]);
		if (streams[0].too_much) {
			child_stop(c, CANCEL_GRACE_MS);
			return err_set(err, ERR_HOST, "printed more than %zu bytes",
				       streams[0].max_bytes);
		}
		if (ended)
			break;
	}
	child_stream_finish(&streams[1]);
	return 0;
}

int child_run(const struct child_spec *spec, uint64_t timeout_ms, size_t max_bytes,
	      struct strbuf *out, struct strbuf *errout, struct child_exit *ex, struct err *err)
{
	_cleanup_child_ struct child c = CHILD_INIT;
	struct child_spec piped = *spec;
	struct child_stream streams[2] = {
		{ .fd = -1, .into = out, .max_bytes = max_bytes },
		{ .fd = -1, .into = errout, .max_bytes = STDERR_KEPT_BYTES, .keep_last = true },
	};
	int theirs[2] = { -1, -1 };
	uint64_t deadline_ms = timeout_ms ? clock_monotonic_ms() + timeout_ms : 0;
	struct child_exit ignored;
	int result = -1;

	if (!ex)
		ex = &ignored;
	*ex = (struct child_exit){ 0 };
	if (out)
		strbuf_reset(out);
	if (errout)
		strbuf_reset(errout);
	if ((!spec->stdout_fd && child_pipe(&streams[0].fd, &theirs[0], err) < 0) ||
	    (!spec->stderr_fd && child_pipe(&streams[1].fd, &theirs[1], err) < 0))
		goto close_all;
	if (theirs[0] >= 0)
		piped.stdout_fd = theirs[0];
	if (theirs[1] >= 0)
		piped.stderr_fd = theirs[1];
	result = child_start(&c, &piped, err);
	for (int i = 0; i < 2; i++)
		cleanup_close_p(&theirs[i]);
	theirs[0] = theirs[1] = -1;
	if (result == 0) {
		result = child_collect(&c, streams, deadline_ms, ex, err);
		if (result < 0)
			err_add(err, "%s", spec->argv[0]);
	}
close_all:
	for (int i = 0; i < 2; i++) {
		cleanup_close_p(&theirs[i]);
		cleanup_close_p(&streams[i].fd);
	}
	return result;
}

/* What says why: the first line that calls itself an error, else the last one. Cuts the text. */
static const char *telling_line(struct strbuf *text)
{
	static const char *const marks[] = { "fatal: ", "error: " };
	char *start;

	while (text->length && strchr(" \t\r\n", text->data[text->length - 1]))
		text->data[--text->length] = '\0';
	if (!text->length)
		return "";
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		char *mark = strstr(text->data, marks[i]);

		if (!mark)
			continue;
		mark[strcspn(mark, "\n")] = '\0';
		start = strrchr(text->data, '\n');
		return start ? start + 1 : text->data;
	}
	start = strrchr(text->data, '\n');
	return start ? start + 1 : text->data;
}

int child_run_ok(const struct child_spec *spec, uint64_t timeout_ms, size_t max_bytes,
		 struct strbuf *out, struct err *err)
{
	_cleanup_strbuf_ struct strbuf words = { 0 };
	struct child_exit ex;
	const char *last;

	if (child_run(spec, timeout_ms, max_bytes, out, &words, &ex, err) < 0)
		return -1;
	if (ex.timed_out)
		return err_set(err, ERR_HOST, "%s: not finished after %llu ms", spec->argv[0],
			       (unsigned long long)timeout_ms);
	if (ex.exited && ex.code == 0)
		return 0;
	last = telling_line(&words);
	if (!ex.exited)
		return err_set(err, ERR_HOST, "%s: ended by signal %d (%s)%s%s", spec->argv[0],
			       ex.code, strsignal(ex.code), *last ? ": " : "", last);
	if (*last)
		return err_set(err, ERR_HOST, "%s: %s", spec->argv[0], last);
	return err_set(err, ERR_HOST, "%s: exit status %d", spec->argv[0], ex.code);
}
