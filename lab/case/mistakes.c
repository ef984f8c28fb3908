// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/mistakes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

size_t utf8_char_length(const char *s, size_t length)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t need, i;

	if (length == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		need = 2;
	else if ((u[0] & 0xf0) == 0xe0)
		need = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (length < need)
		return 0;
	for (i = 1; i < need; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates and what is above U+10FFFF (RFC 3629). */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return need;
}

static char *clean_text(const char *text, size_t length)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	size_t i = 0;

	while (i < length) {
		size_t n = utf8_char_length(text + i, length - i);
		unsigned char first = (unsigned char)text[i];
		/* C1 controls are two bytes, 0xc2 0x80 to 0xc2 0x9f; some terminals obey them. */
		bool control = first < 0x20 || first == 0x7f ||
			       (n == 2 && first == 0xc2 && (unsigned char)text[i + 1] < 0xa0);

		if (n == 0 || control)
			strbuf_addc(&sb, '?');
		else
			strbuf_add(&sb, text + i, n);
		i += n ? n : 1;
	}
	return strbuf_take(&sb);
}

void mistakes_add(struct mistakes *m, int line, int column, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	struct mistake *mistake;
	va_list ap;
	int length;

	if (m->count >= MISTAKES_MAX) {
		m->beyond++;
		return;
	}
	va_start(ap, fmt);
	length = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (length < 0) {
		text = NULL;
		abort();
	}
	mistake = vec_push(&m->items, &m->count, &m->capacity);
	mistake->line = line;
	mistake->column = column;
	mistake->order = m->count;
	mistake->text = clean_text(text, (size_t)length);
}

static int compare_mistakes(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

int mistakes_report(struct mistakes *m, const char *path, struct strv *out, struct err *err)
{
	size_t more, i;

	if (m->count == 0)
		return 0;
	qsort(m->items, m->count, sizeof(*m->items), compare_mistakes);
	for (i = 0; out && i < m->count; i++)
		strv_addf(out, "%s:%d:%d: %s", path, m->items[i].line, m->items[i].column,
			  m->items[i].text);
	if (out && m->beyond)
		strv_addf(out, "%s: and %zu more mistakes", path, m->beyond);
	more = m->count - 1 + m->beyond;
	err_set(err, ERR_INPUT, "%s:%d:%d: %s", path, m->items[0].line, m->items[0].column,
		m->items[0].text);
	if (more && err) {
		size_t used = strlen(err->msg);

		snprintf(err->msg + used, sizeof(err->msg) - used, " (and %zu more)", more);
	}
	return -1;
}

void mistakes_clear(struct mistakes *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->count; i++)
		free(m->items[i].text);
	free(m->items);
	*m = (struct mistakes){ 0 };
}

char *mistakes_hint(const char *word, const char *const *words, size_t count)
{
	const char *near = str_nearest(word, words, count);

	return near ? xasprintf(" (did you mean `%s`?)", near) : xstrdup("");
}
