// SPDX-License-Identifier: GPL-2.0-or-later
/* Deadlines of a run, with the fake QEMU at the process boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "base/clock.h"
#include "base/json.h"
#include "machine-world.h"
#include "machine/qemu-guest.h"

static void assert_timeout(struct machine_world *w, const char *ignore)
{
	uint64_t start_ms = clock_monotonic_ms();

	w->spec.timeout_ms = 300;
	setenv("KLAB_FAKE_IGNORE", ignore, 1);
	machine_world_assert_end(w, "hang", MACHINE_END_TIMEOUT);
	assert_in_range(clock_monotonic_ms() - start_ms, 300, UINT32_MAX);
}

static void test_run_timeout(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *log = NULL;

	assert_timeout(w, "");
	log = machine_world_read(w, "qmp.log", NULL);
	assert_non_null(strstr(log, "< {\"return\": \"RIP=ffffffff81000000\""));
	assert_non_null(strstr(log, "> {\"execute\":\"quit\""));
}

static void test_run_timeout_ignoring_quit(void **state)
{
	assert_timeout(*state, "quit");
}

static void test_run_timeout_ignoring_quit_and_term(void **state)
{
	struct machine_world *w = *state;

	assert_timeout(w, "quit term");
	assert_int_equal(w->result.signal, SIGKILL);
}

static uint64_t starved_once(pid_t pid)
{
	return 400;
}

/* A busy host makes no hang of a slow guest: the time that it owes puts the deadline off. */
static void test_run_timeout_is_put_off_on_a_busy_host(void **state)
{
	struct machine_world *w = *state;
	uint64_t start_ms = clock_monotonic_ms();
	_cleanup_json_ json_t *json = NULL;

	w->spec.timeout_ms = 300;
	w->spec.starved_ms = starved_once;
	machine_world_assert_end(w, "hang", MACHINE_END_TIMEOUT);
	assert_in_range(clock_monotonic_ms() - start_ms, 700, UINT32_MAX);
	json = machine_world_json(w);
	assert_int_equal(json_get_int(json, "starved_ms", -1), 400);
}

static uint64_t starved_always(pid_t pid)
{
	return clock_monotonic_ms();
}

static void test_run_on_a_host_that_never_has_time_is_no_hang(void **state)
{
	struct machine_world *w = *state;

	w->spec.timeout_ms = 100;
	w->spec.starved_ms = starved_always;
	machine_world_assert_end(w, "hang", MACHINE_END_KILLED);
	assert_non_null(strstr(w->result.detail, "the host is too busy"));
}

/* A QEMU that hangs, or is stopped from outside, is no hang of the guest. */
static void test_run_timeout_of_a_qemu_that_stands_still(void **state)
{
	struct machine_world *w = *state;

	w->spec.timeout_ms = 300;
	machine_world_assert_end(w, "deaf", MACHINE_END_KILLED);
	assert_string_equal(w->result.detail,
			    "at the deadline QEMU answered neither QMP nor SIGTERM");
}

/* A guest that QEMU stopped did not hang. */
static void test_run_timeout_of_a_guest_that_qemu_stopped(void **state)
{
	struct machine_world *w = *state;

	w->spec.timeout_ms = 300;
	machine_world_assert_end(w, "stand-still", MACHINE_END_KILLED);
	assert_non_null(strstr(w->result.detail, "QEMU had stopped the guest by itself"));
}

static void test_run_timeout_before_the_guest_starts_is_our_failure(void **state)
{
	struct machine_world *w = *state;
	_cleanup_json_ json_t *json = NULL;

	w->spec.timeout_ms = 300;
	assert_int_equal(machine_world_run(w, "mute"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	json = machine_world_json(w);
	assert_string_equal(json_get_str(json, "end", ""), "error");
	assert_string_equal(json_get_str(json, "error", ""), w->err.msg);
}

/* How long QEMU has to end by itself: the user waits, or the guest may have to come to a halt. */
static void test_stop_asks_nicely_for_a_while(void **state)
{
	static const struct {
		enum machine_mode mode;
		enum guest_stop why;
		uint64_t grace_ms;
	} rows[] = {
		{ MACHINE_FREE, STOP_CANCELLED, 200 },
		{ MACHINE_DETERMINISTIC, STOP_CANCELLED, 200 },
		{ MACHINE_FREE, STOP_TIMEOUT, 1000 },
		{ MACHINE_DETERMINISTIC, STOP_TIMEOUT, 10000 },
		{ MACHINE_RECORD, STOP_TIMEOUT, 10000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct machine_spec spec = { .mode = rows[i].mode };
		struct guest g = { .spec = &spec, .qmp = QMP_INIT };
		uint64_t before_ms = clock_monotonic_ms();

		guest_stop(&g, rows[i].why);
		assert_in_range(g.term_ms, before_ms + rows[i].grace_ms,
				clock_monotonic_ms() + rows[i].grace_ms);
		qmp_clear(&g.qmp);
	}
}

/* It is the first reason that counts, and its grace that goes on. */
static void test_stop_again_changes_nothing(void **state)
{
	const struct machine_spec spec = { .mode = MACHINE_DETERMINISTIC };
	struct guest g = { .spec = &spec, .qmp = QMP_INIT };
	uint64_t term_ms;

	guest_stop(&g, STOP_TIMEOUT);
	term_ms = g.term_ms;
	guest_stop(&g, STOP_CANCELLED);
	assert_int_equal(g.stop, STOP_TIMEOUT);
	assert_int_equal(g.term_ms, term_ms);
	qmp_clear(&g.qmp);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, machine_world_setup, machine_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_run_timeout),
		TEST(test_run_timeout_ignoring_quit),
		TEST(test_run_timeout_ignoring_quit_and_term),
		TEST(test_run_timeout_is_put_off_on_a_busy_host),
		TEST(test_run_on_a_host_that_never_has_time_is_no_hang),
		TEST(test_run_timeout_of_a_qemu_that_stands_still),
		TEST(test_run_timeout_of_a_guest_that_qemu_stopped),
		TEST(test_run_timeout_before_the_guest_starts_is_our_failure),
		cmocka_unit_test(test_stop_asks_nicely_for_a_while),
		cmocka_unit_test(test_stop_again_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
