/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The login of iSCSI (RFC 7143, sections 11.12, 11.13 and 13): one request with
 * all that the initiator proposes, and what the target makes of it. Plain C, so
 * the host tests it as well.
 */
#ifndef GUEST_ISCSI_LOGIN_H
#define GUEST_ISCSI_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISCSI_HEADER_BYTES 48
#define ISCSI_LOGIN_BYTES  8192 /* of text at most, before anything else is agreed on */

/* Of a session: what both sides settled on. */
struct iscsi_agreed {
	uint32_t max_send; /* MaxRecvDataSegmentLength of the target */
	uint32_t max_burst, first_burst, max_r2t;
	bool initial_r2t, immediate_data;
	uint32_t stat_sn; /* of the last login response */
};

struct iscsi_login {
	uint8_t header[ISCSI_HEADER_BYTES];
	char text[1024];
	size_t text_length; /* without the padding to 4 bytes */
};

/*
 * A request that goes from the operational stage to the full feature phase: with
 * no authentication there is no stage before. `proposes`: all keys, as the first
 * request of a login has them; else none. `number` tells sessions apart.
 */
void iscsi_login_build(struct iscsi_login *login, const char *initiator, const char *target,
		       uint16_t number, bool proposes);

enum iscsi_login_answer {
	ISCSI_LOGIN_BROKEN,  /* no login response, or one that makes no sense */
	ISCSI_LOGIN_REFUSED, /* *status says why: class and detail of RFC 7143, 11.13.5 */
	ISCSI_LOGIN_GOES_ON, /* another request is wanted */
	ISCSI_LOGIN_DONE,
};
/* Takes a response and adds what it says to `agreed`, which starts with iscsi_defaults(). */
enum iscsi_login_answer iscsi_login_parse(const void *pdu, size_t length,
					  struct iscsi_agreed *agreed, unsigned int *status);
/* What holds for keys that nobody mentions. */
struct iscsi_agreed iscsi_defaults(void);

#define ISCSI_MAX_RECV 262144 /* that we propose for the data that comes to us */

#endif
