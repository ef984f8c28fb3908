// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/markdown.h"

#include <ctype.h>

#include "page/safe.h"

/* Harmless, in at most so many columns. Yours. */
static char *cut_text(const char *text, int columns)
{
	char *safe = page_safe(text);
	size_t n = 0;

	if (page_columns(safe) <= columns)
		return safe;
	for (int took = 0; safe[n] && took < columns - 1; took++)
		for (n++; ((unsigned char)safe[n] & 0xc0) == 0x80;)
			n++;
	safe[n] = '\0';
	text = xasprintf("%s…", safe);
	free(safe);
	return (char *)text;
}

static size_t longest_run(const char *text, char c)
{
	size_t longest = 0, run = 0;

	for (; *text; text++) {
		run = *text == c ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void add_times(struct strbuf *out, char c, size_t count)
{
	while (count--)
		strbuf_addc(out, c);
}

/* Harmless text as a code span: within one more backtick than any run in it. */
static void add_span(struct strbuf *out, const char *safe)
{
	size_t n = strlen(safe), ticks = longest_run(safe, '`') + 1;
	bool pad = n && (safe[0] == '`' || safe[n - 1] == '`');

	if (!n)
		return;
	add_times(out, '`', ticks);
	strbuf_addf(out, "%s%s%s", pad ? " " : "", safe, pad ? " " : "");
	add_times(out, '`', ticks);
}

void markdown_add_code(struct strbuf *out, const char *text)
{
	_cleanup_free_ char *safe = page_safe(text);

	add_span(out, safe);
}

/* Would Markdown see something in it, or would it begin a list or the like where it is first? */
static bool is_plain(const char *word, size_t length, bool first)
{
	static const char allowed[] = ".,:;()/'\"%+-=?!";

	if (first && !isalpha((unsigned char)word[0]) && (unsigned char)word[0] < 0x80)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)word[i]) && (unsigned char)word[i] < 0x80 &&
		    !strchr(allowed, word[i]))
			return false;
	return !memmem(word, length, "://", 3) && !memmem(word, length, "www.", 4);
}

static void add_word(struct strbuf *out, const char *word, size_t length, bool first)
{
	_cleanup_free_ char *span = NULL;
	size_t end = length;

	if (is_plain(word, length, first)) {
		strbuf_add(out, word, length);
		return;
	}
	/* Commas and the like at its end are of the sentence. */
	while (end > 1 && strchr(",.;:)", word[end - 1]))
		end--;
	span = xstrndup(word, end);
	add_span(out, span);
	strbuf_add(out, word + end, length - end);
}

/* Where a list, a heading or the like would begin. */
static bool begins_line(const struct strbuf *out)
{
	return !out->length || out->data[out->length - 1] == '\n' || str_ends(out->data, "\n- ");
}

static void add_prose(struct strbuf *out, const char *safe)
{
	bool first = begins_line(out);

	for (size_t i = 0; *safe; i++) {
		size_t blanks = strspn(safe, " "), n = strcspn(safe + blanks, " ");

		if (blanks && i)
			strbuf_addc(out, ' ');
		if (n)
			add_word(out, safe + blanks, n, first);
		first = false;
		safe += blanks + n;
	}
}

void markdown_add_text(struct strbuf *out, const char *text)
{
	_cleanup_free_ char *safe = page_safe(text);

	add_prose(out, safe);
}

/* ---- tables ---- */

static void table_add(struct markdown_table *t, const char *text,
		      void (*add)(struct strbuf *out, const char *safe))
{
	_cleanup_free_ char *safe = cut_text(text, MARKDOWN_CELL_COLUMNS);
	_cleanup_strbuf_ struct strbuf cell = { 0 };
	struct strbuf escaped = { 0 };
	size_t slashes = 0; /* in front of the character */

	strbuf_addc(&cell, ' '); /* no line begins in a cell */
	add(&cell, safe);
	/* In a table even a bar in code ends the cell, unless an odd number is in front of it. */
	for (const char *c = cell.data + 1; *c; c++) {
		if (*c == '|')
			strbuf_adds(&escaped, slashes % 2 ? "\\\\" : "\\");
		strbuf_addc(&escaped, *c);
		slashes = *c == '\\' ? slashes + 1 : 0;
	}
	strv_add_take(&t->cells, strbuf_take(&escaped));
}

void markdown_table_text(struct markdown_table *t, const char *text)
{
	table_add(t, text, add_prose);
}

void markdown_table_code(struct markdown_table *t, const char *text)
{
	table_add(t, text, add_span);
}

void markdown_table_figure(struct markdown_table *t, const char *text)
{
	strv_add(&t->cells, text);
}

static int column_width(const struct markdown_table *t, size_t column)
{
	int widest = 3;

	for (size_t i = column; i < t->cells.count; i += t->columns) {
		int columns = page_columns(t->cells.items[i]);

		widest = columns > widest ? columns : widest;
	}
	return widest;
}

static void add_rule(struct strbuf *out, const struct markdown_table *t)
{
	for (size_t c = 0; c < t->columns; c++) {
		bool right = c && t->figures;

		strbuf_adds(out, "| ");
		add_times(out, '-', (size_t)column_width(t, c) - right);
		strbuf_adds(out, right ? ": " : " ");
	}
	strbuf_adds(out, "|\n");
}

void markdown_add_table(struct strbuf *out, const struct markdown_table *t)
{
	if (t->cells.count <= t->columns)
		return;
	for (size_t i = 0; i < t->cells.count; i++) {
		size_t c = i % t->columns;
		size_t pad = (size_t)(column_width(t, c) - page_columns(t->cells.items[i]));

		strbuf_adds(out, "| ");
		add_times(out, ' ', c && t->figures ? pad : 0);
		strbuf_adds(out, t->cells.items[i]);
		add_times(out, ' ', (c && t->figures ? 0 : pad) + 1);
		if (c + 1 < t->columns)
			continue;
		strbuf_adds(out, "|\n");
		if (i + 1 == t->columns)
			add_rule(out, t);
	}
	strbuf_addc(out, '\n');
}

void markdown_table_clear(struct markdown_table *t)
{
	strv_clear(&t->cells);
}

void markdown_add_block(struct strbuf *out, const char *language, const struct strv *lines)
{
	size_t ticks = 3;

	for (size_t i = 0; i < lines->count; i++) {
		size_t run = longest_run(lines->items[i], '`') + 1;

		ticks = run > ticks ? run : ticks;
	}
	add_times(out, '`', ticks);
	strbuf_addf(out, "%s\n", language);
	for (size_t i = 0; i < lines->count; i++) {
		_cleanup_free_ char *safe = cut_text(lines->items[i], MARKDOWN_LINE_COLUMNS);

		strbuf_addf(out, "%s\n", safe);
	}
	add_times(out, '`', ticks);
	strbuf_adds(out, "\n\n");
}
