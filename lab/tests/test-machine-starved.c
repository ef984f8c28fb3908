// SPDX-License-Identifier: GPL-2.0-or-later
/* When a guest was kept waiting by its host: bounded, in order, and kept in machine.json. */
#include <signal.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "machine-world.h"
#include "machine/machine-json.h"
#include "machine/starved.h"
#include "tests/scratch.h"

/* The processors of a guest wait for QEMU's main thread, and that waits for a processor. */
static void test_starved_ms_of_the_main_thread_and_another(void **state)
{
	static const struct {
		const char *thread, *stat;
	} threads[] = {
		{ "77", "1000000000 3000000000 12\n" },
		{ "78", "1000000000 5000000000 12\n" },
		{ "79", "9000000000 2000000000 12\n" },
		{ "80", "nonsense\n" },
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		_cleanup_free_ char *dir =
			xasprintf("%s/77/task/%s", (char *)*state, threads[i].thread);
		_cleanup_free_ char *name = xasprintf("77/task/%s/schedstat", threads[i].thread);

		assert_int_equal(file_mkdir_p(dir, &err), 0);
		scratch_write(state, name, threads[i].stat);
	}
	assert_int_equal(starved_ms(*state, 77), 8000);
	assert_int_equal(starved_ms(*state, 78), 0);
}

static void test_starved_log_keeps_its_distance(void **state)
{
	struct starved_log log = { 0 };

	for (uint64_t ms = 0; ms <= 5000; ms += 500)
		starved_log_add(&log, ms, ms / 10, false);
	assert_int_equal(log.count, 6);
	assert_int_equal(log.samples[5].ms, 5000);
	assert_int_equal(log.samples[5].starved_ms, 500);
	starved_log_add(&log, 5200, 520, true);
	assert_int_equal(log.count, 7);
	/* Never backwards. */
	starved_log_add(&log, 5100, 530, true);
	assert_int_equal(log.count, 7);
}

/* However long: a quiet time is told by its ends, and a busy one in the middle keeps its own. */
static void test_starved_log_of_a_quiet_host_is_short(void **state)
{
	struct starved_log log = { 0 };
	uint64_t starved = 0;

	for (uint64_t ms = 0; ms <= 600000; ms += 1000) {
		starved += ms > 300000 && ms <= 310000 ? 900 : 5;
		starved_log_add(&log, ms, starved, false);
	}
	assert_in_range(log.count, 13, 15);
	assert_int_equal(log.samples[1].ms, 300000);
	assert_int_equal(log.samples[log.count - 2].ms, 310000);
	assert_int_equal(log.samples[log.count - 1].ms, 600000);
	assert_int_equal(log.samples[log.count - 1].starved_ms, starved);
}

static void test_starved_log_of_a_long_run_is_bounded(void **state)
{
	struct starved_log log = { 0 };

	for (uint64_t ms = 0; ms <= 3600000; ms += 500) {
		starved_log_add(&log, ms, ms / 2, false);
		assert_in_range(log.count, 1, STARVED_SAMPLES);
	}
	starved_log_add(&log, 3600001, 1800000, true);
	assert_in_range(log.count, STARVED_SAMPLES / 2, STARVED_SAMPLES);
	assert_int_equal(log.samples[0].ms, 0);
	assert_int_equal(log.samples[log.count - 1].ms, 3600001);
	for (size_t i = 1; i < log.count; i++) {
		assert_true(log.samples[i].ms > log.samples[i - 1].ms);
		assert_true(log.samples[i].starved_ms >= log.samples[i - 1].starved_ms);
	}
}

static const char *its_console;

/*
 * Whatever the host's load: ends the guest once it was heard and 400 ms are not more than its
 * age, which is from the second look on.
 */
static uint64_t starved_so_far(pid_t pid)
{
	static int looks;
	struct stat st;

	if (looks++ && stat(its_console, &st) == 0 && st.st_size > 0)
		kill(pid, SIGTERM);
	return 400;
}

static void test_starved_run_tells_when_and_reads_it_again(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *console = path_join(w->run_dir, "console.log");
	_cleanup_json_ json_t *json = NULL;
	struct machine_result again;
	json_t *samples, *last;

	its_console = console;
	w->spec.starved_ms = starved_so_far;
	setenv("KLAB_FAKE_FLOOD", "1000", 1);
	machine_world_assert_end(w, "hang", MACHINE_END_KILLED);
	unsetenv("KLAB_FAKE_FLOOD");
	json = machine_world_json(w);
	samples = json_get_array(json, "starved");
	assert_true(json_array_size(samples) >= 2);
	last = json_array_get(samples, json_array_size(samples) - 1);
	assert_int_equal(json_integer_value(json_array_get(last, 0)),
			 json_get_int(json, "wall_ms", -1));
	assert_int_equal(json_integer_value(json_array_get(last, 1)), 400);
	assert_in_range(json_get_int(json, "first_output_ms", 0), 1,
			json_get_int(json, "wall_ms", 0));
	assert_true(machine_read_json(w->spec.run_dir, &again));
	assert_int_equal(again.starved.count, w->result.starved.count);
	assert_memory_equal(again.starved.samples, w->result.starved.samples,
			    sizeof(again.starved.samples[0]) * again.starved.count);
	assert_int_equal(again.first_output_ms, w->result.first_output_ms);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		scratch_test(test_starved_ms_of_the_main_thread_and_another),
		cmocka_unit_test(test_starved_log_keeps_its_distance),
		cmocka_unit_test(test_starved_log_of_a_quiet_host_is_short),
		cmocka_unit_test(test_starved_log_of_a_long_run_is_bounded),
		cmocka_unit_test_setup_teardown(test_starved_run_tells_when_and_reads_it_again,
						machine_world_setup, machine_world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
