// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/netlink.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "guest-init/frames.h"

#define NL_READ_BYTES 32768 /* more than the kernel puts into one part of a dump */

/* ---- building ----------------------------------------------------------- */

static size_t aligned(size_t length)
{
	return (length + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);
}

/* Room for `length` bytes, zeroed to the alignment; NULL when there is none. */
static char *nl_room(struct nl_message *m, size_t length)
{
	char *at = m->bytes + m->length;

	if (m->overflow || length > sizeof(m->bytes) ||
	    aligned(length) > sizeof(m->bytes) - m->length) {
		m->overflow = true;
		return NULL;
	}
	memset(at, 0, aligned(length));
	m->length += aligned(length);
	return at;
}

void nl_put_raw(struct nl_message *m, const void *data, size_t length)
{
	char *at = nl_room(m, length);

	if (at && length > 0)
		memcpy(at, data, length);
}

void nl_begin(struct nl_message *m, uint16_t type, uint16_t flags, const void *head, size_t length)
{
	const struct nlmsghdr header = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags };

	m->length = 0;
	m->overflow = false;
	nl_put_raw(m, &header, sizeof(header));
	nl_put_raw(m, head, length);
}

void nl_put(struct nl_message *m, uint16_t attribute, const void *data, size_t length)
{
	const struct nlattr header = { .nla_len = (uint16_t)(NLA_HDRLEN + length),
				       .nla_type = attribute };
	char *at = NULL;

	if (length > UINT16_MAX - NLA_HDRLEN)
		m->overflow = true;
	else
		at = nl_room(m, NLA_HDRLEN + length);
	if (!at)
		return;
	memcpy(at, &header, sizeof(header));
	if (length > 0)
		memcpy(at + NLA_HDRLEN, data, length);
}

void nl_put_text(struct nl_message *m, uint16_t attribute, const char *text)
{
	nl_put(m, attribute, text, strlen(text) + 1);
}

size_t nl_nest_begin(struct nl_message *m, uint16_t attribute, const void *head, size_t length)
{
	size_t nest = m->length;

	nl_put(m, attribute, head, length);
	return nest;
}

void nl_nest_end(struct nl_message *m, size_t nest)
{
	uint16_t length = (uint16_t)(m->length - nest);

	if (!m->overflow)
		memcpy(m->bytes + nest + offsetof(struct nlattr, nla_len), &length, sizeof(length));
}

/* ---- reading ------------------------------------------------------------ */

const void *nl_find(const void *attributes, size_t length, uint16_t attribute, size_t *found)
{
	const char *at = attributes;

	while (length >= NLA_HDRLEN) {
		struct nlattr header;
		size_t step;

		memcpy(&header, at, sizeof(header));
		if (header.nla_len < NLA_HDRLEN || header.nla_len > length)
			return NULL;
		if ((header.nla_type & NLA_TYPE_MASK) == attribute) {
			*found = header.nla_len - NLA_HDRLEN;
			return at + NLA_HDRLEN;
		}
		step = aligned(header.nla_len);
		if (step >= length)
			return NULL;
		at += step;
		length -= step;
	}
	return NULL;
}

/* The kernel's word on a message: 1 when it took it. */
static int nl_verdict(const char *payload, size_t length)
{
	int error;

	if (length < sizeof(error)) {
		errno = EBADMSG;
		return -1;
	}
	memcpy(&error, payload, sizeof(error));
	if (error == 0)
		return 1;
	errno = error < 0 && error >= -4095 ? -error : EBADMSG;
	return -1;
}

int nl_take(const void *bytes, size_t length, uint32_t sequence, nl_handle *handle, void *context)
{
	const char *at = bytes;

	while (length >= sizeof(struct nlmsghdr)) {
		const char *payload = at + NLMSG_HDRLEN;
		struct nlmsghdr header;
		size_t step;

		memcpy(&header, at, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > length)
			break;
		if (header.nlmsg_seq == sequence) {
			size_t payload_length = header.nlmsg_len - NLMSG_HDRLEN;

			if (header.nlmsg_type == NLMSG_ERROR)
				return nl_verdict(payload, payload_length);
			if (header.nlmsg_type == NLMSG_DONE)
				return 1;
			if (handle)
				handle(context, header.nlmsg_type, payload, payload_length);
		}
		step = aligned(header.nlmsg_len);
		if (step >= length)
			return 0;
		at += step;
		length -= step;
	}
	errno = EBADMSG;
	return -1;
}

/* ---- talking ------------------------------------------------------------ */

int nl_open(int protocol, uint32_t groups)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int errno_value;

	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	errno_value = errno;
	close(fd);
	errno = errno_value;
	return -1;
}

int nl_send(int fd, struct nl_message *m, uint32_t *sequence)
{
	static uint32_t last;
	struct nlmsghdr header;

	if (m->overflow) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(&header, m->bytes, sizeof(header));
	header.nlmsg_len = (uint32_t)m->length;
	header.nlmsg_seq = *sequence = ++last;
	memcpy(m->bytes, &header, sizeof(header));
	return send(fd, m->bytes, m->length, 0) < 0 ? -1 : 0;
}

int nl_request(int fd, struct nl_message *m, nl_handle *handle, void *context)
{
	static char bytes[NL_READ_BYTES];
	const uint64_t deadline_ns = frame_clock_ns() + NL_ANSWER_MS * 1000000ull;
	uint32_t sequence;
	int taken = 0;

	if (nl_send(fd, m, &sequence))
		return -1;
	while (taken == 0) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (frame_clock_ns() > deadline_ns) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (poll(&ready, 1, 100) <= 0)
			continue;
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -1;
		if (n > 0)
			taken = nl_take(bytes, (size_t)n, sequence, handle, context);
	}
	return taken > 0 ? 0 : -1;
}
