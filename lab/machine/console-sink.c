// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/console-sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"

enum {
	SINK_BUFFER_BYTES = 256 * 1024,
	SINK_PIPE_BYTES = 1024 * 1024,	    /* what an unprivileged process may ask for */
	SINK_DRAIN_BYTES = 4 * 1024 * 1024, /* then deadlines are looked at again */
	SINK_LINE_BYTES = 64 * 1024,	    /* a longer line is cut anywhere */
	/* Of a pipe that is full the first page may have been read in part. */
	SINK_PIPE_SLACK = 2 * 4096,
};

static int sink_fail(const struct sink *s, struct err *err)
{
	return err_set_errno(err, ERR_HOST, errno, "cannot write %s", s->path);
}

/* Takes the reading end. */
static int sink_set_pipe(struct sink *s, int fd, struct err *err)
{
	cleanup_close_p(&s->fd);
	s->fd = fd;
	/* Only our end: QEMU waits when the pipe is full, so that nothing is lost. */
	if (fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	/* A smaller pipe is slower, and as right. */
	(void)fcntl(s->fd, F_SETPIPE_SZ, SINK_PIPE_BYTES);
	s->pipe_bytes = (uint64_t)fcntl(s->fd, F_GETPIPE_SZ);
	return 0;
}

int sink_open_fifo(struct sink *s, const char *path, int *write_fd, struct err *err)
{
	int fd;

	if (mkfifo(path, 0600) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot make %s", path);
	/* The reader first: the writer would wait for it. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot open %s", path);
	cleanup_close_p(write_fd);
	*write_fd = open(path, O_WRONLY | O_CLOEXEC);
	if (sink_set_pipe(s, fd, err) < 0)
		return -1;
	return *write_fd < 0 ? err_set_errno(err, ERR_HOST, errno, "cannot open %s", path) : 0;
}

int sink_open(struct sink *s, const char *dir, const char *name, uint64_t limit_bytes,
	      bool keep_tail, int *write_fd, struct err *err)
{
	int ends[2];

	*s = (struct sink)SINK_INIT;
	s->path = path_join(dir, name);
	s->head_limit = keep_tail ? limit_bytes / 2 : limit_bytes;
	s->tail_limit = limit_bytes - s->head_limit;
	s->file_fd = open(s->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (s->file_fd < 0)
		return sink_fail(s, err);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	*write_fd = ends[1];
	s->buffer = xmalloc(SINK_BUFFER_BYTES);
	return sink_set_pipe(s, ends[0], err);
}

static int write_at(const struct sink *s, int fd, const char *bytes, size_t length, uint64_t offset,
		    struct err *err)
{
	while (length) {
		ssize_t n = pwrite(fd, bytes, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sink_fail(s, err);
		bytes += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* The ring has no name: a runner that is killed leaves no half of a console behind. */
static int ring_open(struct sink *s, struct err *err)
{
	_cleanup_free_ char *name = xasprintf("%s.tail", s->path);

	s->ring_fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (s->ring_fd < 0 || unlink(name) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", name);
	return 0;
}

static int ring_write(struct sink *s, const char *bytes, size_t length, uint64_t position,
		      struct err *err)
{
	if (s->ring_fd < 0 && ring_open(s, err) < 0)
		return -1;
	while (length) {
		uint64_t offset = position % s->tail_limit;
		size_t n = length;

		if (n > s->tail_limit - offset)
			n = s->tail_limit - offset;
		if (write_at(s, s->ring_fd, bytes, n, offset, err) < 0)
			return -1;
		bytes += n;
		length -= n;
		position += n;
	}
	return 0;
}

static int sink_take(struct sink *s, const char *bytes, size_t length, struct err *err)
{
	size_t head = 0;

	if (length > s->most_bytes - s->bytes)
		length = s->most_bytes - s->bytes;
	if (s->panic_end)
		panic_end_feed(s->panic_end, bytes, length);
	if (s->bytes < s->head_limit) {
		head = length;
		if (head > s->head_limit - s->bytes)
			head = s->head_limit - s->bytes;
		if (write_at(s, s->file_fd, bytes, head, s->bytes, err) < 0)
			return -1;
		s->head_bytes += head;
	}
	if (head < length && s->tail_limit &&
	    ring_write(s, bytes + head, length - head, s->bytes + head - s->head_limit, err) < 0)
		return -1;
	s->bytes += length;
	return 0;
}

int sink_begin_with(struct sink *s, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, s->buffer, SINK_BUFFER_BYTES)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && sink_take(s, s->buffer, (size_t)n, err) < 0)
			return -1;
	}
	return n < 0 ? err_set_errno(err, ERR_HOST, errno, "%s", path) : 0;
}

/* Before anything is read: a pipe that was full is so until then. */
static void sink_look_full(struct sink *s)
{
	int waiting = 0;

	if (ioctl(s->fd, FIONREAD, &waiting) == 0 && waiting > 0 &&
	    (uint64_t)waiting + SINK_PIPE_SLACK >= s->pipe_bytes)
		s->was_full = true;
}

int sink_drain(struct sink *s, struct err *err)
{
	size_t done = 0;

	if (s->fd >= 0)
		sink_look_full(s);
	while (s->fd >= 0 && done < SINK_DRAIN_BYTES) {
		ssize_t n = read(s->fd, s->buffer, SINK_BUFFER_BYTES);

		if (n > 0) {
			if (sink_take(s, s->buffer, (size_t)n, err) < 0)
				return -1;
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			break;
		} else if (n == 0 || errno != EINTR) {
			close(take_fd(&s->fd));
		}
	}
	if (done)
		s->rest_until_ms = clock_monotonic_ms() + SINK_REST_MS;
	return done ? 1 : 0;
}

/* ---- joining ---- */

static int read_at(const struct sink *s, int fd, char *bytes, size_t length, uint64_t offset,
		   struct err *err)
{
	while (length) {
		ssize_t n = pread(fd, bytes, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set_errno(err, ERR_HOST, n < 0 ? errno : EIO, "cannot read %s",
					     s->path);
		bytes += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* Bytes of the ring by the position in the whole tail, not in the file. */
static int ring_read(const struct sink *s, char *bytes, size_t length, uint64_t position,
		     struct err *err)
{
	while (length) {
		uint64_t offset = position % s->tail_limit;
		size_t n = length;

		if (n > s->tail_limit - offset)
			n = s->tail_limit - offset;
		if (read_at(s, s->ring_fd, bytes, n, offset, err) < 0)
			return -1;
		bytes += n;
		length -= n;
		position += n;
	}
	return 0;
}

/* Takes the head's last, broken line away. */
static int head_trim(struct sink *s, struct err *err)
{
	size_t length = s->head_bytes < SINK_LINE_BYTES ? s->head_bytes : SINK_LINE_BYTES;
	const char *newline;

	if (read_at(s, s->file_fd, s->buffer, length, s->head_bytes - length, err) < 0)
		return -1;
	newline = memrchr(s->buffer, '\n', length);
	if (newline)
		s->head_bytes -= length - (size_t)(newline + 1 - s->buffer);
	return ftruncate(s->file_fd, (off_t)s->head_bytes) < 0 ? sink_fail(s, err) : 0;
}

/* Where the tail's first whole line begins. */
static int tail_trim(struct sink *s, uint64_t *position, struct err *err)
{
	size_t length = s->tail_bytes < SINK_LINE_BYTES ? s->tail_bytes : SINK_LINE_BYTES;
	const char *newline;
	size_t skip;

	if (ring_read(s, s->buffer, length, *position, err) < 0)
		return -1;
	newline = memchr(s->buffer, '\n', length);
	skip = newline ? (size_t)(newline + 1 - s->buffer) : 0;
	s->tail_bytes -= skip;
	*position += skip;
	return 0;
}

/* Returns the marker's length, or -1. It stands on a line of its own wherever the cut was. */
static int sink_mark(struct sink *s, struct err *err)
{
	char marker[128];
	char last = '\n';
	int n;

	if (s->head_bytes && read_at(s, s->file_fd, &last, 1, s->head_bytes - 1, err) < 0)
		return -1;
	n = snprintf(marker, sizeof(marker),
		     "%s--- klab: %" PRIu64 " bytes of console left out here (limit %" PRIu64
		     ") ---\n",
		     last == '\n' ? "" : "\n", s->bytes - s->head_bytes - s->tail_bytes,
		     s->head_limit + s->tail_limit);
	return write_at(s, s->file_fd, marker, (size_t)n, s->head_bytes, err) < 0 ? -1 : n;
}

int sink_finish(struct sink *s, struct err *err)
{
	uint64_t beyond = s->bytes - s->head_bytes;
	uint64_t position = 0, end = s->head_bytes;

	if (!s->tail_limit || !beyond)
		return 0;
	s->tail_bytes = beyond < s->tail_limit ? beyond : s->tail_limit;
	position = beyond - s->tail_bytes;
	if (position > 0) {
		int marker;

		if (head_trim(s, err) < 0 || tail_trim(s, &position, err) < 0)
			return -1;
		marker = sink_mark(s, err);
		if (marker < 0)
			return -1;
		end = s->head_bytes + (uint64_t)marker;
	}
	for (uint64_t left = s->tail_bytes; left;) {
		size_t n = left < SINK_BUFFER_BYTES ? left : SINK_BUFFER_BYTES;

		if (ring_read(s, s->buffer, n, position, err) < 0 ||
		    write_at(s, s->file_fd, s->buffer, n, end, err) < 0)
			return -1;
		position += n;
		end += n;
		left -= n;
	}
	return 0;
}

void sink_clear(struct sink *s)
{
	if (!s)
		return;
	cleanup_close_p(&s->fd);
	cleanup_close_p(&s->file_fd);
	cleanup_close_p(&s->ring_fd);
	free(s->path);
	free(s->buffer);
	*s = (struct sink)SINK_INIT;
}
