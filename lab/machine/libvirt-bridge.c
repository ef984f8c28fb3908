// SPDX-License-Identifier: GPL-2.0-or-later
/* The process of a run that speaks with libvirt: starts the domain, carries QMP, ends it. */
#include "machine/libvirt-bridge.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/json.h"

enum {
	BRIDGE_LINE_BYTES = 64 * 1024,
	BRIDGE_LOOK_MS = 500, /* at the processor time of a QEMU that is not our child */
	BRIDGE_REAP_MS = 5000,
	BRIDGE_KEEPALIVE_S = 5,
};

struct bridge {
	const struct libvirt_job *job;
	const struct libvirt_api *lv;
	virConnectPtr conn;
	virDomainPtr domain;
	struct libvirt_root root;
	struct libvirt_hearing hearing;
	struct libvirt_reaper reaper;
	struct libvirt_remote remote;
	struct libvirt_port ports[2];
	struct strbuf in; /* a command that is not whole yet */
	int signal_fd;
	uint64_t cpu_us;
	bool destroyed;
};

static bool is_embedded(const struct bridge *b)
{
	return b->job->target->place == LIBVIRT_EMBED;
}

/* ---- what klab is told beside QMP ---- */

static void tell(const struct bridge *b, json_t *word)
{
	_cleanup_json_ json_t *owned = word;
	_cleanup_free_ char *line = json_dumps(owned, JSON_COMPACT);

	dprintf(b->job->control_fd, "%s\n", line);
}

static void tell_exit(const struct bridge *b, const struct child_exit *e)
{
	tell(b, json_pack("{s:b, s:i, s:I}", "exited", e->exited, "code", e->code, "cpu_us",
			  (json_int_t)e->cpu_us));
}

/* ---- the domain ---- */

static void *run_events(void *context)
{
	const struct libvirt_api *lv = context;

	while (lv->virEventRunDefaultImpl() == 0)
		;
	return NULL;
}

static int start_events(const struct libvirt_api *lv, struct err *err)
{
	pthread_t thread;

	if (lv->virEventRegisterDefaultImpl() < 0)
		return libvirt_fail(lv, err);
	errno = pthread_create(&thread, NULL, run_events, (void *)lv);
	return errno ? err_set_errno(err, ERR_HOST, errno, "pthread_create") : 0;
}

