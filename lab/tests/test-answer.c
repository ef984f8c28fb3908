// SPDX-License-Identifier: GPL-2.0-or-later
/* A case's answer: its placeholders, and what a run puts in their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "case/answer.h"
#include "case/case.h"
#include "page/page.h"

static void test_answer_parse_takes_apart(void **state)
{
	_cleanup_answer_ struct answer a = { 0 };

	assert_int_equal(
		answer_parse("so {task hog}: {snapshot cgroup:t/x@late a b as KiB}", &a, NULL), 0);
	assert_int_equal(a.count, 4);
	assert_string_equal(a.parts[0].subject, "so ");
	assert_int_equal(a.parts[1].kind, ANSWER_TASK);
	assert_string_equal(a.parts[1].subject, "hog");
	assert_int_equal(a.parts[3].kind, ANSWER_SNAPSHOT);
	assert_string_equal(a.parts[3].subject, "cgroup:t/x");
	assert_string_equal(a.parts[3].label, "late");
	assert_string_equal(a.parts[3].field, "a b");
	assert_int_equal(a.parts[3].unit, ANSWER_KIB);
	answer_clear(&a);
	assert_int_equal(answer_parse("{snapshot /sys/block/{disk}/stat@s:max 7}.", &a, NULL), 0);
	assert_int_equal(a.count, 2);
	assert_string_equal(a.parts[0].subject, "/sys/block/{disk}/stat");
	assert_string_equal(a.parts[0].label, "s");
	assert_string_equal(a.parts[0].over, "max");
}

static void test_answer_parse_tells_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "a {b", "a brace without its other half" },
		{ "a } b", "a brace without its other half" },
		{ "{task {hog}", "a brace without its other half" },
		{ "{}", "`{}` stands for nothing known" },
		{ "{tsak hog}", "`{tsak}` stands for nothing known; expected one of {task NAME}" },
		{ "{task}", "expected {task NAME}" },
		{ "{task hog now}", "expected {task NAME}" },
		{ "{result hog}", "expected {result TASK FIELD}" },
		{ "{recovered now}", "expected {recovered}" },
		{ "{injected f as miles}", "no unit `miles`; expected one of bytes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_answer_ struct answer a = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(answer_parse(wrong[i].text, &a, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		if (!strstr(err.msg, wrong[i].says))
			fail_msg("%s: \"%s\", not \"%s\"", wrong[i].text, err.msg, wrong[i].says);
	}
}

#define CASE                                                                                       \
	"name: x\nquestion: q\nsteps:\n  - scsi_debug: {size: 1M, as: d}\n"                        \
	"  - fail_make_request: {device: d}\n  - memhog: {size: 1M, as: hog}\n"                    \
	"  - snapshot: {files: /proc/swaps, label: late}\n  - snapshot: /proc/stat\nanswer: "

static void test_case_answer_names_what_the_case_has(void **state)
{
	static const struct {
		const char *answer, *says; /* NULL: it is good */
	} tries[] = {
		{ "{task hog} {injected fail_make_request} {report any} {recovered}", NULL },
		{ "It {snapshot /proc/swaps@late /dev/sda Used as KiB}", NULL },
		{ "It {task hgo}", "no task `hgo` (did you mean `hog`?)" },
		{ "It {result hgo x}", "no task `hgo`" },
		{ "It {injected failslab}", "no step arms the fault `failslab`" },
		{ "It {snapshot /proc/stats}", "no snapshot step has `/proc/stats`" },
		{ "It {snapshot /proc/swaps@early}", "no snapshot step has `early`" },
		{ "It {snapshot /proc/swaps@late:max}", NULL },
		{ "It {snapshot /proc/swaps@late:mean}", "`answer` is `mean`" },
		{ "{result hog pages_wrong} {detail oom-kill killed.task}", NULL },
		{ "{detail rcu-stall stalled_s} {detail any kernel} {detail oom_kill stats.anon}",
		  NULL },
		{ "{result hog pages_wrng}",
		  "the result of `hog` has no `pages_wrng` (did you mean `pages_wrong`?)" },
		{ "{snapshot /proc/stat@late}", "no step with `label: late` takes `/proc/stat`" },
		{ "{detail oom-kill memory.usage}",
		  "a report of kind `oom-kill` has no detail `memory.usage` (did you mean" },
		{ "{detail warning constraint}", "a report of kind `warning` has no detail" },
		{ "It {title oom}", "no kind of report `oom`" },
		{ "It {nothing}", "`answer`: `{nothing}` stands for nothing known" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		_cleanup_free_ char *text =
			xasprintf(CASE "%s%s%s\n", tries[i].answer[0] == '{' ? "\"" : "",
				  tries[i].answer, tries[i].answer[0] == '{' ? "\"" : "");
		_cleanup_free_ char *got = NULL, *at = NULL;
		_cleanup_strv_ struct strv mistakes = { 0 };
		struct err err = ERR_INIT;
		struct case_file *c =
			case_read_bytes("t.yaml", text, strlen(text), &mistakes, &err);

		got = strv_join(&mistakes, "\n");
		if (!tries[i].says && !c)
			fail_msg("%s: %s", tries[i].answer, got);
		if (c && !tries[i].says)
			assert_string_equal(c->answer, tries[i].answer);
		if (tries[i].says)
			at = xasprintf("t.yaml:9:9: %s", tries[i].says);
		if (at && (c || !strstr(got, at)))
			fail_msg("%s: \"%s\", not \"%s\"", tries[i].answer, got, at);
		case_free(c);
	}
}

