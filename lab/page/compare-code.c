// SPDX-License-Identifier: GPL-2.0-or-later
/* What of the kernels' code the toggle changed: how many functions, and which. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-text.h"

#define MAX_NAMES 8 /* of a kind, unless verbose */

/* Those of one kind; in_case: of these only those that the case ran, or that it did not. */
struct names {
	const char *status;
	const bool *in_case; /* NULL: all */
};

static bool is_of(const json_t *function, const struct names *names)
{
	return str_eq(json_get_str(function, "status", ""), names->status) &&
	       (!names->in_case || compare_say_case_ran(function) == *names->in_case);
}

/* With its size on each side where all is told. */
static void add_name(struct compare_page *c, struct strbuf *text, const json_t *function)
{
	const json_t *bytes = json_object_get(function, "size_bytes");

	strbuf_addf(text, "%s%s", text->length ? ", " : "", json_get_str(function, "name", "?"));
	if (c->p.style.verbose)
		strbuf_addf(text, " (%" PRId64 " → %" PRId64 ")",
			    (int64_t)json_integer_value(json_array_get(bytes, 0)),
			    (int64_t)json_integer_value(json_array_get(bytes, 1)));
}

static void add_names(struct compare_page *c, const json_t *row, const struct names *names)
{
	size_t max = c->p.style.verbose ? SIZE_MAX : MAX_NAMES, i, n = 0;
	int indent = PAGE_LABEL + (names->in_case ? 2 : 0);
	_cleanup_strbuf_ struct strbuf text = { 0 };
	json_t *f;

	json_array_foreach (json_object_get(row, "functions"), i, f)
		if (is_of(f, names) && n++ < max)
			add_name(c, &text, f);
	if (!n)
		return;
	if (n > max)
		strbuf_addf(&text, " and %zu more", n - max);
	page_to(&c->p, indent);
	page_addf(&c->p, TONE_PLAIN, "%s ", names->status);
	page_wrap(&c->p, TONE_DIM, text.data, indent + 2);
	page_line(&c->p);
}

static void add_kinds(struct compare_page *c, const json_t *row, const bool *in_case)
{
	static const char *const kinds[] = { "added", "removed", "changed" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		add_names(c, row, &(struct names){ kinds[i], in_case });
}

static void add_line(struct compare_page *c, enum tone tone, char *text)
{
	page_to(&c->p, PAGE_LABEL);
	page_wrap(&c->p, tone, text, PAGE_LABEL);
	page_line(&c->p);
	free(text);
}

/* Those that the case ran first: they are what a difference can come from. */
static void add_ran(struct compare_page *c, const json_t *row)
{
	static const bool yes = true, no = false;
	const json_t *ran = json_object_get(row, "ran");
	int64_t in_case = json_get_int(ran, "case", 0), boot = json_get_int(ran, "boot", 0);
	int64_t rest = boot + json_get_int(ran, "never", 0);
	_cleanup_free_ char *but =
		boot ? xasprintf(", though the boot ran %" PRId64, boot) : xstrdup("");
	_cleanup_free_ char *text = compare_say_ran(c->comparison, row);

	add_line(c, TONE_STRONG, xasprintf("%s:", text));
	if (in_case)
		add_kinds(c, row, &yes);
	if (in_case && rest)
		add_line(c, TONE_PLAIN, xasprintf("it did not run %" PRId64 "%s:", rest, but));
	add_kinds(c, row, &no);
}

static void add_doubts(struct compare_page *c, const json_t *row)
{
	_cleanup_strv_ struct strv doubts = { 0 };

	compare_say_ran_doubts(c->comparison, row, &doubts);
	for (size_t i = 0; i < doubts.count; i++)
		add_line(c, TONE_WARN, xstrdup(doubts.items[i]));
	if (compare_say_ran_unasked(c->comparison, row))
		add_line(c, TONE_DIM, xstrdup("--coverage says which of them the case runs"));
}

static void add_row(struct compare_page *c, const json_t *row)
{
	const char *unknown = json_get_str(row, "unknown", NULL);
	_cleanup_free_ char *again = compare_say_code_again(c->comparison, row);
	_cleanup_free_ char *sum = again ? xstrdup(again) : compare_say_code(row);
	_cleanup_free_ char *pair = compare_say_code_pair(c->comparison, row);

	if (*pair) {
		page_wrap(&c->p, TONE_STRONG, pair, PAGE_LABEL);
		page_add(&c->p, TONE_STRONG, ": ");
	}
	page_wrap(&c->p, unknown ? TONE_WARN : TONE_PLAIN, sum, PAGE_LABEL);
	page_line(&c->p);
	if (again)
		return;
	if (json_object_get(row, "ran"))
		add_ran(c, row);
	else
		add_kinds(c, row, NULL);
	add_doubts(c, row);
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
