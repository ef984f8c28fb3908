/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink: messages to the kernel and its answers (RFC 3549). Plain C but for
 * nl_open() and nl_request(), so the host tests it as well.
 */
#ifndef GUEST_NETLINK_H
#define GUEST_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NL_MAX_MESSAGE 8192 /* bytes of one that we send */
#define NL_ANSWER_MS   10000

struct nl_message {
	size_t length;
	bool overflow; /* something did not fit: nl_request() refuses it with EMSGSIZE */
	_Alignas(8) char bytes[NL_MAX_MESSAGE];
};

/* `flags` beside NLM_F_REQUEST; `head` is what follows the netlink header in all messages of a type. */
void nl_begin(struct nl_message *m, uint16_t type, uint16_t flags, const void *head, size_t length);
void nl_put(struct nl_message *m, uint16_t attribute, const void *data, size_t length);
void nl_put_text(struct nl_message *m, uint16_t attribute, const char *text); /* with its NUL */
/* What is put until nl_nest_end(), which takes what this returned, is inside the attribute. */
size_t nl_nest_begin(struct nl_message *m, uint16_t attribute, const void *head, size_t length);
void nl_nest_end(struct nl_message *m, size_t nest);
/* Bytes as they are, padded: what iSCSI puts behind its event. */
void nl_put_raw(struct nl_message *m, const void *data, size_t length);

/* An attribute's data in a row of attributes; NULL when it is not there, or the row is broken before it. */
const void *nl_find(const void *attributes, size_t length, uint16_t attribute, size_t *found);

/* One message of the kernel, without its header. */
typedef void nl_handle(void *context, uint16_t type, const void *payload, size_t length);
/*
 * Goes through what one read gave; `handle` gets each message numbered
 * `sequence`. 1: the answer is complete; 0: more will come; -1 with errno: the
 * kernel refused (its error), or the bytes are no messages (EBADMSG).
 */
int nl_take(const void *bytes, size_t length, uint32_t sequence, nl_handle *handle, void *context);

/* A socket with that many receive buffers, subscribed to `groups` (a mask). -1 with errno. */
int nl_open(int protocol, uint32_t groups);
/* Sends, numbered `*sequence`. 0, or -1 with errno. */
int nl_send(int fd, struct nl_message *m, uint32_t *sequence);
/*
 * Sends, and waits for the acknowledgement or the end of a dump, at most
 * NL_ANSWER_MS. `handle` may be NULL. 0, or -1 with errno, which may be the kernel's answer.
 */
int nl_request(int fd, struct nl_message *m, nl_handle *handle, void *context);

#endif
