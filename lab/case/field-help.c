// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows of tables as text, 80 columns wide. */
#include "case/field.h"

#define HELP_WIDTH 80

static void pad_to(struct strbuf *sb, size_t from, size_t column)
{
	while (from++ < column)
		strbuf_addc(sb, ' ');
}

/* Words of the text from `column` on, wrapped and indented there; the cursor stands at `at`. */
void help_add_wrapped(struct strbuf *sb, size_t at, size_t column, const char *text)
{
	if (at >= column && at > 0) {
		strbuf_addc(sb, '\n');
		at = 0;
	}
	pad_to(sb, at, column);
	at = column;
	while (*text) {
		size_t word = strcspn(text, " ");

		if (at > column && at + 1 + word > HELP_WIDTH) {
			strbuf_addc(sb, '\n');
			pad_to(sb, 0, column);
			at = column;
		} else if (at > column) {
			strbuf_addc(sb, ' ');
			at++;
		}
		strbuf_add(sb, text, word);
		at += word;
		text += word;
		text += strspn(text, " ");
	}
	strbuf_addc(sb, '\n');
}

/* One row: NAME, TYPE, and the rest wrapped beside them. */
void help_add_row(struct strbuf *sb, const char *name, const char *type, const char *text)
{
	enum { TYPE_COLUMN = 16, TEXT_COLUMN = 29 };
	size_t start = sb->length;

	strbuf_addf(sb, "  %s ", name);
	pad_to(sb, sb->length - start, TYPE_COLUMN);
	strbuf_adds(sb, type);
	help_add_wrapped(sb, sb->length - start, TEXT_COLUMN, text);
}

static const char *field_type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_NAME] = "name",	     [FIELD_TEXT] = "text",
		[FIELD_WORDS] = "words",     [FIELD_ANSWER] = "text",
		[FIELD_SYMBOLS] = "symbols", [FIELD_SIZE] = "size",
		[FIELD_COUNT] = "number",    [FIELD_DURATION] = "duration",
		[FIELD_GROUP] = "map",	     [FIELD_STEPS] = "list",
		[FIELD_EXPECTS] = "list",    [FIELD_PROBES] = "list",
		[FIELD_BOOL] = "true/false", [FIELD_PATTERNS] = "words",
		[FIELD_SEEDS] = "number",    [FIELD_MODE] = "word",
		[FIELD_INCLUDES] = "list",   [FIELD_EXCLUDES] = "list",
	};

	return names[type];
}

void help_add_field(struct strbuf *sb, const struct field *row)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	_cleanup_free_ char *name = row->group ? xasprintf("  %s", row->name) : xstrdup(row->name);

	strbuf_adds(&text, row->help);
	if (row->required)
		strbuf_adds(&text, " (required)");
	else if (row->otherwise)
		strbuf_addf(&text, " (default %s)", row->otherwise);
	help_add_row(sb, name, field_type_name(row->type), text.data);
}