/* A run that passed, with the answer in its plan. */
static void load_run(struct run_facts *run, const char *answer)
{
	struct err err = ERR_INIT;

	if (run_facts_load(run, "lab/tests/fixtures/compare/real-wbt-on", &err) < 0)
		fail_msg("%s", err.msg);
	json_set_str(run->plan, "answer", answer);
}

static void assert_answer(const char *answer, const char *says, bool wanted_complete)
{
	_cleanup_(run_facts_clear)
	struct run_facts run = { 0 };
	_cleanup_free_ char *text = NULL, *lacks = NULL;
	bool complete = !wanted_complete;

	load_run(&run, answer);
	text = page_answer(&run, &complete);
	assert_non_null(text);
	assert_string_equal(text, says);
	assert_int_equal(complete, wanted_complete);
	lacks = page_answer_lacks(&run);
	assert_int_equal(!lacks, wanted_complete);
	if (lacks)
		assert_true(str_starts(lacks, "{") && strstr(answer, lacks));
}

static void test_answer_is_filled_from_the_run(void **state)
{
	assert_answer("was {task hog}", "was killed by SIGKILL", true);
	assert_answer("{result hog pages} pages, {result hog pages as pages}",
		      "25600 pages, 100 MiB", true);
	assert_answer("{report oom-kill} of {title oom-kill}",
		      "1 of OOM kill of memhog in memory cgroup /t", true);
	assert_answer("{report kasan} {report oom_kill}", "0 1", true);
	assert_answer("{detail oom-kill memory.limit_kib as KiB}", "40 MiB", true);
}

static void test_answer_says_what_the_run_lacks(void **state)
{
	assert_answer("{task cat}, {result hog hats}, {snapshot /proc/none}", "?, ?, ?", false);
	assert_answer("{title kasan}", "?", false);
	assert_answer("{detail oom-kill memory.colour}", "?", false);
	assert_answer("{recovered}", "?", false);
}

static void test_answer_only_of_a_pass(void **state)
{
	_cleanup_(run_facts_clear)
	struct run_facts run = { 0 };
	bool complete;

	load_run(&run, "was {task hog}");
	json_set_str(run.verdict, "verdict", "fail");
	assert_null(page_answer(&run, &complete));
	json_set_str(run.verdict, "verdict", "pass");
	json_set_str(run.run, "state", "incomplete");
	assert_null(page_answer(&run, &complete));
	json_set_str(run.run, "state", "done");
	json_set_str(run.plan, "answer", "a {brace");
	assert_null(page_answer(&run, &complete));
	json_object_del(run.plan, "answer");
	assert_null(page_answer(&run, &complete));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_parse_takes_apart),
		cmocka_unit_test(test_answer_parse_tells_what_is_wrong),
		cmocka_unit_test(test_case_answer_names_what_the_case_has),
		cmocka_unit_test(test_answer_is_filled_from_the_run),
		cmocka_unit_test(test_answer_says_what_the_run_lacks),
		cmocka_unit_test(test_answer_only_of_a_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
