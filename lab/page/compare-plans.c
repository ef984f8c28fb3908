// SPDX-License-Identifier: GPL-2.0-or-later
/* What cases that are compared do otherwise than each other, on each kind of page. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-html.h"
#include "page/compare-markdown.h"
#include "page/compare-text.h"

#define MAX_TEXT 400 /* bytes of a step that has many arguments */

static const json_t *rows_of(const json_t *comparison)
{
	return json_get_array(comparison, "plan");
}

/* Where a step stands: "on a and b", "2× on a, 1× on b". Yours. */
static char *where_text(const json_t *comparison, const json_t *row)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	json_t *times;
	size_t s;

	json_array_foreach (json_object_get(row, "sides"), s, times) {
		json_int_t n = json_integer_value(times);

		if (!n)
			continue;
		strbuf_adds(&out, out.length ? ", " : "on ");
		if (n > 1)
			strbuf_addf(&out, "%" JSON_INTEGER_FORMAT "× on ", n);
		strbuf_adds(&out, compare_say_name(comparison, s));
	}
	return strbuf_take(&out);
}

/* Yours. */
static char *short_text(const json_t *row)
{
	const char *text = json_get_str(row, "text", "?");

	return strlen(text) > MAX_TEXT ? xasprintf("%.*s...", MAX_TEXT, text) : xstrdup(text);
}

/* Is it the first that stands where it does? Those that stand in one place are told together. */
static bool is_first(const json_t *rows, size_t at)
{
	json_t *sides = json_object_get(json_array_get(rows, at), "sides");

	for (size_t i = 0; i < at; i++)
		if (json_equal(json_object_get(json_array_get(rows, i), "sides"), sides))
			return false;
	return true;
}

static bool stands_with(const json_t *row, const json_t *other)
{
	return json_equal(json_object_get(row, "sides"), json_object_get(other, "sides"));
}

/* "expects " before what is no step. */
static const char *part_word(const json_t *row)
{
	const char *part = json_get_str(row, "part", "");

	return str_eq(part, "expect") ? "expects " : str_eq(part, "probes") ? "probes " : "";
}

void compare_page_plans(struct compare_page *c)
{
	const json_t *rows = rows_of(c->comparison);
	json_t *row, *other;
	size_t i, k;

	if (!rows)
		return;
	compare_page_section(c, "steps");
	page_addf(&c->p, TONE_PLAIN, "%" PRId64 " steps and expectations in common",
		  json_get_int(c->comparison, "plan_same", 0));
	page_line(&c->p);
	json_array_foreach (rows, i, row) {
		_cleanup_free_ char *where = where_text(c->comparison, row);

		if (!is_first(rows, i))
			continue;
		page_to(&c->p, PAGE_LABEL);
		page_wrap(&c->p, TONE_STRONG, where, PAGE_LABEL);
		page_line(&c->p);
		json_array_foreach (rows, k, other) {
			_cleanup_free_ char *text = short_text(other);

			if (!stands_with(other, row))
				continue;
			page_to(&c->p, PAGE_LABEL + 2);
			page_add(&c->p, TONE_DIM, part_word(other));
			page_wrap(&c->p, TONE_PLAIN, text, PAGE_LABEL + 4);
			page_line(&c->p);
		}
	}
}

void markdown_add_plans(struct markdown *m)
{
	const json_t *rows = rows_of(m->comparison);
	json_t *row;
	size_t i;

	if (!rows)
		return;
	markdown_add_label(m, "Steps");
	strbuf_addf(&m->out, "%" PRId64 " steps and expectations in common.\n\n",
		    json_get_int(m->comparison, "plan_same", 0));
	json_array_foreach (rows, i, row) {
		_cleanup_free_ char *where = where_text(m->comparison, row);
		_cleanup_free_ char *text = short_text(row);

		strbuf_adds(&m->out, "- ");
		markdown_add_text(&m->out, where);
		strbuf_addf(&m->out, ": %s", part_word(row));
		markdown_add_code(&m->out, text);
		strbuf_addc(&m->out, '\n');
	}
	strbuf_adds(&m->out, json_array_size(rows) ? "\n" : "");
}

void compare_html_plans(struct html_page *h)
{
	const json_t *rows = rows_of(h->comparison);
	json_t *row;
	size_t i;

	if (!rows)
		return;
	compare_html_begin(h, "steps", "Steps");
	html_elementf(&h->out, "p", NULL, "%" PRId64 " steps and expectations in common",
		      json_get_int(h->comparison, "plan_same", 0));
	strbuf_adds(&h->out, "<ul>");
	json_array_foreach (rows, i, row) {
		_cleanup_free_ char *where = where_text(h->comparison, row);
		_cleanup_free_ char *text = short_text(row);

		strbuf_adds(&h->out, "<li>");
		html_elementf(&h->out, "b", NULL, "%s: ", where);
		html_text(&h->out, part_word(row));
		html_element(&h->out, "code", NULL, text);
		strbuf_adds(&h->out, "</li>\n");
	}
	strbuf_adds(&h->out, "</ul>\n");
	compare_html_end(h);
}
