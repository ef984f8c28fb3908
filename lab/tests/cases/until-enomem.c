// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes folders until the kernel has no memory for one; "once": two, whatever comes. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static int make(int number)
{
	char name[64];

	snprintf(name, sizeof(name), "/tmp/folder-%d-%d", (int)getpid(), number);
	return (int)syscall(SYS_mkdirat, AT_FDCWD, name, 0700);
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	(void)argv;
	if (argc > 1) {
		make(1);
		make(2);
		return 0;
	}
	for (int number = 0;; number++) {
		if (make(number) && errno == ENOMEM)
			return 0;
		if (number == 3)
			mkdir("/tmp/third", 0700);
		nanosleep(&pause, NULL);
	}
}
