// SPDX-License-Identifier: GPL-2.0-or-later
/* Every combination of ends, consoles, accounts and expectations; every cut of the frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/verdict-world.h"

/* ---- the dimensions of the table test: each row changes a good run in one way ---- */

struct change {
	const char *name;
	enum verdict word; /* of a run with only this change */
	void (*make)(struct world *w);
};

static void nothing(struct world *w)
{
}

static void end_reset(struct world *w)
{
	json_set_str(w->machine, "end", "reset");
}

static void end_panic(struct world *w)
{
	json_set_str(w->machine, "end", "panic");
}

static void end_timeout(struct world *w)
{
	json_set_str(w->machine, "end", "timeout");
}

static void end_killed(struct world *w)
{
	json_set_str(w->machine, "end", "killed");
	json_set_int(w->machine, "signal", 9);
}

static void end_cancelled(struct world *w)
{
	json_set_str(w->machine, "end", "cancelled");
}

static void end_error(struct world *w)
{
	json_set_str(w->machine, "end", "error");
}

static void end_unheard_of(struct world *w)
{
	json_set_str(w->machine, "end", "poweroff-ish");
}

static void end_missing(struct world *w)
{
	json_object_del(w->machine, "end");
}

static void exit_code_1(struct world *w)
{
	json_set_int(w->machine, "exit_code", 1);
}

static void exit_code_missing(struct world *w)
{
	json_object_del(w->machine, "exit_code");
}

static void no_machine(struct world *w)
{
	json_decref(w->machine);
	w->machine = NULL;
}

static const struct change ends[] = {
	{ "poweroff", VERDICT_PASS, nothing },
	{ "reset", VERDICT_CRASH, end_reset },
	{ "panic", VERDICT_CRASH, end_panic },
	{ "timeout", VERDICT_HANG, end_timeout },
	{ "killed", VERDICT_INCOMPLETE, end_killed },
	{ "cancelled", VERDICT_INCOMPLETE, end_cancelled },
	{ "error", VERDICT_INCOMPLETE, end_error },
	{ "unheard of", VERDICT_INCOMPLETE, end_unheard_of },
	{ "no end", VERDICT_INCOMPLETE, end_missing },
	{ "exit code 1", VERDICT_INCOMPLETE, exit_code_1 },
	{ "no exit code", VERDICT_INCOMPLETE, exit_code_missing },
	{ "no machine", VERDICT_INCOMPLETE, no_machine },
};

static void report_info(struct world *w)
{
	world_add_report(w, "io-error", true);
}

static void report_too_many(struct world *w)
{
	world_add_report(w, "too-many-reports", true);
}

static void report_oops(struct world *w)
{
	world_add_report(w, "oops", false);
}

static void report_gpf(struct world *w)
{
	world_add_report(w, "gpf", false);
}

static void report_kasan(struct world *w)
{
	world_add_report(w, "kasan", false);
}

static void report_page_fault(struct world *w)
{
	world_add_report(w, "page-fault", false); /* dash or underscore, the kind is one */
}

static void report_warning(struct world *w)
{
	world_add_report(w, "warning", false);
}

static void report_unheard_of(struct world *w)
{
	world_add_report(w, "a kind of next year", false);
}

static void report_hung(struct world *w)
{
	world_add_report(w, "hung_task", false);
}

static void report_stall(struct world *w)
{
	world_add_report(w, "rcu_stall", false);
}

static void report_panic(struct world *w)
{
	world_add_report(w, "panic", false);
}

static void report_info_panicked(struct world *w)
{
	json_set_bool(world_add_report(w, "oom-kill", true), "panicked", true);
}

static void console_cut(struct world *w)
{
	json_t *console = json_object_get(w->machine, "console");

	json_set_int(console, "bytes", json_get_int(console, "bytes", 0) + 1);
}

static void console_empty(struct world *w)
{
	json_t *console = json_object_get(w->machine, "console");

	json_set_int(console, "bytes", 0);
	json_set_int(console, "kept_bytes", 0);
}

static void console_unknown(struct world *w)
{
	json_object_del(w->machine, "console");
}

static void console_dropped(struct world *w)
{
	w->console_dropped = 1;
}

static void console_deaf(struct world *w)
{
	w->console_log_ends = false;
}

