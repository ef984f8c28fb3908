// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/kprobes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/io.h"

#define LIST_MAX_BYTES (4u << 20)

/* "ffffffff81234560  k  FUNCTION+0x4    [FTRACE]" */
static enum kprobe_kind kind_in(const char *list, const char *function)
{
	char pattern[160];
	const char *line, *end;

	snprintf(pattern, sizeof(pattern), "  k  %s+0x", function);
	line = strstr(list, pattern);
	if (!line)
		return KPROBE_MISSING;
	end = strchrnul(line, '\n');
	if (memmem(line, (size_t)(end - line), "[FTRACE]", 8))
		return KPROBE_FTRACE;
	return memmem(line, (size_t)(end - line), "[OPTIMIZED]", 11) ? KPROBE_OPTIMIZED
								     : KPROBE_TRAP;
}

enum kprobe_kind kprobe_kind(const char *function)
{
	size_t length;
	char *list = io_read_file(KPROBES_LIST, LIST_MAX_BYTES, &length);
	enum kprobe_kind kind = list ? kind_in(list, function) : KPROBE_UNKNOWN;

	free(list);
	return kind;
}

int kprobes_keep_plain(void)
{
	/* No such file: this kernel optimises none. The kernel undoes it before write() returns. */
	return io_write_value(KPROBES_OPTIMIZATION, "0", 0) && errno != ENOENT ? -1 : 0;
}
