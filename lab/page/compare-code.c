// SPDX-License-Identifier: GPL-2.0-or-later
/* What of the kernels' code the toggle changed: how many functions, and which. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-text.h"

#define MAX_NAMES 8 /* of a kind, unless verbose */

static void add_names(struct compare_page *c, const json_t *row, const char *status)
{
	size_t max = c->p.style.verbose ? SIZE_MAX : MAX_NAMES, i, n = 0;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	json_t *f;

	json_array_foreach (json_object_get(row, "functions"), i, f) {
		if (!str_eq(json_get_str(f, "status", ""), status))
			continue;
		if (n++ < max)
			strbuf_addf(&text, "%s%s", n > 1 ? ", " : "", json_get_str(f, "name", "?"));
	}
	if (!n)
		return;
	if (n > max)
		strbuf_addf(&text, " and %zu more", n - max);
	page_to(&c->p, PAGE_LABEL);
	page_addf(&c->p, TONE_PLAIN, "%s ", status);
	page_wrap(&c->p, TONE_DIM, text.data, PAGE_LABEL + 2);
	page_line(&c->p);
}

static void add_row(struct compare_page *c, const json_t *row)
{
	const char *unknown = json_get_str(row, "unknown", NULL);
	_cleanup_strv_ struct strv tables = { 0 };
	_cleanup_free_ char *sum = compare_say_code(row);

	if (c->count > 2)
		page_addf(&c->p, TONE_STRONG,
			  "%s, %s: ", compare_say_name_of(c->comparison, row, 0),
			  compare_say_name_of(c->comparison, row, 1));
	page_wrap(&c->p, unknown ? TONE_WARN : TONE_PLAIN, sum, PAGE_LABEL);
	page_line(&c->p);
	if (json_object_get(row, "not_compared"))
		json_to_strv(json_object_get(row, "not_compared"), &tables);
	if (tables.count) {
		_cleanup_free_ char *names = strv_join(&tables, ", ");
		_cleanup_free_ char *text = xasprintf("without the tables %s", names);

		page_to(&c->p, PAGE_LABEL);
		page_wrap(&c->p, TONE_WARN, text, PAGE_LABEL);
		page_line(&c->p);
	}
	add_names(c, row, "added");
	add_names(c, row, "removed");
	add_names(c, row, "changed");
}

void compare_page_code(struct compare_page *c)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(c->comparison, "code"), i, row) {
		page_label(&c->p, i ? "" : "code");
		add_row(c, row);
	}
}
