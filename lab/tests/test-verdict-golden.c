// SPDX-License-Identifier: GPL-2.0-or-later
/* Real runs of fixtures/verdict: judged from their files, whole and spoiled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "console/log-end.h"
#include "console/log-times.h"
#include "plan/plan.h"
#include "report/report.h"
#include "verdict/verdict.h"

#define GOLDEN "lab/tests/fixtures/verdict"

struct golden {
	char *dir;
	json_t *plan, *machine, *reports;
	struct case_expect *expects;
	size_t expect_count;
	char *console, *raw;
	size_t console_length, raw_length;
	struct strv expected; /* the word, a part of the first reason */
};

static char *read_part(const char *dir, const char *name, size_t *length)
{
	_cleanup_free_ char *path = path_join(dir, name);
	struct err err = ERR_INIT;
	char *text = file_read(path, 1 << 24, length, &err);

	if (!text)
		fail_msg("%s", err.msg);
	return text;
}

static json_t *json_part(const char *dir, const char *name)
{
	size_t length;
	_cleanup_free_ char *text = read_part(dir, name, &length);
	json_t *value = json_loadb(text, length, 0, NULL);

	assert_non_null(value);
	return value;
}

static void golden_load(struct golden *g, const char *name)
{
	_cleanup_free_ char *expected = NULL;
	struct err err = ERR_INIT;
	size_t length;

	memset(g, 0, sizeof(*g));
	g->dir = path_join(GOLDEN, name);
	g->plan = json_part(g->dir, "plan.json");
	g->machine = json_part(g->dir, "machine.json");
	g->console = read_part(g->dir, "console.log", &g->console_length);
	g->raw = read_part(g->dir, "frames.raw", &g->raw_length);
	g->reports = report_parse_all(g->console, g->console_length);
	if (plan_expects_from_json(g->plan, &g->expects, &g->expect_count, &err) < 0)
		fail_msg("%s: %s", g->dir, err.msg);
	expected = read_part(g->dir, "expected", &length);
	strv_split(&g->expected, expected, '\n');
	assert_true(g->expected.count >= 2);
}

static void golden_clear(struct golden *g)
{
	free(g->dir);
	json_decref(g->plan);
	json_decref(g->machine);
	json_decref(g->reports);
	plan_expects_free(g->expects, g->expect_count);
	free(g->console);
	free(g->raw);
	strv_clear(&g->expected);
}

/* Judges with these frames and this console; the first reason in *why when asked for, yours. */
static enum verdict golden_judge(struct golden *g, const char *raw, size_t raw_length,
				 const json_t *reports, uint64_t console_length, char **why)
{
	struct frames frames = { 0 };
	struct verdict_facts facts = { .machine = g->machine,
				       .frames = &frames,
				       .reports = reports,
				       .console_read_bytes = &console_length,
				       .plan = g->plan,
				       .expects = g->expects,
				       .expect_count = g->expect_count };
	_cleanup_json_ json_t *verdict = NULL;
	struct console_log_end log_end;
	struct console_log_times log_times;
	enum verdict word;

	console_log_end_init(&log_end, json_get_str(g->plan, "nonce", ""));
	console_log_end_feed(&log_end, g->console, console_length);
	facts.console_log_ends = log_end.found;
	frames_parse(&frames, raw, raw_length, json_get_str(g->plan, "nonce", ""));
	console_log_times_init(&log_times, json_get_str(frames_find(&frames, "end", NULL, NULL),
							"warnings_us", NULL));
	console_log_times_feed(&log_times, g->console, console_length);
	facts.console_lacks = console_log_times_missing(&log_times);
	verdict = verdict_judge(&facts, &word);
	frames_clear(&frames);
	if (why)
		*why = xstrdup(json_get_str(json_array_get(json_get_array(verdict, "reasons"), 0),
					    "what", ""));
	return word;
}

static void for_each_golden(void (*test)(struct golden *g))
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;
	size_t tested = 0;

	assert_int_equal(file_list_dir(GOLDEN, &names, &err), 0);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *dir = path_join(GOLDEN, names.items[i]);
		_cleanup_free_ char *plan = path_join(dir, "plan.json");
		struct golden g;

		if (!path_exists(plan))
			continue;
		golden_load(&g, names.items[i]);
		test(&g);
		golden_clear(&g);
		tested++;
	}
	assert_true(tested >= 14);
}

