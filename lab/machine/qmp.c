// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/qmp.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/json.h"

enum {
	QMP_LINE_BYTES = 256 * 1024, /* the registers of many processors */
	QMP_LOG_BYTES = 1024 * 1024,
	QMP_PUMP_BYTES = 1024 * 1024, /* then deadlines are looked at again */
};

/* ---- the log ---- */

static void qmp_log_write(struct qmp *q, const struct strbuf *text)
{
	/* The log is for people: losing a line of it is no reason to end a run. */
	ssize_t n = write(q->log_fd, text->data, text->length);

	if (n > 0)
		q->log_bytes += (uint64_t)n;
}

static void qmp_log(struct qmp *q, char direction, const char *line, size_t length)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (q->log_fd < 0 || q->log_bytes >= QMP_LOG_BYTES)
		return;
	strbuf_addc(&text, direction);
	strbuf_addc(&text, ' ');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];

		strbuf_addc(&text, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
	strbuf_addc(&text, '\n');
	if (q->log_bytes + text.length > QMP_LOG_BYTES) {
		strbuf_reset(&text);
		strbuf_adds(&text, "# the rest was left out\n");
		q->log_bytes = QMP_LOG_BYTES;
	}
	qmp_log_write(q, &text);
}

/* ---- what we say ---- */

static void qmp_send_json(struct qmp *q, json_t *message)
{
	_cleanup_json_ json_t *owned = message;
	_cleanup_free_ char *line = json_dumps(owned, JSON_COMPACT);

	qmp_log(q, '>', line, strlen(line));
	strbuf_adds(&q->out, line);
	strbuf_addc(&q->out, '\n');
}

void qmp_command(struct qmp *q, const char *command, const char *id)
{
	qmp_send_json(q, json_pack("{s:s, s:s}", "execute", command, "id", id));
}

#define BLOCKSTATS_ID "blockstats"

void qmp_ask_blockstats(struct qmp *q)
{
	qmp_command(q, "query-blockstats", BLOCKSTATS_ID);
}

static void ask_human(struct qmp *q, const char *line, const char *id)
{
	qmp_send_json(q, json_pack("{s:s, s:{s:s}, s:s}", "execute", "human-monitor-command",
				   "arguments", "command-line", line, "id", id));
}

void qmp_ask_registers(struct qmp *q)
{
	ask_human(q, "info registers -a", "registers");
}

#define MONITOR_ID "monitor"

void qmp_ask_monitor(struct qmp *q, const char *line)
{
	free(q->monitor);
	q->monitor = NULL;
	ask_human(q, line, MONITOR_ID);
}

#define SAVE_STOP_ID "save-stop"
#define SAVE_ID	     "save"
#define LOAD_ID	     "load"
#define STATE_NAME   "state" /* of the descriptor that QEMU gets */

/* So that the end of a migration is an event. */
static void qmp_want_events(struct qmp *q, const char *id)
{
	qmp_send_json(q, json_pack("{s:s, s:{s:[{s:s, s:b}]}, s:s}", "execute",
				   "migrate-set-capabilities", "arguments", "capabilities",
				   "capability", "events", "state", 1, "id", id));
}

static void qmp_load(struct qmp *q)
{
	_cleanup_free_ char *uri = xasprintf("fd:%d", q->load_fd);

	qmp_want_events(q, LOAD_ID);
	qmp_send_json(q, json_pack("{s:s, s:{s:s}, s:s}", "execute", "migrate-incoming",
				   "arguments", "uri", uri, "id", LOAD_ID));
	q->state = QMP_LOADING;
}

void qmp_go(struct qmp *q)
{
	if (q->state != QMP_LOADED)
		return;
	qmp_command(q, "cont", "cont");
	q->state = QMP_STARTING;
}

