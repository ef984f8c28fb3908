/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iSCSI inside one guest: the kernel's target over a device of the case, and the
 * kernel's initiator on lo. What the initiator wants of user space (to connect,
 * to log in, to do so again when the connection broke) a helper task does, in
 * the place of iscsid.
 */
#ifndef GUEST_ISCSI_H
#define GUEST_ISCSI_H

#include "guest-init/guest.h"
#include "guest-init/iscsi-login.h"

#define ISCSI_INITIATOR_NAME "iqn.2000-01.invalid.klab:guest"
#define ISCSI_PORT	     3260

struct iscsi_settings {
	char target[96];	     /* its name */
	uint16_t number;	     /* of the session in this guest */
	unsigned int recovery_s; /* a broken session's commands wait so long */
	unsigned int noop_s;	 /* silence before the initiator asks; 0: never */
	bool relogin;
};

/* In memory shared with init. */
struct iscsi_findings {
	int state;	 /* 0: not yet; 1: there is a session; -1: it failed */
	int errno_value; /* of the failure; 0: none to blame */
	char what[128];
	uint32_t session;
};

/*
 * Exports a block device as LUN 0 of the target, without authentication, on
 * 127.0.0.1. 0, or -1 with step_fail().
 */
int iscsi_target_make(struct guest *g, const char *name, const char *device,
		      const struct iscsi_settings *settings);

struct iscsi_helper {
	struct iscsi_settings settings;
	struct iscsi_findings *findings;
};
/* The task's main: logs in, tells, and takes care of the session until it is killed. */
int iscsi_helper_main(void *argument);

/* The kernel's messages, struct iscsi_uevent: include/scsi/iscsi_if.h of the kernel. */
struct iscsi_event {
	uint32_t type;
	uint32_t error; /* a negative errno */
	uint64_t transport;
	union {
		struct {
			uint32_t command_number;
			uint16_t commands, queue_depth;
		} create_session;
		struct {
			uint32_t session, connection;
			uint64_t socket;
			uint32_t leading;
		} bind;
		struct {
			uint32_t session, connection, param, length;
		} param;
		struct {
			uint32_t session, connection, header_length, data_length;
		} send;
		struct {
			uint32_t session, connection;
			uint64_t handle;
			uint32_t flag;
		} stop;
		struct {
			uint32_t session, connection;
		} on; /* create_conn, start_conn */
	} u;
	union {
		int32_t code;
		struct {
			uint32_t session, host;
		} created;
		struct {
			uint32_t session, connection, error;
		} broken;
		struct {
			uint32_t session, connection;
			uint64_t handle;
		} received;
	} r;
};

/* What one read from the socket held. */
struct iscsi_heard {
	bool answered;		   /* the answer to the request of that type */
	struct iscsi_event answer;
	unsigned int conn_errors;  /* of our session */
	size_t pdu_length;	   /* of our session; 0: none */
	char pdu[ISCSI_HEADER_BYTES + ISCSI_LOGIN_BYTES];
};
/* Adds the messages in `bytes` to `heard`. False: they are none, or longer than they say. */
bool iscsi_hear(const void *bytes, size_t length, uint32_t type, uint32_t session,
		struct iscsi_heard *heard);

#endif
