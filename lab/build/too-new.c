// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a compiler or linker that is newer than a source makes of it: failures that say nothing of
 * the change that is being looked at, and that an older one, or a patch, gets past.
 */
#include "build/make.h"

static const struct {
	const char *text;
	bool anywhere; /* in the log, not only in the line that tells the error */
	const char *says;
} signs[] = {
	/* linux/compiler-gcc5.h: before 4.2 each version had a header of its own. */
	{ "linux/compiler-gcc", false,
	  "this source has no header for a gcc so new: one before 4.2 needs gcc 5 or older" },
	/* gcc that makes position independent programs unless told, since about 2016. */
	{ "code model kernel does not support PIC mode", false,
	  "this source does not tell a gcc that is for PIE by default to make none: one before 4.9 "
	  "needs an older gcc" },
	/* -fno-common is gcc 10's default; host programs, dtc first, had one twice. */
	{ "multiple definition of `yylloc'", true,
	  "gcc 10 and newer link no variable that is defined twice: a source before 5.6 needs gcc "
	  "9, "
	  "or a fixup of scripts/dtc" },
	/* Ubuntu's gcc 9 and newer have -fcf-protection by default. */
	{ "'-fcf-protection' are not compatible", false,
	  "this source does not turn off the -fcf-protection of a newer gcc" },
	{ "'-mindirect-branch' and '-fcf-protection'", false,
	  "this source does not turn off the -fcf-protection of a newer gcc" },
	/* C23 is gcc 15's default, and `false` a keyword of it. */
	{ "cannot use keyword 'false' as enumeration constant", false,
	  "gcc 15 and newer take C23 where this source does not say which C it is" },
	/* binutils 2.36 leaves out symbols of sections that nobody uses. */
	{ "Cannot find symbol for section", true,
	  "binutils 2.36 and newer leave out symbols that this source's recordmcount wants: one "
	  "before "
	  "5.12 needs older ones" },
	/* Whatever is warned of since, in tools that make warnings errors. */
	{ "[-Werror=", false,
	  "a warning that is an error: a compiler of this source's time may not have it" },
};

const char *make_too_new(const char *log, const char *first_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strstr(signs[i].anywhere ? log : first_error, signs[i].text))
			return signs[i].says;
	return NULL;
}
