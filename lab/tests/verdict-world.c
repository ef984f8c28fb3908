// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/verdict-world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#define GOOD_RUN "lab/tests/fixtures/compare/wbt-on"
#define NONCE	 "6f0c1d2e3f405162"

static json_t *read_json(const char *dir, const char *name)
{
	_cleanup_free_ char *path = path_join(dir, name);
	struct err err = ERR_INIT;
	json_t *j = json_read_file(path, 1 << 24, &err);

	if (!j)
		fail_msg("%s", err.msg);
	return j;
}

static json_t *read_frames(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "frames.jsonl");
	_cleanup_strv_ struct strv lines = { 0 };
	struct err err = ERR_INIT;
	size_t length;
	_cleanup_free_ char *text = file_read(path, 1 << 24, &length, &err);
	json_t *list = json_array();

	assert_non_null(text);
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.count; i++)
		if (*lines.items[i])
			json_array_append_new(list, json_loads(lines.items[i], 0, NULL));
	assert_true(json_array_size(list) > 10);
	return list;
}

/* Read once, since a table test asks ten thousand times; the process keeps it. */
static struct world good;

static void load_good(void)
{
	if (good.plan)
		return;
	good.plan = read_json(GOOD_RUN, "plan.json");
	good.machine = read_json(GOOD_RUN, "machine.json");
	good.reports = read_json(GOOD_RUN, "reports.json");
	good.frames = read_frames(GOOD_RUN);
}

/* The expectations of the case, as the case parser gives them. */
void world_init(struct world *w)
{
	static char *const trace[] = { "submit_bio_noacct", "__swap_writepage", NULL };

	memset(w, 0, sizeof(*w));
	load_good();
	w->plan = json_deep_copy(good.plan);
	w->machine = json_deep_copy(good.machine);
	w->reports = json_deep_copy(good.reports);
	w->frames = json_deep_copy(good.frames);
	w->console_log_ends = true;
	memcpy(w->trace, trace, sizeof(trace));
	for (size_t i = 0; i < ARRAY_SIZE(w->expects); i++) {
		w->expects[i].line = 15 + (int)i;
		w->expects[i].at_least = INT64_MIN;
		w->expects[i].at_most = INT64_MAX;
	}
	w->expects[0].kind = EXPECT_TASK;
	w->expects[0].text = "task: hog, killed_by: SIGKILL";
	w->expects[0].subject = "hog";
	w->expects[0].killed_by = 9;
	w->expects[1].kind = EXPECT_REPORT;
	w->expects[1].text = "report: oom-kill, task: memhog, cgroup: /t";
	w->expects[1].subject = "oom-kill";
	w->expects[1].task = "memhog";
	w->expects[1].cgroup = "/t";
	w->expects[2].kind = EXPECT_INJECTED;
	w->expects[2].text = "injected: fail_make_request, at_least: 1";
	w->expects[2].subject = "fail_make_request";
	w->expects[2].at_least = 1;
	w->expects[3].kind = EXPECT_TRACE;
	w->expects[3].text = "trace: [submit_bio_noacct, __swap_writepage]";
	w->expects[3].functions = (struct strv){ .items = w->trace, .count = 2 };
}

void world_clear(struct world *w)
{
	json_decref(w->plan);
	json_decref(w->machine);
	json_decref(w->reports);
	json_decref(w->frames);
}

/* The frames as the guest would have sent them: numbered anew, counted by the end frame. */
char *world_frames_raw(json_t *list)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	json_t *frame;
	size_t i;

	json_array_foreach (list, i, frame) {
		_cleanup_json_ json_t *sent = json_copy(frame);
		_cleanup_free_ char *head = xasprintf(NONCE " %zu ", i);
		_cleanup_free_ char *text = NULL;
		uint32_t crc;

		json_object_del(sent, "seq");
		if (str_eq(json_get_str(sent, "k", ""), "end"))
			json_set_int(sent, "frames", (int64_t)i);
		text = json_dumps(sent, JSON_COMPACT);
		crc = crc32_ieee(0, head, strlen(head));
		crc = crc32_ieee(crc, text, strlen(text));
		strbuf_addf(&out, "@klab %s%zu %08" PRIx32 " %s\n", head, strlen(text), crc, text);
	}
	return strbuf_take(&out);
}

enum verdict world_judge_raw(struct world *w, const char *raw, size_t length, json_t **out)
{
	struct frames frames = { 0 };
	struct verdict_facts facts = { .machine = w->machine,
				       .frames = &frames,
				       .reports = w->reports,
				       .console_dropped = w->console_dropped,
				       .console_log_ends = w->console_log_ends,
				       .console_lacks = w->console_lacks,
				       .plan = w->plan,
				       .kernel_hz = w->kernel_hz,
				       .expects = w->expects,
				       .expect_count = ARRAY_SIZE(w->expects) };
	enum verdict word;
	json_t *verdict;

	frames_parse(&frames, raw, length, NONCE);
	verdict = verdict_judge(&facts, &word);
	assert_string_equal(json_get_str(verdict, "verdict", ""), verdict_name(word));
	/* The first reason is the word's own: what is said first is why. */
	assert_string_equal(json_get_str(json_array_get(json_get_array(verdict, "reasons"), 0),
					 "verdict", ""),
			    verdict_name(word));
	frames_clear(&frames);
	if (out)
		*out = verdict;
	else
		json_decref(verdict);
	return word;
}

enum verdict world_judge(struct world *w, json_t **out)
{
	_cleanup_free_ char *raw = world_frames_raw(w->frames);

	return world_judge_raw(w, raw, strlen(raw), out);
}

/* The first reason of the verdict: its text and its place. */
void world_assert_reason(const json_t *verdict, const char *what, const char *where)
{
	const json_t *first = json_array_get(json_get_array(verdict, "reasons"), 0);

	assert_non_null(strstr(json_get_str(first, "what", ""), what));
	assert_string_equal(json_get_str(first, "where", ""), where);
}

json_t *world_frame(struct world *w, const char *k, size_t nth, size_t *index)
{
	json_t *frame;
	size_t i;

	json_array_foreach (w->frames, i, frame) {
		if (!str_eq(json_get_str(frame, "k", ""), k) || nth--)
			continue;
		if (index)
			*index = i;
		return frame;
	}
	fail_msg("no such frame: %s", k);
	return NULL;
}

json_t *world_add_report(struct world *w, const char *kind, bool info)
{
	json_t *r = json_object();

	json_set_str(r, "title", "a planted report");
	json_set_str(r, "kind", kind);
	json_set_bool(r, "info", info);
	json_set_bool(r, "panicked", false);
	json_set_int(r, "start_line", 77);
	json_set_int(r, "count", 1);
	json_array_append_new(w->reports, r);
	return r;
}

void world_starve(struct world *w)
{
	json_set_int(w->machine, "wall_ms", 600000);
	json_set_int(w->machine, "starved_ms", 30000);
	json_set_int(w->machine, "first_output_ms", 2000);
	json_object_set_new(w->machine, "starved",
			    json_pack("[[i,i],[i,i],[i,i],[i,i]]", 1000, 0, 100000, 0, 130000,
				      30000, 600000, 30000));
}

json_t *world_add_stall(struct world *w, const char *kind, double time_s)
{
	json_t *report = world_add_report(w, kind, false);

	json_object_set_new(report, "time_s", json_real(time_s));
	json_object_set_new(report, "details", json_object());
	return report;
}
