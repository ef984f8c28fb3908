// SPDX-License-Identifier: GPL-2.0-or-later
/* Each kind of expectation: met, unmet, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/verdict-world.h"
#include "verdict/expect.h"
#include "verdict/snapshot.h"
#include "verdict/trace.h"

/* Judges one expectation over the world; says why as a string, yours. */
static bool expect_one(struct world *w, const struct case_expect *e, char **why)
{
	struct frames frames = { .list = w->frames };
	struct verdict_facts facts = { .frames = &frames, .reports = w->reports, .plan = w->plan };
	struct expect_set *set = expect_set_new(e, 1);
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	bool met = expect_judge(set, 0, &facts, &sb);

	expect_set_free(set);
	*why = strbuf_take(&sb);
	return met;
}

#define EXPECT_ANY .at_least = INT64_MIN, .at_most = INT64_MAX

static void assert_expect(struct world *w, struct case_expect e, bool met, const char *words)
{
	_cleanup_free_ char *why = NULL;
	bool is = expect_one(w, &e, &why);

	if (is != met || !strstr(why, words))
		fail_msg("%s: \"%s\", wanted %s with \"%s\"", is ? "met" : "unmet", why,
			 met ? "met" : "unmet", words);
}

static void test_expect_task_end_by_signal_or_code(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_TASK, .subject = "hog", EXPECT_ANY };
	json_t *end;

	world_init(&w);
	end = world_frame(&w, "task-end", 0, NULL);
	e.killed_by = 9;
	assert_expect(&w, e, true, "hog killed by SIGKILL");
	e.killed_by = 7;
	assert_expect(&w, e, false, "hog killed by SIGKILL, not killed by SIGBUS");
	e.killed_by = 0;
	e.has_exit = true;
	/* Killed is not "exit code 0", though the frame has no other code. */
	assert_expect(&w, e, false, "hog killed by SIGKILL, wanted exit code 0");
	json_object_del(end, "signal");
	assert_expect(&w, e, false, "nobody knows how, wanted exit code 0");
	json_set_int(end, "code", 0);
	assert_expect(&w, e, true, "hog exited with code 0");
	json_set_int(end, "code", 3);
	assert_expect(&w, e, false, "hog exited with code 3, wanted exit code 0");
	e.has_or_exit = true;
	e.or_exit = 3;
	assert_expect(&w, e, true, "hog exited with code 3");
	e.or_exit = 5;
	assert_expect(&w, e, false, "wanted exit code 0, nor exited with code 5");
	/* In place of a signal as well; and a signal is no exit code, not even of 0. */
	e.has_exit = false;
	e.killed_by = 9;
	e.or_exit = 3;
	assert_expect(&w, e, true, "hog exited with code 3");
	json_set_int(end, "signal", 9);
	assert_expect(&w, e, true, "hog killed by SIGKILL");
	json_set_int(end, "signal", 7);
	e.or_exit = 0;
	assert_expect(&w, e, false, "killed by SIGBUS, not killed by SIGKILL, nor exited with");
	json_object_del(end, "signal");
	e.killed_by = 0;
	e.has_or_exit = false;
	assert_expect(&w, e, true, "hog exited with code 3");
}

static void test_expect_task_never_ended_or_started(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_TASK, .subject = "hog", EXPECT_ANY };
	size_t i;

	world_init(&w);
	world_frame(&w, "task-end", 0, &i);
	json_array_remove(w.frames, i);
	assert_expect(&w, e, false, "hog started and never ended");
	e.subject = "nobody";
	assert_expect(&w, e, false, "nobody never started");
}

/* Init kills what is left after the last step: not the signal that was waited for. */
static void test_expect_task_stopped_by_init_did_not_end(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_TASK, .subject = "hog", EXPECT_ANY };

	world_init(&w);
	json_set_bool(world_frame(&w, "task-end", 0, NULL), "stopped", true);
	e.killed_by = 9;
	assert_expect(&w, e, false, "hog still ran at the end");
}

