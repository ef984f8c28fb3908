// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/kernel-log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/frames.h"
#include "guest-init/io.h"

#define CONSOLES_PATH "/proc/consoles"
/* As the least of what the kernel's reports are printed with (an OOM kill's tables): a console that
 * leaves out such lines must lack this one too. */
#define END_LEVEL     6
#define WARNING_LEVEL 4
#define RECORD_BYTES  8192 /* the kernel's PRINTKRB_RECORD_MAX and what it adds */

int kernel_log_open(struct kernel_log *log, const char *path)
{
	/* For init's lifetime: as many as faults are armed. */
	log->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0)
		return -1;
	return lseek(log->fd, 0, SEEK_END) < 0 ? -1 : 0;
}

bool kernel_log_is(const char *record, const char *text)
{
	const char *message = strchr(record, ';');
	char *end;
	long priority = strtol(record, &end, 10);
	size_t length = strlen(text);

	/* The facility is above the three bits of the level: 0 is the kernel, and no user's. */
	if (!message || end == record || priority < 0 || priority >> 3 != 0)
		return false;
	message++;
	return strncmp(message, text, length) == 0 &&
	       (message[length] == '\n' || message[length] == '\0');
}

int kernel_log_count(struct kernel_log *log, const char *text, int64_t *count)
{
	char record[RECORD_BYTES + 1];
	ssize_t n;

	/* One record a read. */
	while ((n = read(log->fd, record, RECORD_BYTES)) > 0) {
		record[n] = '\0';
		*count += kernel_log_is(record, text);
	}
	return n < 0 && errno != EAGAIN ? -1 : 0;
}

int64_t kernel_log_warning_us(const char *record)
{
	const char *message = strchr(record, ';');
	long long priority, us;
	int used = 0;

	if (!message || sscanf(record, "%lld,%*d,%lld%n", &priority, &us, &used) != 2 ||
	    record + used > message || priority < 0 || priority > WARNING_LEVEL || us < 0)
		return -1;
	return us;
}

void kernel_log_warnings_add(struct kernel_log_warnings *warnings, int64_t us)
{
	warnings->us[warnings->count++ % KERNEL_LOG_WARNINGS] = us;
}

int kernel_log_read_warnings(const char *path, struct kernel_log_warnings *warnings)
{
	char record[RECORD_BYTES + 1];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	/* EPIPE: some were overwritten meanwhile, and it goes on with what there is. */
	while ((n = read(fd, record, RECORD_BYTES)) > 0 || (n < 0 && errno == EPIPE)) {
		int64_t us;

		record[n < 0 ? 0 : n] = '\0';
		us = kernel_log_warning_us(record);
		if (us >= 0)
			kernel_log_warnings_add(warnings, us);
	}
	close(fd);
	return 0;
}

void kernel_log_warnings_text(const struct kernel_log_warnings *warnings, char *text, size_t size)
{
	size_t first =
		warnings->count > KERNEL_LOG_WARNINGS ? warnings->count - KERNEL_LOG_WARNINGS : 0;
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = first; i < warnings->count && length < size; i++)
		length +=
			(size_t)snprintf(text + length, size - length, "%s%lld", length ? " " : "",
					 (long long)warnings->us[i % KERNEL_LOG_WARNINGS]);
}

int kernel_log_end(const char *path, const char *nonce)
{
	char line[96], consoles[1024];

	snprintf(line, sizeof(line), "<%d>klab-init: end of the log %08x\n", END_LEVEL,
		 frame_crc32(0, nonce, strlen(nonce)));
	if (io_write_value(path, line, 0))
		return -1;
	/*
	 * Another processor may be printing. Reading this takes the console lock, and whoever
	 * lets go of that has printed all there is. Without the file there is nothing to be done.
	 */
	(void)io_read_text(CONSOLES_PATH, consoles, sizeof(consoles));
	return 0;
}