static const struct change consoles[] = {
	{ "clean", VERDICT_PASS, nothing },
	{ "info", VERDICT_PASS, report_info },
	{ "oops", VERDICT_CRASH, report_oops },
	{ "gpf", VERDICT_CRASH, report_gpf },
	{ "kasan", VERDICT_CRASH, report_kasan },
	{ "page fault", VERDICT_CRASH, report_page_fault },
	{ "panic", VERDICT_CRASH, report_panic },
	{ "info that panicked", VERDICT_CRASH, report_info_panicked },
	{ "hung task", VERDICT_HANG, report_hung },
	{ "rcu stall", VERDICT_HANG, report_stall },
	{ "warning", VERDICT_FAIL, report_warning },
	{ "unheard of", VERDICT_FAIL, report_unheard_of },
	{ "console with too many reports", VERDICT_INCOMPLETE, report_too_many },
	{ "console cut", VERDICT_INCOMPLETE, console_cut },
	{ "console empty", VERDICT_INCOMPLETE, console_empty },
	{ "console unknown", VERDICT_INCOMPLETE, console_unknown },
	{ "console with dropped messages", VERDICT_INCOMPLETE, console_dropped },
	{ "console without the end of the log", VERDICT_INCOMPLETE, console_deaf },
};

static void frames_no_end(struct world *w)
{
	json_array_remove(w->frames, json_array_size(w->frames) - 1);
}

static void frames_no_hello(struct world *w)
{
	json_array_remove(w->frames, 0);
}

static void frames_step_end_missing(struct world *w)
{
	size_t i;

	world_frame(w, "step-end", 2, &i);
	json_array_remove(w->frames, i);
}

static void frames_step_failed(struct world *w)
{
	json_t *end = world_frame(w, "step-end", 1, NULL);

	json_set_bool(end, "ok", false);
	json_set_int(end, "errno", 22);
	json_set_str(end, "error", "EINVAL: Invalid argument");
}

static void frames_step_ok_missing(struct world *w)
{
	json_object_del(world_frame(w, "step-end", 1, NULL), "ok");
}

static void frames_wait_timed_out(struct world *w)
{
	json_t *end = world_frame(w, "step-end", 5, NULL);

	json_set_bool(end, "ok", false);
	json_set_int(end, "errno", 110);
}

static void frames_fact_fails(struct world *w)
{
	json_set_bool(world_frame(w, "fact", 0, NULL), "holds", false);
}

static void frames_fact_missing(struct world *w)
{
	size_t i;

	world_frame(w, "fact", 0, &i);
	json_array_remove(w->frames, i);
}

static void frames_end_contradicts(struct world *w)
{
	json_set_int(world_frame(w, "end", 0, NULL), "failed", 3);
}

static void frames_end_counts_less(struct world *w)
{
	json_set_int(world_frame(w, "end", 0, NULL), "steps", 6);
}

static void frames_no_final_count(struct world *w)
{
	json_set_bool(world_frame(w, "fault", 1, NULL), "disarmed", false);
}

static void frames_fault_silent(struct world *w)
{
	json_set_int(world_frame(w, "fault", 1, NULL), "fired", 0);
}

static void frames_count_lost(struct world *w)
{
	json_object_del(world_frame(w, "fault", 1, NULL), "fired");
}

static void frames_no_snapshot(struct world *w)
{
	json_object_del(world_frame(w, "snapshot", 0, NULL), "data");
}

static void frames_task_does_not_end(struct world *w)
{
	json_array_insert_new(w->frames, 1,
			      json_pack("{s:s,s:i,s:s,s:i}", "k", "task", "i", 4, "name", "other",
					"pid", 77));
}

static void frames_task_fails(struct world *w)
{
	frames_task_does_not_end(w);
	json_array_insert_new(w->frames, 2,
			      json_pack("{s:s,s:s,s:i,s:i}", "k", "task-end", "name", "other",
					"pid", 77, "code", 1));
}

static void frames_pages_wrong(struct world *w)
{
	json_array_insert_new(w->frames, 1,
			      json_pack("{s:s,s:i,s:s,s:{s:i}}", "k", "result", "i", 4, "name",
					"hog", "data", "pages_wrong", 1));
}