static void test_expect_report_filters_each_count(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_REPORT, .subject = "oom-kill", EXPECT_ANY };

	world_init(&w);
	assert_expect(&w, e, true,
		      "reports: 1, first OOM kill of memhog in memory cgroup /t (task memhog)");
	e.subject = "oom_kill";
	assert_expect(&w, e, true, "reports: 1");
	e.subject = "OOM kill of memhog in memory cgroup /t";
	assert_expect(&w, e, true, "reports: 1");
	e.subject = "oom";
	assert_expect(&w, e, false,
		      "reports: 0, wanted at least 1; found instead: fault injection");
	e.subject = "oom-kill";
	e.task = "bash";
	/* The near one is named, not just any. */
	assert_expect(&w, e, false,
		      "found instead: OOM kill of memhog in memory cgroup /t (task memhog) at");
	e.task = "memhog";
	e.cgroup = "/u";
	assert_expect(&w, e, false, "reports: 0");
	e.cgroup = "/t";
	assert_expect(&w, e, true, "reports: 1");
	e.at_least = 2;
	assert_expect(&w, e, false, "reports: 1, wanted at least 2");
}

/* The task that was killed counts, not the one whose allocation ran out. */
static void test_expect_report_oom_is_about_victim(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_REPORT, .subject = "oom-kill", EXPECT_ANY };

	world_init(&w);
	json_set_str(json_array_get(w.reports, 1), "task", "bystander");
	e.task = "bystander";
	assert_expect(&w, e, false, "reports: 0");
	e.task = "memhog";
	assert_expect(&w, e, true, "reports: 1");
}

static void test_expect_report_counts_repeats(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_REPORT, .subject = "fault-injection", EXPECT_ANY };

	world_init(&w);
	e.at_least = 10;
	assert_expect(&w, e, true, "reports: 10");
	e.at_most = 9;
	e.at_least = INT64_MIN;
	assert_expect(&w, e, false, "reports: 10, wanted at most 9");
}

static void test_expect_report_pattern_bad_or_endless_is_unmet(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_REPORT, .subject = "oom-kill", EXPECT_ANY };
	char long_title[200];

	world_init(&w);
	e.title = "(";
	assert_expect(&w, e, false, "does not compile");
	e.title = "(a+)+$";
	memset(long_title, 'a', sizeof(long_title) - 2);
	strncpy(long_title + sizeof(long_title) - 2, "!", 2);
	json_set_str(json_array_get(w.reports, 1), "title", long_title);
	assert_expect(&w, e, false, "reports: 0");
}

static void test_expect_no_report_tells_what_is_there(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_NO_REPORT, .subject = "warning", EXPECT_ANY };

	world_init(&w);
	assert_expect(&w, e, true, "no such report");
	e.subject = "oom-kill";
	assert_expect(&w, e, false, "reports: 1, first OOM kill of memhog in memory cgroup /t");
}

static void test_expect_injected_within_bounds(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_INJECTED,
				 .subject = "fail_make_request",
				 EXPECT_ANY };

	world_init(&w);
	assert_expect(&w, e, true, "fail_make_request fired 10215");
	e.at_most = 10214;
	assert_expect(&w, e, false, "fired 10215, wanted at most 10214");
	e.at_most = 20000;
	assert_expect(&w, e, true, "fired 10215");
	/* At most needs the last word: it may have fired again. */
	json_set_bool(world_frame(&w, "fault", 1, NULL), "disarmed", false);
	assert_expect(&w, e, false, "the final count is missing");
	e.at_most = INT64_MAX;
	assert_expect(&w, e, true, "fired 10215");
	json_set_int(world_frame(&w, "fault", 1, NULL), "fired", 0);
	assert_expect(&w, e, false, "fired 0, wanted at least 1");
	/* A count that is lost is the last one that was told, and never the final one. */
	json_set_int(world_frame(&w, "fault", 0, NULL), "fired", 3);
	json_object_del(world_frame(&w, "fault", 1, NULL), "fired");
	assert_expect(&w, e, true, "fired 3 when last heard of; the count was lost then");
	e.at_most = 3;
	assert_expect(&w, e, false, "fired 3 when last heard of; the count was lost then");
	e.subject = "failslab";
	assert_expect(&w, e, false, "failslab was never armed");
}

