// SPDX-License-Identifier: GPL-2.0-or-later
/* Which bug a bisect is after, and what runs say of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "bisect/target.h"
#include "tests/seen.h"

static struct seen same_bug_by_another_name(void)
{
	return (struct seen){
		seen_parse("{\"verdict\": \"fail\", \"reasons\": [{\"what\": \"WARNING in h\", "
			   "\"where\": \"console.log:7\"}]}"),
		seen_parse("[{\"title\": \"WARNING in h\", \"alt_titles\": [\"WARNING in g\"], "
			   "\"start_line\": 7}]")
	};
}

static struct seen other_warning(void)
{
	return (struct seen){
		seen_parse("{\"verdict\": \"fail\", \"reasons\": [{\"what\": \"WARNING in z\", "
			   "\"where\": \"console.log:3\"}]}"),
		seen_parse("[{\"title\": \"WARNING in z\", \"start_line\": 3}]")
	};
}

static struct seen unmet(const char *word, bool met)
{
	_cleanup_free_ char *text = xasprintf(
		"{\"verdict\": \"%s\", \"reasons\": [{\"what\": \"expected {task: hog}: it ended "
		"with 1\", \"where\": \"case.yaml:9\"}], \"expectations\": [{\"expect\": "
		"\"{task: hog}\", \"line\": 9, \"met\": %s}]}",
		word, met ? "true" : "false");

	return (struct seen){ seen_parse(text), seen_parse("[]") };
}

static struct seen stuck(int pid)
{
	_cleanup_free_ char *text = xasprintf("{\"verdict\": \"hang\", \"reasons\": [{\"what\": "
					      "\"task hog (%d) hangs in f for 60.%d s\"}]}",
					      pid, pid);

	return (struct seen){ seen_parse(text), seen_parse("[]") };
}

static enum target_answer look(const struct target *t, struct seen run)
{
	_cleanup_free_ char *why = NULL;
	enum target_answer answer = target_look(t, run.verdict, run.reports, &why);

	assert_int_equal(answer == TARGET_CANNOT_TELL, why != NULL);
	seen_clear(&run);
	return answer;
}

static struct target find(struct seen run)
{
	struct target t;

	assert_true(target_find(&t, run.verdict, run.reports));
	seen_clear(&run);
	return t;
}

static void test_target_of_a_report(void **state)
{
	struct target t = find(warning());

	assert_int_equal(t.kind, TARGET_REPORT);
	assert_string_equal(target_name(&t), "WARNING in f");
	assert_int_equal(look(&t, warning()), TARGET_SHOWN);
	assert_int_equal(look(&t, same_bug_by_another_name()), TARGET_SHOWN);
	assert_int_equal(look(&t, pass()), TARGET_ABSENT);
	assert_int_equal(look(&t, other_warning()), TARGET_ABSENT);
	assert_int_equal(look(&t, other_crash()), TARGET_CANNOT_TELL);
	assert_int_equal(look(&t, broken()), TARGET_CANNOT_TELL);
	assert_int_equal(look(&t, stuck(7)), TARGET_CANNOT_TELL);
	target_clear(&t);
}

static void test_target_of_an_expectation(void **state)
{
	struct target t = find(unmet("fail", false));

	assert_int_equal(t.kind, TARGET_EXPECTATION);
	assert_string_equal(target_name(&t), "{task: hog}");
	assert_int_equal(look(&t, unmet("fail", false)), TARGET_SHOWN);
	assert_int_equal(look(&t, unmet("fail", true)), TARGET_ABSENT);
	assert_int_equal(look(&t, unmet("pass", true)), TARGET_ABSENT);
	/* What went down had no chance to meet it. */
	assert_int_equal(look(&t, unmet("crash", false)), TARGET_CANNOT_TELL);
	/* A run without such an expectation has not been asked. */
	assert_int_equal(look(&t, pass()), TARGET_CANNOT_TELL);
	target_clear(&t);
}

static void test_target_of_a_hang(void **state)
{
	struct target t = find(stuck(23));

	assert_int_equal(t.kind, TARGET_REASON);
	assert_int_equal(look(&t, stuck(4711)), TARGET_SHOWN);
	assert_int_equal(look(&t, other_crash()), TARGET_CANNOT_TELL);
	assert_int_equal(look(&t, pass()), TARGET_ABSENT);
	target_clear(&t);
}

static void test_target_asked_for(void **state)
{
	struct target t;

	target_ask(&t, "warning in G");
	assert_int_equal(look(&t, warning()), TARGET_SHOWN);
	assert_int_equal(look(&t, other_warning()), TARGET_ABSENT);
	assert_int_equal(look(&t, other_crash()), TARGET_CANNOT_TELL);
	target_clear(&t);
}

static void test_target_of_what_is_no_bug(void **state)
{
	_cleanup_seen_ struct seen a = pass(), b = broken();
	struct target t;

	assert_false(target_find(&t, a.verdict, a.reports));
	assert_false(target_find(&t, b.verdict, b.reports));
}

static void test_target_through_json(void **state)
{
	struct target t = find(warning()), back;
	_cleanup_json_ json_t *value = target_json(&t);

	assert_true(target_from_json(&back, value));
	assert_int_equal(back.kind, t.kind);
	assert_int_equal(look(&back, same_bug_by_another_name()), TARGET_SHOWN);
	target_clear(&t);
	target_clear(&back);
	json_object_del(value, "names");
	assert_false(target_from_json(&back, value));
	assert_false(target_from_json(&back, NULL));
	target_clear(&back);
}

/* ---- a whole bisect, of kernels that a function stands for ---- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target_of_a_report),
		cmocka_unit_test(test_target_of_an_expectation),
		cmocka_unit_test(test_target_of_a_hang),
		cmocka_unit_test(test_target_asked_for),
		cmocka_unit_test(test_target_of_what_is_no_bug),
		cmocka_unit_test(test_target_through_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
