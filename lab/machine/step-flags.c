// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/step-flags.h"

#include "base/str.h"

/* Of the old ones gdb writes some as words of their own. */
static bool is_prefix(const char *word)
{
	static const char *const prefixes[] = { "rep",	 "repz",   "repnz",  "repe",
						"repne", "lock",   "bnd",    "cs",
						"ds",	 "es",	   "fs",     "gs",
						"ss",	 "addr32", "data16", "notrack" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_eq(word, prefixes[i]))
			return true;
	return str_starts(word, "rex");
}

enum step_flags step_flags_of(const char *inst)
{
	static const struct {
		const char *name; /* how it begins: gdb may add the size of its operand */
		enum step_flags flags;
	} rows[] = {
		{ "pushf", STEP_PUSHES_FLAGS }, { "cli", STEP_SETS_FLAG },
		{ "sti", STEP_SETS_FLAG },	{ "popf", STEP_SETS_FLAG },
		{ "iret", STEP_SETS_FLAG },	{ "sysret", STEP_SETS_FLAG },
		{ "sysexit", STEP_SETS_FLAG },	{ "rsm", STEP_SETS_FLAG },
		{ "int", STEP_TRAPS },		{ "hlt", STEP_WAITS },
		{ "mwait", STEP_WAITS },
	};
	_cleanup_strv_ struct strv words = { 0 };
	size_t i = 0;

	strv_split_words(&words, inst);
	while (i < words.count && is_prefix(words.items[i]))
		i++;
	for (size_t k = 0; i < words.count && k < ARRAY_SIZE(rows); k++)
		if (str_starts(words.items[i], rows[k].name))
			return rows[k].flags;
	return STEP_KEEPS_FLAG;
}