/* What a driver that was killed left in this folder, which is ours alone now. */
static void end_orphans(struct bridge *b)
{
	virDomainPtr *all = NULL;
	int count = b->lv->virConnectListAllDomains(b->conn, &all, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

	for (int i = 0; i < count; i++) {
		b->lv->virDomainDestroy(all[i]);
		b->lv->virDomainFree(all[i]);
	}
	free(all);
}

static int open_connection(struct bridge *b, struct err *err)
{
	const struct libvirt_target *target = b->job->target;

	if (is_embedded(b) &&
	    (libvirt_become_plain_user(err) < 0 || libvirt_root_open(&b->root, target, err) < 0))
		return -1;
	if (start_events(b->lv, err) < 0)
		return -1;
	b->conn = b->lv->virConnectOpen(is_embedded(b) ? b->root.uri : target->uri);
	if (!b->conn)
		return libvirt_fail(b->lv, err);
	if (is_embedded(b))
		end_orphans(b);
	else
		b->lv->virConnectSetKeepAlive(b->conn, BRIDGE_KEEPALIVE_S, BRIDGE_KEEPALIVE_S);
	return 0;
}

/* New reference; NULL: err is set. `error` of QEMU's answer is no failure here. */
static json_t *ask_qemu(struct bridge *b, const char *command, struct err *err)
{
	char *text = NULL;
	json_t *answer;

	if (b->lv->virDomainQemuMonitorCommand(b->domain, command, &text, 0) < 0) {
		libvirt_fail(b->lv, err);
		return NULL;
	}
	answer = json_loads(text, 0, NULL);
	free(text);
	if (!answer)
		err_set(err, ERR_HOST, "libvirt gives an answer of QEMU's that is no JSON");
	return answer;
}

static int greet(struct bridge *b, struct err *err)
{
	_cleanup_json_ json_t *answer = ask_qemu(b, "{\"execute\":\"query-version\"}", err);

	if (!answer)
		return -1;
	libvirt_send_line(&b->hearing,
			  json_pack("{s:{s:O, s:[]}}", "QMP", "version",
				    json_object_get(answer, "return"), "capabilities"));
	return 0;
}

/*
 * The driver starts each QEMU that is new to it, as a daemon, to hear what it knows, and ends it.
 * That must be over before daemons become ours: nobody but QEMU's reaper waits for one.
 */
static int ask_capabilities(struct bridge *b, struct err *err)
{
	char *text = b->lv->virConnectGetDomainCapabilities(b->conn, b->job->domain->emulator, NULL,
							    NULL, NULL, 0);

	free(text);
	return text ? 0 : libvirt_fail(b->lv, err);
}

/* RUN/domain.xml, and what is to be created. Yours; NULL on error. */
static char *final_xml(struct bridge *b, struct err *err)
{
	_cleanup_free_ char *path = path_join(b->job->domain->run_dir, LIBVIRT_XML);
	_cleanup_free_ char *capabilities = NULL;
	_cleanup_free_ char *xml = NULL;

	if (b->job->domain->as_user) {
		capabilities = b->lv->virConnectGetCapabilities(b->conn);
		if (!capabilities) {
			libvirt_fail(b->lv, err);
			return NULL;
		}
	}
	xml = libvirt_xml_unconfined(b->job->xml, capabilities ?: "");
	return file_write_atomic(path, xml, strlen(xml), err) < 0 ? NULL : take_ptr(&xml);
}

static bool is_remote(const struct bridge *b)
{
	return b->job->target->place == LIBVIRT_REMOTE;
}

/* What the guest prints is carried from before its first instruction on. */
static int open_ports(struct bridge *b, struct err *err)
{
	if (!is_remote(b))
		return 0;
	if (libvirt_port_open(&b->ports[0], b->lv, b->conn, b->domain, "serial0",
			      b->job->console_fd, err) < 0 ||
	    libvirt_port_open(&b->ports[1], b->lv, b->conn, b->domain, "serial1", b->job->frames_fd,
			      err) < 0)
		return -1;
	return 0;
}

/* QEMU's files are where it runs; its number is nobody's business elsewhere. */
static int prepare(struct bridge *b, struct err *err)
{
	if (is_remote(b))
		return libvirt_remote_send(&b->remote, b->lv, b->conn, &b->job->files, err);
	return libvirt_reaper_start(&b->reaper, b->job->domain->run_dir, is_embedded(b), err);
}

static int start_domain(struct bridge *b, struct err *err)
{
	_cleanup_free_ char *xml = NULL;
	/* A daemon ends it when this connection ends; the driver in our process cannot. */
	unsigned int flags =
		VIR_DOMAIN_START_PAUSED | (is_embedded(b) ? 0 : VIR_DOMAIN_START_AUTODESTROY);

	if (open_connection(b, err) < 0 || libvirt_listen(b->lv, b->conn, &b->hearing, err) < 0 ||
	    libvirt_listen_qemu(b->lv, b->conn, &b->hearing, err) < 0 ||
	    ask_capabilities(b, err) < 0 || prepare(b, err) < 0)
		return -1;
	xml = final_xml(b, err);
	if (!xml)
		return -1;
	b->domain = b->lv->virDomainCreateXML(b->conn, xml, flags);
	return b->domain ? open_ports(b, err) : libvirt_fail(b->lv, err);
}

static void destroy(struct bridge *b)
{
	if (b->domain && !b->destroyed)
		b->lv->virDomainDestroy(b->domain);
	b->destroyed = true;
}

/* ---- commands ---- */

static json_t *error_answer(const struct err *err)
{
	return json_pack("{s:{s:s, s:s}}", "error", "class", "GenericError", "desc", err->msg);
}

/* What libvirt has to know of goes through its own calls, and all else to QEMU as it is. */
static json_t *answer_command(struct bridge *b, json_t *command)
{
	const char *name = json_get_str(command, "execute", "");
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;
	json_t *answer;

	if (str_eq(name, "qmp_capabilities"))
		return json_pack("{s:{}}", "return");
	if (str_eq(name, "cont")) {
		if (b->lv->virDomainResume(b->domain) == 0)
			return json_pack("{s:{}}", "return");
		libvirt_fail(b->lv, &err);
		return error_answer(&err);
	}
	json_object_del(command, "id");
	text = json_dumps(command, JSON_COMPACT);
	answer = ask_qemu(b, text, &err);
	return answer ? answer : error_answer(&err);
}

static void take_command(struct bridge *b, const char *line, size_t length)
{
	_cleanup_json_ json_t *command = json_loadb(line, length, 0, NULL);
	_cleanup_json_ json_t *id = json_incref(json_object_get(command, "id"));
	json_t *answer;

	if (!command)
		return;
	answer = answer_command(b, command);
	json_object_set(answer, "id", id);
	libvirt_send_line(&b->hearing, answer);
}

/* False: klab has closed its end, or is dead. */
static bool take_commands(struct bridge *b)
{
	char chunk[4096];
	ssize_t n = recv(b->hearing.qmp_fd, chunk, sizeof(chunk), 0);
	char *newline;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	strbuf_add(&b->in, chunk, (size_t)n);
	while (b->in.length && (newline = memchr(b->in.data, '\n', b->in.length))) {
		size_t length = (size_t)(newline + 1 - b->in.data);

		take_command(b, b->in.data, length);
		b->in.length -= length;
		memmove(b->in.data, b->in.data + length, b->in.length + 1);
	}
	return b->in.length < BRIDGE_LINE_BYTES;
}

/* ---- from start to end ---- */

static void look_at_time(struct bridge *b)
{
	virDomainInfo info;

	if (b->lv->virDomainGetInfo(b->domain, &info) == 0)
		b->cpu_us = info.cpuTime / 1000;
}

static void carry(struct bridge *b)
{
	struct pollfd fds[3] = {
		{ .fd = b->hearing.wake_fd, .events = POLLIN },
		{ .fd = b->hearing.qmp_fd, .events = POLLIN },
		{ .fd = b->signal_fd, .events = POLLIN },
	};

	while (!__atomic_load_n(&b->hearing.stopped, __ATOMIC_ACQUIRE)) {
		if (poll(fds, ARRAY_SIZE(fds), is_embedded(b) ? -1 : BRIDGE_LOOK_MS) < 0)
			continue;
		if (fds[2].revents || (fds[1].revents && !take_commands(b))) {
			destroy(b);
			fds[1].fd = fds[2].fd = -1;
		}
		if (!is_embedded(b))
			look_at_time(b);
	}
}

/* Of a QEMU that did not end well its last words are wanted, and of none the log. */
static void take_log(const struct bridge *b, bool wanted)
{
	_cleanup_free_ char *path =
		xasprintf("%s/log/qemu/%s.log", b->root.path, b->job->domain->name);
	_cleanup_free_ char *words = wanted ? libvirt_last_words(path) : NULL;

	if (words)
		dprintf(b->job->words_fd, "%s\n", words);
	unlink(path);
}

static struct child_exit find_exit(struct bridge *b)
{
	struct child_exit e;

	if (is_embedded(b) && libvirt_reaper_await(&b->reaper, BRIDGE_REAP_MS, &e)) {
		take_log(b, !e.exited || e.code != 0);
		return e;
	}
	e = libvirt_exit_of(b->hearing.how);
	e.cpu_us = b->cpu_us;
	if (e.code != 0)
		dprintf(b->job->words_fd, b->hearing.how < 0 ? "libvirt's daemon went away\n"
							     : "libvirt says that QEMU failed\n");
	return e;
}

int libvirt_bridge(void *context)
{
	struct libvirt_job *job = context;
	struct bridge b = { .job = job, .lv = job->lv, .root = LIBVIRT_ROOT_INIT };
	struct err err = ERR_INIT;
	struct child_exit e;

	if (libvirt_settle(job, &err) < 0 || libvirt_watch_signals(&b.signal_fd, &err) < 0)
		goto failed;
	b.hearing = (struct libvirt_hearing){ .name = job->domain->name, .qmp_fd = job->qmp_fd };
	pthread_mutex_init(&b.hearing.lock, NULL);
	b.hearing.wake_fd = eventfd(0, EFD_CLOEXEC);
	if (start_domain(&b, &err) < 0 || greet(&b, &err) < 0)
		goto failed;
	tell(&b,
	     json_pack("{s:i}", "pid",
		       job->target->place == LIBVIRT_REMOTE ? 0
							    : (int)libvirt_reaper_pid(&b.reaper)));
	carry(&b);
	for (size_t i = 0; i < ARRAY_SIZE(b.ports); i++)
		libvirt_port_await(&b.ports[i]);
	libvirt_remote_remove(&b.remote);
	e = find_exit(&b);
	tell_exit(&b, &e);
	return 0;
failed:
	destroy(&b);
	libvirt_remote_remove(&b.remote);
	tell(&b, json_pack("{s:i, s:s}", "kind", (int)err.kind, "error", err.msg));
	return 1;
}
