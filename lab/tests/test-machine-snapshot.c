// SPDX-License-Identifier: GPL-2.0-or-later
/* Making a snapshot of a guest and going on from one, with the fake QEMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "machine-world.h"

#define MESSAGE "klab-plan 1\n..."

struct snapshot_world {
	char *state, *console, *frames; /* of the snapshot */
	struct machine_resume resume;
};

static struct snapshot_world make_world(struct machine_world *w)
{
	struct snapshot_world s = {
		.state = path_join(w->dir, "state"),
		.console = path_join(w->dir, "boot-console"),
		.frames = path_join(w->dir, "boot-frames"),
	};

	assert_int_equal(file_write_atomic(s.console, "booted\n", 7, &w->err), 0);
	assert_int_equal(file_write_atomic(s.frames, "hello\n", 6, &w->err), 0);
	s.resume = (struct machine_resume){
		.state_path = s.state,
		.console_path = s.console,
		.frames_path = s.frames,
		.accel = "tcg",
		.nonce = "0123456789abcdef",
		.message = MESSAGE,
	};
	return s;
}

static void clear_world(struct snapshot_world *s)
{
	free(s->state);
	free(s->console);
	free(s->frames);
}
#define _cleanup_world_ _cleanup_(clear_world)

static void set_console(const struct machine_world *w, const char *text)
{
	_cleanup_free_ char *path = path_join(w->dir, "says");

	assert_int_equal(file_write_atomic(path, text, strlen(text), NULL), 0);
	setenv("KLAB_FAKE_CONSOLE", path, 1);
}

static void save(struct machine_world *w, const struct snapshot_world *s)
{
	w->spec.save_path = s->state;
	assert_int_equal(machine_world_run(w, "checkpoint"), 0);
	assert_true(w->result.saved);
	w->spec.save_path = NULL;
}

static void assert_fails(struct machine_world *w, const char *script, const char *what)
{
	_cleanup_json_ json_t *json = NULL;

	assert_int_equal(machine_world_run(w, script), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	if (!strstr(w->err.msg, what))
		fail_msg("\"%s\" does not say \"%s\"", w->err.msg, what);
	json = machine_world_json(w);
	assert_string_equal(json_get_str(json, "end", ""), "error");
	assert_false(w->result.saved);
	assert_true(machine_world_is_gone(machine_world_pid(w), 0));
}

/* ---- making one ---- */

static void test_save_at_the_checkpoint(void **state)
{
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);
	_cleanup_free_ char *mailbox = path_join(w->run_dir, "mailbox");
	_cleanup_free_ char *console = NULL, *bytes = NULL;
	_cleanup_json_ json_t *json = NULL;
	size_t length;

	set_console(w, "booted\n");
	save(w, &s);
	bytes = file_read(s.state, 100, &length, &w->err);
	assert_string_equal(bytes, "the state of a fake machine");
	console = machine_world_read(w, "console.log", NULL);
	assert_string_equal(console, "booted\n");
	/* Whatever looks at it takes it for no end of a run. */
	json = machine_world_json(w);
	assert_string_equal(json_get_str(json, "end", ""), "cancelled");
	assert_false(path_exists(mailbox));
}

static void test_save_never_reached(void **state)
{
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);

	w->spec.save_path = s.state;
	machine_world_assert_end(w, "poweroff", MACHINE_END_POWEROFF);
	assert_false(w->result.saved);
	assert_false(path_exists(s.state));
	w->spec.timeout_ms = 300;
	machine_world_assert_end(w, "hang", MACHINE_END_TIMEOUT);
	assert_false(w->result.saved);
}

static void test_save_fails(void **state)
{
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);

	w->spec.save_path = s.state;
	setenv("KLAB_FAKE_MIGRATE", "refuse", 1);
	assert_fails(w, "checkpoint", "could not make a snapshot: State blocked by a fake device");
	assert_int_equal(unlink(s.state), 0);
	setenv("KLAB_FAKE_MIGRATE", "fail", 1);
	assert_fails(w, "checkpoint", "could not make a snapshot: it failed");
}

