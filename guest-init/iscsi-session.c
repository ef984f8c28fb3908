// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The helper task that stands for iscsid. The login PDUs travel through the
 * kernel, which numbers them: a session that is taken up again goes on counting
 * its commands where it was, and only the kernel knows where.
 *
 * When a connection breaks, the kernel blocks the session by itself, and fails
 * its commands when it stays so for the recovery time. All that is asked of user
 * space is to log in again: that is what this task does, once a second.
 */
#include "guest-init/iscsi.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "guest-init/io.h"
#include "guest-init/netlink.h"
#include "guest-init/panic.h"

enum {
	/* requests */
	CREATE_SESSION = 11,
	CREATE_CONN = 13,
	BIND_CONN = 15,
	SET_PARAM = 16,
	START_CONN = 17,
	STOP_CONN = 18,
	SEND_PDU = 19,
	/* what the kernel says by itself */
	RECV_PDU = 101,
	CONN_ERROR = 102,
	IF_ERROR = 103,
};

enum {
	PARAM_MAX_RECV_DLENGTH = 0,
	PARAM_MAX_XMIT_DLENGTH = 1,
	PARAM_HDRDGST_EN = 2,
	PARAM_DATADGST_EN = 3,
	PARAM_INITIAL_R2T_EN = 4,
	PARAM_MAX_R2T = 5,
	PARAM_IMM_DATA_EN = 6,
	PARAM_FIRST_BURST = 7,
	PARAM_MAX_BURST = 8,
	PARAM_PDU_INORDER_EN = 9,
	PARAM_DATASEQ_INORDER_EN = 10,
	PARAM_ERL = 11,
	PARAM_EXP_STATSN = 14,
	PARAM_TARGET_NAME = 15,
	PARAM_TPGT = 16,
	PARAM_RECOVERY_TMO = 19,
	PARAM_ABORT_TMO = 27,
	PARAM_LU_RESET_TMO = 28,
	PARAM_PING_TMO = 30,
	PARAM_RECV_TMO = 31,
	PARAM_INITIATOR_NAME = 34,
	PARAM_TGT_RESET_TMO = 35,
};

#define STOP_CONN_RECOVER 3
#define GROUP_ISCSID	  1
#define ANSWER_MS	  10000
#define RETRY_MS	  1000
#define LOGIN_ROUNDS	  4
#define COMMANDS	  64  /* at once; a power of 2 */
#define EH_TIMEOUT_S	  "5" /* for the target to abort a command, or reset the unit */
#define HANDLE		  "/sys/class/iscsi_transport/tcp/handle"

_Static_assert(sizeof(struct iscsi_event) == 56, "the kernel's struct iscsi_uevent");

struct session {
	const struct iscsi_settings *settings;
	struct iscsi_findings *findings;
	int netlink;
	uint64_t transport;
	uint32_t number, connection, host;
	struct iscsi_heard heard;
};

/* ---- messages ----------------------------------------------------------- */

static void hear_one(const char *payload, size_t length, uint32_t session,
		     struct iscsi_heard *heard)
{
	struct iscsi_event event;
	size_t pdu_length = length - sizeof(event);

	memcpy(&event, payload, sizeof(event));
	if (event.type == CONN_ERROR && event.r.broken.session == session)
		heard->conn_errors++;
	if (event.type != RECV_PDU || event.r.received.session != session ||
	    pdu_length > sizeof(heard->pdu))
		return;
	memcpy(heard->pdu, payload + sizeof(event), pdu_length);
	heard->pdu_length = pdu_length;
}

bool iscsi_hear(const void *bytes, size_t length, uint32_t type, uint32_t session,
		struct iscsi_heard *heard)
{
	const char *at = bytes;

	while (length > 0) {
		struct nlmsghdr header;
		size_t step;

		if (length < sizeof(header))
			return false;
		memcpy(&header, at, sizeof(header));
		if (header.nlmsg_len < NLMSG_HDRLEN + sizeof(struct iscsi_event) ||
		    header.nlmsg_len > length)
			return false;
		if (type && header.nlmsg_type == type) {
			heard->answered = true;
			memcpy(&heard->answer, at + NLMSG_HDRLEN, sizeof(heard->answer));
		} else {
			hear_one(at + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN, session,
				 heard);
		}
		step = NLMSG_ALIGN(header.nlmsg_len);
		if (step >= length)
			return true;
		at += step;
		length -= step;
	}
	return true;
}

/* Reads once, waiting at most so long (-1: for ever). -1 with errno: ETIMEDOUT when nothing came.
 */
static int listen_once(struct session *s, uint32_t type, int timeout_ms)
{
	static char bytes[32768];
	struct pollfd fd = { .fd = s->netlink, .events = POLLIN };
	int ready = poll(&fd, 1, timeout_ms);
	ssize_t n;

	if (ready == 0)
		errno = ETIMEDOUT;
	if (ready <= 0)
		return -1;
	n = recv(s->netlink, bytes, sizeof(bytes), 0);
	if (n < 0)
		return -1;
	if (iscsi_hear(bytes, (size_t)n, type, s->number, &s->heard))
		return 0;
	errno = EBADMSG;
	return -1;
}

