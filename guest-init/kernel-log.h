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
