// SPDX-License-Identifier: GPL-2.0-or-later
/* The words, and what they mean to a shell and to git bisect. */
#include "base/str.h"
#include "verdict/verdict.h"

static const struct {
	const char *name;
	int exit_code;
	int git_bisect_code;
} words[] = {
	[VERDICT_CRASH] = { "crash", 1, 1 },
	[VERDICT_HANG] = { "hang", 1, 1 },
	[VERDICT_FAIL] = { "fail", 1, 1 },
	/* Nothing was learned about the kernel: neither good nor bad. */
	[VERDICT_BROKEN] = { "broken", 3, 125 },
	[VERDICT_INCOMPLETE] = { "incomplete", 3, 125 },
	[VERDICT_SKIP] = { "skip", 0, 125 },
	[VERDICT_PASS] = { "pass", 0, 0 },
};

const char *verdict_name(enum verdict v)
{
	return v >= 0 && v < ARRAY_SIZE(words) ? words[v].name : "incomplete";
}

enum verdict verdict_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(name, words[i].name))
			return i;
	return VERDICT_INCOMPLETE;
}

int verdict_exit_code(enum verdict v)
{
	return v >= 0 && v < ARRAY_SIZE(words) ? words[v].exit_code : 3;
}

int verdict_git_bisect_code(enum verdict v)
{
	return v >= 0 && v < ARRAY_SIZE(words) ? words[v].git_bisect_code : 125;
}
