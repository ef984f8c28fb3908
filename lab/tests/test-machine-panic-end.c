// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel that panicked and stays is at its end, long before the deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "machine-world.h"
#include "machine/panic-end.h"

static const char start[] = "[    1.52] Kernel panic - not syncing: sysrq triggered crash\n"
			    "[    1.53] ---[ end trace 0000000000000000 ]---\n"
			    "[    1.54] Kernel Offset: disabled\n"
			    "[    1.55] ";
static const char end[] = "---[ end Kernel panic - not syncing: sysrq triggered crash ]---\n";

/* However the bytes come: in pieces of every length. */
static void test_panic_end_is_seen_wherever_it_is_cut(void **state)
{
	_cleanup_free_ char *all = xasprintf("%s%s", start, end);
	size_t length = strlen(all);

	for (size_t piece = 1; piece <= length; piece++) {
		struct panic_end p = { 0 };

		for (size_t at = 0; at < length; at += piece) {
			size_t n = length - at < piece ? length - at : piece;

			panic_end_feed(&p, all + at, n);
			/* Not by anything before it. */
			if (at + n <= strlen(start))
				assert_false(p.seen);
		}
		if (!p.seen)
			fail_msg("not seen in pieces of %zu", piece);
	}
}

static void test_panic_end_is_over_when_nothing_comes_any_more(void **state)
{
	const uint64_t quiet = PANIC_END_QUIET_MS;
	struct panic_end p = { 0 };

	assert_false(panic_end_is_over(&p, 100, false, 1000));
	assert_false(panic_end_is_over(&p, 100, false, 1000 + quiet));
	panic_end_feed(&p, end, strlen(end));
	assert_false(panic_end_is_over(&p, 200, false, 5000));
	assert_false(panic_end_is_over(&p, 200, false, 5000 + quiet - 1));
	/* One that goes on speaking was none, whoever wrote the line. */
	assert_false(panic_end_is_over(&p, 201, false, 5000 + quiet));
	assert_false(panic_end_is_over(&p, 201, false, 5000 + 2 * quiet - 1));
	/* While it is looked at it cannot speak. */
	assert_false(panic_end_is_over(&p, 201, true, 5000 + 3 * quiet));
	assert_false(panic_end_is_over(&p, 201, false, 5000 + 4 * quiet - 1));
	assert_true(panic_end_is_over(&p, 201, false, 5000 + 4 * quiet));
}

static void print_on_console(const struct machine_world *w, const char *a, const char *b)
{
	_cleanup_free_ char *path = path_join(w->dir, "printed");
	_cleanup_free_ char *text = xasprintf("%s%s", a, b);

	assert_int_equal(file_write_atomic(path, text, strlen(text), NULL), 0);
	setenv("KLAB_FAKE_CONSOLE", path, 1);
}

static void test_run_that_panicked_and_stays_is_not_waited_for(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *console = NULL;

	w->spec.timeout_ms = 600000;
	print_on_console(w, start, end);
	machine_world_assert_end(w, "hang", MACHINE_END_PANIC);
	assert_in_range(w->result.wall_ms, PANIC_END_QUIET_MS, 300000);
	assert_string_equal(w->result.detail,
			    "its console ends with the last line of a panic, and it did not reset");
	console = machine_world_read(w, "console.log", NULL);
	assert_non_null(strstr(console, end));
}

/* It may still reset by itself, after the seconds of panic=. */
static void test_run_that_panicked_and_has_not_come_to_its_end_is_waited_for(void **state)
{
	struct machine_world *w = *state;

	w->spec.timeout_ms = PANIC_END_QUIET_MS + 500;
	print_on_console(w, start, "Rebooting in 30 seconds..\n");
	machine_world_assert_end(w, "hang", MACHINE_END_TIMEOUT);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, machine_world_setup, machine_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_panic_end_is_seen_wherever_it_is_cut),
		cmocka_unit_test(test_panic_end_is_over_when_nothing_comes_any_more),
		TEST(test_run_that_panicked_and_stays_is_not_waited_for),
		TEST(test_run_that_panicked_and_has_not_come_to_its_end_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
