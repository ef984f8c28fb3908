// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/log-times.h"

#include <stdlib.h>
#include <string.h>

enum { FRACTION_DIGITS = 6, SECONDS_DIGITS = 10 };

static int by_time(const void *a, const void *b)
{
	const struct console_log_time *x = a, *y = b;

	return x->us < y->us ? -1 : x->us > y->us;
}

void console_log_times_init(struct console_log_times *t, const char *text)
{
	size_t kept = 0;
	char *end;

	*t = (struct console_log_times){ 0 };
	while (text && t->count < LOG_TIMES_MAX) {
		uint64_t us = strtoull(text, &end, 10);

		if (end == text)
			break;
		t->times[t->count++].us = us;
		text = end;
	}
	qsort(t->times, t->count, sizeof(t->times[0]), by_time);
	for (size_t i = 0; i < t->count; i++)
		if (!kept || t->times[i].us != t->times[kept - 1].us)
			t->times[kept++] = t->times[i];
	t->count = kept;
}

static void take_time(struct console_log_times *t)
{
	const struct console_log_time key = { .us = t->seconds * 1000000 + t->fraction };
	struct console_log_time *found =
		bsearch(&key, t->times, t->count, sizeof(t->times[0]), by_time);

	t->any = true;
	if (found)
		found->seen = true;
}

static void begin(struct console_log_times *t)
{
	t->state = LOG_TIME_BLANKS;
	t->seconds = t->fraction = 0;
	t->digits = 0;
}

static void take_char(struct console_log_times *t, char c)
{
	bool digit = c >= '0' && c <= '9';

	if (t->state == LOG_TIME_BLANKS && c == ' ')
		return;
	if (t->state == LOG_TIME_BLANKS && digit)
		t->state = LOG_TIME_SECONDS;
	if (t->state == LOG_TIME_SECONDS && digit && t->digits++ < SECONDS_DIGITS) {
		t->seconds = t->seconds * 10 + (uint64_t)(c - '0');
	} else if (t->state == LOG_TIME_SECONDS && c == '.') {
		t->state = LOG_TIME_FRACTION;
		t->digits = 0;
	} else if (t->state == LOG_TIME_FRACTION && digit && t->digits++ < FRACTION_DIGITS) {
		t->fraction = t->fraction * 10 + (uint64_t)(c - '0');
	} else {
		if (t->state == LOG_TIME_FRACTION && c == ']' && t->digits == FRACTION_DIGITS)
			take_time(t);
		t->state = LOG_TIME_NOT;
		if (c == '[')
			begin(t);
	}
}

void console_log_times_feed(struct console_log_times *t, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	while (t->count && bytes < end) {
		if (t->state == LOG_TIME_NOT) {
			bytes = memchr(bytes, '[', (size_t)(end - bytes));
			if (!bytes)
				return;
		}
		take_char(t, *bytes++);
	}
}

size_t console_log_times_missing(const struct console_log_times *t)
{
	size_t missing = 0;

	for (size_t i = 0; t->any && i < t->count; i++)
		missing += !t->times[i].seen;
	return missing;
}
