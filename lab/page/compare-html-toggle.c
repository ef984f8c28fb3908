// SPDX-License-Identifier: GPL-2.0-or-later
/* Was the toggle real: lines of .config, what the running kernels showed, functions. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-html.h"

#define SHOWN_CONFIG 16 /* lines, the others are folded away */

static void add_config_row(struct html_page *h, const json_t *row)
{
	strbuf_adds(&h->out, "<tr>");
	strbuf_adds(&h->out, "<th scope=\"row\">");
	html_textf(&h->out, "CONFIG_%s", json_get_str(row, "symbol", "?"));
	if (json_get_bool(row, "dragged", false))
		strbuf_adds(&h->out, "<small> dragged along</small>");
	strbuf_adds(&h->out, "</th>");
	for (size_t s = 0; s < h->sides; s++) {
		const char *value = json_string_value(compare_say_cell(row, s));

		html_element(&h->out, "td", value ? NULL : "dim", value ? value : COMPARE_ABSENT);
	}
	strbuf_adds(&h->out, "</tr>");
}

static void add_fact_row(struct html_page *h, const json_t *row)
{
	strbuf_adds(&h->out, "<tr>");
	html_element(&h->out, "th", NULL, json_get_str(row, "path", "?"));
	for (size_t s = 0; s < h->sides; s++) {
		enum tone tone;
		_cleanup_free_ char *text = compare_say_fact(compare_say_cell(row, s), &tone);

		html_element(&h->out, "td", compare_html_class(tone), text);
	}
	strbuf_adds(&h->out, "</tr>");
}

/* Facts that tell the sides apart, then lines of .config. */
static void add_table(struct html_page *h)
{
	const json_t *config = json_object_get(h->comparison, "config");
	const json_t *facts = json_object_get(h->comparison, "facts");
	size_t count = json_array_size(config);

	if (!count && !json_array_size(facts))
		return;
	compare_html_begin_table(h);
	for (size_t i = 0; i < json_array_size(facts); i++)
		if (json_get_bool(json_array_get(facts, i), "toggle", false))
			add_fact_row(h, json_array_get(facts, i));
	for (size_t i = 0; i < count; i++) {
		if (i == SHOWN_CONFIG)
			strbuf_addf(&h->out,
				    "</tbody></table><details><summary>%zu more lines of .config "
				    "differ</summary><table class=\"sides\"><tbody>",
				    count - i);
		add_config_row(h, json_array_get(config, i));
	}
	if (count > SHOWN_CONFIG)
		strbuf_adds(&h->out, "</tbody></table></details></div>\n");
	else
		compare_html_end_table(h);
}

/* Functions of one kind: those that the case ran (1), or did not (0), or all of them (2). */
static void add_functions(struct html_page *h, const json_t *row, const char *status, int ran)
{
	size_t i, n = 0;
	json_t *f;

	json_array_foreach (json_object_get(row, "functions"), i, f) {
		const json_t *size = json_object_get(f, "size_bytes");

		if (!str_eq(json_get_str(f, "status", ""), status) ||
		    (ran != 2 && compare_say_case_ran(f) != (ran == 1)))
			continue;
		if (!n++)
			strbuf_addf(&h->out, "<dt>%s%s</dt><dd>", status,
				    ran == 1   ? ", and the case ran it"
				    : ran == 0 ? ", and the case did not run it"
					       : "");
		strbuf_addf(&h->out, "%s<span title=\"%" PRId64 " to %" PRId64 " bytes\">",
			    n > 1 ? ", " : "", (int64_t)json_integer_value(json_array_get(size, 0)),
			    (int64_t)json_integer_value(json_array_get(size, 1)));
		html_text(&h->out, json_get_str(f, "name", "?"));
		strbuf_adds(&h->out, "</span>");
	}
	strbuf_adds(&h->out, n ? "</dd>" : "");
}

/* Those that the case ran first: they are what a difference can come from. */
static void add_all_functions(struct html_page *h, const json_t *row)
{
	static const char *const kinds[] = { "added", "removed", "changed" };
	static const int groups[] = { 2, 1, 0 };
	bool known = json_get_object(row, "ran") != NULL;

	strbuf_adds(&h->out, "<dl>");
	for (size_t g = known ? 1 : 0; g < (known ? 3 : 1); g++)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			add_functions(h, row, kinds[i], groups[g]);
	strbuf_adds(&h->out, "</dl>");
}

/* What the row says in a line, and its functions below. */
static void add_code_functions(struct html_page *h, const json_t *row, const char *sum)
{
	_cleanup_free_ char *ran = compare_say_ran(h->comparison, row);
	_cleanup_free_ char *pair = compare_say_code_pair(h->comparison, row);

	strbuf_adds(&h->out, "<details class=\"code\"><summary>");
	if (*pair)
		html_elementf(&h->out, "b", NULL, "%s: ", pair);
	html_text(&h->out, sum);
	if (ran)
		html_elementf(&h->out, "b", NULL, "; %s", ran);
	strbuf_adds(&h->out, "</summary>");
	add_all_functions(h, row);
	strbuf_adds(&h->out, "</details>");
}

static void add_code(struct html_page *h, const json_t *row)
{
	_cleanup_free_ char *again = compare_say_code_again(h->comparison, row);
	_cleanup_free_ char *sum = compare_say_code(row);
	_cleanup_strv_ struct strv doubts = { 0 };

	if (again) {
		_cleanup_free_ char *pair = compare_say_code_pair(h->comparison, row);

		html_elementf(&h->out, "p", NULL, "%s: %s.", pair, again);
		return;
	}
	if (json_get_str(row, "unknown", NULL))
		html_element(&h->out, "p", "warn", sum);
	else
		add_code_functions(h, row, sum);
	compare_say_ran_doubts(h->comparison, row, &doubts);
	for (size_t i = 0; i < doubts.count; i++)
		html_element(&h->out, "p", "warn", doubts.items[i]);
	if (compare_say_ran_unasked(h->comparison, row))
		html_element(&h->out, "p", "dim", "--coverage says which of them the case runs");
}

void compare_html_toggle(struct html_page *h)
{
	enum tone tone;
	const char *text = compare_say_toggle(h->comparison, &tone);
	json_t *row;
	size_t i;

	compare_html_begin(h, "toggle", "Toggle");
	html_element(&h->out, "p", compare_html_class(tone), text);
	add_table(h);
	json_array_foreach (json_object_get(h->comparison, "code"), i, row)
		add_code(h, row);
	compare_html_end(h);
}
