// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sides that are different cases. Then only what such cases have in common can be compared: the
 * tasks that all of them start, and reports with the device's name in the case in place of the one
 * that the kernel gave it. What the cases do otherwise than each other is told.
 */
#include <inttypes.h>

#include "base/json.h"
#include "compare/compare-internal.h"

#define MAX_VALUES 4 /* of an argument, in a step's text */

static const char *case_of(const struct compare_side *side)
{
	return json_get_str(side->runs[0].run, "case", "");
}

bool compare_cases_differ(const struct compare_side *sides, size_t count)
{
	for (size_t s = 1; s < count; s++)
		if (!str_eq(case_of(&sides[s]), case_of(&sides[0])))
			return true;
	return false;
}

const struct compare_side *compare_same_case(const struct compare_sides *c,
					     const struct compare_side *side)
{
	for (size_t s = 0; s < c->count; s++)
		if (str_eq(case_of(&c->sides[s]), case_of(side)))
			return &c->sides[s];
	return side;
}

char *compare_case_names(const struct compare_side *sides, size_t count)
{
	_cleanup_strv_ struct strv names = { 0 };

	for (size_t s = 0; s < count; s++)
		if (!strv_has(&names, case_of(&sides[s])))
			strv_add(&names, case_of(&sides[s]));
	return strv_join(&names, ", ");
}

/* ---- what is compared of a run ---- */

/* The text with each `word` in it, where it is a word of its own, as {name}. Yours. */
static char *put_name(const char *text, const char *word, const char *name)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	size_t length = strlen(word);
	const char *at;

	for (at = text; length && (at = strstr(at, word)); at += length) {
		bool own = (at == text || strchr(" (", at[-1])) && strchr(" ,)", at[length]);

		strbuf_add(&out, text, (size_t)(at - text));
		if (own)
			strbuf_addf(&out, "{%s}", name);
		else
			strbuf_add(&out, at, length);
		text = at + length;
	}
	strbuf_adds(&out, text);
	return strbuf_take(&out);
}

/* "8:0" and "sda" are what the kernel made of a device, which depends on what else there is. Yours.
 */
static char *name_devices(const char *title, const json_t *frames)
{
	char *text = xstrdup(title);
	json_t *frame;
	size_t i;

	json_array_foreach (frames, i, frame) {
		const char *name = json_get_str(frame, "name", "");
		_cleanup_free_ char *number = NULL, *old = NULL, *half = NULL;

		if (!str_eq(json_get_str(frame, "k", ""), "device"))
			continue;
		number = xasprintf("%" PRId64 ":%" PRId64, json_get_int(frame, "major", -1),
				   json_get_int(frame, "minor", -1));
		old = text;
		half = put_name(old, number, name);
		text = put_name(half, json_get_str(frame, "kernel", ""), name);
	}
	return text;
}

static json_t *named_reports(const struct run_facts *run)
{
	json_t *out = json_array(), *report;
	size_t i;

	json_array_foreach (run->reports, i, report) {
		_cleanup_free_ char *title =
			name_devices(json_get_str(report, "title", ""), run->frames);
		json_t *copy = json_copy(report);

		json_set_str(copy, "title", title);
		json_array_append_new(out, copy);
	}
	return out;
}

/* Does the plan have a step that makes a thing of this name? */
static bool plan_makes(const json_t *plan, const char *name)
{
	json_t *step;
	size_t i;

	json_array_foreach (json_object_get(plan, "steps"), i, step) {
		const json_t *as = json_object_get(json_object_get(step, "args"), "as");

		/* Older runs have each value in a list. */
		as = json_is_array(as) ? json_array_get(as, 0) : as;
		if (json_is_string(as) && str_eq(json_string_value(as), name))
			return true;
	}
	return false;
}

static bool is_of_task(const json_t *frame)
{
	const char *kind = json_get_str(frame, "k", "");

	return str_eq(kind, "task") || str_eq(kind, "task-end") || str_eq(kind, "result");
}

static json_t *common_frames(const struct run_facts *run, const struct compare_side *sides,
			     size_t count)
{
	json_t *out = json_array(), *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		bool common = true;

		for (size_t s = 0; s < count && is_of_task(frame); s++)
			common &=
				plan_makes(sides[s].runs[0].plan, json_get_str(frame, "name", ""));
		if (common)
			json_array_append(out, frame);
	}
	return out;
}

void compare_view_make(struct compare_view *v, const struct compare_side *sides, size_t count)
{
	v->count = count;
	v->sides = xcalloc(count, sizeof(*v->sides));
	for (size_t s = 0; s < count; s++) {
		struct run_facts *runs = xcalloc(sides[s].run_count, sizeof(*runs));

		for (size_t r = 0; r < sides[s].run_count; r++) {
			runs[r] = sides[s].runs[r];
			runs[r].reports = named_reports(&sides[s].runs[r]);
			runs[r].frames = common_frames(&sides[s].runs[r], sides, count);
		}
		v->sides[s] = sides[s];
		v->sides[s].runs = runs;
	}
}

void compare_view_clear(struct compare_view *v)
{
	for (size_t s = 0; s < v->count; s++) {
		for (size_t r = 0; r < v->sides[s].run_count; r++) {
			json_decref(v->sides[s].runs[r].reports);
			json_decref(v->sides[s].runs[r].frames);
		}
		free((void *)v->sides[s].runs);
	}
	free(v->sides);
	*v = (struct compare_view){ 0 };
}