static void as_expected(struct golden *g)
{
	_cleanup_free_ char *why = NULL;
	enum verdict word =
		golden_judge(g, g->raw, g->raw_length, g->reports, g->console_length, &why);

	if (!str_eq(verdict_name(word), g->expected.items[0]) || !strstr(why, g->expected.items[1]))
		fail_msg("%s: %s because \"%s\"", g->dir, verdict_name(word), why);
}

static void test_golden_runs_get_their_word(void **state)
{
	for_each_golden(as_expected);
}

static void frames_spoiled(struct golden *g)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, g->raw, '\n');
	for (size_t at = 0; at < lines.count; at++) {
		/* how: cut before the line, drop it, double it, swap it with the next one */
		for (int how = 0; how < 4; how++) {
			_cleanup_strbuf_ struct strbuf sb = { 0 };
			bool same;

			for (size_t i = 0; i < (how ? lines.count : at); i++) {
				size_t from = how == 3 && i == at	? i + 1
					      : how == 3 && i == at + 1 ? at
									: i;

				if ((how == 1 && i == at) || from >= lines.count)
					continue;
				for (int times = how == 2 && i == at ? 2 : 1; times; times--)
					strbuf_addf(&sb, "%s\n", lines.items[from]);
			}
			/* Empty lines between frames carry nothing. */
			same = !*lines.items[at] ||
			       (how == 3 && (at + 1 >= lines.count || !*lines.items[at + 1]));
			if (how && same)
				continue;
			/* All frames are there when only empty lines are cut off. */
			if (!how && at + 1 >= lines.count)
				continue;
			if (golden_judge(g, sb.data ? sb.data : "", sb.length, g->reports,
					 g->console_length, NULL) == VERDICT_PASS)
				fail_msg("%s: a pass with line %zu spoiled (%d)", g->dir, at + 1,
					 how);
		}
	}
}

static void test_golden_frames_cut_dropped_doubled_swapped_never_pass(void **state)
{
	for_each_golden(frames_spoiled);
}

/* A sample of all bytes; with KLAB_TEST_FULL every one, which takes minutes. */
static size_t stride(size_t sampled)
{
	return getenv("KLAB_TEST_FULL") ? 1 : sampled;
}

/* Around each newline, where a frame could be taken for whole, and in between. */
static void frames_cut(struct golden *g)
{
	size_t last = g->raw_length;

	while (last && g->raw[last - 1] == '\n')
		last--;
	for (size_t cut = 0; cut < last; cut++) {
		if (cut % stride(37) && g->raw[cut] != '\n' && (!cut || g->raw[cut - 1] != '\n'))
			continue;
		if (golden_judge(g, g->raw, cut, g->reports, g->console_length, NULL) ==
		    VERDICT_PASS)
			fail_msg("%s: a pass from %zu bytes", g->dir, cut);
	}
}

static void test_golden_frames_cut_in_bytes_never_pass(void **state)
{
	for_each_golden(frames_cut);
}

/* Is one newline more or less at this place nothing? Frames stand between any number of them. */
static bool is_spare_newline(const struct golden *g, size_t at)
{
	return g->raw[at] == '\n' &&
	       (!at || g->raw[at - 1] == '\n' || at + 1 == g->raw_length || g->raw[at + 1] == '\n');
}

/* One byte of the frames turned into another, gone, or there twice. */
static void test_golden_frames_with_a_wrong_byte_never_pass(void **state)
{
	struct golden g;

	golden_load(&g, "swap-write-eio");
	for (size_t at = 0; at < g.raw_length; at += stride(5)) {
		for (int how = 0; how < 3; how++) {
			_cleanup_strbuf_ struct strbuf sb = { 0 };

			if ((how == 1 && is_spare_newline(&g, at)) ||
			    (how == 2 && g.raw[at] == '\n'))
				continue;
			strbuf_add(&sb, g.raw, at);
			for (int times = how; times; times--)
				if (how == 2)
					strbuf_addc(&sb, g.raw[at]);
			if (!how)
				strbuf_addc(&sb, (char)(g.raw[at] ^ 1));
			strbuf_add(&sb, g.raw + at + 1, g.raw_length - at - 1);
			/* A last newline turned into noise leaves frames that are whole. */
			if (golden_judge(&g, sb.data, sb.length, g.reports, g.console_length,
					 NULL) == VERDICT_PASS &&
			    at + 1 < g.raw_length)
				fail_msg("a pass with byte %zu spoiled (%d)", at, how);
		}
	}
	golden_clear(&g);
}

