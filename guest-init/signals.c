// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/signals.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME(s) [s] = #s

static const char *const names[] = {
	NAME(SIGHUP),  NAME(SIGINT),	NAME(SIGQUIT),	NAME(SIGILL),  NAME(SIGTRAP), NAME(SIGABRT),
	NAME(SIGBUS),  NAME(SIGFPE),	NAME(SIGKILL),	NAME(SIGUSR1), NAME(SIGSEGV), NAME(SIGUSR2),
	NAME(SIGPIPE), NAME(SIGALRM),	NAME(SIGTERM),	NAME(SIGCHLD), NAME(SIGCONT), NAME(SIGSTOP),
	NAME(SIGTSTP), NAME(SIGTTIN),	NAME(SIGTTOU),	NAME(SIGURG),  NAME(SIGXCPU), NAME(SIGXFSZ),
	NAME(SIGPROF), NAME(SIGVTALRM), NAME(SIGWINCH), NAME(SIGIO),   NAME(SIGPWR),  NAME(SIGSYS),
};

#define NAME_COUNT ((int)(sizeof(names) / sizeof(names[0])))

int signal_parse(const char *text)
{
	char *end;
	long number;

	for (int i = 1; i < NAME_COUNT; i++)
		if (names[i] && (strcmp(text, names[i]) == 0 || strcmp(text, names[i] + 3) == 0))
			return i;
	number = strtol(text, &end, 10);
	if (end == text || *end || number < 1 || number > 64)
		return -1;
	return (int)number;
}

const char *signal_name(int number)
{
	static char text[24];

	if (number > 0 && number < NAME_COUNT && names[number])
		return names[number];
	snprintf(text, sizeof(text), "signal %d", number);
	return text;
}