static void frames_unsynced(struct world *w)
{
	json_set_bool(world_frame(w, "end", 0, NULL), "unsynced", true);
}

static const struct change accounts[] = {
	{ "complete", VERDICT_PASS, nothing },
	{ "no end", VERDICT_INCOMPLETE, frames_no_end },
	{ "no hello", VERDICT_INCOMPLETE, frames_no_hello },
	{ "step unseen", VERDICT_INCOMPLETE, frames_step_end_missing },
	{ "end contradicts", VERDICT_INCOMPLETE, frames_end_contradicts },
	{ "end counts less", VERDICT_INCOMPLETE, frames_end_counts_less },
	{ "fact unseen", VERDICT_INCOMPLETE, frames_fact_missing },
	{ "no final count", VERDICT_INCOMPLETE, frames_no_final_count },
	{ "step failed", VERDICT_BROKEN, frames_step_failed },
	{ "step without ok", VERDICT_BROKEN, frames_step_ok_missing },
	{ "wait timed out", VERDICT_HANG, frames_wait_timed_out },
	{ "fact fails", VERDICT_BROKEN, frames_fact_fails },
	{ "fault silent", VERDICT_BROKEN, frames_fault_silent },
	{ "count lost", VERDICT_INCOMPLETE, frames_count_lost },
	{ "no snapshot", VERDICT_BROKEN, frames_no_snapshot },
	{ "task stuck", VERDICT_HANG, frames_task_does_not_end },
	{ "task fails", VERDICT_FAIL, frames_task_fails },
	{ "pages wrong", VERDICT_FAIL, frames_pages_wrong },
	{ "unsynced", VERDICT_HANG, frames_unsynced },
};

static void unmet_task(struct world *w)
{
	json_t *end = world_frame(w, "task-end", 0, NULL);

	json_object_del(end, "signal");
	json_set_int(end, "code", 0);
}

static void unmet_report(struct world *w)
{
	json_array_remove(w->reports, 1);
}

static void unmet_trace(struct world *w)
{
	json_array_remove(w->reports, 0);
}

static void unmet_injected_more(struct world *w)
{
	w->expects[2].at_least = 1000000;
}

static const struct change expectations[] = {
	{ "met", VERDICT_PASS, nothing },
	{ "task unmet", VERDICT_FAIL, unmet_task },
	{ "report unmet", VERDICT_FAIL, unmet_report },
	{ "trace unmet", VERDICT_FAIL, unmet_trace },
	{ "injected unmet", VERDICT_FAIL, unmet_injected_more },
};

/* An unmet expectation is the kernel's failure only where all the rest went as written; and one
 * about reports or traces only where all of the console is there. */
static bool can_tell(size_t end, size_t console, size_t account, size_t expectation)
{
	bool on_console = expectations[expectation].make == unmet_report ||
			  expectations[expectation].make == unmet_trace;

	return !end && !account && !(on_console && str_starts(consoles[console].name, "console "));
}

/* A task's bad end may follow from what went wrong with the machine. */
static bool account_counts(size_t end, size_t account)
{
	return !end || accounts[account].make != frames_task_fails;
}

static enum verdict worse_of(enum verdict word, enum verdict worst, bool counts)
{
	return counts && word < worst ? word : worst;
}

/* Judges one combination; true when it is a pass. */
static bool judge_combination(size_t a, size_t b, size_t c, size_t d)
{
	_cleanup_world_ struct world w;
	enum verdict word, worst = ends[a].word;

	world_init(&w);
	/* The end last: it may take the machine away. */
	expectations[d].make(&w);
	accounts[c].make(&w);
	consoles[b].make(&w);
	ends[a].make(&w);
	worst = worse_of(consoles[b].word, worst, true);
	worst = worse_of(accounts[c].word, worst, account_counts(a, c));
	worst = worse_of(expectations[d].word, worst, can_tell(a, b, c, d));
	word = world_judge(&w, NULL);
	if (word != worst)
		fail_msg("%s, %s, %s, %s: %s, should be %s", ends[a].name, consoles[b].name,
			 accounts[c].name, expectations[d].name, verdict_name(word),
			 verdict_name(worst));
	return word == VERDICT_PASS;
}

