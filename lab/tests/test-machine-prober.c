// SPDX-License-Identifier: GPL-2.0-or-later
/* Probes, with the fake QEMU and the fake gdb. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "machine-world.h"

static struct case_probe two[2] = {
	{ .at = (char *)"oom_kill_process", .args = true, .limit = 1 },
	{ .at = (char *)"send_signal_locked",
	  .when = (char *)"sig == 9 && \"x\"",
	  .args = false,
	  .limit = 10 },
};

static void set_probes(struct machine_world *w, int limit)
{
	two[0].limit = limit;
	w->spec.probes = two;
	w->spec.probe_count = 2;
	w->spec.vmlinux_path = w->kernel;
	setenv("KLAB_FAKE_GDB_HITS", "3", 1);
}

/* Line `index` of probes.jsonl, new reference; NULL: there is none. */
static json_t *hit(const struct machine_world *w, size_t index)
{
	_cleanup_free_ char *text = machine_world_read(w, "probes.jsonl", NULL);
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text, '\n');
	/* Each line has an end, so the last part is empty. */
	return index + 1 < lines.count ? json_loads(lines.items[index], 0, NULL) : NULL;
}

static void test_prober_writes_what_it_saw(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *head = path_join(w->dir, "head");
	_cleanup_json_ json_t *first = NULL, *second = NULL, *fourth = NULL;
	const json_t *frame, *arg;

	set_probes(w, 10);
	assert_int_equal(file_write_atomic(head, "early\n", 6, NULL), 0);
	setenv("KLAB_FAKE_HEAD", head, 1);
	if (machine_world_run(w, "poweroff") < 0)
		fail_msg("%s", w->err.msg);
	assert_int_equal(w->result.end, MACHINE_END_POWEROFF);
	first = hit(w, 0);
	assert_string_equal(json_get_str(first, "at", ""), "oom_kill_process");
	assert_string_equal(json_get_str(first, "task", ""), "memhog");
	assert_int_equal(json_get_int(first, "pid", 0), 57);
	assert_int_equal(json_get_int(first, "cpu", -1), 0);
	assert_int_equal(json_get_int(first, "hit", 0), 1);
	assert_int_equal(json_get_int(first, "console_bytes", -1), 6);
	assert_int_equal(json_array_size(json_get_array(first, "frames")), 3);
	frame = json_array_get(json_get_array(first, "frames"), 0);
	assert_string_equal(json_get_str(frame, "symbol", ""), "inner");
	assert_string_equal(json_get_str(frame, "file", ""), "a.c");
	assert_int_equal(json_get_int(frame, "line", 0), 3);
	assert_true(json_get_bool(frame, "inline", false));
	arg = json_array_get(json_get_array(frame, "args"), 0);
	assert_string_equal(json_get_str(arg, "name", ""), "sig");
	assert_string_equal(json_get_str(arg, "value", ""), "9");
	/* A structure is told by its type. */
	arg = json_array_get(json_get_array(frame, "args"), 1);
	assert_string_equal(json_get_str(arg, "value", ""), "struct x");
	frame = json_array_get(json_get_array(first, "frames"), 1);
	assert_false(json_get_bool(frame, "inline", false));
	second = hit(w, 1);
	assert_string_equal(json_get_str(second, "at", ""), "send_signal_locked");
	assert_null(json_get_array(json_array_get(json_get_array(second, "frames"), 0), "args"));
	fourth = hit(w, 3);
	assert_null(fourth);
}

/* The condition is quoted as MI wants it, and breakpoints are hardware ones. */
static void test_prober_sets_hardware_breakpoints(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *log = NULL;

	set_probes(w, 10);
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
	log = machine_world_read(w, "gdb.log", NULL);
	assert_non_null(strstr(log, "> -break-insert -h \"oom_kill_process\"\n"));
	assert_non_null(strstr(log, "> -break-insert -h -c \"sig == 9 && \\\"x\\\"\" "
				    "\"send_signal_locked\"\n"));
	assert_non_null(strstr(log, "> -target-select remote gdb.sock\n"));
}

