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

/* What is the same as far as it goes is told as that, and not as a difference. */
static void add_place(struct page *p, const json_t *repeats)
{
	const char *ended = json_get_str(repeats, "ended", "");
	const char *file = json_get_str(repeats, "file", "?");
	const json_t *end = json_get_object(repeats, "end");
	int64_t line = json_get_int(repeats, "line", 0);

	if (!json_object_get(repeats, "file"))
		page_addf(p, TONE_BAD, "not: the same words, but it ended by %s, and not %s as ",
			  json_get_str(end, "second", "?"), json_get_str(end, "first", "?"));
	else if (str_eq(ended, "second"))
		page_addf(p, TONE_BAD,
			  "not: ended early, at %s:%" PRId64 "; the same until there: ", file,
			  line);
	else if (str_eq(ended, "first"))
		page_addf(p, TONE_BAD,
			  "not: goes on at %s:%" PRId64 " after the end of what it repeats: ", file,
			  line);
	else
		page_addf(p, TONE_BAD, "not: %s:%" PRId64 " differs from ", file, line);
}

static const char port_full[] =
	"the host was so busy that klab read a port too late, and the guest may have waited for "
	"it: no evidence of chance in the guest";

void exact_page_add(struct page *p, const json_t *repeats)
{
	const char *first = json_get_str(repeats, "run", "?");
	const char *until = json_get_str(repeats, "until", NULL);

	if (!json_is_object(repeats))
		return;
	page_label(p, "repeats");
	if (json_get_bool(repeats, "same", false)) {
		page_add(p, TONE_GOOD, "to the byte");
		if (until)
			page_addf(p, TONE_PLAIN, ", until it was ended from outside (%s)", until);
		page_add(p, TONE_GOOD, ": ");
		page_wrap(p, TONE_DIM, first, PAGE_LABEL);
		page_line(p);
		return;
	}
	add_place(p, repeats);
	page_wrap(p, TONE_DIM, first, PAGE_LABEL);
	page_line(p);
	if (json_get_bool(repeats, "port_full", false)) {
		page_to(p, PAGE_LABEL);
		page_wrap(p, TONE_WARN, port_full, PAGE_LABEL);
		page_line(p);
	}
	if (!json_object_get(repeats, "file"))
		return;
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
