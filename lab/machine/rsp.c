// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/rsp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/file.h"

enum { RSP_PACKET_BYTES = 64 * 1024, RSP_READ_BYTES = 4096 };

int rsp_connect(struct rsp *r, const char *path, struct err *err)
{
	_cleanup_free_ char *folder = xstrndup(path, (size_t)(path_base(path) - path));
	_cleanup_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir,
		 path_base(path));
	r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (dir < 0 || r->fd < 0 ||
	    connect(r->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot connect to %s", path);
	return 0;
}

static int send_bytes(struct rsp *r, const char *bytes, size_t length, struct err *err)
{
	/* Packets are short, and each is answered before the next: there is always room. */
	if (send(r->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
		return err_set_errno(err, ERR_HOST, errno, "QEMU's gdb stub does not listen");
	return 0;
}

static unsigned int checksum(const char *text, size_t length)
{
	unsigned int sum = 0;

	while (length--)
		sum += (unsigned char)*text++;
	return sum & 0xff;
}

int rsp_send(struct rsp *r, const char *text, struct err *err)
{
	_cleanup_free_ char *packet = xasprintf("$%s#%02x", text, checksum(text, strlen(text)));

	return send_bytes(r, packet, strlen(packet), err);
}

/* "$text#cs" at the start of what came: 1 and it is taken; 0: not whole yet. */
static int take_packet(struct rsp *r, struct strbuf *text, struct err *err)
{
	size_t acks = r->in.length ? strspn(r->in.data, "+") : 0;
	const char *start, *end;
	size_t length;
	unsigned int sum;

	r->in.length -= acks;
	if (acks)
		memmove(r->in.data, r->in.data + acks, r->in.length + 1);
	if (!r->in.length)
		return 0;
	start = r->in.data;
	if (*start != '$')
		return err_set(err, ERR_HOST, "QEMU's gdb stub sent what is no packet");
	end = memchr(start, '#', r->in.length);
	if (!end || r->in.length - (size_t)(end - start) < 3)
		return 0;
	length = (size_t)(end - start) - 1;
	if (sscanf(end + 1, "%2x", &sum) != 1 || sum != checksum(start + 1, length))
		return err_set(err, ERR_HOST, "QEMU's gdb stub sent a damaged packet");
	strbuf_add(text, start + 1, length);
	r->in.length -= length + 4;
	memmove(r->in.data, end + 3, r->in.length + 1);
	return send_bytes(r, "+", 1, err) < 0 ? -1 : 1;
}

int rsp_receive(struct rsp *r, struct strbuf *text, struct err *err)
{
	char chunk[RSP_READ_BYTES];

	strbuf_reset(text);
	for (;;) {
		int taken = take_packet(r, text, err);
		ssize_t n;

		if (taken)
			return taken;
		n = recv(r->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, ERR_HOST, "QEMU's gdb stub is gone");
		if (r->in.length + (size_t)n > RSP_PACKET_BYTES)
			return err_set(err, ERR_HOST, "QEMU's gdb stub sent an endless packet");
		strbuf_add(&r->in, chunk, (size_t)n);
	}
}

void rsp_clear(struct rsp *r)
{
	if (!r)
		return;
	cleanup_close_p(&r->fd);
	strbuf_clear(&r->in);
	*r = (struct rsp)RSP_INIT;
}
