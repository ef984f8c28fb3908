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

/* What boots the two runs of the pair again. */
static void add_repeats(struct html_page *h, const json_t *row)
{
	const size_t sides[] = { (size_t)json_get_int(row, "against", 0),
				 (size_t)json_get_int(row, "side", 1) };

	strbuf_adds(&h->out, "<div class=\"dim\">again:");
	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		const json_t *runs = json_object_get(row, "runs");
		const char *id = json_string_value(json_array_get(runs, i));
		size_t run = compare_html_find_run(h->comparison, sides[i], id ? id : "");
		const char *link = run < h->run_count ? h->runs[run].link : NULL;
		_cleanup_free_ char *script = xasprintf("%s/rerun.sh", link ? link : "");
		_cleanup_free_ char *text = xasprintf("sh %s/rerun.sh", id ? id : "?");

		strbuf_addc(&h->out, ' ');
		if (link && strv_has(h->runs[run].files, "rerun.sh"))
			html_link(&h->out, script, text);
		else
			html_text(&h->out, text);
	}
	strbuf_adds(&h->out, "</div>");
}

static void add_pair(struct html_page *h, const json_t *row, bool with_lines)
{
	static const char *const what[] = { "console", "frames" };
	size_t side = (size_t)json_get_int(row, "side", 1);

	strbuf_adds(&h->out, "<li>");
	html_elementf(&h->out, "b", NULL, "seed %" PRId64 ", %s and %s",
		      json_get_int(row, "seed", 0),
		      compare_say_name(h->comparison, (size_t)json_get_int(row, "against", 0)),
		      compare_say_name(h->comparison, side));
	for (size_t k = 0; k < ARRAY_SIZE(what); k++) {
		enum tone tone;
		_cleanup_free_ char *text = compare_say_exact(h->comparison, row, what[k], &tone);

		html_element(&h->out, "div", compare_html_class(tone), text);
		if (with_lines)
			add_lines(h, json_get_object(row, what[k]));
	}
	if (json_get_bool(row, "differs", false))
		add_repeats(h, row);
	strbuf_adds(&h->out, "</li>");
}

void compare_html_exact(struct html_page *h)
{
	int64_t left = json_get_int(h->comparison, "exact_left_out", 0);
	size_t i, parting = 0;
	json_t *row;

	if (!json_array_size(json_object_get(h->comparison, "exact")))
		return;
	compare_html_begin(h, "exact", "Run by run of one seed");
	strbuf_adds(&h->out, "<ul class=\"exact\">");
	json_array_foreach (json_object_get(h->comparison, "exact"), i, row) {
		bool parts = json_get_bool(row, "differs", false);

		add_pair(h, row, parts && parting < MAX_WITH_LINES);
		parting += parts;
	}
	strbuf_adds(&h->out, "</ul>");
	if (left)
		html_elementf(&h->out, "p", "warn", "%" PRId64 " more pairs were not compared.",
			      left);
	compare_html_end(h);
}
