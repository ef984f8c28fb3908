/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Are the lines that the kernel's log has of some times on the console too? By the time that
 * printk puts before a line: "[    1.234567]". Pure.
 */
#ifndef KLAB_CONSOLE_LOG_TIMES_H
#define KLAB_CONSOLE_LOG_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_TIMES_MAX = 1024 };

struct console_log_times {
	struct console_log_time {
		uint64_t us;
		bool seen;
	} times[LOG_TIMES_MAX]; /* sorted, each once */
	size_t count;
	bool any; /* the console has times at all: printk.time=0 takes them away */
	/* Of a time that is being read. */
	enum { LOG_TIME_NOT, LOG_TIME_BLANKS, LOG_TIME_SECONDS, LOG_TIME_FRACTION } state;
	uint64_t seconds, fraction;
	int digits;
};

/* text: microseconds, a blank between them, as in the end frame; NULL: none. What is beyond
 * LOG_TIMES_MAX is not looked for. */
void console_log_times_init(struct console_log_times *t, const char *text);
/* Any cut of the bytes gives the same answer. */
void console_log_times_feed(struct console_log_times *t, const char *bytes, size_t length);
/* How many of them are not there; 0 where the console has no times. */
size_t console_log_times_missing(const struct console_log_times *t);

#endif