/*
 * All combinations of end, console and account, and each unmet expectation with at
 * most one thing wrong beside it: only the one where nothing was changed is a
 * pass, and none is milder than its worst part.
 */
static void test_verdict_judge_only_full_combination_passes(void **state)
{
	size_t passes = 0, judged = 0;

	for (size_t a = 0; a < ARRAY_SIZE(ends); a++)
		for (size_t b = 0; b < ARRAY_SIZE(consoles); b++)
			for (size_t c = 0; c < ARRAY_SIZE(accounts); c++)
				for (size_t d = 0; d < ARRAY_SIZE(expectations); d++) {
					if (d && !!a + !!b + !!c > 1)
						break;
					judged++;
					passes += judge_combination(a, b, c, d);
				}
	assert_true(judged > ARRAY_SIZE(ends) * ARRAY_SIZE(consoles) * ARRAY_SIZE(accounts));
	/* clean and info, each with everything else as it should be */
	assert_int_equal(passes, 2);
}

/* ---- frames, byte by byte ---- */

static void test_verdict_judge_frames_cut_anywhere_never_pass(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_free_ char *raw = NULL;
	size_t length;

	world_init(&w);
	raw = world_frames_raw(w.frames);
	length = strlen(raw);
	assert_int_equal(world_judge_raw(&w, raw, length, NULL), VERDICT_PASS);
	/* Without its last newline the last frame is still whole. */
	for (size_t cut = 0; cut < length - 1; cut++)
		if (world_judge_raw(&w, raw, cut, NULL) == VERDICT_PASS)
			fail_msg("a pass from the first %zu of %zu bytes", cut, length);
}

static void test_verdict_judge_frames_dropped_doubled_swapped_never_pass(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_free_ char *raw = NULL;
	_cleanup_strv_ struct strv lines = { 0 };

	world_init(&w);
	raw = world_frames_raw(w.frames);
	strv_split(&lines, raw, '\n');
	lines.count--; /* what is behind the last newline */
	assert_true(lines.count > 10);
	for (size_t at = 0; at < lines.count; at++)
		for (int how = 0; how < 3; how++) {
			_cleanup_strbuf_ struct strbuf sb = { 0 };

			for (size_t i = 0; i < lines.count; i++) {
				size_t from = i;

				if (how == 0 && i == at)
					continue;
				if (how == 2 && i == at)
					from = (i + 1) % lines.count;
				else if (how == 2 && i == (at + 1) % lines.count)
					from = at;
				strbuf_addf(&sb, "%s\n", lines.items[from]);
				if (how == 1 && i == at)
					strbuf_addf(&sb, "%s\n", lines.items[i]);
			}
			assert_int_not_equal(world_judge_raw(&w, sb.data, sb.length, NULL),
					     VERDICT_PASS);
		}
	free(lines.items[lines.count]);
}

static void test_verdict_judge_forged_frame_is_incomplete(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_free_ char *raw = NULL;
	_cleanup_free_ char *more = NULL;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	raw = world_frames_raw(w.frames);
	more = xasprintf("@klab 0000000000000000 0 2 00000000 {}\n%s", raw);
	assert_int_equal(world_judge_raw(&w, more, strlen(more), &verdict), VERDICT_INCOMPLETE);
	world_assert_reason(verdict, "look like frames and are none", "frames.raw");
}

static void test_verdict_judge_noise_on_port_is_noted(void **state)
{
	_cleanup_world_ struct world w;
	_cleanup_free_ char *raw = NULL;
	_cleanup_free_ char *more = NULL;
	_cleanup_json_ json_t *verdict = NULL;

	world_init(&w);
	raw = world_frames_raw(w.frames);
	more = xasprintf("PASS PASS PASS\n%s", raw);
	assert_int_equal(world_judge_raw(&w, more, strlen(more), &verdict), VERDICT_PASS);
	assert_int_equal(json_array_size(json_get_array(verdict, "notes")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict_judge_only_full_combination_passes),
		cmocka_unit_test(test_verdict_judge_frames_cut_anywhere_never_pass),
		cmocka_unit_test(test_verdict_judge_frames_dropped_doubled_swapped_never_pass),
		cmocka_unit_test(test_verdict_judge_forged_frame_is_incomplete),
		cmocka_unit_test(test_verdict_judge_noise_on_port_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
