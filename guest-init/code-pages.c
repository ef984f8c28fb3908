// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/code-pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-init/io.h"

#define CODE_PAGE_BYTES 4096

/* "return NUMBER": mov eax, imm32; ret. 0, or -1: not for this processor. */
static int code_write_function(unsigned char *at, uint32_t number)
{
#ifdef __x86_64__
	at[0] = 0xb8;
	memcpy(at + 1, &number, sizeof(number));
	at[5] = 0xc3;
	return 0;
#else
	(void)at;
	(void)number;
	return -1;
#endif
}

static int code_write_all(int fd, uint64_t count)
{
	unsigned char page[CODE_PAGE_BYTES] = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		if (code_write_function(page, (uint32_t)i))
			return ENOSYS;
		if (io_write_all(fd, page, sizeof(page)))
			return errno;
	}
	/* On the disk and nowhere else: the first call has to fetch it. */
	if (fsync(fd))
		return errno;
	return posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

int code_pages_map(struct code_pages *code, const char *path, uint64_t count)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	int result;

	if (fd < 0)
		return errno;
	result = code_write_all(fd, count);
	if (result == 0) {
		code->base = mmap(NULL, count * CODE_PAGE_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE,
				  fd, 0);
		code->count = count;
		if (code->base == MAP_FAILED) {
			code->base = NULL;
			result = errno;
		}
	}
	close(fd);
	return result;
}

uint32_t code_pages_call(const struct code_pages *code, uint64_t number)
{
	uint32_t (*function)(void);
	char *at = code->base + number % code->count * CODE_PAGE_BYTES;

	memcpy(&function, &at, sizeof(function));
	return function();
}
