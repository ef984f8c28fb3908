// SPDX-License-Identifier: GPL-2.0-or-later
#include "stub-server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

void stub_write(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			exit(0); /* nobody listens any more */
		bytes += n;
		length -= (size_t)n;
	}
}

static void stub_send(int fd, const char *text)
{
	unsigned int sum = 0;
	_cleanup_free_ char *packet = NULL;

	for (const char *c = text; *c; c++)
		sum += (unsigned char)*c;
	packet = xasprintf("+$%s#%02x", text, sum & 0xff);
	stub_write(fd, packet, strlen(packet));
}

/* "text#cs" after a '$'; false: the other end is closed. */
static bool stub_receive(int fd, char *text, size_t size)
{
	size_t length = 0;
	char c = 0, sum[2];

	while (length < size - 1 && read(fd, &c, 1) == 1 && c != '#')
		text[length++] = c;
	text[length] = '\0';
	return recv(fd, sum, sizeof(sum), MSG_WAITALL) == sizeof(sum);
}

/*
 * The guest comes to its breakpoint before each line that it prints. "c" prints
 * the next line, but the first time, and stops at the breakpoint before the one
 * after it. At the end of the lines the guest has gone. Returns whether it has.
 */
static bool stub_continue(const struct stub_server *s, int fd, FILE *lines, bool *has_run)
{
	char line[4096];

	if (*has_run && fgets(line, sizeof(line), lines))
		stub_write(s->console, line, strlen(line));
	*has_run = true;
	if (feof(lines) || ungetc(getc(lines), lines) == EOF) {
		stub_send(fd, "W00");
		return true;
	}
	stub_send(fd, "T05thread:01;");
	return false;
}

/* One that speaks the protocol; returns whether the guest has gone. */
static bool serve_client(const struct stub_server *s, int fd, FILE *lines)
{
	bool has_run = false;
	char text[256], c;

	for (;;) {
		struct pollfd fds[2] = { { .fd = s->qmp, .events = POLLIN },
					 { .fd = fd, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents && !s->listen(s->context))
			exit(0);
		if (!fds[1].revents)
			continue;
		if (read(fd, &c, 1) != 1)
			return false;
		/* An acknowledgement may be all there is for now. */
		if (c != '$')
			continue;
		if (!stub_receive(fd, text, sizeof(text)))
			return false;
		if (str_eq(getenv("KLAB_FAKE_STUB"), "mute"))
			continue;
		fprintf(stderr, "stub: %s\n", text);
		if (str_eq(text, "c")) {
			if (stub_continue(s, fd, lines, &has_run))
				return true;
		} else if (str_eq(text, "s")) {
			stub_send(fd, "T05thread:01;");
		} else {
			stub_send(fd, "OK");
		}
	}
}

void stub_serve(const struct stub_server *s)
{
	_cleanup_fclose_ FILE *lines = s->lines_path ? fopen(s->lines_path, "re") : NULL;

	if (!lines)
		exit(1);
	for (;;) {
		struct pollfd fds[2] = { { .fd = s->qmp, .events = POLLIN },
					 { .fd = s->listening, .events = POLLIN } };
		_cleanup_close_ int client = -1;

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents && !s->listen(s->context))
			exit(0);
		if (!fds[1].revents)
			continue;
		client = accept(s->listening, NULL, NULL);
		if (serve_client(s, client, lines))
			s->gone(s->context);
	}
}