/* Sends a request and takes the answer into *event. 0, or -1 with the kernel's errno. */
static int ask(struct session *s, uint32_t type, struct iscsi_event *event, const void *data,
	       size_t length)
{
	static struct nl_message m;
	uint32_t sequence;

	event->type = type;
	event->transport = s->transport;
	nl_begin(&m, (uint16_t)type, 0, event, sizeof(*event));
	nl_put_raw(&m, data, length);
	s->heard.answered = false;
	if (nl_send(s->netlink, &m, &sequence))
		return -1;
	while (!s->heard.answered)
		if (listen_once(s, type, ANSWER_MS))
			return -1;
	*event = s->heard.answer;
	if (event->type != IF_ERROR)
		return 0;
	errno = -(int32_t)event->error;
	return -1;
}

/* The same for requests whose answer is a code. */
static int ask_code(struct session *s, uint32_t type, struct iscsi_event *event, const void *data,
		    size_t length)
{
	if (ask(s, type, event, data, length))
		return -1;
	errno = -event->r.code;
	return event->r.code ? -1 : 0;
}

/* ---- the session -------------------------------------------------------- */

static int fail(struct session *s, const char *what)
{
	s->findings->errno_value = errno;
	snprintf(s->findings->what, sizeof(s->findings->what), "%s", what);
	return -1;
}

static int set_param(struct session *s, uint32_t param, const char *value)
{
	struct iscsi_event event = { 0 };

	event.u.param.session = s->number;
	event.u.param.connection = s->connection;
	event.u.param.param = param;
	event.u.param.length = (uint32_t)strlen(value) + 1;
	return ask(s, SET_PARAM, &event, value, strlen(value) + 1);
}

static int set_number(struct session *s, uint32_t param, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, value);
	return set_param(s, param, text);
}

static int set_params(struct session *s, const struct iscsi_agreed *a)
{
	const struct iscsi_settings *settings = s->settings;
	const struct {
		uint32_t param, value;
	} numbers[] = {
		{ PARAM_MAX_RECV_DLENGTH, ISCSI_MAX_RECV },
		{ PARAM_MAX_XMIT_DLENGTH, a->max_send },
		{ PARAM_HDRDGST_EN, 0 },
		{ PARAM_DATADGST_EN, 0 },
		{ PARAM_INITIAL_R2T_EN, a->initial_r2t },
		{ PARAM_MAX_R2T, a->max_r2t },
		{ PARAM_IMM_DATA_EN, a->immediate_data },
		/* The kernel refuses to start with more. */
		{ PARAM_FIRST_BURST,
		  a->first_burst < a->max_burst ? a->first_burst : a->max_burst },
		{ PARAM_MAX_BURST, a->max_burst },
		{ PARAM_PDU_INORDER_EN, 1 },
		{ PARAM_DATASEQ_INORDER_EN, 1 },
		{ PARAM_ERL, 0 },
		{ PARAM_EXP_STATSN, a->stat_sn + 1 },
		{ PARAM_TPGT, 1 },
		{ PARAM_RECOVERY_TMO, settings->recovery_s },
		{ PARAM_PING_TMO, settings->noop_s },
		{ PARAM_RECV_TMO, settings->noop_s },
	};
	static const uint32_t error_handling[] = { PARAM_ABORT_TMO, PARAM_LU_RESET_TMO,
						   PARAM_TGT_RESET_TMO };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (set_number(s, numbers[i].param, numbers[i].value))
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(error_handling); i++)
		if (set_param(s, error_handling[i], EH_TIMEOUT_S))
			return -1;
	return set_param(s, PARAM_TARGET_NAME, settings->target) ||
			       set_param(s, PARAM_INITIATOR_NAME, ISCSI_INITIATOR_NAME)
		       ? -1
		       : 0;
}

/* A connection to the target, or -1 with errno. */
static int connect_target(void)
{
	const struct timeval limit = { .tv_sec = ANSWER_MS / 1000 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(ISCSI_PORT) };
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int errno_value;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return -1;
	/* The limit is connect()'s, too. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	errno_value = errno;
	close(fd);
	errno = errno_value;
	return -1;
}

static int bind_connection(struct session *s)
{
	struct iscsi_event event = { 0 };
	int fd = connect_target();
	int result;

	if (fd < 0)
		return fail(s, "connect to 127.0.0.1:3260");
	event.u.bind.session = s->number;
	event.u.bind.connection = s->connection;
	event.u.bind.socket = (uint64_t)fd;
	event.u.bind.leading = 1;
	result = ask_code(s, BIND_CONN, &event, NULL, 0);
	if (result)
		fail(s, "give the connection to the initiator");
	/* The kernel has it now. */
	close(fd);
	return result;
}

