// SPDX-License-Identifier: GPL-2.0-or-later
/* `answer:` of a case: what its placeholders name must be something that the case brings about. */
#include "case/answer.h"
#include "case/reader.h"
#include "case/report-details.h"
#include "case/report-kinds.h"
#include "case/value.h"

static bool check_detail(struct case_reader *r, const struct answer_part *part,
			 const struct yaml_node *at)
{
	const char *known_kind = report_kind_find(part->subject);
	_cleanup_strv_ struct strv known = { 0 };
	_cleanup_free_ char *hint = NULL;

	if (report_detail_known(known_kind ? known_kind : part->subject, part->field, &known))
		return true;
	hint = mistakes_hint(part->field, (const char *const *)known.items, known.count);
	mistakes_add(r->m, at->line, at->column,
		     "a report of kind `%.60s` has no detail `%.60s`%s; expected one of those "
		     "that `klab show RUN --json` has in `details`",
		     part->subject, part->field, hint);
	return false;
}

static bool check_part(struct case_reader *r, const struct answer_part *part,
		       const struct yaml_node *at)
{
	struct yaml_node subject = *at, label = *at, over = *at;

	subject.text = part->subject;
	subject.length = part->subject ? strlen(part->subject) : 0;
	label.text = part->label;
	label.length = part->label ? strlen(part->label) : 0;
	over.text = part->over;
	over.length = part->over ? strlen(part->over) : 0;
	switch (part->kind) {
	case ANSWER_TASK:
		return names_check_known(r, NAME_TASK, part->subject, at);
	case ANSWER_RESULT:
		return names_check_known(r, NAME_TASK, part->subject, at) &&
		       expect_check_result(r, at, part->subject, part->field);
	case ANSWER_INJECTED:
		return expect_check_fault(r, &subject, "answer");
	case ANSWER_SNAPSHOT:
		return expect_check_snapshot(r, &subject, "answer", "files",
					     "a file as the snapshot step names it") &&
		       (!part->label || (expect_check_snapshot(r, &label, "answer", "label",
							       "the label of a snapshot step") &&
					 expect_check_taken(r, at, part->subject, part->label))) &&
		       (!part->over || expect_check_over(r, &over, "answer"));
	case ANSWER_REPORT:
	case ANSWER_TITLE:
		return expect_check_kind(r, &subject, "answer");
	case ANSWER_DETAIL:
		return expect_check_kind(r, &subject, "answer") && check_detail(r, part, at);
	case ANSWER_TEXT:
	case ANSWER_RECOVERED:
		break;
	}
	return true;
}

void read_answer(struct case_reader *r, const struct yaml_node *n, const char *text)
{
	_cleanup_answer_ struct answer answer = { 0 };
	struct err why = ERR_INIT;

	if (answer_parse(text, &answer, &why) < 0) {
		mistakes_add(r->m, n->line, n->column, "`answer`: %s", why.msg);
		return;
	}
	for (size_t i = 0; i < answer.count; i++)
		check_part(r, &answer.parts[i], n);
}
