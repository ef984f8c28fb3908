/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Echo requests and replies (RFC 792) as bytes, apart from the task so that the host tests them. */
#ifndef GUEST_PING_H
#define GUEST_PING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PING_MIN_CONTENT 16 /* number and time */
#define PING_MAX_PACKET	 65536

struct ping_reply {
	uint32_t number; /* of the request */
	uint64_t sent_ns;
};

/* What a ping found, in memory shared with init: it outlives a SIGKILL. */
struct ping_findings {
	uint64_t sent, send_errors;
	int send_errno; /* of the first */
	uint64_t received; /* requests that were answered */
	uint64_t duplicates, corrupted, reordered;
	uint64_t rtt_min_ns, rtt_max_ns, rtt_sum_ns;
};

/* The request with `content` bytes behind its header; its length. `packet` has room for it. */
size_t ping_build(uint8_t *packet, uint16_t id, uint32_t number, uint64_t now_ns, size_t content);
enum ping_kind { PING_OTHER, PING_REPLY, PING_CORRUPTED };
/*
 * What an IPv4 packet is: an intact reply to one of our requests, one of ours that was damaged
 * on its way, or another's.
 */
enum ping_kind ping_parse(const uint8_t *packet, size_t length, uint16_t id, size_t content,
			  uint32_t count, struct ping_reply *reply);
/* `seen` has a bit for each request; `last` the highest number answered so far, -1: none. */
void ping_count(struct ping_findings *findings, uint8_t *seen, int64_t *last,
		const struct ping_reply *reply, uint64_t now_ns);

#endif