/* ---- what the cases do otherwise ---- */

/* "disk", "[1, 2, 3, 4, ... 4095 in all]" */
static void add_value(struct strbuf *out, const json_t *value)
{
	json_t *one;
	size_t i;

	if (!json_is_array(value)) {
		strbuf_adds(out, json_string_value(value) ? json_string_value(value) : "?");
		return;
	}
	strbuf_adds(out, "[");
	json_array_foreach (value, i, one) {
		if (i == MAX_VALUES) {
			strbuf_addf(out, ", ... %zu in all", json_array_size(value));
			break;
		}
		strbuf_addf(out, "%s%s", i ? ", " : "",
			    json_string_value(one) ? json_string_value(one) : "?");
	}
	strbuf_adds(out, "]");
}

/* An expectation as it was written, a step as it could have been. Yours. */
static char *item_text(const json_t *item)
{
	const char *written = json_get_str(item, "text", NULL), *key;
	struct strbuf out = { 0 };
	size_t count = 0;
	json_t *value;

	if (written || json_is_string(item))
		return xstrdup(written ? written : json_string_value(item));
	strbuf_addf(&out, "%s: {", json_get_str(item, "verb", "?"));
	json_object_foreach (json_object_get(item, "args"), key, value) {
		strbuf_addf(&out, "%s%s: ", count++ ? ", " : "", key);
		add_value(&out, value);
	}
	strbuf_adds(&out, "}");
	return strbuf_take(&out);
}

/* What is done, or expected, and nothing of where that stands. New reference. */
static json_t *bare_item(const json_t *item)
{
	static const char *const places[] = { "i", "line", "text" };
	json_t *bare =
		json_is_object(item) ? json_copy((json_t *)item) : json_incref((json_t *)item);

	for (size_t i = 0; i < ARRAY_SIZE(places) && json_is_object(item); i++)
		json_object_del(bare, places[i]);
	return bare;
}

static json_t *row_of(json_t *rows, const char *part, const json_t *item, size_t count)
{
	_cleanup_json_ json_t *bare = bare_item(item);
	_cleanup_free_ char *text = NULL;
	json_t *row, *sides;
	size_t i;

	json_array_foreach (rows, i, row)
		if (str_eq(json_get_str(row, "part", ""), part) &&
		    json_equal(json_object_get(row, "item"), bare))
			return row;
	row = json_object();
	sides = json_array();
	text = item_text(item);
	json_set_str(row, "part", part);
	json_set_str(row, "text", text);
	json_object_set(row, "item", bare);
	for (i = 0; i < count; i++)
		json_array_append_new(sides, json_integer(0));
	json_object_set_new(row, "sides", sides);
	json_array_append_new(rows, row);
	return row;
}

static void add_items(json_t *rows, const char *part, const struct compare_sides *c, size_t side)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(c->sides[side].runs[0].plan, part), i, item) {
		json_t *sides = json_object_get(row_of(rows, part, item, c->count), "sides");
		json_int_t times = json_integer_value(json_array_get(sides, side));

		json_array_set_new(sides, side, json_integer(times + 1));
	}
}

static bool on_all_alike(const json_t *row)
{
	const json_t *sides = json_object_get(row, "sides");
	json_t *times;
	size_t i;

	json_array_foreach (sides, i, times)
		if (!json_equal(times, json_array_get(sides, 0)))
			return false;
	return true;
}

/* "they differ in 3 steps and 1 expectation". */
static void say_parts(struct compare_sides *c, const json_t *rows)
{
	size_t steps = 0, others = 0, i;
	json_t *row;

	json_array_foreach (rows, i, row)
		*(str_eq(json_get_str(row, "part", ""), "steps") ? &steps : &others) += 1;
	if (steps || others)
		compare_reason(c, "note", NULL,
			       "the cases differ in %zu step%s and in %zu expectation%s", steps,
			       steps == 1 ? "" : "s", others, others == 1 ? "" : "s");
	else
		compare_reason(c, "note", NULL,
			       "the cases have the same steps and expectations, but for their "
			       "order");
}

void compare_plans(struct compare_sides *c, json_t *out)
{
	static const char *const parts[] = { "steps", "expect", "probes" };
	json_t *rows = json_array(), *differ = json_array(), *row;
	size_t i;

	for (size_t p = 0; p < ARRAY_SIZE(parts); p++)
		for (size_t s = 0; s < c->count; s++)
			add_items(rows, parts[p], c, s);
	json_array_foreach (rows, i, row) {
		json_object_del(row, "item");
		if (!on_all_alike(row))
			json_array_append(differ, row);
	}
	json_set_int(out, "plan_same", (int64_t)(json_array_size(rows) - json_array_size(differ)));
	json_object_set_new(out, "plan", differ);
	say_parts(c, differ);
	json_decref(rows);
}

void compare_note_kernels(struct compare_sides *c)
{
	const char *first = json_get_str(c->sides[0].runs[0].kernel, "key", "");
	bool one = *first != '\0';

	for (size_t s = 1; s < c->count; s++)
		one &= str_eq(first, json_get_str(c->sides[s].runs[0].kernel, "key", ""));
	compare_reason(c, "note", NULL, "%s",
		       one ? "all of them ran on one kernel"
			   : "they did not all run on one kernel: what differs may be its doing");
}
