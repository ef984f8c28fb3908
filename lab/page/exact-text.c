// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/exact-text.h"

#include <inttypes.h>

#include "base/json.h"

static void add_repeated_line(struct page *p, const json_t *repeats, const char *key)
{
	const char *line = json_get_str(repeats, key, NULL);

	page_to(p, PAGE_LABEL + 2);
	page_add(p, TONE_DIM, str_eq(key, "first") ? "- " : "+ ");
	page_fit(p, line ? TONE_PLAIN : TONE_WARN, line ? line : "nothing: it ends before",
		 p->style.width - PAGE_LABEL - 4);
	page_line(p);
}

void exact_page_add(struct page *p, const json_t *repeats)
{
	const char *first = json_get_str(repeats, "run", "?");

	if (!json_is_object(repeats))
		return;
	page_label(p, "repeats");
	if (json_get_bool(repeats, "same", false)) {
		page_add(p, TONE_GOOD, "to the byte: ");
		page_wrap(p, TONE_DIM, first, PAGE_LABEL);
		page_line(p);
		return;
	}
	page_addf(p, TONE_BAD, "not: %s:%" PRId64 " differs from ",
		  json_get_str(repeats, "file", "?"), json_get_int(repeats, "line", 0));
	page_wrap(p, TONE_DIM, first, PAGE_LABEL);
	page_line(p);
	add_repeated_line(p, repeats, "first");
	add_repeated_line(p, repeats, "second");
}

char *page_exact_text(const json_t *exact, const struct page_style *style)
{
	struct page p;

	page_init(&p, style);
	exact_page_add(&p, exact);
	return page_take(&p);
}
