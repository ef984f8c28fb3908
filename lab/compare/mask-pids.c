// SPDX-License-Identifier: GPL-2.0-or-later
/* line_mask_pids() of lines.h: where the kernel, and klab's frames, name a process by its number.
 */
#include <ctype.h>
#include <strings.h>

#include "compare/lines.h"

static bool is_digit(char c)
{
	return isdigit((unsigned char)c) != 0;
}

static size_t digits(const char *p, size_t length)
{
	size_t n = 0;

	while (n < length && is_digit(p[n]))
		n++;
	return n;
}

static bool starts(const char *p, size_t length, const char *text)
{
	size_t n = strlen(text);

	return length >= n && memcmp(p, text, n) == 0;
}

static bool starts_with_any(const char *p, size_t length, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (starts(p, length, texts[i]))
			return true;
	return false;
}

/* "PID: 23", "pid=23", "\"pid\":23", "Tgid:\t23": how much stands before the number; 0: it is none.
 */
static size_t after_key(const char *p, size_t length)
{
	static const char *const keys[] = { "pid", "ppid", "tgid" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t n = strlen(keys[i]), separators = 0;

		if (length <= n || strncasecmp(p, keys[i], n) != 0)
			continue;
		for (; n < length && strchr("\"=: \t", p[n]) && p[n]; n++)
			separators++;
		if (separators && digits(p + n, length - n))
			return n;
	}
	return 0;
}

/* "Killed process 23 (memhog)": with its name, for "process 2 of 3" is a count. */
static size_t after_process(const char *p, size_t length)
{
	size_t n = strlen("process "), count;

	if (!starts(p, length, "process "))
		return 0;
	count = digits(p + n, length - n);
	return starts(p + n + count, length - n - count, " (") ? n : 0;
}

/* "by task 23", "by task memhog/23". */
static size_t after_task(const char *p, size_t length)
{
	size_t n = strlen("by task ");

	if (!starts(p, length, "by task "))
		return 0;
	if (digits(p + n, length - n))
		return n;
	while (n < length && p[n] != '/' && p[n] != '\n')
		n++;
	return n < length ? n + 1 : 0;
}

/* Is the number at p, of n digits, one by what is behind it? "memhog[23]: segfault",
 * "memhog:23 blocked", "memhog/23 is trying". */
static bool is_told_behind(char before, const char *p, size_t n, size_t length)
{
	static const char *const in_brackets[] = { "]: segfault at", "] general protection",
						   "] trap ", "]: bad frame" };
	static const char *const behind_slash[] = { " is trying to", " is freeing memory" };

	if (before == '[')
		return starts_with_any(p + n, length - n, in_brackets, ARRAY_SIZE(in_brackets));
	if (before == '/')
		return starts_with_any(p + n, length - n, behind_slash, ARRAY_SIZE(behind_slash));
	return before == ':' && starts(p + n, length - n, " blocked for more than ");
}

/* How much at `at` is copied as it is before a number that is a pid; sets its digits, 0: none. */
static size_t before_pid(const char *line, size_t at, size_t length, size_t *count)
{
	const char *p = line + at;
	size_t left = length - at, n = 0;
	bool word = at == 0 || !isalnum((unsigned char)line[at - 1]);

	*count = 0;
	if (word)
		n = after_key(p, left);
	if (word && !n)
		n = after_process(p, left);
	if (word && !n)
		n = after_task(p, left);
	if (n)
		*count = digits(p + n, left - n);
	else if (at && is_digit(*p) && is_told_behind(line[at - 1], p, digits(p, left), left))
		*count = digits(p, left);
	return *count ? n : 0;
}

/* A row of the OOM killer's table, "[     23]     0    23    26032 ...": where what is behind uid
 * and tgid begins; 0: it is none. */
static size_t table_row(const char *line, size_t length, size_t *uid, size_t *uid_end)
{
	size_t i = 1, n;

	if (!length || line[0] != '[')
		return 0;
	for (size_t field = 0; field < 3; field++) {
		while (i < length && line[i] == ' ')
			i++;
		n = digits(line + i, length - i);
		if (!n)
			return 0;
		if (field == 1)
			*uid = i;
		i += n;
		if (field == 1)
			*uid_end = i;
		if (field == 0 && (i >= length || line[i++] != ']'))
			return 0;
	}
	return i < length && line[i] == ' ' ? i : 0;
}

void line_mask_pids(const char *line, size_t length, struct strbuf *out)
{
	size_t uid = 0, uid_end = 0, at = table_row(line, length, &uid, &uid_end);

	if (at) {
		strbuf_adds(out, "[@] ");
		strbuf_add(out, line + uid, uid_end - uid);
		strbuf_adds(out, " @");
	}
	while (at < length) {
		size_t count, n = before_pid(line, at, length, &count);

		if (!count) {
			strbuf_addc(out, line[at++]);
			continue;
		}
		strbuf_add(out, line + at, n);
		strbuf_addc(out, '@');
		at += n + count;
	}
}
