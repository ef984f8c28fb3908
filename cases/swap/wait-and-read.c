// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wait-and-read MIB: fills so much memory, makes /tmp/filled, waits for /tmp/go,
 * and then reads every page. Exits with 0 when all are as they were written, with
 * 1 when one is not. A page that cannot be had is SIGBUS: without a handler, for
 * its stack may be among what is lost.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t pages = (argc > 1 ? (size_t)atoi(argv[1]) : 8) * 1024 * 1024 / page;
	size_t wrong = 0;
	char *base = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (base == MAP_FAILED)
		return 3;
	for (size_t i = 0; i < pages; i++)
		memset(base + i * page, (int)(i % 251 + 1), page);
	close(open("/tmp/filled", O_WRONLY | O_CREAT, 0666));
	while (access("/tmp/go", F_OK))
		usleep(10000);
	for (size_t i = 0; i < pages; i++)
		if (*(volatile unsigned char *)(base + i * page) != i % 251 + 1)
			wrong++;
	printf("%zu pages, %zu wrong\n", pages, wrong);
	return wrong ? 1 : 0;
}