/* A frame of this boot to the last bit, from one who knows its nonce and the next number. */
static char *forged_frame(const struct golden *g, size_t seq, const char *json)
{
	_cleanup_free_ char *head = xasprintf("%s %zu ", json_get_str(g->plan, "nonce", ""), seq);
	uint32_t crc = crc32_ieee(crc32_ieee(0, head, strlen(head)), json, strlen(json));

	return xasprintf("@klab %s%zu %08x %s\n", head, strlen(json), crc, json);
}

/* Init sends on, with numbers of its own: whatever another says in between shows. */
static void test_golden_frames_forged_between_never_pass(void **state)
{
	static const char *const said[] = {
		"{\"k\":\"beat\",\"t\":1}",
		"{\"k\":\"step-end\",\"t\":1,\"i\":6,\"line\":30,\"ok\":true}",
		"{\"k\":\"end\",\"t\":1,\"steps\":7,\"failed\":-1,\"frames\":%zu}",
	};
	_cleanup_strv_ struct strv lines = { 0 };
	size_t frames = 0;
	struct golden g;

	golden_load(&g, "swap-write-eio");
	strv_split(&lines, g.raw, '\n');
	for (size_t at = 0; at < lines.count; at++) {
		for (size_t k = 0; k < ARRAY_SIZE(said); k++) {
			_cleanup_strbuf_ struct strbuf sb = { 0 };
			_cleanup_free_ char *count = xasprintf("%zu", frames);
			_cleanup_free_ char *json = NULL;
			_cleanup_free_ char *forged = NULL;
			const char *hole = strstr(said[k], "%zu");

			json = hole ? xasprintf("%.*s%s%s", (int)(hole - said[k]), said[k], count,
						hole + 3)
				    : xstrdup(said[k]);
			forged = forged_frame(&g, frames, json);
			for (size_t i = 0; i < lines.count; i++) {
				if (i == at)
					strbuf_adds(&sb, forged);
				strbuf_addf(&sb, "%s\n", lines.items[i]);
			}
			if (golden_judge(&g, sb.data, sb.length, g.reports, g.console_length,
					 NULL) == VERDICT_PASS)
				fail_msg("a pass with \"%s\" before line %zu", json, at + 1);
		}
		frames += str_starts(lines.items[at], "@klab ");
	}
	assert_true(frames > 20);
	golden_clear(&g);
}

static void console_cut(struct golden *g)
{
	for (size_t cut = 0; cut < g->console_length; cut++) {
		bool line = !cut || g->console[cut - 1] == '\n';
		_cleanup_json_ json_t *reports = NULL;

		/* Inside of a line, with all reports there are: the bytes alone have to tell. */
		if (!line && cut % stride(61))
			continue;
		reports = line ? report_parse_all(g->console, cut) : json_incref(g->reports);
		if (golden_judge(g, g->raw, g->raw_length, reports, cut, NULL) == VERDICT_PASS)
			fail_msg("%s: a pass from %zu bytes of console", g->dir, cut);
	}
}

static void test_golden_consoles_cut_anywhere_never_pass(void **state)
{
	for_each_golden(console_cut);
}

/* The frames of one boot are none of another's, whose nonce is not theirs. */
static void test_golden_frames_of_another_boot_never_pass(void **state)
{
	struct golden g;

	golden_load(&g, "swap-write-eio");
	json_set_str(g.plan, "nonce", "0123456789abcdef");
	assert_int_equal(golden_judge(&g, g.raw, g.raw_length, g.reports, g.console_length, NULL),
			 VERDICT_INCOMPLETE);
	golden_clear(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_runs_get_their_word),
		cmocka_unit_test(test_golden_frames_cut_dropped_doubled_swapped_never_pass),
		cmocka_unit_test(test_golden_frames_cut_in_bytes_never_pass),
		cmocka_unit_test(test_golden_frames_with_a_wrong_byte_never_pass),
		cmocka_unit_test(test_golden_frames_forged_between_never_pass),
		cmocka_unit_test(test_golden_consoles_cut_anywhere_never_pass),
		cmocka_unit_test(test_golden_frames_of_another_boot_never_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