static void test_expect_trace_is_ordered_subsequence(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_TRACE, EXPECT_ANY };

	world_init(&w);
	strv_add(&e.functions, "should_fail_bio"); /* .isra.0 in the trace */
	strv_add(&e.functions, "__swap_writepage");
	strv_add(&e.functions, "asm_exc_page_fault");
	assert_expect(&w, e, true, "in the trace of fault injection: fail_make_request");
	strv_add(&e.functions, "submit_bio"); /* inside, not outside, of the page fault */
	assert_expect(&w, e, false, "no trace goes on to submit_bio after asm_exc_page_fault");
	strv_clear(&e.functions);
	strv_add(&e.functions, "ext4_writepages");
	assert_expect(&w, e, false, "no trace has ext4_writepages");
	strv_clear(&e.functions);
	/* Functions of two reports do not add up to a trace. */
	strv_add(&e.functions, "submit_bio");
	strv_add(&e.functions, "oom_kill_process");
	assert_expect(&w, e, false, "no trace goes on to oom_kill_process");
	strv_clear(&e.functions);
}

/* What one version calls so and another one so. */
static void test_expect_trace_takes_one_of_several_names(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_TRACE, EXPECT_ANY };

	world_init(&w);
	strv_add(&e.functions, "submit_bio_noacct");
	strv_add(&e.functions, "swap_writepage_of_another_day|__swap_writepage");
	assert_expect(&w, e, true, "in the trace of fault injection: fail_make_request");
	strv_add(&e.functions, "swap_write|page");
	assert_expect(&w, e, false, "no trace goes on to swap_write|page after");
	strv_clear(&e.functions);
}

/* The compiler may inline what a case names; the symbolizer says where. */
static void test_expect_trace_takes_inlined_functions(void **state)
{
	static char *wanted[] = { "charge", "do_anonymous_page", "handle_pte_fault", "fault",
				  NULL };
	const struct strv functions = { .items = wanted, .count = 4 };
	_cleanup_json_ json_t *frames =
		json_pack("[{s:s},{s:s,s:[{s:s},{s:s}]}]", "symbol", "charge", "symbol", "fault",
			  "inlined", "symbol", "do_anonymous_page", "symbol", "handle_pte_fault");

	assert_int_equal(trace_match(frames, &functions, false), 4);
	/* Innermost first: what is inlined stands before what it is in. */
	wanted[2] = "fault";
	wanted[3] = "handle_pte_fault";
	assert_int_equal(trace_match(frames, &functions, false), 3);
	/* In a frame that is a guess it is one too. */
	json_set_bool(json_array_get(frames, 1), "reliable", false);
	assert_int_equal(trace_match(frames, &functions, false), 1);
}

static void test_expect_trace_guesses_prove_nothing(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_TRACE, EXPECT_ANY };
	json_t *traces, *frames;

	world_init(&w);
	traces = json_get_array(json_array_get(w.reports, 1), "traces");
	frames = json_get_array(json_array_get(traces, 0), "frames");
	json_set_bool(json_array_get(frames, 2), "reliable", false);
	strv_add(&e.functions, "dump_header");
	strv_add(&e.functions, "oom_kill_process");
	assert_expect(&w, e, false, "the unwinder only guesses (?) it would match");
	strv_clear(&e.functions);
}