/* Sends one login request, takes the answer into s->heard.pdu. */
static int login_round(struct session *s, bool first)
{
	struct iscsi_event event = { 0 };
	struct iscsi_login login;
	char pdu[ISCSI_HEADER_BYTES + sizeof(login.text)];

	iscsi_login_build(&login, ISCSI_INITIATOR_NAME, s->settings->target, s->settings->number,
			  first);
	memcpy(pdu, login.header, ISCSI_HEADER_BYTES);
	memcpy(pdu + ISCSI_HEADER_BYTES, login.text, login.text_length);
	event.u.send.session = s->number;
	event.u.send.connection = s->connection;
	event.u.send.header_length = ISCSI_HEADER_BYTES;
	event.u.send.data_length = (uint32_t)login.text_length;
	s->heard.pdu_length = 0;
	if (ask_code(s, SEND_PDU, &event, pdu, ISCSI_HEADER_BYTES + login.text_length))
		return fail(s, "send a login request");
	while (s->heard.pdu_length == 0)
		if (listen_once(s, 0, ANSWER_MS))
			return fail(s, "wait for the answer to a login request");
	return 0;
}

static int negotiate(struct session *s, struct iscsi_agreed *agreed)
{
	*agreed = iscsi_defaults();
	for (int round = 0; round < LOGIN_ROUNDS; round++) {
		unsigned int status;

		if (login_round(s, round == 0))
			return -1;
		errno = EPROTO;
		switch (iscsi_login_parse(s->heard.pdu, s->heard.pdu_length, agreed, &status)) {
		case ISCSI_LOGIN_DONE:
			return 0;
		case ISCSI_LOGIN_REFUSED:
			errno = 0;
			fail(s, "");
			snprintf(s->findings->what, sizeof(s->findings->what),
				 "the target refuses the login: status %04x", status);
			return -1;
		case ISCSI_LOGIN_BROKEN:
			return fail(s, "understand the answer to a login request");
		case ISCSI_LOGIN_GOES_ON:
			break;
		}
	}
	return fail(s, "come to an end of the login");
}

static int log_in(struct session *s)
{
	struct iscsi_event event = { 0 };
	struct iscsi_agreed agreed;

	if (bind_connection(s) || negotiate(s, &agreed))
		return -1;
	if (set_params(s, &agreed))
		return fail(s, "set what was agreed on");
	event.u.on.session = s->number;
	event.u.on.connection = s->connection;
	if (ask_code(s, START_CONN, &event, NULL, 0))
		return fail(s, "start the connection");
	return 0;
}

static int create(struct session *s)
{
	struct iscsi_event event = { 0 };
	char handle[32];

	if (io_read_text(HANDLE, handle, sizeof(handle)))
		return fail(s, "read " HANDLE " (the kernel needs ISCSI_TCP)");
	s->transport = strtoull(handle, NULL, 10);
	s->netlink = nl_open(NETLINK_ISCSI, GROUP_ISCSID);
	if (s->netlink < 0)
		return fail(s, "open a netlink socket");
	event.u.create_session.command_number = 1;
	event.u.create_session.commands = COMMANDS;
	event.u.create_session.queue_depth = COMMANDS;
	if (ask(s, CREATE_SESSION, &event, NULL, 0))
		return fail(s, "create a session");
	s->number = event.r.created.session;
	s->host = event.r.created.host;
	event = (struct iscsi_event){ 0 };
	event.u.on.session = s->number;
	if (ask(s, CREATE_CONN, &event, NULL, 0))
		return fail(s, "create a connection");
	return 0;
}

/* The kernel leaves it to user space to look for disks. */
static int scan(struct session *s)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/scsi_host/host%" PRIu32 "/scan", s->host);
	return io_write_value(path, "- - -", 0) ? fail(s, "look for disks") : 0;
}

/* ---- afterwards --------------------------------------------------------- */

static int log_in_again(struct session *s)
{
	struct iscsi_event event = { 0 };

	event.u.stop.session = s->number;
	event.u.stop.connection = s->connection;
	event.u.stop.flag = STOP_CONN_RECOVER;
	if (ask(s, STOP_CONN, &event, NULL, 0))
		return -1;
	/* What is heard from here on is of the new connection. */
	s->heard.conn_errors = 0;
	return log_in(s);
}

static _Noreturn void take_care(struct session *s)
{
	bool broken = false;

	for (;;) {
		listen_once(s, 0, broken ? RETRY_MS : -1);
		if (s->heard.conn_errors > 0 && !broken) {
			guest_say("iSCSI session %" PRIu32 ": the connection broke", s->number);
			broken = true;
		}
		s->heard.conn_errors = 0;
		if (broken && s->settings->relogin && log_in_again(s) == 0) {
			guest_say("iSCSI session %" PRIu32 ": logged in again", s->number);
			broken = false;
		}
	}
}

int iscsi_helper_main(void *argument)
{
	const struct iscsi_helper *helper = argument;
	static struct session s;

	prctl(PR_SET_NAME, "iscsi-helper");
	/* Like init: without it no page comes back from the disk. */
	io_write_value("/proc/self/oom_score_adj", "-1000", 0);
	s.settings = &helper->settings;
	s.findings = helper->findings;
	if (create(&s) || log_in(&s) || scan(&s)) {
		s.findings->state = -1;
		return 1;
	}
	s.findings->session = s.number;
	s.findings->state = 1;
	take_care(&s);
}
