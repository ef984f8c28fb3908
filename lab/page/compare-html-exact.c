// SPDX-License-Identifier: GPL-2.0-or-later
/* Deterministic runs of one seed: where they part. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-html.h"

#define MAX_WITH_LINES 8 /* pairs */

static void add_line(struct html_page *h, const char *class, const char *sign, const char *line)
{
	strbuf_addf(&h->out, "<tr%s%s%s><td class=\"sign\">%s</td><td>", *class ? " class=\"" : "",
		    class, *class ? "\"" : "", sign);
	html_line(&h->out, line, strlen(line));
	strbuf_adds(&h->out, "</td></tr>");
}

/* The first rows that differ: what both say once, else a line of each. */
static void add_lines(struct html_page *h, const json_t *part)
{
	const json_t *rows = json_object_get(json_get_object(part, "first"), "rows");
	bool coarse = json_get_bool(part, "coarse", false);
	json_t *row;
	size_t i;

	if (!json_array_size(rows))
		return;
	strbuf_adds(&h->out, "<details><summary>the first lines</summary>"
			     "<table class=\"diff\"><tbody>");
	json_array_foreach (rows, i, row) {
		const char *left = json_string_value(json_array_get(row, 0));
		const char *right = json_string_value(json_array_get(row, 1));

		if (!left && !right)
			add_line(h, "gap", "…", "");
		else if (left && right && !coarse)
			add_line(h, "", "", left);
		if (left && (!right || coarse))
			add_line(h, "removed", "−", left);
		if (right && (!left || coarse))
			add_line(h, "added", "+", right);
	}
	strbuf_adds(&h->out, "</tbody></table></details>");
}

void compare_html_exact(struct html_page *h)
{
	static const char *const what[] = { "console", "frames" };
	int64_t left = json_get_int(h->comparison, "exact_left_out", 0);
	json_t *row;
	size_t i;

	if (!json_array_size(json_object_get(h->comparison, "exact")))
		return;
	compare_html_begin(h, "exact", "Run by run of one seed");
	strbuf_adds(&h->out, "<ul class=\"exact\">");
	json_array_foreach (json_object_get(h->comparison, "exact"), i, row) {
		strbuf_adds(&h->out, "<li>");
		html_elementf(&h->out, "b", NULL, "seed %" PRId64 ", %s and %s",
			      json_get_int(row, "seed", 0), compare_say_name(h->comparison, 0),
			      compare_say_name(h->comparison,
					       (size_t)json_get_int(row, "side", 1)));
		for (size_t k = 0; k < ARRAY_SIZE(what); k++) {
			enum tone tone;
			_cleanup_free_ char *text =
				compare_say_exact(h->comparison, row, what[k], &tone);

			html_element(&h->out, "div", compare_html_class(tone), text);
			if (i < MAX_WITH_LINES)
				add_lines(h, json_get_object(row, what[k]));
		}
		strbuf_adds(&h->out, "</li>");
	}
	strbuf_adds(&h->out, "</ul>");
	if (left)
		html_elementf(&h->out, "p", "warn", "%" PRId64 " more pairs were not compared.",
			      left);
	compare_html_end(h);
}