static void test_expect_snapshot_field_and_bounds(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_SNAPSHOT, EXPECT_ANY };

	world_init(&w);
	e.subject = "cgroup:t/memory.stat";
	e.field = "swapcached";
	e.at_least = 4096;
	assert_expect(&w, e, true, "cgroup:t/memory.stat swapcached is 4096");
	e.at_least = 4097;
	assert_expect(&w, e, false, "is 4096, wanted at least 4097");
	e.field = "swapcache"; /* no prefix */
	assert_expect(&w, e, false, "swapcache is not there");
	e.subject = "/proc/swaps";
	e.field = "/dev/sda Used";
	e.at_least = INT64_MIN;
	e.at_most = 0;
	assert_expect(&w, e, false, "is 12, wanted at most 0");
	e.field = "Filename";
	assert_expect(&w, e, false, "which is no number");
	e.label = "before";
	assert_expect(&w, e, false, "/proc/swaps is in no snapshot with label before");
	e.label = NULL;
	json_object_del(world_frame(&w, "snapshot", 0, NULL), "data");
	json_set_str(world_frame(&w, "snapshot", 0, NULL), "error", "ENOENT: No such file");
	assert_expect(&w, e, false, "/proc/swaps could not be read: ENOENT");
}

static void test_expect_snapshot_equals_text(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_SNAPSHOT, .subject = "f", EXPECT_ANY };
	json_t *s;

	world_init(&w);
	s = world_frame(&w, "snapshot", 0, NULL);
	json_set_str(s, "file", "f");
	json_set_str(s, "data", "SwapFree:        40 kB\nstate live\n");
	e.field = "SwapFree";
	e.equals = "40 kB";
	assert_expect(&w, e, true, "\"40 kB\"");
	e.at_least = 41;
	assert_expect(&w, e, false, "wanted at least 41");
	e.at_least = INT64_MIN;
	e.field = "state";
	assert_expect(&w, e, false, "\"live\", wanted \"40 kB\"");
	json_set_str(s, "data", "max\n");
	e.field = NULL;
	e.equals = NULL;
	e.at_least = 5;
	assert_expect(&w, e, true, "f is max");
}

/* 0.5 is above 0, 12.9 above 12, and a number has no letters. */
static void test_expect_snapshot_numbers_are_not_cut(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_SNAPSHOT, .subject = "f", EXPECT_ANY };
	json_t *s;

	world_init(&w);
	s = world_frame(&w, "snapshot", 0, NULL);
	json_set_str(s, "file", "f");
	json_set_str(s, "data",
		     "some avg10=0.50 total=7\na 12.9\nb -0.5\nc 1e3\nd 0x10\ne 12abc\n"
		     "f 18446744073709551615\ng 40%\n");
	e.at_most = 0;
	e.field = "some avg10";
	assert_expect(&w, e, false, "is 0.5, wanted at most 0");
	e.field = "b";
	assert_expect(&w, e, true, "is -0.5");
	e.field = "d";
	assert_expect(&w, e, false, "which is no number");
	e.field = "e";
	assert_expect(&w, e, false, "which is no number");
	e.field = "f";
	e.at_most = INT64_MAX - 1;
	assert_expect(&w, e, false, "is 18446744073709551615, wanted at most");
	e.field = "a";
	e.at_most = 12;
	assert_expect(&w, e, false, "is 12.9, wanted at most 12");
	e.field = "c";
	e.at_least = 1000;
	e.at_most = 1000;
	assert_expect(&w, e, true, "is 1e3");
	e.field = "g";
	e.at_least = 40;
	e.at_most = INT64_MAX;
	assert_expect(&w, e, true, "is 40");
}

/* "60M" means bytes whatever the file counts in; "60000" what the file says. */
static void test_expect_snapshot_size_of_a_line_in_kb(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = {
		.kind = EXPECT_SNAPSHOT, .subject = "f", .field = "SwapFree", EXPECT_ANY
	};
	json_t *s;

	world_init(&w);
	s = world_frame(&w, "snapshot", 0, NULL);
	json_set_str(s, "file", "f");
	json_set_str(s, "data", "SwapFree:  65532 kB\n");
	e.at_least = 60 << 20;
	assert_expect(&w, e, false, "is 65532 kB, wanted at least 62914560");
	e.sized = true;
	assert_expect(&w, e, true, "is 65532 kB");
	e.at_least = 64 << 20;
	assert_expect(&w, e, false, "is 65532 kB, wanted bytes at least 67108864");
}

