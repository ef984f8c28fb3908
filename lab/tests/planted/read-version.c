// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads /proc/version once: exit code 1 where the kernel refuses. */
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	char text[256];
	int fd = open("/proc/version", O_RDONLY);

	return fd >= 0 && read(fd, text, sizeof(text)) > 0 ? 0 : 1;
}