/* In their order, in what was said to gdb. */
static void assert_said(const char *log, const char *const *commands)
{
	for (; *commands; commands++) {
		const char *found = strstr(log, *commands);

		if (!found)
			fail_msg("'%s' was not said then: '%s'", *commands, log);
		log = found + strlen(*commands);
	}
}

/* A step would end in the interrupt that the stop has made due, and the place be hit again. */
static void test_prober_steps_a_counted_guest_without_interrupts(void **state)
{
	static const char *const past_a_push[] = { "> -data-disassemble -s $pc -e $pc+16 -- 0\n",
						   "$eflags &= ~0x200",
						   "> -exec-step-instruction\n",
						   "end-stepping-range",
						   "$eflags |= 0x200",
						   "> -exec-continue\n",
						   "bkptno=\"2\"",
						   NULL };
	struct machine_world *w = *state;
	_cleanup_free_ char *log = NULL;
	_cleanup_json_ json_t *third = NULL;

	set_probes(w, 10);
	w->spec.mode = MACHINE_DETERMINISTIC;
	if (machine_world_run(w, "poweroff") < 0)
		fail_msg("%s", w->err.msg);
	log = machine_world_read(w, "gdb.log", NULL);
	assert_said(log, past_a_push);
	third = hit(w, 2);
	assert_int_equal(json_get_int(third, "hit", 0), 2);
}

/* What it did with the flag is its own, and what it saved of it is put right. */
static void test_prober_puts_right_what_the_step_saved(void **state)
{
	static const struct {
		const char *inst, *after;
	} rows[] = {
		{ "cli", "end-stepping-range" },
		{ "pushf", "-data-evaluate-expression \"*(unsigned long *)($rsp + 0) |= 0x200" },
		{ "int3", "-data-evaluate-expression \"*(unsigned long *)($rsp + 16) |= 0x200" },
	};
	struct machine_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const commands[] = { "> -exec-step-instruction\n", rows[i].after,
						 "> -exec-continue\n", NULL };
		_cleanup_free_ char *log = NULL;

		set_probes(w, 10);
		w->spec.mode = MACHINE_DETERMINISTIC;
		setenv("KLAB_FAKE_GDB_INST", rows[i].inst, 1);
		if (machine_world_run(w, "poweroff") < 0)
			fail_msg("%s: %s", rows[i].inst, w->err.msg);
		log = machine_world_read(w, "gdb.log", NULL);
		assert_said(log, commands);
		assert_int_equal(i == 0, strstr(log, "|= 0x200") == NULL);
	}
}

/* A probe on the instruction after another one. */
static void test_prober_sees_what_a_step_comes_to(void **state)
{
	struct machine_world *w = *state;

	set_probes(w, 10);
	w->spec.mode = MACHINE_DETERMINISTIC;
	setenv("KLAB_FAKE_GDB_STEP", "hit", 1);
	if (machine_world_run(w, "poweroff") < 0)
		fail_msg("%s", w->err.msg);
	for (int i = 0; i < 3; i++) {
		_cleanup_json_ json_t *line = hit(w, (size_t)i);

		assert_int_equal(json_get_int(line, "probe", -1), i % 2);
	}
}

/* One round of an instruction that repeats itself is no hit. */
static void test_prober_steps_until_the_place_is_passed(void **state)
{
	static const char *const commands[] = { "> -exec-step-instruction\n",
						"> -exec-step-instruction\n", "> -exec-continue\n",
						NULL };
	struct machine_world *w = *state;
	_cleanup_free_ char *log = NULL;
	_cleanup_json_ json_t *fourth = NULL;

	set_probes(w, 10);
	w->spec.mode = MACHINE_DETERMINISTIC;
	setenv("KLAB_FAKE_GDB_STEP", "stay", 1);
	setenv("KLAB_FAKE_GDB_INST", "rep movsq %ds:(%rsi),%es:(%rdi)", 1);
	if (machine_world_run(w, "poweroff") < 0)
		fail_msg("%s", w->err.msg);
	log = machine_world_read(w, "gdb.log", NULL);
	assert_said(log, commands);
	fourth = hit(w, 3);
	assert_null(fourth);
}