/* A whole file is not repeated in the verdict. */
static void test_expect_snapshot_long_text_is_cut(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_SNAPSHOT, .subject = "f", EXPECT_ANY };
	char text[4096];
	char *why;

	world_init(&w);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	json_set_str(world_frame(&w, "snapshot", 0, NULL), "file", "f");
	json_set_str(world_frame(&w, "snapshot", 0, NULL), "data", text);
	e.equals = "y";
	assert_false(expect_one(&w, &e, &why));
	assert_true(strlen(why) < 300);
	assert_non_null(strstr(why, "xxx...\", wanted \"y\""));
	free(why);
}

static void add_sample(struct world *w, int64_t number, const char *data)
{
	json_array_append_new(w->frames, json_pack("{s:s,s:i,s:s,s:s,s:I,s:s}", "k", "snapshot",
						   "i", 9, "label", "s", "file", "/f", "sample",
						   (json_int_t)number, "data", data));
}

static void test_expect_snapshot_over_samples(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = {
		.kind = EXPECT_SNAPSHOT, .subject = "/f", .label = "s", .field = "x", EXPECT_ANY
	};

	world_init(&w);
	add_sample(&w, 0, "x 5\n");
	add_sample(&w, 1, "x 9\n");
	add_sample(&w, 2, "x 3\n");
	add_sample(&w, 3, "x 4\n");
	e.at_most = 4;
	assert_expect(&w, e, true, "/f x is 4");
	e.over = "last";
	assert_expect(&w, e, true, "/f x (last) is 4");
	e.over = "first";
	assert_expect(&w, e, false, "/f x (first) is 5, wanted at most 4");
	e.over = "max";
	assert_expect(&w, e, false, "/f x (max) is 9, wanted at most 4");
	e.over = "min";
	assert_expect(&w, e, true, "/f x (min) is 3");
	/* One that lacks the number cannot be left out of a bound on all. */
	add_sample(&w, 4, "y 1\n");
	assert_expect(&w, e, false, "is not there");
	e.over = "max";
	assert_expect(&w, e, false, "is not there");
}

static void test_expect_result_text(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_RESULT,
				 .subject = "t",
				 .field = "call_error",
				 .equals = "EIO",
				 EXPECT_ANY };

	world_init(&w);
	json_array_append_new(w.frames, json_pack("{s:s,s:s,s:{s:s}}", "k", "result", "name", "t",
						  "data", "call_error", "ENOSPC"));
	assert_expect(&w, e, false, "t call_error is \"ENOSPC\", wanted \"EIO\"");
	e.equals = "ENOSPC";
	assert_expect(&w, e, true, "t call_error is \"ENOSPC\"");
}

static void test_expect_result_number(void **state)
{
	_cleanup_world_ struct world w;
	struct case_expect e = { .kind = EXPECT_RESULT, .subject = "hog", EXPECT_ANY };
	json_t *frame = json_pack("{s:s,s:i,s:s,s:{s:i,s:s}}", "k", "result", "i", 4, "name", "hog",
				  "data", "pages_wrong", 3, "mode", "anon");

	world_init(&w);
	e.field = "pages_wrong";
	e.at_most = 0;
	assert_expect(&w, e, false, "hog left no result");
	json_array_append_new(w.frames, frame);
	assert_expect(&w, e, false, "hog pages_wrong is 3, wanted at most 0");
	e.at_most = 3;
	assert_expect(&w, e, true, "hog pages_wrong is 3");
	e.field = "mode";
	assert_expect(&w, e, false, "which is no number");
	e.field = "pages_read";
	assert_expect(&w, e, false, "hog pages_read is not in its result");
}