static void test_save_qemu_dies(void **state)
{
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);

	w->spec.save_path = s.state;
	setenv("KLAB_FAKE_MIGRATE", "die", 1);
	machine_world_assert_end(w, "checkpoint", MACHINE_END_KILLED);
	assert_false(w->result.saved);
}

static void test_save_over_no_file(void **state)
{
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);

	assert_int_equal(file_write_atomic(s.state, "mine", 4, &w->err), 0);
	w->spec.save_path = s.state;
	assert_fails(w, "checkpoint", "cannot make");
}

/* ---- going on ---- */

static void test_resume_begins_with_what_was_written(void **state)
{
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);
	_cleanup_free_ char *console = NULL, *frames = NULL, *argv = NULL;
	_cleanup_json_ json_t *json = NULL;

	save(w, &s);
	set_console(w, "goes on\n");
	w->spec.resume = &s.resume;
	machine_world_assert_end(w, "poweroff", MACHINE_END_POWEROFF);
	console = machine_world_read(w, "console.log", NULL);
	frames = machine_world_read(w, "frames.raw", NULL);
	argv = machine_world_read(w, "qemu.argv", NULL);
	assert_string_equal(console, "booted\ngoes on\n");
	assert_string_equal(frames, "hello\n" MESSAGE);
	assert_non_null(strstr(argv, "-incoming\ndefer\n"));
	json = machine_world_json(w);
	/* All of it is held against what was kept. */
	assert_int_equal(json_get_int(json_get_object(json, "console"), "bytes", 0), 15);
	assert_int_equal(json_get_int(json_get_object(json, "console"), "kept_bytes", 0), 15);
	assert_int_equal(json_get_int(json, "frames_bytes", 0), 6 + strlen(MESSAGE));
	assert_string_equal(json_get_str(json, "accel_why", ""), "the snapshot was made under it");
}

static void test_resume_fails(void **state)
{
	static const struct {
		const char *how, *what;
	} ways[] = {
		{ "refuse", "State blocked by a fake device" },
		{ "fail", "cannot read the snapshot's state" },
		{ "die", "load of migration failed" },
		{ "no-checkpoint", "does not wait at a checkpoint" },
	};
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);

	save(w, &s);
	w->spec.resume = &s.resume;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		setenv("KLAB_FAKE_MIGRATE", ways[i].how, 1);
		assert_fails(w, "poweroff", ways[i].what);
	}
}

static void test_resume_from_a_state_cut_short(void **state)
{
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);

	save(w, &s);
	assert_int_equal(truncate(s.state, 10), 0);
	w->spec.resume = &s.resume;
	assert_fails(w, "poweroff", "load of migration failed: Invalid argument");
	assert_int_equal(unlink(s.state), 0);
	assert_fails(w, "poweroff", "No such file");
}

static void test_resume_message_too_long(void **state)
{
	struct machine_world *w = *state;
	_cleanup_world_ struct snapshot_world s = make_world(w);
	_cleanup_free_ char *message = xmalloc((1 << 20) + 1);
	_cleanup_json_ json_t *json = NULL;

	save(w, &s);
	memset(message, 'x', 1 << 20);
	message[1 << 20] = '\0';
	s.resume.message = message;
	w->spec.resume = &s.resume;
	assert_int_equal(machine_world_run(w, "poweroff"), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	json = machine_world_json(w);
	assert_string_equal(json_get_str(json, "end", ""), "error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, machine_world_setup, machine_world_teardown)
		T(test_save_at_the_checkpoint),
		T(test_save_never_reached),
		T(test_save_fails),
		T(test_save_qemu_dies),
		T(test_save_over_no_file),
		T(test_resume_begins_with_what_was_written),
		T(test_resume_fails),
		T(test_resume_from_a_state_cut_short),
		T(test_resume_message_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
