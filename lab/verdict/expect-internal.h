/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of expect*.c share. */
#ifndef KLAB_VERDICT_EXPECT_INTERNAL_H
#define KLAB_VERDICT_EXPECT_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "verdict/expect.h"

struct expect_rule {
	const struct case_expect *expect;
	pcre2_code *title; /* NULL: none asked, or it does not compile */
	bool title_is_bad;
};

struct expect_set {
	struct expect_rule *rules;
	size_t count;
	pcre2_match_context *limits;
	pcre2_match_data *match;
};

bool expect_rule_matches(const struct expect_set *set, const struct expect_rule *rule,
			 const json_t *report);
bool expect_judge_report(const struct expect_set *set, const struct expect_rule *rule,
			 const json_t *reports, struct strbuf *why);
bool expect_judge_no_report(const struct expect_set *set, const struct expect_rule *rule,
			    const json_t *reports, struct strbuf *why);
bool expect_judge_trace(const struct case_expect *e, const json_t *reports, struct strbuf *why);
bool expect_judge_snapshot(const struct case_expect *e, const struct frames *frames,
			   struct strbuf *why);
bool expect_judge_result(const struct case_expect *e, const struct frames *frames, struct strbuf *why);

/* Adds "N, wanted at least A" and says whether the number is within what is asked. */
bool expect_within(const struct case_expect *e, int64_t number, int64_t default_least,
		   struct strbuf *why);

#endif
