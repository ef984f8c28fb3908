// SPDX-License-Identifier: GPL-2.0-or-later
/* For steps-work.yaml: "write" counts how often the disk `other` refuses to be written. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count_failures(const char *path)
{
	static char block[4096] __attribute__((aligned(4096)));
	int fd = open(path, O_WRONLY | O_DIRECT);
	int failures = 0;

	if (fd < 0)
		return 100;
	while (failures < 50 && pwrite(fd, block, sizeof(block), 0) != (ssize_t)sizeof(block))
		failures++;
	return failures;
}

int main(int argc, char **argv)
{
	const char *disk = getenv("KLAB_DEVICE_other");

	if (argc == 3 && strcmp(argv[1], "exit") == 0)
		return atoi(argv[2]);
	printf("writing to %s\n", disk ? disk : "nothing");
	return disk ? count_failures(disk) : 101;
}
