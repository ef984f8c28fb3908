// SPDX-License-Identifier: GPL-2.0-or-later
/* Where deterministic runs of one seed part, on a comparison's page. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-text.h"

#define MAX_SHOWN 4 /* seeds and sides with their lines; the others with a line of their own */

static void add_summary(struct compare_page *c, const json_t *row, const char *what)
{
	enum tone tone;
	_cleanup_free_ char *text = compare_say_exact(c->comparison, row, what, &tone);

	page_to(&c->p, PAGE_LABEL + 2);
	page_wrap(&c->p, tone, text, PAGE_LABEL + 4);
	page_line(&c->p);
}

/* Where what the kernel said begins, behind the time of the line. */
static size_t words_at(const char *line)
{
	const char *end = line[0] == '[' ? strstr(line, "] ") : NULL;

	return end ? (size_t)(end - line) + 2 : 0;
}

/* The line; with `skip` from that byte of its words on, and an ellipsis for what is before it. */
static void add_line(struct compare_page *c, const char *mark, enum tone tone, const char *line,
		     size_t skip)
{
	size_t from = skip ? words_at(line) + skip : 0;
	_cleanup_free_ char *text = xasprintf("%s%s", from ? "\u2026" : "", line + from);

	page_to(&c->p, PAGE_LABEL + 4);
	page_add(&c->p, tone, mark);
	page_fit(&c->p, tone, text, c->p.style.width - PAGE_LABEL - 6);
	page_line(&c->p);
}

/* How much of the words of two lines is skipped so that what differs is seen: they are the same
 * there. */
static size_t same_in_front(const struct compare_page *c, const char *left, const char *right)
{
	size_t columns = (size_t)(c->p.style.width - PAGE_LABEL - 6);
	size_t same = 0;

	if (!left || !right || (strlen(left) <= columns && strlen(right) <= columns))
		return 0;
	left += words_at(left);
	right += words_at(right);
	while (left[same] && left[same] == right[same])
		same++;
	same = same > columns / 2 ? same - columns / 2 : 0;
	/* Not into the middle of a character. */
	while (same && ((unsigned char)left[same] & 0xc0) == 0x80)
		same--;
	return same;
}

static const char *cell(const json_t *rows, size_t row, size_t side)
{
	return json_string_value(json_array_get(json_array_get(rows, row), side));
}

/* Where they part: what both say as it is, then a line of each. */
static void add_lines(struct compare_page *c, const json_t *part)
{
	const json_t *rows = json_object_get(json_get_object(part, "first"), "rows");
	bool coarse = json_get_bool(part, "coarse", false);
	size_t skip = 0; /* of the line above, whose counterpart this one is */

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *left = cell(rows, i, 0), *right = cell(rows, i, 1);

		if (!left && !right)
			add_line(c, "...", TONE_DIM, "", 0);
		else if (left && right && !coarse)
			add_line(c, "  ", TONE_DIM, left, 0);
		if ((left && right && !coarse) || !(left || right)) {
			skip = 0;
			continue;
		}
		if (left) {
			skip = same_in_front(c, left, right ? right : cell(rows, i + 1, 1));
			add_line(c, "- ", TONE_PLAIN, left, skip);
		}
		if (right) {
			add_line(c, "+ ", TONE_PLAIN, right, skip);
			skip = 0;
		}
	}
}

/* How to see it again: each run has the command that repeats it. */
static void add_repeats(struct compare_page *c, const json_t *row, size_t side)
{
	const size_t sides[] = { (size_t)json_get_int(row, "against", 0), side };

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		const char *id = json_string_value(json_array_get(json_object_get(row, "runs"), i));
		const json_t *run;
		size_t r;

		json_array_foreach (json_object_get(compare_say_side(c->comparison, sides[i]),
						    "runs"),
				    r, run) {
			_cleanup_free_ char *command = NULL;

			if (!str_eq(json_get_str(run, "id", ""), id))
				continue;
			command = xasprintf("sh %s/rerun.sh", json_get_str(run, "dir", "?"));
			page_to(&c->p, PAGE_LABEL + 2);
			page_add(&c->p, TONE_DIM, "again: ");
			page_wrap(&c->p, TONE_DIM, command, PAGE_LABEL + 4);
			page_line(&c->p);
		}
	}
}

static void add_pair(struct compare_page *c, const json_t *row, bool with_lines)
{
	static const char *const parts[] = { "console", "frames" };
	size_t side = (size_t)json_get_int(row, "side", 1);

	_cleanup_free_ char *head =
		xasprintf("seed %" PRId64 ", %s and %s", json_get_int(row, "seed", 0),
			  compare_say_name(c->comparison, (size_t)json_get_int(row, "against", 0)),
			  compare_say_name(c->comparison, side));

	page_to(&c->p, PAGE_LABEL);
	page_wrap(&c->p, TONE_STRONG, head, PAGE_LABEL);
	page_line(&c->p);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		add_summary(c, row, parts[i]);
		if (with_lines)
			add_lines(c, json_get_object(row, parts[i]));
	}
	if (with_lines)
		add_repeats(c, row, side);
}

void compare_page_divergence(struct compare_page *c)
{
	const json_t *rows = json_get_array(c->comparison, "exact");
	int64_t left_out = json_get_int(c->comparison, "exact_left_out", 0);
	size_t i, shown = 0;
	json_t *row;

	if (!json_array_size(rows))
		return;
	compare_page_section(c, "exact");
	page_add(&c->p, TONE_DIM, "in deterministic mode, run by run of one seed");
	page_line(&c->p);
	json_array_foreach (rows, i, row) {
		bool parts = json_get_bool(row, "differs", false);

		add_pair(c, row, parts && shown < MAX_SHOWN);
		shown += parts;
	}
	if (left_out) {
		page_to(&c->p, PAGE_LABEL);
		page_addf(&c->p, TONE_WARN, "%" PRId64 " more pairs were not compared", left_out);
		page_line(&c->p);
	}
}
