// SPDX-License-Identifier: GPL-2.0-or-later
/* A case's `answer`, with its placeholders filled from what a run showed. */
#include "case/answer.h"

#include <inttypes.h>

#include "base/json.h"
#include "case/report-kinds.h"
#include "page/layout.h"
#include "page/page.h"
#include "verdict/expect.h"
#include "verdict/fault-accounts.h"
#include "verdict/recovery.h"
#include "verdict/snapshot.h"

static char *number_text(const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_integer(value))
		return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_is_number(value) ? xasprintf("%.15g", json_number_value(value)) : NULL;
}

static char *task_text(const struct frames *frames, const char *task)
{
	const json_t *end = frames_find(frames, "task-end", "name", task);

	return end ? expect_task_end_text(end) : NULL;
}

static char *result_text(const struct frames *frames, const struct answer_part *part)
{
	const json_t *frame = frames_find(frames, "result", "name", part->subject);

	return number_text(json_object_get(json_object_get(frame, "data"), part->field));
}

static char *injected_text(const struct frames *frames, const json_t *machine, const char *name)
{
	_cleanup_json_ json_t *faults = fault_accounts(frames, machine);
	int64_t fired = 0;
	bool any = false;
	json_t *fault;
	size_t i;

	json_array_foreach (faults, i, fault) {
		if (!str_eq(json_get_str(fault, "fault", ""), name))
			continue;
		any = true;
		if (__builtin_add_overflow(fired, json_get_int(fault, "fired", 0), &fired))
			fired = INT64_MAX;
	}
	return any ? xasprintf("%" PRId64, fired) : NULL;
}

static char *snapshot_text(const struct frames *frames, const struct answer_part *part)
{
	const struct case_expect wanted = { .kind = EXPECT_SNAPSHOT,
					    .subject = part->subject,
					    .label = part->label,
					    .field = part->field,
					    .over = part->over };
	const json_t *frame = expect_find_snapshot(&wanted, frames);
	const char *data = json_get_str(frame, "data", NULL);

	return data ? snapshot_field(data, part->field) : NULL;
}

/* "memory.usage_kib" of a report's details. */
static char *detail_text(const json_t *report, const char *name)
{
	const json_t *value = json_object_get(report, "details");
	_cleanup_strv_ struct strv names = { 0 };

	strv_split(&names, name, '.');
	for (size_t i = 0; i < names.count; i++)
		value = json_object_get(value, names.items[i]);
	return number_text(value);
}

static char *report_text(const json_t *reports, const struct answer_part *part)
{
	bool any_kind = str_eq(part->subject, "any");
	const char *kind = report_kind_find(part->subject);
	int64_t count = 0;
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report) {
		if (!any_kind && !str_eq(json_get_str(report, "kind", ""), kind))
			continue;
		if (part->kind == ANSWER_DETAIL)
			return detail_text(report, part->field);
		if (part->kind == ANSWER_TITLE)
			return xstrdup(json_get_str(report, "title", "?"));
		count += json_get_int(report, "count", 1);
	}
	return part->kind != ANSWER_REPORT ? NULL : xasprintf("%" PRId64, count);
}

/* NULL: the run did not show it. */
static char *part_text(const struct run_facts *run, const struct answer_part *part)
{
	const struct frames frames = { .list = run->frames };
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	switch (part->kind) {
	case ANSWER_TEXT:
		return xstrdup(part->subject);
	case ANSWER_TASK:
		return task_text(&frames, part->subject);
	case ANSWER_RESULT:
		return result_text(&frames, part);
	case ANSWER_INJECTED:
		return injected_text(&frames, run->machine, part->subject);
	case ANSWER_SNAPSHOT:
		return snapshot_text(&frames, part);
	case ANSWER_REPORT:
	case ANSWER_TITLE:
	case ANSWER_DETAIL:
		return report_text(run->reports, part);
	case ANSWER_RECOVERED:
		switch (recovery_judge(&frames, &sb)) {
		case RECOVERY_DONE:
			return xstrdup("recovered");
		case RECOVERY_FAILED:
			return strbuf_take(&sb);
		case RECOVERY_UNKNOWN:
			break;
		}
	}
	return NULL;
}

static char *with_unit(const char *text, enum answer_unit unit)
{
	static const double bytes[] = {
		[ANSWER_BYTES] = 1, [ANSWER_KIB] = 1024, [ANSWER_PAGES] = 4096
	};
	const char *its_unit;
	char shown[24];
	long double number;

	if (unit == ANSWER_PLAIN || !snapshot_text_number(text, &number, &its_unit))
		return xstrdup(text);
	if (unit <= ANSWER_PAGES)
		page_format_bytes((double)number * bytes[unit], shown);
	else
		page_format_ms((double)number / (unit == ANSWER_US ? 1000 : 1), shown);
	return xstrdup(shown);
}

/* The answer with its figures; what the run did not show is added to `lacks`. NULL: there is none.
 */
static char *answer_fill(const struct run_facts *run, struct strv *lacks)
{
	const char *text = json_get_str(run->plan, "answer", NULL);
	_cleanup_answer_ struct answer answer = { 0 };
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	/* Only what holds is an answer. */
	if (!text || !str_eq(json_get_str(run->run, "state", ""), "done") ||
	    !str_eq(json_get_str(run->verdict, "verdict", ""), "pass") ||
	    answer_parse(text, &answer, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < answer.count; i++) {
		_cleanup_free_ char *plain = part_text(run, &answer.parts[i]);
		_cleanup_free_ char *shown =
			plain ? with_unit(plain, answer.parts[i].unit) : xstrdup("?");

		if (!plain)
			strv_add(lacks, answer.parts[i].text);
		strbuf_adds(&sb, shown);
	}
	return page_safe(sb.data ? sb.data : "");
}

char *page_answer(const struct run_facts *run, bool *complete)
{
	_cleanup_strv_ struct strv lacks = { 0 };
	char *answer = answer_fill(run, &lacks);

	*complete = answer && !lacks.count;
	return answer;
}

char *page_answer_lacks(const struct run_facts *run)
{
	_cleanup_strv_ struct strv lacks = { 0 };
	_cleanup_free_ char *names = NULL;

	free(answer_fill(run, &lacks));
	names = strv_join(&lacks, ", ");
	return lacks.count ? page_safe(names) : NULL;
}
