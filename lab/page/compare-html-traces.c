// SPDX-License-Identifier: GPL-2.0-or-later
/* Traces of one report on two sides, frame beside frame, with all that their runs know of a frame.
 */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-html.h"
#include "page/page.h"
#include "verdict/trace.h"

#define MAX_GUESSES 64 /* frames that the unwinder only guessed, of a side */

/* A side of a trace: the names that were aligned, and the frames they are of where the run is
 * there. */
struct trace_side {
	const json_t *frames; /* borrowed; NULL: names are all there is */
	size_t next;	      /* frame */
	size_t guesses;
};

static bool is_trace(const json_t *trace, const json_t *rows, size_t side)
{
	const json_t *frames = json_object_get(trace, "frames");
	size_t f = 0;

	for (size_t r = 0; r < json_array_size(rows); r++) {
		const char *name = json_string_value(json_array_get(json_array_get(rows, r), side));

		if (!name)
			continue;
		while (f < json_array_size(frames) &&
		       !trace_frame_reliable(json_array_get(frames, f)))
			f++;
		if (f >= json_array_size(frames) ||
		    !trace_symbol_eq(name,
				     json_get_str(json_array_get(frames, f++), "symbol", "?")))
			return false;
	}
	return true;
}

/* The frames of the report that stands where the comparison says. */
static const json_t *find_frames(const struct html_page *h, const json_t *trace, size_t side)
{
	const json_t *where = json_array_get(json_object_get(trace, "where"), side);
	const struct run_facts *run = compare_html_facts(h, json_get_str(where, "dir", ""));
	json_t *report, *its;
	size_t i, k;

	json_array_foreach (run ? run->reports : NULL, i, report) {
		if (json_get_int(report, "start_line", -1) != json_get_int(where, "line", -2))
			continue;
		json_array_foreach (json_object_get(report, "traces"), k, its)
			if (str_eq(json_get_str(its, "context", ""),
				   json_get_str(trace, "context", "")) &&
			    is_trace(its, json_object_get(trace, "rows"), side))
				return json_object_get(its, "frames");
	}
	return NULL;
}

static void add_place(struct html_page *h, const json_t *frame)
{
	int64_t line = json_get_int(frame, "line", 0);
	const char *file = json_get_str(frame, "file", NULL);

	if (file && line)
		html_elementf(&h->out, "small", NULL, " %s:%" PRId64, file, line);
	else if (file)
		html_elementf(&h->out, "small", NULL, " %s", file);
}

/* What the compiler put into the frame's function, innermost first, as the frame is. */
static void add_inlined(struct html_page *h, const json_t *frame)
{
	json_t *inlined;
	size_t i;

	json_array_foreach (json_object_get(frame, "inlined"), i, inlined) {
		strbuf_adds(&h->out, "<span class=\"inlined\">");
		html_text(&h->out, json_get_str(inlined, "symbol", "?"));
		add_place(h, inlined);
		strbuf_adds(&h->out, "</span>");
	}
}

static void add_frame(struct html_page *h, const json_t *frame, const char *name)
{
	const char *module = json_get_str(frame, "module", NULL);
	int64_t offset = json_get_int(frame, "offset", -1);

	strbuf_adds(&h->out, "<td class=\"frame\">");
	add_inlined(h, frame);
	html_text(&h->out, frame ? json_get_str(frame, "symbol", "?") : name ? name : "");
	if (offset >= 0)
		html_elementf(&h->out, "small", NULL, "+0x%" PRIx64 "/0x%" PRIx64, offset,
			      json_get_int(frame, "size", 0));
	if (module)
		html_elementf(&h->out, "small", NULL, " [%s]", module);
	add_place(h, frame);
	strbuf_adds(&h->out, "</td>");
}

/* The next frame that is a guess, before the next that is none; NULL: there is none. */
static const json_t *next_guess(struct trace_side *side)
{
	const json_t *frame = json_array_get(side->frames, side->next);

	if (!frame || trace_frame_reliable(frame) || side->guesses == MAX_GUESSES)
		return NULL;
	side->next++;
	side->guesses++;
	return frame;
}

static const json_t *next_frame(struct trace_side *side)
{
	const json_t *frame = json_array_get(side->frames, side->next);

	while (frame && !trace_frame_reliable(frame))
		frame = json_array_get(side->frames, ++side->next);
	side->next += frame != NULL;
	return frame;
}

/* Frames that the kernel marks with "?" stand dim where they were; they are not compared. */
static void add_guesses(struct html_page *h, struct trace_side *sides, size_t count)
{
	for (;;) {
		const json_t *left = next_guess(&sides[0]);
		const json_t *right = count > 1 ? next_guess(&sides[1]) : NULL;

		if (!left && !right)
			return;
		strbuf_adds(&h->out, "<tr class=\"guess\"><td class=\"sign\">?</td>");
		add_frame(h, left, NULL);
		if (count > 1)
			add_frame(h, right, NULL);
		strbuf_adds(&h->out, "</tr>");
	}
}