void qmp_save(struct qmp *q, int fd)
{
	q->pass_fd = fd;
	q->save = QMP_SAVING;
	qmp_command(q, "stop", SAVE_STOP_ID);
	qmp_want_events(q, SAVE_ID);
	/* The descriptor itself goes with the bytes: qmp_flush(). */
	qmp_send_json(q, json_pack("{s:s, s:{s:s}, s:s}", "execute", "getfd", "arguments", "fdname",
				   STATE_NAME, "id", SAVE_ID));
	qmp_send_json(q, json_pack("{s:s, s:{s:s}, s:s}", "execute", "migrate", "arguments", "uri",
				   "fd:" STATE_NAME, "id", SAVE_ID));
}

/* ---- what we hear ---- */

static void qmp_fail_save(struct qmp *q, const char *why)
{
	if (q->save != QMP_SAVING)
		return;
	q->save = QMP_SAVE_FAILED;
	snprintf(q->save_why, sizeof(q->save_why), "%s", why);
}

static void __attribute__((format(printf, 2, 3))) qmp_break(struct qmp *q, const char *fmt, ...)
{
	va_list ap;

	if (q->state == QMP_BROKEN)
		return;
	q->state = QMP_BROKEN;
	va_start(ap, fmt);
	vsnprintf(q->why, sizeof(q->why), fmt, ap);
	va_end(ap);
}

static void qmp_take_greeting(struct qmp *q, const json_t *message)
{
	const json_t *version = json_get_object(
		json_get_object(json_get_object(message, "QMP"), "version"), "qemu");

	if (!version) {
		qmp_break(q, "QEMU did not greet as a QMP server does");
		return;
	}
	snprintf(q->version, sizeof(q->version), "%d.%d.%d", (int)json_get_int(version, "major", 0),
		 (int)json_get_int(version, "minor", 0), (int)json_get_int(version, "micro", 0));
	qmp_command(q, "qmp_capabilities", "capabilities");
	q->state = QMP_NEGOTIATING;
}

/* How far a state being written or read has come. */
static void qmp_take_migration(struct qmp *q, const char *status)
{
	bool failed = str_eq(status, "failed") || str_eq(status, "cancelled");

	if (q->state == QMP_LOADING && str_eq(status, "completed"))
		q->state = QMP_LOADED;
	else if (q->state == QMP_LOADING && failed)
		qmp_break(q, "QEMU cannot read the snapshot's state");
	else if (q->save == QMP_SAVING && str_eq(status, "completed"))
		q->save = QMP_SAVED;
	else if (failed)
		qmp_fail_save(q, "it failed");
}

static void qmp_take_event(struct qmp *q, const json_t *message)
{
	const char *event = json_get_str(message, "event", "");

	if (str_eq(event, "MIGRATION"))
		qmp_take_migration(q, json_get_str(json_get_object(message, "data"), "status", ""));
	if (str_eq(event, "GUEST_PANICKED"))
		q->panicked = true;
	if (str_eq(event, "RESUME") || str_eq(event, "STOP"))
		q->held = str_eq(event, "STOP");
	/* The first one counts: later ones only follow from it. */
	if (str_eq(event, "SHUTDOWN") && !q->shutdown_reason[0])
		snprintf(q->shutdown_reason, sizeof(q->shutdown_reason), "%s",
			 json_get_str(json_get_object(message, "data"), "reason", "unknown"));
}

