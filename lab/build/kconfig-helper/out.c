// SPDX-License-Identifier: GPL-2.0-or-later
/* Text and JSON, and expressions as text. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

void text_add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->length + n + 1 > t->capacity) {
		t->capacity = (t->length + n + 1) * 2;
		t->data = realloc(t->data, t->capacity);
		if (!t->data)
			abort();
	}
	memcpy(t->data + t->length, s, n + 1);
	t->length += n;
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	text_add(t, s);
	free(s);
}

void text_clear(struct text *t)
{
	free(t->data);
	memset(t, 0, sizeof(*t));
}

const char *text_get(const struct text *t)
{
	return t->data ? t->data : "";
}

void json_str(FILE *out, const char *s)
{
	if (!s) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static const char *operator_text(enum expr_type type)
{
	switch (type) {
	case E_EQUAL:
		return "=";
	case E_UNEQUAL:
		return "!=";
	case E_LTH:
		return "<";
	case E_LEQ:
		return "<=";
	case E_GTH:
		return ">";
	case E_GEQ:
		return ">=";
	default:
		return "?";
	}
}

/* above: the operator around this expression; brackets are needed inside a tighter one. */
static void add_expr(struct text *t, struct expr *e, enum expr_type above)
{
	if (!e) {
		text_add(t, "y");
		return;
	}
	switch (e->type) {
	case E_SYMBOL:
		text_add(t, symbol_name(e->left.sym));
		break;
	case E_NOT:
		text_add(t, "!");
		add_expr(t, e->left.expr, E_NOT);
		break;
	case E_AND:
	case E_OR: {
		bool brackets = above == E_NOT || (above == E_AND && e->type == E_OR);

		if (brackets)
			text_add(t, "(");
		add_expr(t, e->left.expr, e->type);
		text_add(t, e->type == E_AND ? " && " : " || ");
		add_expr(t, e->right.expr, e->type);
		if (brackets)
			text_add(t, ")");
		break;
	}
	default:
		text_add(t, symbol_name(e->left.sym));
		text_add(t, operator_text(e->type));
		text_add(t, symbol_name(e->right.sym));
		break;
	}
}

void text_add_expr(struct text *t, struct expr *e)
{
	add_expr(t, e, E_OR);
}

#define MAX_SYMBOLS 128

static void add_symbol(struct symbol *sym, struct symbol **list, int *count)
{
	if (sym->flags & SYMBOL_CONST || sym == &symbol_yes || sym == &symbol_no ||
	    sym == &symbol_mod)
		return;
	for (int i = 0; i < *count; i++)
		if (list[i] == sym)
			return;
	if (*count < MAX_SYMBOLS)
		list[(*count)++] = sym;
}

static void collect(struct expr *e, struct symbol **list, int *count)
{
	if (!e)
		return;
	switch (e->type) {
	case E_AND:
	case E_OR:
		collect(e->left.expr, list, count);
		collect(e->right.expr, list, count);
		break;
	case E_NOT:
		collect(e->left.expr, list, count);
		break;
	case E_SYMBOL:
		add_symbol(e->left.sym, list, count);
		break;
	default:
		add_symbol(e->left.sym, list, count);
		/* The right side of a comparison is a symbol only when one is defined by that name.
		 */
		if (e->right.sym->type != S_UNKNOWN)
			add_symbol(e->right.sym, list, count);
		break;
	}
}

static const char *value_of(struct symbol *sym)
{
	sym_calc_value(sym);
	return sym->type == S_UNKNOWN ? "undefined" : sym_get_string_value(sym);
}

void text_add_values(struct text *t, struct expr *e)
{
	struct symbol *list[MAX_SYMBOLS];
	int count = 0;

	collect(e, list, &count);
	for (int i = 0; i < count; i++)
		text_addf(t, "%s%s=%s", i ? ", " : "", symbol_name(list[i]), value_of(list[i]));
}

void json_values(FILE *out, struct expr *e)
{
	struct symbol *list[MAX_SYMBOLS];
	int count = 0;

	collect(e, list, &count);
	fputc('[', out);
	for (int i = 0; i < count; i++) {
		fputs(i ? ",{\"symbol\":" : "{\"symbol\":", out);
		json_str(out, symbol_name(list[i]));
		fputs(",\"value\":", out);
		json_str(out, value_of(list[i]));
		fputc('}', out);
	}
	fputc(']', out);
}