static const char *name_at(const json_t *rows, size_t row, size_t side)
{
	return json_string_value(json_array_get(json_array_get(rows, row), side));
}

/* A frame that only one side has here, and only the other has elsewhere. */
static bool is_moved(const json_t *rows, size_t row)
{
	size_t side = name_at(rows, row, 0) ? 0 : 1;
	const char *name = name_at(rows, row, side);

	for (size_t i = 0; name && i < json_array_size(rows); i++)
		if (!name_at(rows, i, side) && name_at(rows, i, 1 - side) &&
		    trace_symbol_eq(name, name_at(rows, i, 1 - side)))
			return true;
	return false;
}

static void begin_row(struct html_page *h, const json_t *rows, size_t row, bool first)
{
	const char *class = "removed", *sign = "−", *says = "only on the first";

	if (name_at(rows, row, 0) && name_at(rows, row, 1)) {
		strbuf_adds(&h->out, "<tr><td class=\"sign\"></td>");
		return;
	}
	if (is_moved(rows, row)) {
		class = "moved";
		sign = "↕";
		says = "moved";
	} else if (!name_at(rows, row, 0)) {
		class = "added";
		sign = "+";
		says = "only on the other";
	}
	strbuf_addf(&h->out, "<tr class=\"%s\"%s><td class=\"sign\" title=\"%s\">%s</td>", class,
		    first ? " data-d=\"\" tabindex=\"-1\"" : "", says, sign);
}

static void add_rows(struct html_page *h, const json_t *trace)
{
	const json_t *rows = json_object_get(trace, "rows");
	size_t count = json_array_size(json_object_get(trace, "sides")) < 2 ? 1 : 2;
	struct trace_side sides[2] = { 0 };
	bool differed = false;

	for (size_t s = 0; s < count; s++)
		sides[s].frames = find_frames(h, trace, s);
	strbuf_adds(&h->out, "<table class=\"trace\"><thead><tr><th></th>");
	for (size_t s = 0; s < count; s++)
		compare_html_side(h, "th", (size_t)json_integer_value(compare_say_cell(trace, s)));
	strbuf_adds(&h->out, "</tr></thead><tbody>");
	for (size_t r = 0; r < json_array_size(rows); r++) {
		bool differs = count > 1 && (!name_at(rows, r, 0) || !name_at(rows, r, 1));

		add_guesses(h, sides, count);
		if (count > 1)
			begin_row(h, rows, r, differs && !differed);
		else
			strbuf_adds(&h->out, "<tr><td class=\"sign\"></td>");
		for (size_t s = 0; s < count; s++) {
			const char *name = name_at(rows, r, s);

			add_frame(h, name ? next_frame(&sides[s]) : NULL, name);
		}
		strbuf_adds(&h->out, "</tr>");
		differed = differs;
	}
	add_guesses(h, sides, count);
	strbuf_adds(&h->out, "</tbody></table>");
}

static void add_trace(struct html_page *h, size_t at)
{
	const json_t *trace = json_array_get(json_object_get(h->comparison, "traces"), at);
	bool equal = json_get_bool(trace, "equal", false);
	bool alone = json_array_size(json_object_get(trace, "sides")) < 2;
	_cleanup_free_ char *state = compare_say_trace(h->comparison, at);
	const char *context = json_get_str(trace, "context", "");

	if (!state)
		return;
	strbuf_addf(&h->out, "<details%s><summary%s>", equal ? "" : " open=\"open\"",
		    alone && !equal ? " data-d=\"\"" : "");
	html_element(&h->out, "b", NULL, json_get_str(trace, "title", "?"));
	if (*context && !str_eq(context, "task"))
		html_elementf(&h->out, "span", "dim", " in %s", context);
	html_elementf(&h->out, "span", equal ? "good" : "warn", " %s", state);
	strbuf_adds(&h->out, "</summary><div class=\"wide\">");
	add_rows(h, trace);
	strbuf_adds(&h->out, "</div></details>");
}

void compare_html_traces(struct html_page *h)
{
	const json_t *traces = json_object_get(h->comparison, "traces");
	int64_t left = json_get_int(h->comparison, "traces_left_out", 0);

	if (!json_array_size(traces))
		return;
	compare_html_begin(h, "traces", "Traces");
	strbuf_adds(
		&h->out,
		"<p class=\"dim\">Innermost first, laid beside each other by the functions' "
		"names. − only on the first, + only on the other, ↕ elsewhere on the other; ? a "
		"guess of the unwinder, not compared.</p>");
	for (int equal = 0; equal < 2; equal++)
		for (size_t i = 0; i < json_array_size(traces); i++)
			if (json_get_bool(json_array_get(traces, i), "equal", false) ==
			    (equal == 1))
				add_trace(h, i);
	if (left)
		html_elementf(&h->out, "p", "warn", "%" PRId64 " more traces are not shown.", left);
	compare_html_end(h);
}
