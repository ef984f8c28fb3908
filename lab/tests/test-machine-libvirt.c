// SPDX-License-Identifier: GPL-2.0-or-later
/* What is heard from libvirt, with its driver that only plays (test:///default); and QEMU's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "machine-world.h"
#include "machine/libvirt-bridge.h"

/* Somebody who hears, and the other end of the socket on which it is told. */
struct hearer {
	struct libvirt_hearing h;
	int fd;
};

static void hearer_open(struct hearer *r, const char *name)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*r = (struct hearer){ .h = { .name = name, .qmp_fd = ends[0] }, .fd = ends[1] };
	pthread_mutex_init(&r->h.lock, NULL);
	r->h.wake_fd = eventfd(0, EFD_CLOEXEC);
}

static void hearer_close(struct hearer *r)
{
	close(r->h.qmp_fd);
	close(r->h.wake_fd);
	close(r->fd);
}

/* All that was told so far, yours. */
static char *heard(const struct hearer *r)
{
	char bytes[4096];
	ssize_t n = recv(r->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	return xstrndup(bytes, n > 0 ? (size_t)n : 0);
}

/* ---- the words ---- */

static char *said_of(struct libvirt_hearing *h, int event, int detail)
{
	_cleanup_json_ json_t *message = libvirt_life_event(h, event, detail);

	return message ? json_dumps(message, JSON_COMPACT) : NULL;
}

static void test_life_says_what_qemu_did_not(void **state)
{
	struct libvirt_hearing h = { 0 };
	_cleanup_free_ char *panic =
		said_of(&h, VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED);
	_cleanup_free_ char *end =
		said_of(&h, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);

	assert_string_equal(panic, "{\"event\":\"GUEST_PANICKED\",\"data\":{}}");
	assert_true(h.panicked);
	/* A power-off or a reset: nobody knows, so it is not said to be one of them. */
	assert_string_equal(end, "{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":\"unknown\"}}");
}

static void test_life_leaves_qemu_the_word(void **state)
{
	struct libvirt_hearing h = { .panicked = true, .shut_down = true };

	assert_null(said_of(&h, VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED));
	assert_null(said_of(&h, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN));
	assert_null(said_of(&h, VIR_DOMAIN_EVENT_RESUMED, 0));
}

static void test_life_of_a_failed_qemu_is_no_shutdown(void **state)
{
	struct libvirt_hearing h = { 0 };

	assert_null(said_of(&h, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED));
	assert_null(said_of(&h, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED));
	assert_int_equal(libvirt_exit_of(VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN).code, 0);
	assert_int_not_equal(libvirt_exit_of(VIR_DOMAIN_EVENT_STOPPED_FAILED).code, 0);
	assert_int_not_equal(libvirt_exit_of(VIR_DOMAIN_EVENT_STOPPED_CRASHED).code, 0);
	assert_int_not_equal(libvirt_exit_of(-1).code, 0);
}

/* ---- libvirt itself ---- */

static const struct libvirt_api *lv; /* NULL: it is not installed */

static int load(void **state)
{
	struct err err = ERR_INIT;

	lv = libvirt_load(&err);
	if (!lv)
		fprintf(stderr, "skipped: %s\n", err.msg);
	return lv ? lv->virEventRegisterDefaultImpl() : 0;
}

/* A domain of the driver that plays, from the description of a run. */
static virDomainPtr play(struct machine_world *w, virConnectPtr conn, const char *name)
{
	const struct libvirt_domain d = { .name = name, .run_dir = w->run_dir, .type = "test" };
	_cleanup_free_ char *xml = libvirt_xml(&w->spec, &d, "tcg", &w->err);
	virDomainPtr domain;

	assert_non_null(xml);
	domain = lv->virDomainCreateXML(conn, xml, 0);
	if (!domain)
		fail_msg("%s\n%s", lv->virGetLastErrorMessage(), xml);
	return domain;
}

static void test_a_domain_is_heard_until_its_end(void **state)
{
	struct machine_world *w = *state;
	struct hearer r;
	virConnectPtr conn;
	virDomainPtr domain, other;
	_cleanup_free_ char *told = NULL;

	if (!lv)
		skip();
	hearer_open(&r, "klab-one");
	conn = lv->virConnectOpen("test:///default");
	assert_non_null(conn);
	assert_int_equal(libvirt_listen(lv, conn, &r.h, &w->err), 0);
	domain = play(w, conn, "klab-one");
	other = play(w, conn, "klab-two");
	/* Of others nothing is told. */
	assert_int_equal(lv->virDomainDestroy(other), 0);
	assert_int_equal(lv->virDomainDestroy(domain), 0);
	while (!r.h.stopped)
		assert_int_equal(lv->virEventRunDefaultImpl(), 0);
	told = heard(&r);
	assert_string_equal(told,
			    "{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":\"host-signal\"}}\n");
	assert_int_equal(r.h.how, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
	lv->virDomainFree(domain);
	lv->virDomainFree(other);
	lv->virConnectClose(conn);
	hearer_close(&r);
}

/* What the driver understood of the description is what was meant. */
static void test_the_description_is_understood(void **state)
{
	struct machine_world *w = *state;
	virConnectPtr conn;
	virDomainPtr domain;
	virDomainInfo info;

	if (!lv)
		skip();
	conn = lv->virConnectOpen("test:///default");
	assert_non_null(conn);
	w->spec.cpus = 3;
	domain = play(w, conn, "klab-a&<b>'\"");
	assert_string_equal(lv->virDomainGetName(domain), "klab-a&<b>'\"");
	assert_int_equal(lv->virDomainGetInfo(domain, &info), 0);
	assert_int_equal(info.nrVirtCpu, 3);
	assert_int_equal(info.maxMem, 256 * 1024);
	lv->virDomainDestroy(domain);
	lv->virDomainFree(domain);
	lv->virConnectClose(conn);
}

static void test_refusals_say_why(void **state)
{
	struct err err = ERR_INIT;

	if (!lv)
		skip();
	assert_null(lv->virConnectOpen("test:///no/such"));
	assert_int_equal(libvirt_fail(lv, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "libvirt: "));
	assert_null(strchr(err.msg, '\n'));
}

/* ---- QEMU's process ---- */

/* A daemon: its parent, who wrote its number down, is gone. */
static void start_daemon(const char *pidfile, int code)
{
	pid_t parent = fork();

	if (parent == 0) {
		pid_t daemon = fork();

		if (daemon == 0) {
			usleep(50 * 1000);
			_exit(code);
		}
		if (daemon > 0) {
			_cleanup_free_ char *text = xasprintf("%d\n", (int)daemon);

			file_write_atomic(pidfile, text, strlen(text), NULL);
		}
		_exit(0);
	}
	assert_true(parent > 0);
}

static void test_a_daemon_of_ours_is_waited_for(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *pidfile = path_join(w->run_dir, LIBVIRT_PIDFILE);
	struct libvirt_reaper r;
	struct child_exit e;

	assert_int_equal(libvirt_reaper_start(&r, w->run_dir, true, &w->err), 0);
	start_daemon(pidfile, 7);
	assert_true(libvirt_reaper_pid(&r) > 0);
	assert_true(libvirt_reaper_await(&r, 20000, &e));
	assert_true(e.exited);
	assert_int_equal(e.code, 7);
	pthread_join(r.thread, NULL);
	free(r.pidfile);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_world_setup, machine_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life_says_what_qemu_did_not),
		TEST(test_life_leaves_qemu_the_word),
		TEST(test_life_of_a_failed_qemu_is_no_shutdown),
		TEST(test_a_domain_is_heard_until_its_end),
		TEST(test_the_description_is_understood),
		TEST(test_refusals_say_why),
		TEST(test_a_daemon_of_ours_is_waited_for),
	};

	return cmocka_run_group_tests_name("machine-libvirt", tests, load, NULL);
}