static void test_trace_symbol_eq_ignores_compilers_suffixes(void **state)
{
	assert_true(trace_symbol_eq("should_fail_bio.isra.0", "should_fail_bio"));
	assert_true(trace_symbol_eq("f.constprop.0.isra.7", "f.part.0"));
	assert_true(trace_symbol_eq("f.cold", "f"));
	assert_false(trace_symbol_eq("f.cold", "fo"));
	assert_false(trace_symbol_eq("fo", "f"));
	assert_false(trace_symbol_eq("", "f"));
}

static int collect(void *ctx, const char *name, double value)
{
	strbuf_addf(ctx, "[%s]=%g ", name, value);
	return 0;
}

static void assert_numbers(const char *data, const char *expected)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	strbuf_adds(&sb, "");
	assert_int_equal(snapshot_numbers(data, collect, &sb), 0);
	assert_string_equal(sb.data, expected);
}

static void test_snapshot_numbers_by_shape_of_file(void **state)
{
	assert_numbers("41943040\n", "[]=4.1943e+07 ");
	assert_numbers("max\n", "");
	assert_numbers("anon 1\nfile 2\n", "[anon]=1 [file]=2 ");
	assert_numbers("MemFree:   12 kB\n", "[MemFree]=12 ");
	assert_numbers("some avg10=0.25 total=7\nfull avg10=0.00 total=1\n",
		       "[some avg10]=0.25 [some total]=7 [full avg10]=0 [full total]=1 ");
	assert_numbers("cpu 1 2\n", "[cpu 1]=1 [cpu 2]=2 ");
	assert_numbers("8:0 rbytes=5 wbytes=6\n", "[8:0 rbytes]=5 [8:0 wbytes]=6 ");
	assert_numbers("Filename\tType\tSize\tUsed\tPriority\n/dev/sda partition 65532 12 -2\n",
		       "[/dev/sda Size]=65532 [/dev/sda Used]=12 [/dev/sda Priority]=-2 ");
	/* A header and no row; addresses and text are no numbers. */
	assert_numbers("Filename Type Size\n", "");
	assert_numbers("  4 0  8\n", "[1]=4 [2]=0 [3]=8 ");
	assert_numbers("4 0 8\n1 2\n", "[4 1]=0 [4 2]=8 [1]=2 ");
	assert_numbers("ffffffff81000000 T _text\nx 0x10\ny nan\nz inf\nu 12abc\n", "");
	assert_numbers("", "");
	assert_numbers("\n\n7", "[]=7 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expect_task_end_by_signal_or_code),
		cmocka_unit_test(test_expect_task_never_ended_or_started),
		cmocka_unit_test(test_expect_task_stopped_by_init_did_not_end),
		cmocka_unit_test(test_expect_report_filters_each_count),
		cmocka_unit_test(test_expect_report_oom_is_about_victim),
		cmocka_unit_test(test_expect_report_counts_repeats),
		cmocka_unit_test(test_expect_report_pattern_bad_or_endless_is_unmet),
		cmocka_unit_test(test_expect_no_report_tells_what_is_there),
		cmocka_unit_test(test_expect_injected_within_bounds),
		cmocka_unit_test(test_expect_trace_is_ordered_subsequence),
		cmocka_unit_test(test_expect_trace_takes_one_of_several_names),
		cmocka_unit_test(test_expect_trace_takes_inlined_functions),
		cmocka_unit_test(test_expect_trace_guesses_prove_nothing),
		cmocka_unit_test(test_expect_snapshot_field_and_bounds),
		cmocka_unit_test(test_expect_snapshot_equals_text),
		cmocka_unit_test(test_expect_snapshot_numbers_are_not_cut),
		cmocka_unit_test(test_expect_snapshot_size_of_a_line_in_kb),
		cmocka_unit_test(test_expect_snapshot_long_text_is_cut),
		cmocka_unit_test(test_expect_snapshot_over_samples),
		cmocka_unit_test(test_expect_result_text),
		cmocka_unit_test(test_expect_result_number),
		cmocka_unit_test(test_trace_symbol_eq_ignores_compilers_suffixes),
		cmocka_unit_test(test_snapshot_numbers_by_shape_of_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
