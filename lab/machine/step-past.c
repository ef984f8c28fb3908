// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/step-past.h"

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

/* What ends anywhere, or not at all. */
static bool leaves(const char *name)
{
	static const char *const names[] = { "iret",	 "sysret", "syscall", "sysexit",
					     "sysenter", "int",	   "ud",      "hlt",
					     "rsm",	 "xbegin", "xabort" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_starts(name, names[i]))
			return true;
	return false;
}

static char *place(const char *address)
{
	return xasprintf("*%s", address);
}

size_t step_past(const char *inst, const char *next, char *places[STEP_PLACES])
{
	_cleanup_strv_ struct strv words = { 0 };
	const char *name, *operand;
	size_t i = 0, count = 0;
	bool jump, call;

	strv_split_words(&words, inst);
	while (i < words.count && is_prefix(words.items[i]))
		i++;
	name = i < words.count ? words.items[i] : "";
	operand = i + 1 < words.count ? words.items[i + 1] : "";
	jump = str_starts(name, "j") || str_starts(name, "loop");
	call = str_starts(name, "call");
	if (!*name || leaves(name))
		return 0;
	if (str_starts(name, "ret")) {
		places[count++] = xstrdup("**(unsigned long *)$rsp");
		return count;
	}
	if ((jump || call) && !str_starts(operand, "0x"))
		return 0;
	if (jump || call)
		places[count++] = place(operand);
	if (!call && !str_starts(name, "jmp"))
		places[count++] = place(next);
	return count;
}