static void qmp_take_reply(struct qmp *q, const json_t *message)
{
	const char *id = json_get_str(message, "id", "");
	const json_t *error = json_get_object(message, "error");

	if (q->state == QMP_NEGOTIATING && str_eq(id, "capabilities") && !error && q->hold) {
		q->state = QMP_RUNNING;
	} else if (q->state == QMP_NEGOTIATING && str_eq(id, "capabilities") && !error &&
		   q->load_fd >= 0) {
		qmp_load(q);
	} else if ((q->state == QMP_LOADING || q->state == QMP_LOADED) && str_eq(id, LOAD_ID) &&
		   !error) {
		/* The event counts. */
	} else if (q->state == QMP_NEGOTIATING && str_eq(id, "capabilities") && !error) {
		qmp_command(q, "cont", "cont");
		q->state = QMP_STARTING;
	} else if (q->state == QMP_STARTING && str_eq(id, "cont") && !error) {
		q->state = QMP_RUNNING;
	} else if (q->state < QMP_RUNNING) {
		qmp_break(q, "QEMU does not start the guest: %s",
			  json_get_str(error, "desc", "it answers something else"));
	} else {
		q->answered = true;
		if (error && (str_eq(id, SAVE_ID) || str_eq(id, SAVE_STOP_ID)))
			qmp_fail_save(q, json_get_str(error, "desc", "it does not say why"));
		if (str_eq(id, MONITOR_ID) && !q->monitor)
			q->monitor = xstrdup(error ? json_get_str(error, "desc", "refused")
						   : json_get_str(message, "return", ""));
		if (str_eq(id, BLOCKSTATS_ID) && !q->blockstats)
			q->blockstats = error ? json_array()
					      : json_incref(json_object_get(message, "return"));
	}
}

static void qmp_take_line(struct qmp *q, const char *line, size_t length)
{
	_cleanup_json_ json_t *message = NULL;

	while (length && (line[length - 1] == '\r' || line[length - 1] == ' '))
		length--;
	if (!length || q->state == QMP_BROKEN)
		return;
	qmp_log(q, '<', line, length);
	message = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(message))
		qmp_break(q, "QEMU sent a line that is no QMP message");
	else if (q->state == QMP_GREETING)
		qmp_take_greeting(q, message);
	else if (json_is_string(json_object_get(message, "event")))
		qmp_take_event(q, message);
	else if (json_object_get(message, "return") || json_object_get(message, "error"))
		qmp_take_reply(q, message);
	else
		qmp_break(q, "QEMU sent a message that is neither event nor answer");
}

void qmp_feed(struct qmp *q, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	while (bytes < end && q->state != QMP_BROKEN) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t n = (size_t)((newline ? newline : end) - bytes);

		if (q->in.length + n > QMP_LINE_BYTES) {
			qmp_break(q, "QEMU sent a QMP line of more than %d bytes", QMP_LINE_BYTES);
			return;
		}
		strbuf_add(&q->in, bytes, n);
		if (!newline)
			return;
		qmp_take_line(q, q->in.data, q->in.length);
		strbuf_reset(&q->in);
		bytes = newline + 1;
	}
}

/* ---- the socket ---- */

/* With the descriptor, if there is one to be passed: QEMU keeps it for the next getfd. */
static ssize_t qmp_send_bytes(struct qmp *q, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec bytes = { q->out.data, q->out.length };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	ssize_t n;

	if (q->pass_fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &q->pass_fd, sizeof(int));
	}
	n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0 && q->pass_fd >= 0)
		close(take_fd(&q->pass_fd));
	return n;
}

static void qmp_flush(struct qmp *q, int fd)
{
	while (q->out.length) {
		ssize_t n = qmp_send_bytes(q, fd);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			/* Full: again later. Closed: the reading side will see it. */
			return;
		}
		q->out.length -= (size_t)n;
		memmove(q->out.data, q->out.data + n, q->out.length + 1);
	}
}

bool qmp_pump(struct qmp *q, int fd)
{
	char chunk[16 * 1024];

	for (size_t done = 0; done < QMP_PUMP_BYTES;) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);

		if (n > 0) {
			qmp_feed(q, chunk, (size_t)n);
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			break;
		} else if (n == 0 || errno != EINTR) {
			return false;
		}
	}
	qmp_flush(q, fd);
	return true;
}

void qmp_clear(struct qmp *q)
{
	if (!q)
		return;
	strbuf_clear(&q->in);
	strbuf_clear(&q->out);
	if (q->pass_fd >= 0)
		close(take_fd(&q->pass_fd));
	json_decref(q->blockstats);
	q->blockstats = NULL;
	free(q->monitor);
	q->monitor = NULL;
}
