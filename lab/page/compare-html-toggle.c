// SPDX-License-Identifier: GPL-2.0-or-later
/* Was the toggle real: lines of .config, what the running kernels showed, functions. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-html.h"

#define SHOWN_CONFIG 16 /* lines, the others are folded away */

static void add_config_row(struct html_page *h, const json_t *row)
{
	strbuf_adds(&h->out, "<tr>");
	html_elementf(&h->out, "th", NULL, "CONFIG_%s", json_get_str(row, "symbol", "?"));
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

static void add_functions(struct html_page *h, const json_t *row, const char *status)
{
	size_t i, n = 0;
	json_t *f;

	json_array_foreach (json_object_get(row, "functions"), i, f) {
		const json_t *size = json_object_get(f, "size_bytes");

		if (!str_eq(json_get_str(f, "status", ""), status))
			continue;
		if (!n++)
			strbuf_addf(&h->out, "<dt>%s</dt><dd>", status);
		strbuf_adds(&h->out, n > 1 ? ", <span" : "<span");
		if (json_get_bool(f, "executed", false))
			strbuf_adds(&h->out, " class=\"strong\"");
		strbuf_addf(&h->out, " title=\"%" PRId64 " to %" PRId64 " bytes\">",
			    (int64_t)json_integer_value(json_array_get(size, 0)),
			    (int64_t)json_integer_value(json_array_get(size, 1)));
		html_text(&h->out, json_get_str(f, "name", "?"));
		strbuf_adds(&h->out, "</span>");
	}
	strbuf_adds(&h->out, n ? "</dd>" : "");
}

static void add_code(struct html_page *h, const json_t *row)
{
	_cleanup_free_ char *sum = compare_say_code(row);
	const json_t *missing = json_object_get(row, "not_compared");
	json_t *table;
	size_t i;

	if (json_get_str(row, "unknown", NULL)) {
		html_element(&h->out, "p", "warn", sum);
		return;
	}
	json_array_foreach (missing, i, table)
		html_elementf(&h->out, "p", "warn", "without the table %s",
			      json_string_value(table) ? json_string_value(table) : "?");
	strbuf_adds(&h->out, "<details class=\"code\"><summary>");
	if (h->sides > 2)
		html_elementf(&h->out, "b", NULL,
			      "%s, %s: ", compare_say_name_of(h->comparison, row, 0),
			      compare_say_name_of(h->comparison, row, 1));
	html_text(&h->out, sum);
	strbuf_adds(&h->out, "</summary><dl>");
	add_functions(h, row, "added");
	add_functions(h, row, "removed");
	add_functions(h, row, "changed");
	strbuf_adds(&h->out, "</dl></details>");
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
