// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts of the running kernel, looked at in a folder of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest-init/facts.h"
#include "guest-world.h"

#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
/* As much of a file as is shown. */
#define LONG FIFTY FIFTY FIFTY FIFTY FIFTY "123456"

/* Looks at one fact; `name` is below the world's folder. Its frame, borrowed. */
static const json_t *look(struct guest_world *w, enum plan_fact_kind kind, const char *name,
			  const char *value)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", w->dir, name);
	struct plan_fact fact = { .kind = kind, .text = "t", .path = path, .value = value };

	w->guest.plan.facts = &fact;
	w->guest.plan.fact_count = 1;
	facts_check(&w->guest);
	w->guest.plan.facts = NULL;
	guest_world_frames(w);
	return guest_world_frame(w, "fact");
}

static void assert_holds(struct guest_world *w, enum plan_fact_kind kind, const char *name,
			 bool holds)
{
	if (json_get_bool(look(w, kind, name, NULL), "holds", !holds) != holds)
		fail_msg("kind %d of %s does not give %d", kind, name, holds);
}

static void test_fact_kinds_hold_and_do_not(void **state)
{
	struct guest_world *w = *state;

	guest_world_put(w, "folder/file", "text\n");
	assert_holds(w, FACT_EXISTS, "folder/file", true);
	assert_holds(w, FACT_EXISTS, "folder", true);
	assert_holds(w, FACT_EXISTS, "missing", false);
	assert_holds(w, FACT_ABSENT, "folder/file", false);
	assert_holds(w, FACT_ABSENT, "missing", true);
	assert_holds(w, FACT_ABSENT, "folder/file/below", true);
	assert_holds(w, FACT_READABLE, "folder/file", true);
	assert_holds(w, FACT_READABLE, "folder", true);
	assert_holds(w, FACT_READABLE, "missing", false);
	assert_holds(w, FACT_UNREADABLE, "folder/file", false);
	assert_holds(w, FACT_UNREADABLE, "missing", true);
}

static void test_fact_says_what_it_found(void **state)
{
	struct guest_world *w = *state;

	guest_world_put(w, "file", "text\n");
	assert_string_equal(json_get_str(look(w, FACT_READABLE, "file", NULL), "found", ""),
			    "text");
	assert_string_equal(json_get_str(look(w, FACT_READABLE, "missing", NULL), "found", ""),
			    "ENOENT: No such file or directory");
}

/* Nobody could look: that is neither absent nor unreadable. */
static void test_fact_that_cannot_be_looked_at_does_not_hold(void **state)
{
	assert_holds(*state, FACT_ABSENT, LONG, false);
	assert_holds(*state, FACT_UNREADABLE, LONG, false);
	assert_holds(*state, FACT_ABSENT, "{disk}", false);
	assert_holds(*state, FACT_UNREADABLE, "{disk}", false);
}

/* Without a device there is nothing to look at; another device is no excuse. */
static void test_fact_of_a_device_is_unchecked_in_a_case_without_any(void **state)
{
	struct guest_world *w = *state;
	const json_t *frame = look(w, FACT_READABLE, "{disk}/wbt", NULL);

	assert_true(json_get_bool(frame, "unchecked", false));
	assert_false(json_get_bool(frame, "holds", true));
	assert_string_equal(json_get_str(frame, "found", ""), "the case has no device");
	w->guest.device_count = 1;
	w->guest.devices[0].name = "other";
	frame = look(w, FACT_READABLE, "{named}/wbt", NULL);
	assert_false(json_get_bool(frame, "unchecked", false));
	assert_string_equal(json_get_str(frame, "found", ""), "the case has no such device");
	assert_false(json_get_bool(look(w, FACT_READABLE, "missing", NULL), "unchecked", false));
}

static void test_fact_equals_compares_all_of_it(void **state)
{
	struct guest_world *w = *state;

	guest_world_put(w, "short", "0\n");
	assert_true(json_get_bool(look(w, FACT_EQUALS, "short", "0"), "holds", false));
	assert_false(json_get_bool(look(w, FACT_EQUALS, "short", "00"), "holds", true));
	assert_false(json_get_bool(look(w, FACT_EQUALS, "missing", "0"), "holds", true));
	guest_world_put(w, "long", LONG " and more");
	assert_false(json_get_bool(look(w, FACT_EQUALS, "long", LONG), "holds", true));
}

static void test_fact_pattern_takes_the_first_match(void **state)
{
	struct guest_world *w = *state;
	const json_t *frame;

	guest_world_put(w, "b1/file", "one");
	guest_world_put(w, "b2/file", "two");
	frame = look(w, FACT_EQUALS, "b*/file", "one");
	assert_true(json_get_bool(frame, "holds", false));
	assert_non_null(strstr(json_get_str(frame, "path", ""), "b1/file"));
	assert_holds(w, FACT_ABSENT, "c*/file", true);
	assert_holds(w, FACT_EXISTS, "c*/file", false);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, guest_world_setup, guest_world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_fact_kinds_hold_and_do_not),
		TEST(test_fact_says_what_it_found),
		TEST(test_fact_that_cannot_be_looked_at_does_not_hold),
		TEST(test_fact_of_a_device_is_unchecked_in_a_case_without_any),
		TEST(test_fact_equals_compares_all_of_it),
		TEST(test_fact_pattern_takes_the_first_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
