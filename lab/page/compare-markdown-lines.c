// SPDX-License-Identifier: GPL-2.0-or-later
/* Of a comparison in Markdown: traces, and where deterministic runs part, as diffs. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-markdown.h"

#define MAX_TRACES 6 /* that differ, with their frames; the others have a line each */
#define MAX_EXACT  2 /* pairs with their lines */

static void add_diff_line(struct strv *lines, const char *left, const char *right)
{
	if (left && right)
		strv_addf(lines, "  %s", left);
	else if (left || right)
		strv_addf(lines, "%s %s", left ? "-" : "+", left ? left : right);
	else
		strv_add(lines, "@@");
}

/* "f", "f (moved)". Yours; NULL: that side lacks it. */
static char *frame_text(const json_t *trace, size_t row, size_t side)
{
	const json_t *names = json_array_get(json_object_get(trace, "rows"), row);
	const char *name = json_string_value(json_array_get(names, side));
	const char *mark = json_string_value(json_array_get(json_object_get(trace, "marks"), row));

	return name ? xasprintf("%s%s", name, str_eq(mark, "moved") ? " (moved)" : "") : NULL;
}

static void add_frames(struct markdown *m, const json_t *trace)
{
	const json_t *rows = json_object_get(trace, "rows");
	bool alone = json_array_size(json_object_get(trace, "sides")) < 2;
	_cleanup_strv_ struct strv lines = { 0 };

	for (size_t i = 0; i < json_array_size(rows); i++) {
		_cleanup_free_ char *left = frame_text(trace, i, 0);
		_cleanup_free_ char *right = frame_text(trace, i, 1);
		size_t fold = alone ? 0 : compare_say_fold(rows, i);

		if (fold) {
			strv_addf(&lines, "@@ %zu frames in common, from %s", fold, left);
			i += fold - 1;
		} else {
			add_diff_line(&lines,
				      left    ? left
				      : alone ? "?"
					      : NULL,
				      alone ? left : right);
		}
	}
	strbuf_adds(&m->out, "\n\n");
	markdown_add_block(&m->out, alone ? "" : "diff", &lines);
}

static void add_other_title(struct markdown *m, const json_t *trace)
{
	_cleanup_free_ char *text = compare_say_other_title(m->comparison, trace);

	if (!text)
		return;
	strbuf_adds(&m->out, "; ");
	markdown_add_text(&m->out, text);
}

static void add_some_traces(struct markdown *m, bool equal, size_t *shown)
{
	const json_t *traces = json_object_get(m->comparison, "traces");
	json_t *trace;
	size_t i;

	json_array_foreach (traces, i, trace) {
		_cleanup_free_ char *state = NULL;

		if (json_get_bool(trace, "equal", false) != equal)
			continue;
		state = compare_say_trace(m->comparison, i);
		if (!state)
			continue;
		strbuf_adds(&m->out, equal ? "- " : "");
		markdown_add_text(&m->out, json_get_str(trace, "title", "?"));
		strbuf_adds(&m->out, ": ");
		markdown_add_text(&m->out, state);
		add_other_title(m, trace);
		if (!equal && (*shown)++ < MAX_TRACES)
			add_frames(m, trace);
		else
			strbuf_adds(&m->out, equal ? "\n" : "\n\n");
	}
}

void markdown_add_traces(struct markdown *m)
{
	size_t shown = 0;

	if (!json_array_size(json_object_get(m->comparison, "traces")))
		return;
	markdown_add_label(m, "Traces");
	strbuf_adds(&m->out, "innermost first; addresses, offsets, times and pids left aside.\n\n");
	add_some_traces(m, false, &shown);
	add_some_traces(m, true, &shown);
	strbuf_addc(&m->out, '\n');
	markdown_add_more(m, (size_t)json_get_int(m->comparison, "traces_left_out", 0), "traces");
}

static void add_lines(struct markdown *m, const json_t *part)
{
	const json_t *rows = json_object_get(json_get_object(part, "first"), "rows");
	_cleanup_strv_ struct strv lines = { 0 };
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		const char *left = json_string_value(json_array_get(row, 0));
		const char *right = json_string_value(json_array_get(row, 1));

		if (left && right && json_get_bool(part, "coarse", false)) {
			add_diff_line(&lines, left, NULL);
			add_diff_line(&lines, NULL, right);
		} else {
			add_diff_line(&lines, left, right);
		}
	}
	if (!lines.count)
		return;
	strbuf_addc(&m->out, '\n');
	markdown_add_block(&m->out, "diff", &lines);
}

static void add_pair(struct markdown *m, const json_t *row, bool with_lines)
{
	static const char *const parts[] = { "console", "frames" };
	const json_t *runs = json_object_get(row, "runs");
	size_t side = (size_t)json_get_int(row, "side", 1);

	markdown_add_label(m, "Exact");
	strbuf_addf(&m->out, "seed %" PRId64 ", ", json_get_int(row, "seed", 0));
	markdown_add_code(&m->out,
			  compare_say_name(m->comparison, (size_t)json_get_int(row, "against", 0)));
	strbuf_adds(&m->out, " and ");
	markdown_add_code(&m->out, compare_say_name(m->comparison, side));
	strbuf_adds(&m->out, ", deterministic:\n\n");
	for (size_t k = 0; k < ARRAY_SIZE(parts); k++) {
		enum tone tone;
		_cleanup_free_ char *text = compare_say_exact(m->comparison, row, parts[k], &tone);

		strbuf_adds(&m->out, "- ");
		markdown_add_text(&m->out, text);
		strbuf_addc(&m->out, '\n');
		if (with_lines)
			add_lines(m, json_get_object(row, parts[k]));
	}
	for (size_t i = 0; with_lines && i < json_array_size(runs); i++) {
		_cleanup_free_ char *command =
			xasprintf("sh %s/rerun.sh", json_string_value(json_array_get(runs, i)));

		strbuf_adds(&m->out, "- again: ");
		markdown_add_code(&m->out, command);
		strbuf_addc(&m->out, '\n');
	}
	strbuf_addc(&m->out, '\n');
}

void markdown_add_exact(struct markdown *m)
{
	const json_t *rows = json_get_array(m->comparison, "exact");
	size_t parting = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		bool parts = json_get_bool(row, "differs", false);

		add_pair(m, row, parts && parting < MAX_EXACT);
		parting += parts;
	}
}
