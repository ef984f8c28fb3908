// SPDX-License-Identifier: GPL-2.0-or-later
/* Traces of one report on two sides, frame beside frame. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-html.h"

static const struct mark {
	const char *word, *class, *sign, *says;
} marks[] = {
	{ "same", "", "", "" },
	{ "missing", "removed", "−", "missing on the other" },
	{ "inserted", "added", "+", "inserted on the other" },
	{ "moved", "moved", "↕", "moved: elsewhere on the other" },
};

static const struct mark *mark_at(const json_t *trace, size_t row)
{
	const char *word = json_string_value(json_array_get(json_object_get(trace, "marks"), row));

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (str_eq(word, marks[i].word))
			return &marks[i];
	return &marks[0];
}

static void add_place(struct html_page *h, const json_t *frame)
{
	int64_t line = json_get_int(frame, "line", 0);
	const char *file = json_get_str(frame, "file", NULL);
	const char *module = json_get_str(frame, "module", NULL);

	if (file && line)
		html_elementf(&h->out, "small", NULL, " %s:%" PRId64, file, line);
	else if (file)
		html_elementf(&h->out, "small", NULL, " %s", file);
	if (module)
		html_elementf(&h->out, "small", NULL, " [%s]", module);
	if (json_get_bool(frame, "inline", false))
		html_element(&h->out, "small", NULL, " inlined");
}

static void add_frame(struct html_page *h, const json_t *trace, size_t row, size_t side)
{
	const json_t *names = json_array_get(json_object_get(trace, "rows"), row);
	const char *name = json_string_value(json_array_get(names, side));

	strbuf_adds(&h->out, "<td class=\"frame\">");
	if (name) {
		html_text(&h->out, name);
		add_place(h, json_array_get(json_array_get(json_object_get(trace, "frames"), row),
					    side));
	}
	strbuf_adds(&h->out, "</td>");
}

/* Frames that the kernel marks with "?" stand dim before the row; they are not compared. */
static void add_guesses(struct html_page *h, const json_t *trace, size_t row, size_t sides)
{
	json_t *guess;
	size_t i;

	json_array_foreach (json_object_get(trace, "guesses"), i, guess) {
		size_t side = (size_t)json_get_int(guess, "side", 0);

		if (json_get_int(guess, "row", -1) != (json_int_t)row)
			continue;
		strbuf_adds(&h->out, "<tr class=\"guess\"><td class=\"sign\">?</td>");
		for (size_t s = 0; s < sides; s++)
			html_element(&h->out, "td", "frame",
				     s == side ? json_get_str(guess, "symbol", "?") : "");
		strbuf_adds(&h->out, "</tr>");
	}
}

static void add_row(struct html_page *h, const json_t *trace, size_t row, size_t sides)
{
	const struct mark *mark = sides > 1 ? mark_at(trace, row) : &marks[0];
	bool begins = *mark->class && (!row || !*mark_at(trace, row - 1)->class);

	strbuf_adds(&h->out, "<tr");
	if (*mark->class)
		strbuf_addf(&h->out, " class=\"%s\"", mark->class);
	strbuf_addf(&h->out, "%s><td class=\"sign\"", begins ? " data-d=\"\" tabindex=\"-1\"" : "");
	if (*mark->says)
		strbuf_addf(&h->out, " title=\"%s\"", mark->says);
	strbuf_addf(&h->out, ">%s</td>", mark->sign);
	for (size_t s = 0; s < sides; s++)
		add_frame(h, trace, row, s);
	strbuf_adds(&h->out, "</tr>");
}

static void add_rows(struct html_page *h, const json_t *trace)
{
	size_t count = json_array_size(json_object_get(trace, "rows"));
	size_t sides = json_array_size(json_object_get(trace, "sides")) < 2 ? 1 : 2;

	strbuf_adds(&h->out, "<table class=\"trace\"><thead><tr><th></th>");
	for (size_t s = 0; s < sides; s++)
		compare_html_side(h, "th", (size_t)json_integer_value(compare_say_cell(trace, s)));
	strbuf_adds(&h->out, "</tr></thead><tbody>");
	for (size_t r = 0; r <= count; r++) {
		add_guesses(h, trace, r, sides);
		if (r < count)
			add_row(h, trace, r, sides);
	}
	strbuf_adds(&h->out, "</tbody></table>");
}

static void add_other_title(struct html_page *h, const json_t *trace)
{
	_cleanup_free_ char *text = compare_say_other_title(h->comparison, trace);

	if (text)
		html_element(&h->out, "p", "dim", text);
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
	add_other_title(h, trace);
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