/* Where they are off already, and where nothing is counted, which QEMU keeps them from. */
static void test_prober_steps_with_interrupts_as_they_are(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *counted = NULL, *free = NULL;

	set_probes(w, 10);
	w->spec.mode = MACHINE_DETERMINISTIC;
	setenv("KLAB_FAKE_GDB_STEP", "interrupts-off", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
	counted = machine_world_read(w, "gdb.log", NULL);
	assert_non_null(strstr(counted, "> -exec-step-instruction\n"));
	assert_null(strstr(counted, "$eflags |= 0x200"));
	w->spec.mode = MACHINE_FREE;
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
	free = machine_world_read(w, "gdb.log", NULL);
	assert_non_null(strstr(free, "> -exec-step-instruction\n"));
	assert_null(strstr(free, "-data-disassemble"));
}

/* It would wait for ever without an interrupt, and be hit for ever with one. */
static void test_prober_on_an_instruction_that_waits(void **state)
{
	struct machine_world *w = *state;

	set_probes(w, 10);
	w->spec.mode = MACHINE_DETERMINISTIC;
	setenv("KLAB_FAKE_GDB_INST", "hlt", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_non_null(strstr(w->err.msg, "a probe is on the instruction `hlt` at 0x100"));
}

/* Once gdb has found it good, it is tested here, or gdb would let the guest go on by itself. */
static void test_prober_tests_conditions(void **state)
{
	static const char *const commands[] = { "> -break-condition 2\n",
						"> -data-evaluate-expression \"(sig == 9 && "
						"\\\"x\\\") ? 1 : 0\"\n",
						NULL };
	struct machine_world *w = *state;
	_cleanup_free_ char *log = NULL;
	_cleanup_json_ json_t *second = NULL, *third = NULL;

	set_probes(w, 10);
	setenv("KLAB_FAKE_GDB_DO", "unmet", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
	log = machine_world_read(w, "gdb.log", NULL);
	assert_said(log, commands);
	/* The other probe's second. */
	second = hit(w, 1);
	assert_int_equal(json_get_int(second, "probe", -1), 0);
	third = hit(w, 2);
	assert_null(third);
}

/* gdb names one of the breakpoints at a place, and each probe there looks at what it is for. */
static void test_prober_with_probes_at_one_place(void **state)
{
	static struct case_probe probes[4] = {
		{ .at = (char *)"f", .when = (char *)"sig == 9", .limit = 10 },
		{ .at = (char *)"f", .when = (char *)"sig == 8", .limit = 1 },
		{ .at = (char *)"alias", .limit = 10 },
		{ .at = (char *)"twice", .limit = 10 },
	};
	static const struct {
		int probe, hit;
	} looked[] = { { 1, 1 }, { 2, 1 }, { 3, 1 }, { 2, 2 }, { 3, 2 }, { 2, 3 }, { 3, 3 } };
	static const char *const commands[] = { "bkptno=\"1\"", "> -break-delete 2\n",
						"> -exec-continue\n", NULL };
	struct machine_world *w = *state;
	_cleanup_free_ char *log = NULL;

	set_probes(w, 10);
	w->spec.probes = probes;
	w->spec.probe_count = 4;
	setenv("KLAB_FAKE_GDB_DO", "unmet", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
	log = machine_world_read(w, "gdb.log", NULL);
	assert_said(log, commands);
	for (size_t i = 0; i < ARRAY_SIZE(looked); i++) {
		_cleanup_json_ json_t *line = hit(w, i);

		assert_int_equal(json_get_int(line, "probe", -1), looked[i].probe);
		assert_int_equal(json_get_int(line, "hit", -1), looked[i].hit);
	}
}

/* When each has seen its limit, gdb leaves, and the guest goes on without it. */
static void test_prober_leaves_at_the_limit(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *log = NULL;
	_cleanup_json_ json_t *third = NULL;

	set_probes(w, 1);
	two[1].limit = 1;
	setenv("KLAB_FAKE_GDB_HITS", "100", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), 0);
	two[1].limit = 10;
	assert_int_equal(w->result.end, MACHINE_END_POWEROFF);
	log = machine_world_read(w, "gdb.log", NULL);
	assert_non_null(strstr(log, "> -break-delete 1\n"));
	assert_non_null(strstr(log, "> -target-detach\n"));
	third = hit(w, 2);
	assert_null(third);
}

static void test_prober_knows_later_kernels_current_task(void **state)
{
	struct machine_world *w = *state;
	_cleanup_json_ json_t *first = NULL;

	set_probes(w, 10);
	setenv("KLAB_FAKE_GDB_DO", "no-current", 1);
	if (machine_world_run(w, "poweroff") < 0)
		fail_msg("%s", w->err.msg);
	first = hit(w, 0);
	assert_string_equal(json_get_str(first, "task", ""), "memhog");
}

/* Whatever is wrong with gdb, the run says so, ends, and leaves no process. */
static void test_prober_failures_end_the_run(void **state)
{
	static const struct {
		const char *gdb;
		enum err_kind kind;
		const char *says;
	} rows[] = {
		{ "no-function", ERR_INPUT,
		  "the probe `send_signal_locked` when sig == 9 && \"x\": gdb says: Function "
		  "\"nowhere\" not defined." },
		{ "garbage", ERR_HOST, "no MI" },
		{ "die", ERR_HOST, "gdb ended by itself" },
		{ "refuse", ERR_HOST, "gdb does not get at the guest: could not connect" },
	};
	struct machine_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		set_probes(w, 10);
		setenv("KLAB_FAKE_GDB_DO", rows[i].gdb, 1);
		assert_int_equal(machine_world_run(w, "poweroff"), -1);
		assert_int_equal(w->err.kind, rows[i].kind);
		if (!strstr(w->err.msg, rows[i].says))
			fail_msg("%s: '%s'", rows[i].gdb, w->err.msg);
		assert_true(machine_world_is_gone(machine_world_pid(w), 2000));
	}
}

static void test_prober_without_gdb_names_the_package(void **state)
{
	struct machine_world *w = *state;

	set_probes(w, 10);
	setenv("KLAB_GDB", "no-such-gdb", 1);
	assert_int_equal(machine_world_run(w, "poweroff"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "no-such-gdb is not installed: sudo apt-get install"));
}

/* A path longer than a socket's may be. */
static void test_prober_in_a_deep_folder(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *deep = xasprintf("%s/%0100d/%0100d", w->run_dir, 1, 2);

	set_probes(w, 10);
	assert_int_equal(file_mkdir_p(deep, NULL), 0);
	w->spec.run_dir = deep;
	if (machine_world_run(w, "poweroff") < 0)
		fail_msg("%s", w->err.msg);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_world_setup, machine_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_prober_writes_what_it_saw),
		TEST(test_prober_sets_hardware_breakpoints),
		TEST(test_prober_steps_a_counted_guest_without_interrupts),
		TEST(test_prober_puts_right_what_the_step_saved),
		TEST(test_prober_sees_what_a_step_comes_to),
		TEST(test_prober_steps_until_the_place_is_passed),
		TEST(test_prober_steps_with_interrupts_as_they_are),
		TEST(test_prober_on_an_instruction_that_waits),
		TEST(test_prober_tests_conditions),
		TEST(test_prober_with_probes_at_one_place),
		TEST(test_prober_leaves_at_the_limit),
		TEST(test_prober_knows_later_kernels_current_task),
		TEST(test_prober_failures_end_the_run),
		TEST(test_prober_without_gdb_names_the_package),
		TEST(test_prober_in_a_deep_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
