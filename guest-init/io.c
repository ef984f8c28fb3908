// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Closes without losing the errno of what went before. */
static int io_close(int fd, int result)
{
	int saved = errno;

	if (close(fd) && result == 0)
		return -1;
	errno = saved;
	return result;
}

int io_write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t n = write(fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			errno = EIO;
			return -1;
		}
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int io_write_value(const char *path, const char *value, int flags)
{
	size_t length = strlen(value);
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
	ssize_t n;

	if (fd < 0)
		return -1;
	do
		n = write(fd, value, length);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n < length) {
		errno = EIO;
		n = -1;
	}
	return io_close(fd, n < 0 ? -1 : 0);
}

int io_write_number(const char *path, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return io_write_value(path, text, 0);
}

int io_read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	int result = 0;

	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t n = read(fd, text + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			result = (int)n;
			break;
		}
		length += (size_t)n;
		if (length == size) {
			errno = EOVERFLOW;
			result = -1;
			break;
		}
	}
	if (io_close(fd, result))
		return -1;
	if (length > 0 && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return 0;
}

/* Reads to the end into a buffer that grows; NULL with errno. */
static char *io_read_fd(int fd, size_t max_bytes, size_t *length)
{
	size_t capacity = 4096;
	char *bytes = malloc(capacity + 1);

	*length = 0;
	while (bytes && *length <= max_bytes) {
		size_t room = capacity - *length;
		size_t wanted = max_bytes + 1 - *length;
		ssize_t n = read(fd, bytes + *length, room < wanted ? room : wanted);
		char *larger;

		if (n < 0 && errno == EINTR)
			continue;
		/* A stream such as /dev/kmsg: that was all there is for now. */
		if (n < 0 && errno == EAGAIN && *length > 0)
			break;
		if (n < 0) {
			free(bytes);
			return NULL;
		}
		if (n == 0)
			break;
		*length += (size_t)n;
		if (*length < capacity)
			continue;
		capacity *= 2;
		larger = realloc(bytes, capacity + 1);
		if (!larger) {
			free(bytes);
			errno = ENOMEM;
			return NULL;
		}
		bytes = larger;
	}
	if (bytes)
		bytes[*length] = '\0';
	return bytes;
}

char *io_read_file(const char *path, size_t max_bytes, size_t *length)
{
	/* O_NONBLOCK: a file such as /proc/kmsg or a FIFO must not stop init for good. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes;

	if (fd < 0)
		return NULL;
	bytes = io_read_fd(fd, max_bytes, length);
	io_close(fd, 0);
	return bytes;
}

int io_read_number(const char *path, int64_t *value)
{
	char text[64];
	char *end;
	long long number;

	if (io_read_text(path, text, sizeof(text)))
		return -1;
	errno = 0;
	number = strtoll(text, &end, 0);
	if (errno || end == text || *end) {
		errno = EINVAL;
		return -1;
	}
	*value = number;
	return 0;
}

int io_mkdir_p(const char *path)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	struct stat st;

	if (length >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(part, path, length + 1);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	if (mkdir(part, 0755) == 0)
		return 0;
	if (errno != EEXIST || stat(part, &st))
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	return 0;
}
