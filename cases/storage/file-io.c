// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One way to do file I/O, whose exit code is the errno that the program got (0:
 * none), so that a case can say who gets an error and who does not.
 *
 *	file-io WHAT PATH [LETTER]
 *
 *	write	 LETTER into the first 4096 bytes, buffered, and close
 *	fsync	 opens the file and calls fsync
 *	hold	 opens the file, waits for /tmp/go, and calls fsync then
 *	again	 the same, and once more: the errno of the second
 *	direct	 as write, with O_DIRECT
 *	read	 the first byte must be LETTER; another one is exit code 100
 *	read-direct	as read, with O_DIRECT
 *	read-only	as read, without asking to write
 *	mmap	 LETTER through a shared mapping, and msync
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK	   4096
#define OTHER_DATA 100
#define USAGE	   101

static char block[BLOCK] __attribute__((aligned(BLOCK)));

static int transfer(int fd, const char *what, char letter)
{
	ssize_t n;

	memset(block, letter, sizeof(block));
	if (strcmp(what, "write") == 0 || strcmp(what, "direct") == 0) {
		n = pwrite(fd, block, sizeof(block), 0);
		return n == BLOCK ? 0 : n < 0 ? errno : EIO;
	}
	n = pread(fd, block, sizeof(block), 0);
	if (n < 0)
		return errno;
	printf("it holds '%c'\n", n > 0 ? block[0] : '-');
	return n == BLOCK && block[0] == letter ? 0 : OTHER_DATA;
}

static int hold(int fd, int times)
{
	int result = 0;

	/* It is open: the steps go on. */
	close(open("/tmp/held", O_CREAT | O_WRONLY, 0644));
	while (access("/tmp/go", F_OK))
		usleep(10000);
	while (times-- > 0)
		result = fsync(fd) ? errno : 0;
	return result;
}

static int through_mapping(int fd, char letter)
{
	char *map = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return errno;
	memset(map, letter, BLOCK);
	return msync(map, BLOCK, MS_SYNC) ? errno : 0;
}

static int act(int fd, const char *what, char letter)
{
	if (strcmp(what, "fsync") == 0)
		return fsync(fd) ? errno : 0;
	if (strcmp(what, "hold") == 0)
		return hold(fd, 1);
	if (strcmp(what, "again") == 0)
		return hold(fd, 2);
	if (strcmp(what, "mmap") == 0)
		return through_mapping(fd, letter);
	return transfer(fd, what, letter);
}

int main(int argc, char **argv)
{
	int fd, result, direct, mode;

	if (argc < 3)
		return USAGE;
	direct = strstr(argv[1], "direct") ? O_DIRECT : 0;
	mode = strcmp(argv[1], "read-only") == 0 ? O_RDONLY : O_RDWR;
	fd = open(argv[2], mode | direct);
	if (fd < 0 && errno == ENOENT)
		fd = open(argv[2], O_RDWR | O_CREAT | direct, 0644);
	if (fd < 0)
		return errno;
	result = act(fd, argv[1], argc > 3 ? argv[3][0] : 'x');
	/* Whether close() tells anybody is part of the question. */
	if (close(fd) && !result)
		result = errno;
	printf("%s: %s\n", argv[1], result ? strerror(result) : "no error");
	return result;
}
