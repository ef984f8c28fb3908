// SPDX-License-Identifier: GPL-2.0-or-later
/* Expectations about numbers and texts: of snapshots, and of what tasks found. */
#include <inttypes.h>

#include "base/json.h"
#include "case/mistakes.h"
#include "verdict/expect-internal.h"
#include "verdict/snapshot.h"

/* Of a whole file the beginning is enough to know it by. */
static void add_start(struct strbuf *why, const char *text)
{
	int most = 160;

	strbuf_addf(why, "%.*s%s", most, text, strlen(text) > (size_t)most ? "..." : "");
}

static void add_quoted(struct strbuf *why, const char *text)
{
	strbuf_addc(why, '"');
	add_start(why, text);
	strbuf_addc(why, '"');
}

/* As expect_within(), of what a file or a task says: it may have a fraction and a unit. */
static bool number_within(const struct case_expect *e, long double number, const char *unit,
			  struct strbuf *why)
{
	const char *wanted = e->sized ? "bytes " : "";

	/* A limit that is written as a size counts bytes; /proc counts in kB, and means KiB. */
	if (e->sized && (str_eq(unit, "kB") || str_eq(unit, "KiB")))
		number *= 1024;
	if (e->at_least != INT64_MIN && number < (long double)e->at_least) {
		strbuf_addf(why, ", wanted %sat least %" PRId64, wanted, e->at_least);
		return false;
	}
	if (e->at_most != INT64_MAX && number > (long double)e->at_most) {
		strbuf_addf(why, ", wanted %sat most %" PRId64, wanted, e->at_most);
		return false;
	}
	return true;
}

static bool asks_number(const struct case_expect *e)
{
	return e->at_least != INT64_MIN || e->at_most != INT64_MAX;
}

static bool lacks_number(const struct case_expect *e, const char *text)
{
	long double number;
	const char *unit;

	return asks_number(e) && !snapshot_text_number(text, &number, &unit);
}

static bool judge_value(const struct case_expect *e, const char *text, struct strbuf *why)
{
	long double number;
	const char *unit;

	if (e->equals && !str_eq(text, e->equals)) {
		add_quoted(why, text);
		strbuf_addf(why, ", wanted \"%s\"", e->equals);
		return false;
	}
	if (!asks_number(e)) {
		add_quoted(why, text);
		return true;
	}
	if (!snapshot_text_number(text, &number, &unit)) {
		add_quoted(why, text);
		strbuf_adds(why, ", which is no number");
		return false;
	}
	add_start(why, text);
	return number_within(e, number, unit, why);
}

static bool snapshot_number(const json_t *frame, const char *field, long double *number)
{
	const char *data = json_get_str(frame, "data", NULL);
	_cleanup_free_ char *text = data ? snapshot_field(data, field) : NULL;
	const char *unit;

	return text && snapshot_text_number(text, number, &unit);
}

/* Is this snapshot the one that is asked for, rather than the best so far? */
static bool snapshot_is_better(const struct case_expect *e, const json_t *frame, const json_t *best)
{
	long double number, best_number;

	if (!best || !e->over || str_eq(e->over, "last"))
		return true;
	if (str_eq(e->over, "first"))
		return false;
	/* One that has no number is what the expectation fails of. */
	if (!snapshot_number(best, e->field, &best_number))
		return false;
	if (!snapshot_number(frame, e->field, &number))
		return true;
	return str_eq(e->over, "min") ? number < best_number : number > best_number;
}

const json_t *expect_find_snapshot(const struct case_expect *e, const struct frames *frames)
{
	const json_t *best = NULL;
	json_t *frame;
	size_t i;

	json_array_foreach (frames->list, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), "snapshot") &&
		    str_eq(json_get_str(frame, "file", ""), e->subject) &&
		    (!e->label || str_eq(json_get_str(frame, "label", ""), e->label)) &&
		    snapshot_is_better(e, frame, best))
			best = frame;
	return best;
}

static int add_name(void *ctx, const char *name, double value)
{
	(void)value;
	strv_add(ctx, name);
	return 0;
}

/* " (did you mean `swapcached`?)", or "". Yours. */
static char *field_hint(const char *data, const char *field)
{
	_cleanup_strv_ struct strv names = { 0 };

	snapshot_numbers(data, add_name, &names);
	return mistakes_hint(field, (const char *const *)names.items, names.count);
}

bool expect_judge_snapshot(const struct case_expect *e, const struct frames *frames,
			   struct strbuf *why)
{
	const json_t *snapshot = expect_find_snapshot(e, frames);
	const char *data = json_get_str(snapshot, "data", NULL);
	_cleanup_free_ char *text = NULL;

	if (!snapshot || !data) {
		strbuf_addf(why, "%s %s", e->subject,
			    snapshot ? "could not be read: " : "is in no snapshot");
		if (snapshot)
			strbuf_adds(why, json_get_str(snapshot, "error", "nobody knows why"));
		if (!snapshot && e->label)
			strbuf_addf(why, " with label %s", e->label);
		return false;
	}
	text = snapshot_field(data, e->field);
	strbuf_addf(why, "%s%s%s ", e->subject, e->field ? " " : "", e->field ? e->field : "");
	if (e->over)
		strbuf_addf(why, "(%s) ", e->over);
	if (!text) {
		_cleanup_free_ char *hint = field_hint(data, e->field);

		strbuf_addf(why, "is not there%s%s", hint,
			    expect_lacks_data(e, frames) ? ", but not all of the file was kept"
							 : "");
		return false;
	}
	strbuf_adds(why, "is ");
	return judge_value(e, text, why);
}

bool expect_lacks_data(const struct case_expect *e, const struct frames *frames)
{
	return e->kind == EXPECT_SNAPSHOT &&
	       json_get_bool(expect_find_snapshot(e, frames), "cut", false);
}

/* The field of the task's result as text; NULL: it is not there. Yours. */
static char *result_text(const struct case_expect *e, const struct frames *frames)
{
	const json_t *frame = frames_find(frames, "result", "name", e->subject);
	const json_t *value =
		json_object_get(json_object_get(frame, "data"), e->field ? e->field : "");

	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_integer(value))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_is_number(value) ? xasprintf("%.15g", json_number_value(value)) : NULL;
}

bool expect_judge_result(const struct case_expect *e, const struct frames *frames,
			 struct strbuf *why)
{
	const json_t *frame = frames_find(frames, "result", "name", e->subject);
	_cleanup_free_ char *text = result_text(e, frames);

	if (!frame) {
		strbuf_addf(why, "%s left no result", e->subject);
		return false;
	}
	if (!e->field)
		return true;
	strbuf_addf(why, "%s %s ", e->subject, e->field);
	if (!text) {
		strbuf_adds(why, "is not in its result");
		return false;
	}
	strbuf_adds(why, "is ");
	return judge_value(e, text, why);
}

/* What a result has or has not is the task's doing; its names are known before the boot. */
bool expect_lacks_value(const struct case_expect *e, const struct frames *frames)
{
	const char *data;
	_cleanup_free_ char *text = NULL;

	if (e->kind == EXPECT_SNAPSHOT) {
		data = json_get_str(expect_find_snapshot(e, frames), "data", NULL);
		text = data ? snapshot_field(data, e->field) : NULL;
		return !text || lacks_number(e, text);
	}
	text = e->kind == EXPECT_RESULT ? result_text(e, frames) : NULL;
	return text && lacks_number(e, text);
}
