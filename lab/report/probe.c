// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/probe.h"

#include "base/json.h"

/* The frames as reports have them; all of them are certain, for gdb unwinds by the DWARF. */
static json_t *probe_frames(const json_t *hit)
{
	json_t *frames = json_array(), *frame;
	size_t i;

	json_array_foreach (json_get_array(hit, "frames"), i, frame) {
		json_t *copy = json_is_object(frame) ? json_copy(frame) : json_object();

		json_set_bool(copy, "reliable", true);
		json_array_append_new(frames, copy);
	}
	return frames;
}

static json_t *probe_details(const json_t *hit)
{
	json_t *details = json_object();

	json_set_str(details, "at", json_get_str(hit, "at", NULL));
	json_set_str(details, "when", json_get_str(hit, "when", NULL));
	json_set_int(details, "hit", json_get_int(hit, "hit", 0));
	return details;
}

static json_t *probe_report(const json_t *hit, int64_t line)
{
	const char *at = json_get_str(hit, "at", "?");
	_cleanup_free_ char *title = xasprintf("probe: %s", at);
	json_t *frames = probe_frames(hit), *trace = json_object(), *r = json_object();
	int64_t bytes = json_get_int(hit, "console_bytes", 0);
	const char *kind = "probe"; /* one of case/report-kinds.h */

	json_set_str(trace, "context", "task");
	json_object_set(trace, "frames", frames);
	json_set_str(r, "title", title);
	json_object_set_new(r, "alt_titles", json_array());
	json_set_str(r, "kind", kind);
	json_set_str(r, "frame", json_get_str(json_array_get(frames, 0), "symbol", at));
	json_set_bool(r, "corrupted", false);
	json_set_bool(r, "panicked", false);
	json_set_bool(r, "info", true);
	json_set_int(r, "count", 1);
	json_set_int(r, "start", bytes);
	json_set_int(r, "end", bytes);
	json_set_int(r, "start_line", line);
	json_set_int(r, "end_line", line);
	json_set_str(r, "task", json_get_str(hit, "task", NULL));
	for (const char *const *key = (const char *const[]){ "pid", "cpu", NULL }; *key; key++)
		if (json_is_integer(json_object_get(hit, *key)))
			json_set_int(r, *key, json_get_int(hit, *key, 0));
	json_object_set_new(r, "traces", json_pack("[o]", trace));
	json_object_set_new(r, "details", probe_details(hit));
	json_decref(frames);
	return r;
}

static void insert(json_t *reports, json_t *report)
{
	size_t at = json_array_size(reports);

	while (at > 0 && json_get_int(json_array_get(reports, at - 1), "start", 0) >
				 json_get_int(report, "start", 0))
		at--;
	json_array_insert_new(reports, at, report);
}

void report_add_probes(json_t *reports, const char *bytes, size_t length,
		       int64_t (*line_at)(void *ctx, int64_t offset), void *ctx)
{
	const char *end = bytes + length;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t n = (size_t)((newline ? newline : end) - bytes);
		json_t *hit = json_loadb(bytes, n, 0, NULL);

		if (json_is_object(hit) && json_get_str(hit, "at", NULL))
			insert(reports,
			       probe_report(hit,
					    line_at(ctx, json_get_int(hit, "console_bytes", 0))));
		json_decref(hit);
		bytes += n + (newline != NULL);
	}
}
