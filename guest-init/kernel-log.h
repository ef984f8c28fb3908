/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting the kernel's own messages, for faults of which it keeps no other
 * account: /dev/kmsg from now on, as Documentation/ABI/testing/dev-kmsg has it.
 */
#ifndef GUEST_KERNEL_LOG_H
#define GUEST_KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_log {
	int fd;
};

#define KERNEL_LOG_PATH "/dev/kmsg"

/* From the end of the log on. 0, or -1 with errno. */
int kernel_log_open(struct kernel_log *log, const char *path);
/*
 * Adds to *count how many messages like `text` came since the last time. -1 with
 * errno: EPIPE when some were overwritten before they were read: nobody knows then.
 */
int kernel_log_count(struct kernel_log *log, const char *text, int64_t *count);

/* When the kernel said its last warnings, and worse: in what it still has of its log. */
#define KERNEL_LOG_WARNINGS	  256
#define KERNEL_LOG_WARNINGS_BYTES (KERNEL_LOG_WARNINGS * 14)

struct kernel_log_warnings {
	int64_t us[KERNEL_LOG_WARNINGS]; /* a ring */
	size_t count;			 /* that came; more than the ring has: the first are gone */
};

/* 0, or -1 with errno. */
int kernel_log_read_warnings(const char *path, struct kernel_log_warnings *warnings);
/* Of a record of the kernel's own, of a level of warning or worse, when it came; -1: it is none. */
int64_t kernel_log_warning_us(const char *record);
void kernel_log_warnings_add(struct kernel_log_warnings *warnings, int64_t us);
/* "1234567 1300000", the oldest first; KERNEL_LOG_WARNINGS_BYTES are enough. */
void kernel_log_warnings_text(const struct kernel_log_warnings *warnings, char *text, size_t size);

/*
 * Init's last word in the kernel's log: "klab-init: end of the log TOKEN", TOKEN being the CRC-32
 * of the nonce in 8 hex digits, so that no task can have written it before. What the kernel said
 * earlier stands before it, wherever the log goes. Returns when the consoles have printed what
 * they are going to print of it. 0, or -1 with errno.
 */
int kernel_log_end(const char *path, const char *nonce);

/* Is the record "prio,seq,usec,flags;message\n..." the kernel's, and its message `text`? */
bool kernel_log_is(const char *record, const char *text);

#endif
